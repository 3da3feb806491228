package reporttest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/trend"
	"github.com/stress-tool/stress/runlog"
)

// Past is a history of runs whose p95 was around these levels.
func Past(rounds int, label func(i int) string, levels ...float64) []result.Entry {
	rng := rand.New(rand.NewPCG(3, 4))
	var out []result.Entry
	for i, level := range levels {
		level *= 1 + 0.012*rng.NormFloat64()
		a := &result.Analysis{Schema: result.SummarySchema, Name: "cluster sustained", Label: label(i), Verdict: result.Pass, Findings: Because(result.Pass, result.CodeNoThreshold, "it came to its end"),
			Run: result.RunInfo{Started: time.Date(2026, 3, 1+i, 4, 5, 6, 0, time.UTC), Measure: "response time",
				Load: runlog.Load{Open: true, Words: "200 requests per second for 1m0s"}}}
		for r := range rounds {
			v := level * (1 + 0.02*rng.NormFloat64())
			n := uint64(4000 + rng.IntN(100))
			a.Legs = append(a.Legs, result.Leg{Target: "cluster", Round: r + 1, Complete: true, Sent: n, Outcomes: runlog.Outcomes{Success: n},
				Response: result.Latency{N: n, Quantiles: map[string]float64{"p95": v}, Intervals: map[string]result.Estimate{
					"p95": {Value: v, Lo: result.Bound(v * 0.96), Hi: result.Bound(v * 1.05), Confidence: 0.95, N: n}}}})
		}
		name := a.Run.Started.Format("2006-01-02T15-04-05Z") + "-1a2b3c4d"
		out = append(out, result.Entry{Name: name, Path: "baselines/cluster-sustained/" + name + ".json",
			Machine: "amd-epyc-7763-64-core-processor-4-cpus-linux-amd64", Run: a})
	}
	return out
}

// Steady is n levels of v.
func Steady(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

// Trends are what every form must show well.
func Trends(t testing.TB) map[string]*result.Trend {
	t.Helper()
	twice := slices.Concat(Steady(9, 45), Steady(8, 52), Steady(7, 38))
	all := map[string]*result.Trend{}
	for name, entries := range map[string][]result.Entry{
		"trend-twice":  Past(8, func(i int) string { return fmt.Sprintf("v1.%d", i) }, twice...),
		"trend-steady": Past(1, func(int) string { return "" }, Steady(12, 310)...),
		"trend-few":    Past(3, func(int) string { return "main" }, 45, 47, 44),
		"trend-long": Past(2, func(i int) string { return fmt.Sprintf("release/2026.%02d.0-rc1+build.77%d", i, i) },
			slices.Concat(Steady(20, 45), Steady(20, 52), Steady(6, 80), Steady(20, 51), Steady(24, 20))...),
		"trend-tainted": Past(1, func(int) string { return Hostile }, slices.Concat(Steady(6, 45), Steady(6, 90))...),
	} {
		trend, err := trend.Of(entries, "", "p95")
		if err != nil {
			t.Fatal(err)
		}
		all[name] = trend
	}
	return all
}

// NothingLost is the trend of the lost rows of runs that lost none.
func NothingLost(t testing.TB) *result.Trend {
	t.Helper()
	entries := Past(2, func(int) string { return "" }, Steady(7, 45)...)
	for _, e := range entries {
		for i := range e.Run.Legs {
			e.Run.Legs[i].Reconcile = &result.Reconcile{Successes: 4000, Rows: 4000, Verdict: result.RowsReconciled}
		}
	}
	trend, err := trend.Of(entries, "cluster", "lost")
	if err != nil {
		t.Fatal(err)
	}
	return trend
}
