package run

import (
	"context"
	"errors"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/run/fault"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// runner is one run while it is prepared and measured.
type runner struct {
	*Generator
	o           Options
	drain       chan struct{} // closed when nothing more is to be started
	told        *eventQueue
	probe       Here // sends passes that are no load, always from this machine
	rounds      rounds
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
		if sc.Generators != nil {
			return nil, ErrNoAgents
		}
		o.Performer = Here(attack.Perform)
	}
	g, err := newGenerator(sc, GeneratorOptions{Targets: o.Targets, Guard: o.Guard, Resolver: o.Resolver, Version: o.Tool.Version})
	if err != nil {
		return nil, err
	}
	return &runner{
		Generator: g, o: o, drain: make(chan struct{}), told: newEventQueue(), observers: o.Observers,
		rounds: newRounds(sc, g.loads, g.targets, o.Looks), probe: attack.Perform,
	}, nil
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
