package kerneltime

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is two clocks that a test moves by hand.
type world struct {
	mono   time.Duration
	offset int64
	// between passes between one reading and the next.
	between time.Duration
}

func (w *world) now() time.Duration { w.mono += w.between; return w.mono }
func (w *world) wall() int64        { w.mono += w.between; return int64(w.mono) + w.offset }

func (w *world) clock() *Clock { return newClock(w.now, w.wall) }

// stamp is what the kernel would stamp now.
func (w *world) stamp() Stamp { return Stamp(int64(w.mono) + w.offset) }

func drawWorld(t *rapid.T) *world {
	return &world{
		offset:  rapid.Int64Range(1, 4e18).Draw(t, "offset"), // not 0: a stamp of 0 is none
		between: time.Duration(rapid.IntRange(0, 2000).Draw(t, "ns between readings")),
	}
}

func duration(t *rapid.T, name string, from, to time.Duration) time.Duration {
	return time.Duration(rapid.Int64Range(int64(from), int64(to)).Draw(t, name))
}

func TestDoneIsTheArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		c := w.clock()
		for range 5 {
			sent := c.Now()
			w.mono += duration(t, "service", 0, 3*time.Second)
			arrived, s := w.mono, w.stamp()
			w.mono += duration(t, "queue", 0, 3*time.Second)
			read := c.Now()
			done, ok := c.Done(s, sent, read)
			if !ok || done < sent || done > read || (done-arrived).Abs() > StepLimit {
				t.Fatalf("sent %v, arrived %v, read %v: done %v, %v", sent, arrived, read, done, ok)
			}
		}
	})
}

// Whatever happens to the wall clock, what is called the kernel's word is never off
// by more than the limit, and after a step the clock finds its way again.
func TestStepsAreNoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.offset += 2e18
		c := w.clock()
		sent := c.Now()
		w.mono += duration(t, "service", 0, time.Second)
		arrived, s := w.mono, w.stamp()
		step := duration(t, "step", StepLimit+5*time.Microsecond, time.Hour)
		if rapid.Bool().Draw(t, "backwards") {
			step = -step
		}
		w.offset += int64(step)
		w.mono += duration(t, "queue", 0, time.Second)
		read := c.Now()
		if done, ok := c.Done(s, sent, read); ok && (done-arrived).Abs() > 2*StepLimit && done != read {
			t.Fatalf("arrived %v, read %v, step %v: done %v", arrived, read, step, done)
		}

		sent = c.Now()
		w.mono += time.Millisecond
		arrived, s = w.mono, w.stamp()
		w.mono += time.Millisecond
		if done, ok := c.Done(s, sent, c.Now()); !ok || (done-arrived).Abs() > StepLimit {
			t.Fatalf("after the step: arrived %v, done %v, %v", arrived, done, ok)
		}
	})
}

func TestStampsThatCannotBe(t *testing.T) {
	w := &world{offset: 1e18, between: 100}
	c := w.clock()
	w.mono += time.Second
	sent, read := w.mono, w.mono+time.Millisecond
	stamp := func(at time.Duration) Stamp { return Stamp(int64(at) + w.offset) }
	for name, v := range map[string]struct {
		stamp Stamp
		done  time.Duration
		ok    bool
	}{
		"none":                  {0, read, false},
		"a little before sent":  {stamp(sent - StepLimit/2), sent, true},
		"long before sent":      {stamp(sent - 2*StepLimit), read, false},
		"a little after read":   {stamp(read + StepLimit/2), read, true},
		"long after read":       {stamp(read + 2*StepLimit), read, false},
		"before the leg":        {stamp(-time.Second), read, false},
		"of another century":    {-1 << 62, read, false},
		"of the century before": {1<<63 - 1, read, false},
	} {
		if done, ok := c.Done(v.stamp, sent, read); done != v.done || ok != v.ok {
			t.Errorf("%s: done %v, %v, want %v, %v", name, done, ok, v.done, v.ok)
		}
	}
}

// A machine that never reads both clocks together has no kernel time.
func TestNoTightReading(t *testing.T) {
	w := &world{offset: 1e18, between: StepLimit}
	c := w.clock()
	if done, ok := c.Done(w.stamp(), 0, c.Now()); ok {
		t.Errorf("done %v", done)
	}
	w.between = 50
	read := c.Now()
	w.mono += time.Millisecond
	if _, ok := c.Done(w.stamp(), read, c.Now()); !ok {
		t.Error("the clock did not recover")
	}
}
