//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stress-tool/stress/bench/page"
	"github.com/stress-tool/stress/bench/tool"
)

// memoryConnections is the middle of the closed loads.
const memoryConnections = 50

// memoryTable sends the requests asked for with each engine, and says what memory it
// held over that time. How long the requests take is guessed from a short run.
func (b *bench) memoryTable(ctx context.Context, tools []tool.Tool) (string, error) {
	l := tool.Load{URL: b.url, Connections: memoryConnections}
	var rows [][]string
	for _, t := range tools {
		l.Duration = b.o.short
		try, err := b.once(ctx, t, l)
		if err != nil {
			return "", err
		}
		if try.Rate() <= 0 {
			return "", fmt.Errorf("%s answered nothing in %v", t.Name, l.Duration)
		}
		// A tenth more, for a machine that slows down.
		l.Duration = time.Duration(1.1*float64(b.o.memory)/try.Rate()+1) * time.Second
		fmt.Fprintf(b.log, "%s: %d requests take about %v\n", t.Name, b.o.memory, l.Duration)
		s, err := b.once(ctx, t, l)
		if err != nil {
			return "", err
		}
		g := growthOf(s.Memory.Samples)
		rows = append(rows, []string{t.Name, fmt.Sprint(s.Requests), l.Duration.String(),
			megabytes(g.first), megabytes(g.last), fmt.Sprintf("%+.1f %%", 100*g.share()), megabytes(s.Memory.Peak)})
	}
	return fmt.Sprintf("Resident memory over %d requests at %d connections: medians of the second and of the last quarter of the time\n"+
		"(the first holds the start), and the most at any time.\n\n", b.o.memory, memoryConnections) +
		page.Table([]string{"tool", "requests", "time", "second quarter MB", "last quarter MB", "growth", "peak MB"}, rows), nil
}

// growth is resident memory in the second and in the last quarter of a run, in bytes.
type growth struct{ first, last int64 }

// share is the growth over the first figure, 0 for nothing.
func (g growth) share() float64 {
	if g.first == 0 {
		return 0
	}
	return float64(g.last-g.first) / float64(g.first)
}

func growthOf(samples []int64) growth {
	n := len(samples)
	return growth{middle(samples[n/4 : n/2]), middle(samples[3*n/4:])}
}

func middle(v []int64) int64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }
