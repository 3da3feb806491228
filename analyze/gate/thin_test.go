package gate

import (
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// A thin round of the baseline leaves a PASS possible, one of the candidate a FAIL: for
// that a gate goes on, and for nothing else.
func TestLooksAtThinRounds(t *testing.T) {
	for _, c := range []struct {
		thin string
		ms   float64 // of the candidate, the baseline's being 100
		want result.Verdict
		more int
	}{
		{"old", 60, result.Pass, 0}, {"old", 100, result.Inconclusive, 20}, {"old", 160, result.Inconclusive, 20},
		{"new", 160, result.Inconclusive, 20}, {"new", 100, result.Inconclusive, 0},
	} {
		a := looking(paired(steady(100, 10), steady(c.ms, 10)), 10, 20)
		for i := range a.Legs {
			if l := &a.Legs[i]; l.Target == c.thin && l.Round == 3 {
				l.Response.N = 94
			}
		}
		if g := judged(t, a, nil, runlog.Limit{Metric: "p99", WorseBy: some(0.1)}); g.Verdict != c.want || g.More() != c.more {
			t.Errorf("%s thin, %v ms: %s, on to %d: %s", c.thin, c.ms, g.Verdict, g.More(), g.Headline)
		}
	}
}

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
