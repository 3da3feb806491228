package gate

import (
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// A closed load makes the fewer requests the slower the target is: the check of p99 must
// not fall silent just then. Of a round of 40 requests the p90 stands in, which is no more.
func TestThinRoundsOfASlowTarget(t *testing.T) {
	tenth := runlog.Limit{Metric: "p99", WorseBy: some(0.1)}
	thinned := func(a *result.Analysis, n uint64) *result.Analysis {
		for i := range a.Legs {
			a.Legs[i].Response.N = n
		}
		return a
	}
	fast, slow := func() *result.Analysis { return roundsOf(steady(100, 10)...) }, func() *result.Analysis { return roundsOf(steady(300, 10)...) }
	for name, c := range map[string]struct {
		candidate, baseline *result.Analysis
		want                result.Verdict
	}{
		"slower, 120 requests in each round":      {thinned(slow(), 120), fast(), result.Fail},
		"slower, 40 requests in each round":       {thinned(slow(), 40), fast(), result.Fail},
		"perhaps no slower, but thin":             {thinned(fast(), 40), fast(), result.Inconclusive},
		"faster than a thin baseline":             {fast(), thinned(slow(), 40), result.Pass},
		"slower than a thin baseline, or not":     {slow(), thinned(fast(), 40), result.Inconclusive},
		"both thin":                               {thinned(slow(), 40), thinned(fast(), 40), result.Inconclusive},
		"a bound that even the p90 is beyond":     {thinned(slow(), 40), nil, result.Fail},
		"a bound that a thin round may well keep": {thinned(fast(), 40), nil, result.Inconclusive},
	} {
		limit := tenth
		if c.baseline == nil {
			limit = runlog.Limit{Metric: "p99", Max: some(200)}
		}
		if g := judged(t, c.candidate, c.baseline, limit); g.Verdict != c.want {
			t.Errorf("%s: %s: %s", name, g.Verdict, g.Headline)
		}
	}
}
