// Package run is one run from scenario to verdicts, and the only place that wires
// the rooms together: it measures, stores, then reads back what was stored and
// judges that.
package run

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/report"
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
	// Guard decides which targets may be loaded; it must not be nil.
	Guard *ownership.Guard
	// Drain, when closed, ends the run in order: nothing more is started.
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
	N, Of         int // which leg of how many, from 1
	Target        string
	Round, Rounds int    // which round of how many, from 1
	Planned       uint64 // requests; 0 for a closed load
	Duration      time.Duration
	Engine        string
}

// UnreachableError says that a run could not begin, or not go on, because
// something it needs did not answer. No load was sent to what did not answer.
type UnreachableError struct {
	What string
	Err  error
}

func (e *UnreachableError) Error() string { return fmt.Sprintf("%s: %v", e.What, e.Err) }
func (e *UnreachableError) Unwrap() error { return e.Err }

// Do runs a scenario and returns what it means and the directory it is in. With an
// error from a run that had begun, the directory holds what was measured.
func Do(ctx context.Context, sc *scenarios.Scenario, o Options) (*analyze.Analysis, string, error) {
	if o.Watch == nil {
		o.Watch = nobody{}
	}
	p, err := plan.New(sc.Load.Load)
	if err != nil {
		return nil, "", fmt.Errorf("load: %w", err)
	}
	targets, err := choose(sc.Targets, o.Targets)
	if err != nil {
		return nil, "", err
	}
	r := &runner{sc: sc, o: o, plan: p, targets: targets}
	r.turns = r.order()
	if r.engines, err = newEngines(sc, targets, o.Tool.Version); err != nil {
		return nil, "", err
	}
	if err := r.prepare(ctx); err != nil {
		return nil, "", err
	}
	defer r.closeLedger()
	dir, err := r.measure(ctx)
	if dir == "" {
		return nil, "", err
	}
	a, jerr := Judge(dir)
	return a, dir, errors.Join(err, jerr)
}

// Judge reads a run directory and writes its reports into it.
func Judge(dir string) (*analyze.Analysis, error) {
	a, err := Read(dir)
	if err != nil {
		return nil, err
	}
	if err := report.WriteAll(dir, a); err != nil {
		return a, fmt.Errorf("writing reports: %w", err)
	}
	return a, nil
}

// Read analyses a run directory and writes nothing.
func Read(dir string) (*analyze.Analysis, error) {
	rl, err := runlog.Open(dir)
	if err != nil {
		return nil, err
	}
	return analyze.Analyze(rl)
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

// runner is one run under way.
type runner struct {
	sc      *scenarios.Scenario
	o       Options
	plan    plan.Plan
	targets []scenarios.Target
	turns   []turn
	engines *engines
	ledger  *ledger.Counter // nil without one
}

func (r *runner) closeLedger() {
	if r.ledger != nil {
		r.ledger.Close()
	}
}

// measure performs every leg and seals the run.
func (r *runner) measure(ctx context.Context) (dir string, err error) {
	started := time.Now()
	dir = r.o.Dir
	if dir == "" {
		dir = filepath.Join("results", slug(r.sc.Name), started.UTC().Format("2006-01-02T15-04-05Z"))
	}
	w, err := runlog.Create(dir, r.manifest(started))
	if err != nil {
		return "", err
	}
	stopped := ""
	for i, l := range r.turns {
		var t attack.Totals
		if t, err = r.leg(ctx, w, l, i+1); err != nil {
			stopped = "could not go on: " + err.Error()
			break
		}
		if r.interrupted(ctx) {
			stopped = "interrupted"
			if t.Stopped == "" && i+1 == len(r.turns) {
				stopped = "" // it came after the last request
			}
			break
		}
	}
	return dir, errors.Join(err, w.Seal(time.Now(), stopped))
}

func (r *runner) interrupted(ctx context.Context) bool {
	select {
	case <-r.o.Drain:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// turn is one leg to come.
type turn struct {
	target scenarios.Target
	round  int
}

// order is every leg of the run: all targets in each round, in turn forwards and
// backwards, so that a machine that drifts does not favour one of them.
func (r *runner) order() []turn {
	var ts []turn
	for round := 1; round <= r.rounds(); round++ {
		one := slices.Clone(r.targets)
		if round%2 == 0 {
			slices.Reverse(one)
		}
		for _, t := range one {
			ts = append(ts, turn{t, round})
		}
	}
	return ts
}

func (r *runner) rounds() int {
	if r.sc.Compare == nil {
		return 1
	}
	return max(1, r.sc.Compare.Rounds)
}

// lead is how long before its start a leg is opened, so that our own files, and not
// the first request, pay for the disk.
const lead = 100 * time.Millisecond

// leg performs one leg and stores all of it. An error means that the run cannot go
// on; failures of the target are outcomes, not errors.
func (r *runner) leg(ctx context.Context, w *runlog.Writer, l turn, n int) (t attack.Totals, err error) {
	job, led := r.job(l.target), r.before(ctx)
	planned, _ := attack.Planned(r.plan, len(job.Requests))
	r.o.Watch.LegStarts(LegInfo{
		N: n, Of: len(r.turns), Target: l.target.Name, Round: l.round, Rounds: r.rounds(),
		Planned: planned, Duration: r.plan.Duration(), Engine: r.engines.byTarget[l.target.Name].Name(),
	})
	start := time.Now().Add(lead)
	lw, err := w.StartLeg(l.target.Name, l.round, planned, start)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, lw.Close()) }()
	if led != nil {
		if err := lw.Ledger(*led); err != nil {
			return t, err
		}
	}
	t, err = r.perform(ctx, lw, l.target.Name, job, start)
	r.o.Watch.LegEnds(t)
	err = errors.Join(err, lw.Failures(t.Failures))
	if led != nil {
		r.after(led)
		err = errors.Join(err, lw.Ledger(*led))
	}
	return t, errors.Join(err, w.EndLeg(t.Planned, t.Dropped, t.Duration, t.Stopped))
}

// perform puts the load on, and records every request where that was asked for.
func (r *runner) perform(ctx context.Context, lw *runlog.LegWriter, target string, job attack.Job, start time.Time) (attack.Totals, error) {
	cfg := attack.MeterConfig{
		Sink: lw, Requests: requestNames(job.Requests), ErrorThreshold: r.sc.Load.ErrorThreshold,
		Drain: r.o.Drain, OnSecond: r.o.Watch.Second,
	}
	if !r.o.Record {
		return attack.Perform(ctx, r.engines.byTarget[target], job, start, cfg)
	}
	out, err := lw.Recording()
	if err != nil {
		return attack.Totals{}, err
	}
	rec := attack.NewRecorder(out, job, target, start)
	cfg.OnDone = rec.Record
	t, err := attack.Perform(ctx, r.engines.byTarget[target], job, start, cfg)
	return t, errors.Join(err, rec.Err())
}

func requestNames(rs []attack.Request) []string {
	names := make([]string, len(rs))
	for i, r := range rs {
		names[i] = r.Name
	}
	return names
}

type nobody struct{}

func (nobody) LegStarts(LegInfo)      {}
func (nobody) Second(attack.Progress) {}
func (nobody) LegEnds(attack.Totals)  {}
func (nobody) Waits(string)           {}
