package kerneltime

import (
	"sync"
	"sync/atomic"
	"time"
)

// StepLimit is the largest change between wall clock and monotonic clock that does not count as a
// step, and so the largest error of an instant of [Clock]. It is many times the distance of the two
// readings of the clocks, and a fraction of the shortest response over a network.
const StepLimit = 20 * time.Microsecond

const (
	// attempts is how many times the two clocks are read for one reading; the pair closest
	// together is used. A pair between which the thread lost its processor is useless.
	attempts = 8
	// maxAge is how long a reading is used while the clocks agree with it.
	maxAge = time.Second
)

// Clock turns stamps into instants of a leg. Its methods may be called from several
// goroutines.
type Clock struct {
	now  func() time.Duration
	wall func() int64

	newest atomic.Pointer[reading] // nil if the clocks could not be read together
	mu     sync.Mutex              // held while the clocks are read again
}

// reading is the difference between the two clocks at an instant.
type reading struct {
	at     time.Duration // when it was taken
	offset int64         // wall − leg's, ns
	// since is the first instant for which the offset is known: that of the first reading after
	// the last step.
	since time.Duration
}

// NewClock makes a clock for a leg; now is the leg's monotonic time.
func NewClock(now func() time.Duration) *Clock {
	return newClock(now, func() int64 { return time.Now().UnixNano() })
}

func newClock(now func() time.Duration, wall func() int64) *Clock {
	c := &Clock{now: now, wall: wall}
	c.newest.Store(c.measure(nil))
	return c
}

// Now returns the leg's time. It reads both clocks and so detects a step: call it after reading from
// a socket and before [Clock.Done].
func (c *Clock) Now() time.Duration {
	wall, now := c.wall(), c.now()
	if seen := c.newest.Load(); !seen.agrees(wall-int64(now)) || now-seen.at > maxAge {
		c.refresh(seen)
	}
	return now
}

// agrees reports that an offset equals that of the reading, within [StepLimit].
func (l *reading) agrees(offset int64) bool {
	return l != nil && abs(offset-l.offset) <= int64(StepLimit)
}

// refresh reads the clocks again, unless another goroutine has replaced old.
func (c *Clock) refresh(old *reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest.Load() == old {
		c.newest.Store(c.measure(old))
	}
}

// measure returns a new reading, nil if no pair was close together. Its since is that of old unless
// the clock was stepped.
func (c *Clock) measure(old *reading) *reading {
	var best *reading
	width := StepLimit
	for range attempts {
		before := c.now()
		wall := c.wall()
		after := c.now()
		if w := after - before; w >= 0 && w < width {
			width = w
			best = &reading{at: after, offset: wall - int64(before) - int64(w)/2, since: after}
		}
	}
	if best != nil && old.agrees(best.offset) {
		best.since = old.since
	}
	return best
}

// Done returns the instant at which the response with stamp s arrived. sent is when its request was
// sent, read what [Clock.Now] returned after the response had been read; done lies between the two.
// ok is false, and done is read, if the stamp cannot be trusted: it is 0, the clock was stepped
// since, or it lies outside by more than [StepLimit].
func (c *Clock) Done(s Stamp, sent, read time.Duration) (done time.Duration, ok bool) {
	seen := c.newest.Load()
	if s == 0 || seen == nil {
		return read, false
	}
	at := time.Duration(int64(s) - seen.offset)
	if at < max(seen.since, sent-StepLimit) || at > read+StepLimit {
		return read, false
	}
	return min(max(at, sent), read), true
}

func abs(n int64) int64 { return max(n, -n) }
