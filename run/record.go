package run

import (
	"context"
	"errors"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// perform puts the load on, and records every request where that was asked for.
func (r *runner) perform(ctx context.Context, lw *runlog.LegWriter, target scenarios.Target, job attack.Job, start time.Time) (attack.Totals, error) {
	cfg := attack.MeterConfig{
		Sink: lw, Requests: requestNames(job.Requests), ErrorThreshold: r.sc.Load.ErrorThreshold,
		Secrets: r.sc.Secrets(), Drain: r.drain,
		OnSecond: func(p attack.Progress) { r.feed.tell(SecondMeasured{p}) },
	}
	if !r.o.Record {
		return attack.Perform(ctx, r.engines.byTarget[target.Name], job, start, cfg)
	}
	out, err := lw.Recording()
	if err != nil {
		return attack.Totals{}, err
	}
	rec := attack.NewRecorder(out, attack.RecorderConfig{
		Name: target.Name, Start: start, Requests: job.Requests, URLs: r.urls(target), Secrets: r.sc.Secrets(),
	})
	cfg.OnDone = rec.Record
	t, err := attack.Perform(ctx, r.engines.byTarget[target.Name], job, start, cfg)
	return t, errors.Join(err, rec.Err())
}

// urls are where the requests of a pass go, for readers.
func (r *runner) urls(t scenarios.Target) []string {
	urls := make([]string, len(r.sc.Requests))
	for i, request := range r.sc.Requests {
		urls[i] = r.sc.RequestURL(t, request)
	}
	return urls
}

// orderGrace is how long whoever interrupted a run waits for the order of its recording.
const orderGrace = 300 * time.Millisecond

// endRecording puts a recording in the order that vegeta wants. One that there was no
// time for stays in the order in which requests ended.
func endRecording(ctx context.Context, lw *runlog.LegWriter) error {
	path, err := lw.EndRecording()
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), orderGrace)
		defer cancel()
		ctx = short
	}
	if err := attack.OrderRecording(ctx, path); ctx.Err() == nil {
		return err
	}
	return nil
}
