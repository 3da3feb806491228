package runlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stress-tool/stress/runlog/untrusted"
)

// Event is one line of events.jsonl, of a leg or of the run.
type Event struct {
	// At is in seconds since the beginning of the leg, or of the run.
	At   float64   `json:"at_s"`
	Kind EventKind `json:"kind"`
	// Text describes the event for people.
	Text string `json:"text"`
	// Attrs describe the event for programs. Their names depend on the kind; at most [MaxAttrs].
	Attrs map[string]string `json:"attrs,omitempty"`
}

// EventKind is the kind of an event. A reader accepts unknown kinds, because other versions have others.
type EventKind string

// The kinds of events.
const (
	EventAbort     EventKind = "abort"     // the leg ended itself: too many errors, or a full disk
	EventInterrupt EventKind = "interrupt" // the leg was ended from outside
	EventSink      EventKind = "sink"      // the run's seconds did not all reach one of its sinks
	EventRounds    EventKind = "rounds"    // the run goes on to more rounds than were planned

	// What was seen of the cluster behind the targets.
	EventTask      EventKind = "task"      // a task of the service began, changed or ended
	EventContainer EventKind = "container" // an engine tells of a container of the service
	EventService   EventKind = "service"   // the service was scaled or updated
	EventNode      EventKind = "node"      // a node of the cluster changed
	EventWatch     EventKind = "watch"     // what could be seen of the cluster, and what could not

	EventAgent EventKind = "agent" // an agent was lost

	EventScale EventKind = "scale" // the service was scaled for the legs of a target, or back
	EventFault EventKind = "fault" // something was done to the cluster on purpose, or undone
)

// Notes stores what an observer sees of a leg; [*LegWriter] implements it. Values beyond the bounds of
// the files are errors, and so are failed writes.
type Notes interface {
	Event(Event) error
	// Ledger replaces the leg's ledger.
	Ledger(Ledger) error
	// Rows appends a count of the ledger.
	Rows(Rows) error
}

// MaxAttrs is how many attributes an event may have.
const MaxAttrs = 64

func (e Event) check() error {
	if len(e.Attrs) > MaxAttrs {
		return fmt.Errorf("attrs: %w %d attributes: the most are %d", untrusted.ErrBounds, len(e.Attrs), MaxAttrs)
	}
	return untrusted.Check(&e)
}

// Event appends an event of the whole run, which belongs to no leg. The first one creates the file.
func (w *Writer) Event(e Event) error {
	flags := os.O_WRONLY | os.O_APPEND
	if !w.hasEvents {
		flags |= os.O_CREATE | os.O_EXCL
	}
	f, err := os.OpenFile(filepath.Join(w.dir, EventsFile), flags, 0o644)
	if err != nil {
		return fmt.Errorf("run directory: %w", err)
	}
	w.hasEvents = true
	return errors.Join(appendJSON(f, e), f.Close())
}
