package attack

import (
	"sync"
	"time"

	"github.com/stress-tool/stress/runlog"
)

const (
	// lookEvery is the time between two looks at the clock, by which the generator sees
	// whether it runs.
	lookEvery = 20 * time.Millisecond
	// leastStandstill is the shortest time between two looks that counts as a standstill. On
	// a busy machine a program often waits for tens of milliseconds; its lag shows that.
	leastStandstill = 100 * time.Millisecond
)

// standstill finds the times at which the whole program did not run. Lag does not show them
// in a closed load, where a client that does not run has nothing due. The ticks of the
// seconds show only those during which a tick was due. The zero value is ready.
type standstill struct {
	mu    sync.Mutex
	begun bool
	last  time.Duration // when the last look was
	spans []runlog.Span // not yet taken
}

// watch looks every lookEvery until ended is closed; now is the time since the leg began.
func (s *standstill) watch(now func() time.Duration, ended <-chan struct{}) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ticker.C:
			s.look(now())
		}
	}
}

// look records that the generator runs at an instant of the leg. Time before the beginning
// of the leg does not count.
func (s *standstill) look(now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from := max(s.last, 0); s.begun && now-from >= leastStandstill {
		s.spans = append(s.spans, runlog.Span{From: from.Seconds(), To: now.Seconds()})
	}
	s.begun, s.last = true, max(now, s.last)
}

// take returns the spans since the last call. It looks first, because a program that runs
// again may store a second before it does anything else.
func (s *standstill) take(now time.Duration) []runlog.Span {
	s.look(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	spans := s.spans
	s.spans = nil
	return spans
}
