package web

import (
	"testing"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/server/store"
)

// A line through the runs of a test stays with one load, whichever answers, and leaves out what a trend leaves out.
func TestALineStaysWithOneLoad(t *testing.T) {
	figure := func(load string, ms float64) store.Shown {
		return store.Shown{Load: load, KeyFigures: result.KeyFigures{Figures: []result.KeyFigure{{Metric: metric.P95.Key, Unit: metric.P95.Unit, Observed: result.Estimate{Value: ms, N: 100}}}}}
	}
	run := func(v result.Verdict, partial bool, shown ...store.Shown) store.Run {
		return store.Run{State: store.Ended, Summary: &store.Summary{Index: result.IndexRun{Verdict: v}, Partial: partial, Shown: shown}}
	}
	calm, busy := figure("calm", 10), figure("busy", 100)
	same, n := sparkOf([]store.Run{run(result.Pass, false, calm, busy), run(result.Pass, false, calm, busy)})
	if same == "" || n != 2 {
		t.Fatalf("two runs are %q of %d", same, n)
	}
	for name, newest := range map[string][]store.Run{
		"another load answers":   {run(result.Pass, false, calm, busy), run(result.Fail, false, busy, calm)},
		"an INVALID run between": {run(result.Pass, false, calm, busy), run(result.Invalid, false, figure("calm", 999)), run(result.Pass, false, calm)},
		"a partial run between":  {run(result.Pass, false, calm, busy), run(result.Inconclusive, true, figure("calm", 999)), run(result.Pass, false, calm)},
		"one that waits":         {{State: store.Queued}, run(result.Pass, false, calm), run(result.Pass, false, calm)},
		"one of another load":    {run(result.Pass, false, calm), run(result.Pass, false, busy), run(result.Pass, false, calm)},
	} {
		if got, n := sparkOf(newest); got != same || n != 2 {
			t.Errorf("%s: %d are drawn as %s, want %s", name, n, got, same)
		}
	}
	if got, n := sparkOf([]store.Run{run(result.Pass, false, calm)}); got != "" || n != 1 {
		t.Errorf("one run is drawn as %q of %d", got, n)
	}
}
