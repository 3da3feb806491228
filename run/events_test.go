package run

import (
	"testing"
	"time"
)

// Whoever tells never waits, and a reader that comes late finds the newest events in order.
func TestASlowReaderMissesTheOldest(t *testing.T) {
	f := newEventQueue()
	const told = 3 * mostUnread
	for i := range told {
		f.tell(Waiting{Most: time.Duration(i)})
	}
	f.close()
	next := told - mostUnread
	for e := range f.events {
		if e != (Waiting{Most: time.Duration(next)}) {
			t.Fatalf("read %v, want %d", e, next)
		}
		next++
	}
	if next != told {
		t.Errorf("the last one read is %d of %d", next, told)
	}
}
