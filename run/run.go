// Package run is one run from scenario to verdicts, and the only place that wires
// the rooms together: it measures, stores, then reads back what was stored and
// judges that.
package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Options are how to run a scenario; the zero value runs all of it into
// results/<name>/<UTC time>.
type Options struct {
	// Dir is exactly where the run goes; "" is a new directory below results.
	Dir string
	// Targets runs only the targets named; empty is all.
	Targets []string
	// Record keeps every request as a vegeta result.
	Record bool
	// Guard decides which addresses may be dialled; it must not be nil.
	Guard *ownership.Guard
	// Resolver is asked for the addresses of names; nil is the system's.
	Resolver route.Resolver
	// Drain, when closed, ends the run in order: nothing more is started. Before the
	// first leg there is nothing to end, and the run does not begin.
	Drain <-chan struct{}
	// Watch sees the run as it goes; nil is nobody.
	Watch Watcher
	// Tool names this program in the manifest.
	Tool runlog.Tool
}

// Watcher sees a run as it goes. Calls come one at a time.
type Watcher interface {
	LegStarts(LegInfo)
	Second(attack.Progress)
	LegEnds(attack.Totals)
	// Waits says what the run waits for between legs.
	Waits(what string)
}

// LegInfo announces a leg.
type LegInfo struct {
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

// UnreachableError says that a run could not begin, or not go on, because
// something it needs did not answer. No load was sent to what did not answer.
type UnreachableError struct {
	What string
	Err  error
}

func (e *UnreachableError) Error() string { return fmt.Sprintf("%s: %v", e.What, e.Err) }
func (e *UnreachableError) Unwrap() error { return e.Err }

// Do runs a scenario and returns what it means and the directory it is in. When ctx ends,
// what is under way is cut, and rows that have not settled are left. With an error from a run that had begun, the directory holds what was measured.
func Do(ctx context.Context, sc *scenarios.Scenario, o Options) (*analyze.Analysis, string, error) {
	a, dir, err := do(ctx, sc, o)
	return a, dir, discreet(sc, err)
}

func do(ctx context.Context, sc *scenarios.Scenario, o Options) (*analyze.Analysis, string, error) {
	r, err := newRunner(sc, o)
	if err != nil {
		return nil, "", err
	}
	defer r.closeLedger()
	if err := r.prepareUnlessDrained(ctx); err != nil {
		return nil, "", err
	}
	dir, err := r.measure(ctx)
	if dir == "" {
		return nil, "", err
	}
	a, jerr := Read(context.WithoutCancel(ctx), dir) // what was measured is worth its answer
	return a, dir, errors.Join(err, jerr)
}

// Read analyses a run directory and writes nothing.
func Read(ctx context.Context, dir string) (*analyze.Analysis, error) {
	rl, err := runlog.Open(dir)
	if err != nil {
		return nil, err
	}
	return analyze.Analyze(ctx, rl)
}

// UnknownTargetError names a target that the scenario does not have.
type UnknownTargetError struct {
	Name  string
	Known []string
}

func (e *UnknownTargetError) Error() string {
	return fmt.Sprintf("no target %q in the scenario: it has %s", e.Name, strings.Join(e.Known, ", "))
}

func choose(all []scenarios.Target, names []string) ([]scenarios.Target, error) {
	if len(names) == 0 {
		return all, nil
	}
	known := make([]string, len(all))
	for i, t := range all {
		known[i] = t.Name
	}
	var chosen []scenarios.Target
	for _, n := range names {
		i := slices.Index(known, n)
		if i < 0 {
			return nil, &UnknownTargetError{Name: n, Known: known}
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

type nobody struct{}

func (nobody) LegStarts(LegInfo)      {}
func (nobody) Second(attack.Progress) {}
func (nobody) LegEnds(attack.Totals)  {}
func (nobody) Waits(string)           {}
