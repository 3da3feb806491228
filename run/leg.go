package run

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/runlog"
)

// leg performs one step and stores all of it. An error means that the run cannot go
// on; failures of the target are outcomes, not errors.
func (r *runner) leg(ctx context.Context, w *runlog.Writer, s Step) (t attack.Totals, err error) {
	load := cmp.Or(s.Load, &r.loads[0])
	j, l, err := r.order(s, load)
	if err != nil {
		return t, err
	}
	r.before(ctx, l)
	r.told.tell(LegStarted{
		Step: s, Elapsed: time.Since(r.begun),
		Planned: l.Planned, Duration: j.Job.Plan.Duration(), Engine: j.Engine.Name(),
	})
	debug.FreeOSMemory() // what was left behind so far is not the leg's to collect
	if j.Start, err = r.ready(ctx, j); err != nil {
		return t, err
	}
	l.Started = j.Start
	lw, err := w.StartLeg(l)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, lw.Close()) }()
	to := &tee{LegWriter: lw, r: r, leg: w.Leg()}
	seen := &notes{tee: to}
	j.Agents, j.Generators = to.agents(w), to.Generator
	j.Meter = attack.MeterConfig{
		Sink: to, Requests: requestNames(j.Job.Requests), ErrorThreshold: load.ErrorThreshold,
		Secrets: r.sc.Secrets(), Drain: r.drain, OnSecond: func(p attack.Progress) { r.told.tell(SecondMeasured{p}) },
	}
	t, err = r.during(ctx, to.leg, seen, func(ctx context.Context) (attack.Totals, error) { return r.load(ctx, lw, s.Target, j) })
	r.told.tell(LegEnded{t})
	err = errors.Join(err, lw.Failures(t.Failures), r.after(ctx, t, seen), w.EndLeg(t.Planned, t.Dropped, t.Duration, t.Stopped))
	if r.o.Record && err == nil {
		err = endRecording(ctx, lw)
	}
	return t, err
}

// ready has the performer make ready for a leg, unless somebody asks to end.
func (r *runner) ready(ctx context.Context, j LegJob) (time.Time, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-r.drain:
			cancel()
		case <-ctx.Done():
		}
	}()
	return r.o.Performer.Ready(ctx, j)
}

// order is what a step asks for, as a job and as what the manifest says of it beforehand.
func (r *runner) order(s Step, load *Load) (j LegJob, l runlog.Leg, err error) {
	l = runlog.Leg{Target: s.Target, Round: s.Round, WarmUp: s.WarmUp > 0}
	j.Order = NewOrder(r.written(s.Target), load)
	j.Order.Seed = cmp.Or(load.Plan.Load().Seed, rand.Uint64())
	j.Order.Names = claim.NewLeg()
	if j.Engine, j.Job, err = r.Job(j.Order); err != nil {
		return j, l, err
	}
	j.Digest = func() (string, error) { return r.Digest(j.Order) }
	if s.Load != nil || len(r.loads) > 1 {
		own := load.stored(j.Job.Requests)
		l.Load = &own
		err = r.o.Performer.Able(j.Engine, &j.Job)
	}
	if s.WarmUp > 0 {
		j.Order.WarmUp, j.Job.Plan = s.WarmUp, j.Job.Plan.Cut(s.WarmUp)
	}
	var tooFew error
	if l.FirstRow, tooFew = r.data.take(j.Job.Plan); l.FirstRow > 0 {
		j.Order.FirstRow = l.FirstRow
		j.Job.Values, j.Job.Requests = r.values(l.FirstRow)
	}
	l.Planned, _ = attack.Planned(j.Job.Plan, attack.PerPass(j.Job.Requests))
	return j, l, cmp.Or(err, tooFew)
}

// load puts the load on, and records every request where that was asked for.
func (r *runner) load(ctx context.Context, to *runlog.LegWriter, name string, j LegJob) (attack.Totals, error) {
	if !r.o.Record {
		return r.o.Performer.Perform(ctx, j)
	}
	out, err := to.Recording()
	if err != nil {
		return attack.Totals{}, err
	}
	target, _ := r.target(name) // of which there is a job
	rec := attack.NewRecorder(out, attack.RecorderConfig{
		Name: target.Name, Start: j.Start, Requests: j.Job.Requests, URLs: r.urls(target), Secrets: r.sc.Secrets(),
	})
	j.Meter.OnDone = rec.Record
	t, err := r.o.Performer.Perform(ctx, j)
	return t, errors.Join(err, rec.Err())
}

func requestNames(rs []attack.Request) []string {
	names := make([]string, len(rs))
	for i, r := range rs {
		names[i] = r.Name
	}
	return names
}
