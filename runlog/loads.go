package runlog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/runlog/untrusted"
)

// NamedLoad is one of several loads of a run, and what must hold under it.
type NamedLoad struct {
	Load
	Thresholds []string `json:"thresholds,omitempty"`
	Decide     string   `json:"decide,omitempty"` // see [Manifest.Decide]
}

// Parts are the run under each of its loads, as if each had a run of its own: with the legs of
// the load, all of them by the run's own load. A run of one load is its own only part.
//
// What ended a run did so under the load of that time: of the others those that had all their
// legs came to their end. The last never did before the run.
func (r *Run) Parts() []*Run {
	if len(r.Loads) == 0 {
		return []*Run{r}
	}
	var parts []*Run
	for i, load := range r.Loads {
		part := *r
		part.Load, part.Loads, part.Thresholds, part.Decide = load.Load, nil, load.Thresholds, load.Decide
		part.Legs = nil
		for _, l := range r.Legs {
			if l.loadName() == load.Name {
				l.Load = nil
				part.Legs = append(part.Legs, l)
			}
		}
		if i < len(r.Loads)-1 && part.whole() {
			part.Sealed, part.Stopped = true, ""
		}
		parts = append(parts, &part)
	}
	return parts
}

// loadName is the name of the leg's own load; "" without one.
func (l *Leg) loadName() string {
	if l.Load == nil {
		return ""
	}
	return l.Load.Name
}

// whole reports whether all legs are there and came to their end. It is false for a run that
// decides itself how many rounds it has.
func (m *Manifest) whole() bool {
	rounds := 1
	if c := m.Compare; c != nil {
		if rounds = cmp.Or(c.Rounds, 1); c.BudgetS > 0 || len(c.Looks) > 0 {
			return false
		}
	}
	for _, t := range m.Targets {
		ended := 0
		for _, l := range m.Legs {
			if l.Target == t.Name && !l.WarmUp && l.Complete && l.Stopped == "" {
				ended++
			}
		}
		if ended < rounds {
			return false
		}
	}
	return true
}

// fitName reports that a name can be a part of the names of files.
func fitName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// checkLoads makes sure that each leg of a run of several loads belongs to one of them.
func (m *Manifest) checkLoads() error {
	if len(m.Loads) == 0 {
		return nil
	}
	var names []string
	for i, l := range m.Loads {
		if !fitName(l.Name) || slices.Contains(names, l.Name) {
			return fmt.Errorf("loads.%d.name: %w %q: every load has a name of its own, of a-z, 0-9, - and _", i, untrusted.ErrBounds, l.Name)
		}
		names = append(names, l.Name)
	}
	for i, l := range m.Legs {
		if !slices.Contains(names, l.loadName()) {
			return fmt.Errorf("legs.%d.load.name: %w %q: the run has no such load", i, untrusted.ErrBounds, l.loadName())
		}
	}
	return nil
}
