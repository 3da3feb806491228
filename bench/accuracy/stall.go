//go:build linux

package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/stress-tool/stress/bench/page"
	"github.com/stress-tool/stress/bench/tool"
	"github.com/stress-tool/stress/bench/truth"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// once runs a tool under a load, and during, where it is not nil, beside it. It
// leaves the run's directory to its caller.
func (b *bench) once(ctx context.Context, t tool.Tool, l tool.Load, during func()) (tool.Result, string, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return tool.Result{}, "", err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if during != nil {
			during()
		}
	}()
	_, r, err := t.Run(ctx, dir, b.core, l)
	<-done
	return r, dir, err
}

// stallRate is low enough for what the stall held up to be answered within a few
// milliseconds after it: the oracle is of a server that catches up at once.
const stallRate = 500

// stallQuantiles lie within the share of requests that a stall of a tenth of the run
// holds up.
var stallQuantiles = []float64{0.96, 0.97, 0.98, 0.99, 0.995, 0.999}

// oracle is the q-quantile of the response times at a constant rate over T, of which
// the server stood still for S and then caught up at once: of the requests due in the
// stall, each waits for what is left of it, so that P(L > x) = (S − x)/T.
func oracle(s, within time.Duration, q float64) time.Duration {
	return max(0, s-time.Duration((1-q)*float64(within)))
}

// tolerance is what a measured quantile may be off by: the catching up takes its
// time, and the requests are 1/rate apart.
func tolerance(want time.Duration) time.Duration {
	return max(want/50, 2*time.Millisecond+time.Second/stallRate)
}

func (b *bench) stalls(ctx context.Context, tools []tool.Tool) (string, error) {
	var rows [][]string
	for _, t := range tools {
		h, s, err := b.stall(ctx, t)
		if err != nil {
			return "", fmt.Errorf("%s: %w", t.Name, err)
		}
		for _, q := range stallQuantiles {
			want, got := oracle(s, b.o.within, q), h.Quantile(q)
			ok := "yes"
			if (got - want).Abs() > tolerance(want) {
				ok = "NO"
			}
			rows = append(rows, []string{t.Name, fmt.Sprintf("p%g", math.Round(q*1e5)/1e3), fmt.Sprint(h.N()), s.Round(time.Millisecond).String(),
				millis(want), millis(got), fmt.Sprintf("%+.1f ms", float64(got-want)/1e6), millis(tolerance(want)), ok})
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "**A stall: the server stopped (SIGSTOP) for %v of %v at %d/s**\n\n", b.o.stall, b.o.within, stallRate)
	out.WriteString(page.Table([]string{"tool", "percentile", "n", "stall", "S − (1 − q)·T", "measured", "difference", "allowed", "within"}, rows))
	return out.String(), nil
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

// stall runs an open load and stops the server during its middle; it returns the
// stored response times and how long the server stood still.
func (b *bench) stall(ctx context.Context, t tool.Tool) (*hist.Histogram, time.Duration, error) {
	if err := b.server.begin(ctx, truth.Delay{}, 1); err != nil {
		return nil, 0, err
	}
	var stood time.Duration
	// As many connections as requests wait at once, and some.
	l := tool.Load{URL: b.server.url, Rate: stallRate, Connections: 100 + 2*int(b.o.stall.Seconds()*stallRate), Duration: b.o.within}
	_, dir, err := b.once(ctx, t, l, func() {
		pause(ctx, b.o.within/3)
		began := time.Now()
		b.server.Signal(syscall.SIGSTOP) // a server that is gone shows in what follows
		pause(ctx, b.o.stall)
		stood = time.Since(began)
		b.server.Signal(syscall.SIGCONT)
	})
	if err != nil {
		return nil, 0, err
	}
	h, err := responses(ctx, tool.RunDir(dir))
	return h, stood, err
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// responses are all response times of a run.
func responses(ctx context.Context, dir string) (*hist.Histogram, error) {
	r, err := runlog.Open(dir)
	if err != nil {
		return nil, err
	}
	h := hist.New()
	for rec, err := range r.Records(ctx) {
		if err != nil {
			return nil, err
		}
		for iv, err := range rec.Intervals(runlog.TagResponse) {
			if err != nil {
				return nil, err
			}
			h.Add(iv.Bars)
		}
	}
	return h, nil
}
