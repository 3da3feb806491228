package kerneltime

import (
	"sync"
	"sync/atomic"
	"time"
)

// StepLimit is how far the wall clock may move against the monotonic one before that
// counts as a step, and so the most by which an instant of [Clock] may be wrong. It
// is many times what the two readings of one look lie apart, and a fraction of the
// shortest response over a network.
const StepLimit = 20 * time.Microsecond

const (
	// tries is how many readings a look takes; the tightest is believed. One in the
	// middle of which the thread was taken off its processor is of no use.
	tries = 8
	// fresh is how long a look is good for while nothing speaks against it.
	fresh = time.Second
)

// Clock turns stamps into instants of a leg. Its methods may be called from several
// goroutines.
type Clock struct {
	now  func() time.Duration
	wall func() int64

	seen atomic.Pointer[look] // nil: the clocks could not be read together
	mu   sync.Mutex           // one look at a time
}

// look is what the wall clock was ahead by.
type look struct {
	at     time.Duration // when it was taken
	offset int64         // wall − leg's, ns
	// since is the first instant for which the offset is known to hold: that of the
	// first look after a step.
	since time.Duration
}

// NewClock makes a clock for the leg whose monotonic time now tells.
func NewClock(now func() time.Duration) *Clock {
	return newClock(now, func() int64 { return time.Now().UnixNano() })
}

func newClock(now func() time.Duration, wall func() int64) *Clock {
	c := &Clock{now: now, wall: wall}
	c.seen.Store(c.next(nil))
	return c
}

// Now is the leg's time. It looks at both clocks: call it once after reading and
// before [Clock.Done], so that a step in between is noticed.
func (c *Clock) Now() time.Duration {
	wall, now := c.wall(), c.now()
	if seen := c.seen.Load(); !seen.agrees(wall-int64(now)) || now-seen.at > fresh {
		c.look(seen)
	}
	return now
}

// agrees reports that an offset is the one seen.
func (l *look) agrees(offset int64) bool {
	return l != nil && abs(offset-l.offset) <= int64(StepLimit)
}

// look looks again, unless another goroutine has done so since.
func (c *Clock) look(old *look) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen.Load() == old {
		c.seen.Store(c.next(old))
	}
}

// next is the look after old: the tightest of a few, nil where none was tight. It
// keeps to old's beginning unless the clock was stepped.
func (c *Clock) next(old *look) *look {
	var best *look
	width := StepLimit
	for range tries {
		before := c.now()
		wall := c.wall()
		after := c.now()
		if w := after - before; w >= 0 && w < width {
			width = w
			best = &look{at: after, offset: wall - int64(before) - int64(w)/2, since: after}
		}
	}
	if best != nil && old.agrees(best.offset) {
		best.since = old.since
	}
	return best
}

// Done is the instant at which a response arrived that was sent at sent and had been
// read by read, as [Clock.Now] said; never outside the two. ok is false where the
// stamp cannot be trusted: there is none, the clock was stepped since, or it lies
// outside by more than [StepLimit].
func (c *Clock) Done(s Stamp, sent, read time.Duration) (done time.Duration, ok bool) {
	seen := c.seen.Load()
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
