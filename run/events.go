package run

import (
	"sync"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// Event is something that happens in a run: [LegStarted], [SecondMeasured], [LegEnded],
// [Waiting] or [Noted].
type Event interface{ event() }

// LegStarted says that a leg begins.
type LegStarted struct {
	Step
	// Elapsed is the time since the preparations of the first leg began.
	Elapsed  time.Duration
	Planned  uint64 // requests; 0 for a closed load
	Duration time.Duration
	Engine   string
}

// SecondMeasured is how far the leg has come, once a second.
type SecondMeasured struct{ attack.Progress }

// LegEnded is the account of the leg.
type LegEnded struct{ attack.Totals }

// Waiting says what the run waits for while it sends no load. It lasts until the next event.
type Waiting struct {
	For Wait
	// Most is how long it takes: of a cool-down exactly, of rows at most; 0 is not known.
	Most time.Duration
}

// Wait is a reason to wait.
type Wait int

// The reasons.
const (
	ForCoolDown    Wait = iota // of the target, before the next leg
	ForEarlierRows             // of the leg before, which are still coming when the next is to begin
	ForRows                    // that the answers of the leg claim
	ForReplicas                // of the service, which is scaled for the next leg
	ForCluster                 // whose service is to run in full before it is disturbed
	ForNames                   // the rows are there, and are counted by the names of their requests
	ForAgents                  // that are to put the load on, before the run begins
)

// Noted is an event that is stored: the leg's under way, or the run's after the last leg.
type Noted struct{ runlog.Event }

func (LegStarted) event()     {}
func (SecondMeasured) event() {}
func (LegEnded) event()       {}
func (Waiting) event()        {}
func (Noted) event()          {}

// mostUnread is how many events wait for their reader: four minutes of seconds.
const mostUnread = 256

// eventQueue hands events to a reader and never waits for it. Its methods may be called from
// several goroutines; none may come after close.
type eventQueue struct {
	mu     sync.Mutex // of those who tell
	events chan Event
}

func newEventQueue() *eventQueue { return &eventQueue{events: make(chan Event, mostUnread)} }

// tell hands an event to the reader. Without room it drops the oldest unread event.
func (f *eventQueue) tell(e Event) {
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

func (f *eventQueue) close() { close(f.events) }
