package runlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stress-tool/stress/runlog/untrusted"
)

// Event is one line of events.jsonl, a leg's or the run's: something that happened, and
// when.
type Event struct {
	// At is in seconds since the leg began, or since the run did.
	At   float64   `json:"at_s"`
	Kind EventKind `json:"kind"`
	// Text says it to people.
	Text string `json:"text"`
	// Attrs say it to programs, by names that the kind decides on; at most [MaxAttrs].
	Attrs map[string]string `json:"attrs,omitempty"`
}

// EventKind is what sort of thing happened. A reader takes kinds that it does not know as
// they are: other versions have others.
type EventKind string

// The kinds of events.
const (
	EventAbort     EventKind = "abort"     // the leg ended itself: too many errors, or a full disk
	EventInterrupt EventKind = "interrupt" // the leg was ended from outside
	EventSink      EventKind = "sink"      // the run's seconds did not all reach one of its sinks
	EventRounds    EventKind = "rounds"    // the run goes on to more rounds than were planned
)

// Notes take what is seen of a leg beside its load; a [*LegWriter] does. What is beyond
// the bounds of the files, and what the disk does not take, is an error.
type Notes interface {
	Event(Event) error
	// Ledger replaces the leg's ledger.
	Ledger(Ledger) error
}

// MaxAttrs is how many attributes an event may have.
const MaxAttrs = 64

func (e Event) check() error {
	if len(e.Attrs) > MaxAttrs {
		return fmt.Errorf("attrs: %w %d attributes: the most are %d", untrusted.ErrBounds, len(e.Attrs), MaxAttrs)
	}
	return untrusted.Check(&e)
}

// Event appends an event of the run as a whole, which belongs to no leg. Its file is made
// with the first of them.
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
