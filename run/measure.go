package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// runner is one run under way.
type runner struct {
	sc      *scenarios.Scenario
	o       Options
	drain   chan struct{} // closed when nothing more is to be started
	feed    *feed
	plan    plan.Plan
	targets []scenarios.Target
	// compare is the scenario's, its zero value without one. Its Seed is drawn where
	// there is anything to order.
	compare   scenarios.Compare
	allowance allowance
	engines   *engines
	routes    *route.Table
	withheld  []string        // which requests lead away from the target, and so lack headers
	ledger    *ledger.Counter // nil without one
	begun     time.Time       // the first leg's preparations
	legs      int             // begun so far, warm-ups not counted
}

func newRunner(sc *scenarios.Scenario, o Options) (*runner, error) {
	p, err := plan.New(sc.Load.Load)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	targets, err := choose(sc.Targets, o.Targets)
	if err != nil {
		return nil, err
	}
	r := &runner{
		sc: sc, o: o, drain: make(chan struct{}), feed: newFeed(), plan: p, targets: targets,
		routes: &route.Table{Resolver: o.Resolver, Every: sc.Load.ResolveEvery, Judge: o.Guard.Judge},
	}
	if r.engines, err = newEngines(sc, targets, o.Tool.Version); err != nil {
		return nil, err
	}
	if sc.Compare != nil {
		r.compare = *sc.Compare
	}
	r.allowance = allowance{most: sc.Compare.MostRounds(), budget: r.compare.Budget}
	if r.compare.Seed == 0 && r.allowance.most > 1 {
		r.compare.Seed = drawSeed()
	}
	return r, nil
}

func (r *runner) closeLedger() {
	if r.ledger != nil {
		r.ledger.Close()
	}
}

// create claims the directory.
func (r *runner) create() (*runlog.Writer, error) {
	create := runlog.Create
	if r.o.Numbered {
		create = runlog.CreateNew
	}
	return create(r.o.Dir, r.manifest(time.Now()))
}

// measure performs every leg and seals the run.
func (r *runner) measure(ctx context.Context, w *runlog.Writer) error {
	stopped, err := r.rounds(ctx, w)
	if err != nil {
		stopped = r.sc.Secrets().Blot("could not go on: " + err.Error())
	}
	return errors.Join(err, w.Seal(time.Now(), stopped))
}

// interrupted is what [runlog.Manifest.Stopped] says of a run that was.
const interrupted = "interrupted"

// rounds performs one round after the other. stopped is [interrupted] when the run did
// not come to its end; a signal that comes after the last request is none.
func (r *runner) rounds(ctx context.Context, w *runlog.Writer) (stopped string, err error) {
	r.begun = time.Now()
	var longest time.Duration
	done := 0
	for order := range r.orders() {
		if !r.allowance.another(done, time.Since(r.begun), longest) {
			return "", nil
		}
		began := time.Now()
		for _, t := range order {
			if stopped, err = r.turn(ctx, w, turn{target: t, round: done + 1}); stopped != "" || err != nil {
				return stopped, err
			}
		}
		took := time.Since(began)
		if done++; done == 1 {
			took += r.compare.CoolDown // its first leg was spared one
		}
		longest = max(longest, took)
	}
	return "", nil
}

// orders are the targets of each round. A single round has nothing to balance: it goes
// through them as the scenario has them.
func (r *runner) orders() iter.Seq[[]scenarios.Target] {
	return func(yield func([]scenarios.Target) bool) {
		if r.allowance.most == 1 {
			yield(r.targets)
			return
		}
		for order := range turns(len(r.targets), r.compare.Seed) {
			targets := make([]scenarios.Target, len(order))
			for i, t := range order {
				targets[i] = r.targets[t]
			}
			if !yield(targets) {
				return
			}
		}
	}
}

// turn is one leg to come.
type turn struct {
	target scenarios.Target
	round  int
	warmUp bool
}

// turn performs a leg, with what comes before it.
func (r *runner) turn(ctx context.Context, w *runlog.Writer, t turn) (stopped string, err error) {
	if r.legs++; r.legs > 1 {
		r.coolDown(ctx)
		if r.interrupted(ctx) {
			return interrupted, nil
		}
	}
	if r.compare.WarmUp > 0 {
		warm := t
		warm.warmUp = true
		if _, err := r.leg(ctx, w, warm); err != nil {
			return "", err
		}
		if r.interrupted(ctx) {
			return interrupted, nil
		}
	}
	totals, err := r.leg(ctx, w, t)
	if err == nil && totals.Stopped != "" && r.interrupted(ctx) {
		stopped = interrupted
	}
	return stopped, err
}

// coolDown waits until the next leg may begin, or somebody asks to end.
func (r *runner) coolDown(ctx context.Context) {
	if r.compare.CoolDown == 0 || r.interrupted(ctx) {
		return
	}
	r.feed.tell(Waiting{fmt.Sprintf("%v for the target to cool down", r.compare.CoolDown)})
	select {
	case <-time.After(r.compare.CoolDown):
	case <-r.drain:
	case <-ctx.Done():
	}
}

func (r *runner) interrupted(ctx context.Context) bool {
	select {
	case <-r.drain:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// lead is how long before its start a leg is opened, so that our own files, and not
// the first request, pay for the disk.
const lead = 100 * time.Millisecond

// leg performs one leg and stores all of it. An error means that the run cannot go
// on; failures of the target are outcomes, not errors.
func (r *runner) leg(ctx context.Context, w *runlog.Writer, l turn) (t attack.Totals, err error) {
	job, open := r.job(l.target), w.StartLeg
	if l.warmUp {
		job.Plan, open = r.plan.Cut(r.compare.WarmUp), w.StartWarmUp
	}
	led := r.before(ctx)
	planned, _ := attack.Planned(job.Plan, len(job.Requests))
	r.feed.tell(r.started(l, job.Plan.Duration(), planned))
	debug.FreeOSMemory() // what was left behind so far is not the leg's to collect
	start := time.Now().Add(lead)
	lw, err := open(l.target.Name, l.round, planned, start)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, lw.Close()) }()
	if led != nil {
		if err := lw.Ledger(*led); err != nil {
			return t, err
		}
	}
	t, err = r.perform(ctx, lw, l.target, job, start)
	r.feed.tell(LegEnded{t})
	err = errors.Join(err, lw.Failures(t.Failures))
	if led != nil {
		r.after(ctx, led)
		err = errors.Join(err, lw.Ledger(*led))
	}
	err = errors.Join(err, w.EndLeg(t.Planned, t.Dropped, t.Duration, t.Stopped))
	if r.o.Record && err == nil {
		err = endRecording(ctx, lw)
	}
	return t, err
}

// started announces a leg.
func (r *runner) started(l turn, duration time.Duration, planned uint64) LegStarted {
	e := LegStarted{
		N: r.legs, Target: l.target.Name, Round: l.round, Rounds: r.allowance.most, WarmUp: l.warmUp,
		Elapsed: time.Since(r.begun), Budget: r.allowance.budget,
		Planned: planned, Duration: duration, Engine: r.engines.byTarget[l.target.Name].Name(),
	}
	switch {
	case e.Budget == 0:
		e.Of = r.allowance.most * len(r.targets)
	case r.compare.Rounds == 0:
		e.Rounds = 0
	}
	return e
}

func requestNames(rs []attack.Request) []string {
	names := make([]string, len(rs))
	for i, r := range rs {
		names[i] = r.Name
	}
	return names
}
