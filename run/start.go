package run

import (
	"context"
	"errors"
	"sync"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Options are how to run a scenario. Dir and Guard must be given; the zero value of every
// other field runs all of the scenario and nothing else.
type Options struct {
	// Dir is where the run goes. Nothing of a run may be in it yet.
	Dir string
	// Numbered makes the run take Dir-2, Dir-3 and so on where Dir is there already.
	Numbered bool
	// Targets runs only the targets named; empty is all.
	Targets []string
	// Record keeps every request as a vegeta result.
	Record bool
	// Guard decides which addresses may be dialled; it must not be nil.
	Guard *ownership.Guard
	// Resolver is asked for the addresses of names; nil is the system's.
	Resolver route.Resolver
	// Tool names this program in the manifest.
	Tool runlog.Tool
	// Command is the command line that asked for the run, without secrets, and Variables are
	// those of the environment that it takes; nil is none.
	Command, Variables []string
	// Steps are the legs of the run; nil is the scenario's rounds.
	Steps Steps
	// Looks let the scenario's rounds go on while they cannot tell.
	Looks Looks
	// Faults say whether those of the scenario may be put in.
	Faults Faults
	// Performer puts each leg's load on; nil is this machine, [Here] by [attack.Perform]. A scenario that asks
	// for agents needs one that has them.
	Performer Performer
	// Observers see every leg from another side, after the scenario's ledger.
	Observers []Observer
	// Sinks get every second, beside the run directory.
	Sinks []Sink
}

// ErrNoAgents says that a scenario asks for agents, and that nobody has found any for its run.
var ErrNoAgents = errors.New("the scenario's load comes from agents, and nobody has found any for this run: leave generators out")

// Running is a run under way.
type Running struct {
	// Dir is the run directory, which is this run's alone.
	Dir string
	// Events tells what happens, and is closed when the run has been measured and sealed.
	// It holds the newest 256 events: a reader that is further behind misses the oldest of
	// them. The load waits for no reader, and there need not be one.
	Events <-chan Event

	draining func()
	ended    chan struct{}
	analysis *result.Analysis
	err      error
}

// Drain ends the run in order: nothing more is started, what is in flight is awaited, and
// the rows are counted. It returns at once and may be called several times.
func (r *Running) Drain() { r.draining() }

// Wait waits for the end of the run and returns what it means. An error says what went
// wrong once it had begun; with it the analysis is that of what was measured, nil if even
// that cannot be read. It may be called several times.
func (r *Running) Wait() (*result.Analysis, error) {
	<-r.ended
	return r.analysis, r.err
}

// Start makes sure that a scenario can run, claims its directory and begins the run. After
// an error nothing has been made and no load was sent; [UnreachableError],
// [UnknownTargetError] and [runlog.ErrExists] are some of them.
//
// The end of ctx ends the preparations, and later cuts what is in flight; rows that have
// not settled by then are left. To end a run in order is [Running.Drain].
//
// A process should have one run at a time: what it measures of its own health, its share
// of the processors and its clock, is the whole process's.
func Start(ctx context.Context, sc *scenarios.Scenario, o Options) (*Running, error) {
	if o.Dir == "" {
		return nil, errors.New("a run needs a directory to go to")
	}
	r, err := newRunner(sc, o)
	if err != nil {
		return nil, withoutSecrets(sc, err)
	}
	if err := r.prepare(ctx); err != nil {
		r.closeSources()
		return nil, withoutSecrets(sc, errors.Join(err, r.endChanges(ctx, nil)))
	}
	w, err := r.create()
	if err != nil {
		r.closeSources()
		return nil, withoutSecrets(sc, errors.Join(err, r.endChanges(ctx, nil)))
	}
	running := &Running{
		Dir: w.Dir(), Events: r.told.events, ended: make(chan struct{}),
		draining: sync.OnceFunc(func() { close(r.drain) }),
	}
	go func() {
		defer close(running.ended)
		running.analysis, running.err = r.run(ctx, w)
	}()
	return running, nil
}

// run measures what was prepared and judges what was stored.
func (r *runner) run(ctx context.Context, w *runlog.Writer) (*result.Analysis, error) {
	err := r.measure(ctx, w)
	r.closeSources()
	r.told.close()
	a, jerr := Read(context.WithoutCancel(ctx), w.Dir()) // what was measured is worth its answer
	return a, withoutSecrets(r.sc, errors.Join(err, jerr))
}
