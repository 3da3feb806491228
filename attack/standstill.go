package attack

import (
	"sync"
	"time"

	"github.com/stress-tool/stress/runlog"
)

const (
	// beat is how often the generator looks at the clock to see whether it runs.
	beat = 20 * time.Millisecond
	// leastStandstill is the shortest time between two looks that counts. Schedulers of
	// busy machines let a program wait for tens of milliseconds; that is in its lag.
	leastStandstill = 100 * time.Millisecond
)

// standstill sees the times at which the whole program did not run. Lag does not show
// them in a closed load, where a client that stands still owes nothing, and the ticks of
// the seconds show only those that reach over one. The zero value is ready.
type standstill struct {
	mu    sync.Mutex
	begun bool
	last  time.Duration // when it was last looked
	spans []runlog.Span // not yet taken
}

// watch looks every beat until over is closed; now is the time since the leg began.
func (s *standstill) watch(now func() time.Duration, over <-chan struct{}) {
	beats := time.NewTicker(beat)
	defer beats.Stop()
	for {
		select {
		case <-over:
			return
		case <-beats.C:
			s.look(now())
		}
	}
}

// look notes that the generator runs at an instant of the leg. What came before the leg
// began is none of its time.
func (s *standstill) look(now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from := max(s.last, 0); s.begun && now-from >= leastStandstill {
		s.spans = append(s.spans, runlog.Span{From: from.Seconds(), To: now.Seconds()})
	}
	s.begun, s.last = true, max(now, s.last)
}

// take returns the spans since the last call. It looks first, for a program that wakes up
// may store a second before anything else.
func (s *standstill) take(now time.Duration) []runlog.Span {
	s.look(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	spans := s.spans
	s.spans = nil
	return spans
}
