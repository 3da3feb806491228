package run

import (
	"context"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

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
