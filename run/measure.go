package run

import (
	"context"
	"errors"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/run/fault"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// runner is one run while it is prepared and measured.
type runner struct {
	sc          *scenarios.Scenario
	o           Options
	drain       chan struct{} // closed when nothing more is to be started
	told        *eventQueue
	loads       []Load
	targets     []scenarios.Target
	rounds      rounds
	engines     *engines
	routes      *route.Table
	data        feeds
	withheld    []string        // which requests lead away from the target, and so lack headers
	ledger      *ledger.Counter // nil without one
	cluster     *cluster        // nil without one
	rows        *rows           // its observer; nil without one
	changes     *Changes        // nil where the cluster is only watched
	scaler      *fault.Scaler   // nil where no target asks for replicas
	observers   []Observer
	sinkWorkers []*sinkWorker
	begun       time.Time // the preparations of the first leg
	noteErr     error     // of storing that the run goes on
}

func newRunner(sc *scenarios.Scenario, o Options) (*runner, error) {
	if o.Performer == nil {
		o.Performer = attack.Perform
	}
	loads, err := loadsOf(sc)
	if err != nil {
		return nil, err
	}
	targets, err := choose(sc.Targets, o.Targets)
	if err != nil {
		return nil, err
	}
	r := &runner{
		sc: sc, o: o, drain: make(chan struct{}), told: newEventQueue(), loads: loads, targets: targets, observers: o.Observers,
		routes: &route.Table{Resolver: o.Resolver, ResolveEvery: sc.Loads[0].ResolveEvery},
		rounds: newRounds(sc, loads, targets, o.Looks),
	}
	r.routes.Judge = r.judge
	r.engines, err = newEngines(sc, targets, o.Tool.Version)
	return r, err
}

// target is one of the run's.
func (r *runner) target(name string) (scenarios.Target, error) {
	chosen, err := choose(r.targets, []string{name})
	if err != nil {
		return scenarios.Target{}, err
	}
	return chosen[0], nil
}

// create claims the directory.
func (r *runner) create() (*runlog.Writer, error) {
	create := runlog.Create
	if r.o.Numbered {
		create = runlog.CreateNew
	}
	return create(r.o.Dir, r.manifest(time.Now()))
}

// interrupted is what [runlog.Manifest.Stopped] says of a run that was.
const interrupted = "interrupted"

// measure performs every step and seals the run.
func (r *runner) measure(ctx context.Context, w *runlog.Writer) error {
	r.begun = time.Now()
	r.cluster.start(ctx, r.begun)
	for _, s := range r.o.Sinks {
		r.sinkWorkers = append(r.sinkWorkers, newSinkWorker(s))
	}
	r.rounds.more = r.newSequentialRounds(ctx, w).more
	steps := r.o.Steps
	if steps == nil {
		steps = r.rounds.steps
	}
	err := r.changes.Into(w.Dir())
	stopped := ""
	if err == nil {
		stopped, err = r.perform(ctx, w, steps)
	}
	err = errors.Join(err, r.noteErr, r.closeSinks(ctx, w), r.endChanges(ctx, w), r.cluster.end(w))
	if err != nil {
		stopped = r.sc.Secrets().Blot("could not go on: " + err.Error())
	}
	return errors.Join(err, w.Seal(time.Now(), stopped))
}
