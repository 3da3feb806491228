package run

import (
	"sync"
	"time"

	"github.com/stress-tool/stress/attack"
)

// Event is something that happens in a run: [LegStarted], [SecondMeasured], [LegEnded] or
// [Waiting].
type Event interface{ event() }

// LegStarted says that a leg begins.
type LegStarted struct {
	N, Of         int // which leg of how many, from 1; warm-ups are not counted
	Target        string
	Round, Rounds int  // which round of how many, from 1
	WarmUp        bool // it prepares leg N, and no figure counts it
	// Elapsed is the time since the first leg's preparations began. Of a run with a
	// Budget nobody knows yet how many legs it has, and Of is 0; so is Rounds, unless
	// the scenario bounds them too.
	Elapsed, Budget time.Duration
	Planned         uint64 // requests; 0 for a closed load
	Duration        time.Duration
	Engine          string
}

// SecondMeasured is how far the leg has come, once a second.
type SecondMeasured struct{ attack.Progress }

// LegEnded is the account of the leg.
type LegEnded struct{ attack.Totals }

// Waiting says what the run waits for while it sends no load: "for the rows to settle".
type Waiting struct{ What string }

func (LegStarted) event()     {}
func (SecondMeasured) event() {}
func (LegEnded) event()       {}
func (Waiting) event()        {}

// mostUnread is how many events wait for their reader: four minutes of seconds.
const mostUnread = 256

// feed hands events to a reader and never waits for it. Its methods may be called from
// several goroutines; none may come after close.
type feed struct {
	mu     sync.Mutex // of those who tell
	events chan Event
}

func newFeed() *feed { return &feed{events: make(chan Event, mostUnread)} }

// tell drops the oldest event that nobody has read where there is no room.
func (f *feed) tell(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		select {
		case f.events <- e:
			return
		default:
		}
		select {
		case <-f.events:
		default: // the reader was faster
		}
	}
}

func (f *feed) close() { close(f.events) }
