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
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Performer has an engine do one leg's job from an instant on. It stores each second in
// cfg.Sink as it ends, as [attack.Perform] does, which is the performer of this machine.
// The totals are valid even with an error.
type Performer func(ctx context.Context, e attack.Engine, job attack.Job, start time.Time, cfg attack.MeterConfig) (attack.Totals, error)

// lead is how long before its start a leg is opened, so that our own files, and not
// the first request, pay for the disk.
const lead = 100 * time.Millisecond

// leg performs one step and stores all of it. An error means that the run cannot go
// on; failures of the target are outcomes, not errors.
func (r *runner) leg(ctx context.Context, w *runlog.Writer, s Step) (t attack.Totals, err error) {
	load := cmp.Or(s.Load, &r.loads[0])
	target, job, l, err := r.open(s, load)
	if err != nil {
		return t, err
	}
	r.before(ctx, l)
	r.told.tell(LegStarted{
		Step: s, Elapsed: time.Since(r.begun),
		Planned: l.Planned, Duration: job.Plan.Duration(), Engine: r.engines.byTarget[target.Name].Name(),
	})
	debug.FreeOSMemory() // what was left behind so far is not the leg's to collect
	l.Started = time.Now().Add(lead)
	lw, err := w.StartLeg(l)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, lw.Close()) }()
	to := &tee{LegWriter: lw, r: r, leg: w.Leg()}
	seen := &notes{tee: to}
	t, err = r.during(ctx, to.leg, seen, func(ctx context.Context) (attack.Totals, error) {
		return r.load(ctx, to, target, job, load.ErrorThreshold, l.Started)
	})
	r.told.tell(LegEnded{t})
	err = errors.Join(err, lw.Failures(t.Failures), r.after(ctx, t, seen), w.EndLeg(t.Planned, t.Dropped, t.Duration, t.Stopped))
	if r.o.Record && err == nil {
		err = endRecording(ctx, lw)
	}
	return t, err
}

// open is what a step asks for, as a job and as what the manifest says of it beforehand.
func (r *runner) open(s Step, load *Load) (scenarios.Target, attack.Job, runlog.Leg, error) {
	l := runlog.Leg{Target: s.Target, Round: s.Round, WarmUp: s.WarmUp > 0}
	target, err := r.target(s.Target)
	if err != nil {
		return target, attack.Job{}, l, err
	}
	job := r.job(target, load)
	job.Names = r.names()
	job.Seed = cmp.Or(job.Plan.Load().Seed, rand.Uint64())
	if s.Load != nil || len(r.loads) > 1 {
		own := load.stored(job.Requests)
		l.Load = &own
		err = cmp.Or(wire.EnoughFiles(&job), wire.EnoughPorts(&job))
	}
	if s.WarmUp > 0 {
		job.Plan = job.Plan.Cut(s.WarmUp)
	}
	first, tooFew := r.data.take(job.Plan)
	if l.FirstRow = first; first > 0 {
		job.Values, job.Requests = r.values(first)
	}
	l.Planned, _ = attack.Planned(job.Plan, attack.PerPass(job.Requests))
	return target, job, l, cmp.Or(err, tooFew)
}

// names are those of a leg's requests; nil where rows have none.
func (r *runner) names() *claim.Names {
	if r.sc.Ledger == nil || r.sc.Ledger.Claim == nil {
		return nil
	}
	return &claim.Names{Place: r.sc.Ledger.Claim.Place, Leg: claim.NewLeg()}
}

// load puts the load on, and records every request where that was asked for.
func (r *runner) load(ctx context.Context, to *tee, target scenarios.Target, job attack.Job, errorThreshold float64, start time.Time) (attack.Totals, error) {
	cfg := attack.MeterConfig{
		Sink: to, Requests: requestNames(job.Requests), ErrorThreshold: errorThreshold,
		Secrets: r.sc.Secrets(), Drain: r.drain, OnSecond: func(p attack.Progress) { r.told.tell(SecondMeasured{p}) },
	}
	if !r.o.Record {
		return r.o.Performer(ctx, r.engines.byTarget[target.Name], job, start, cfg)
	}
	out, err := to.Recording()
	if err != nil {
		return attack.Totals{}, err
	}
	rec := attack.NewRecorder(out, attack.RecorderConfig{
		Name: target.Name, Start: start, Requests: job.Requests, URLs: r.urls(target), Secrets: r.sc.Secrets(),
	})
	cfg.OnDone = rec.Record
	t, err := r.o.Performer(ctx, r.engines.byTarget[target.Name], job, start, cfg)
	return t, errors.Join(err, rec.Err())
}

func requestNames(rs []attack.Request) []string {
	names := make([]string, len(rs))
	for i, r := range rs {
		names[i] = r.Name
	}
	return names
}
