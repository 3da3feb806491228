package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/runlog"
)

// madeRun is a judged closed run whose legs have the p95s given, in milliseconds, by
// target and round; 0 leaves the leg out. Other figures follow from them.
func madeRun(p95s map[string][]float64) *result.Analysis {
	a := &result.Analysis{Schema: result.SummarySchema, Name: "made", Verdict: result.Pass, Findings: []result.Finding{result.Found(result.Pass, result.CodeNoThreshold, "made")}, Run: result.RunInfo{
		Started: epoch, Measure: "service time", Success: "status 200", Engine: "rawhttp", Clock: "kernel",
		Load: runlog.Load{Type: "maintain-client-load", Words: "50 clients for 10s", Clients: 50, DurationS: 10},
	}}
	for round := 1; round <= 100; round++ {
		for _, target := range []string{"cluster", "single"} {
			if ms := p95s[target]; round <= len(ms) && ms[round-1] > 0 {
				a.Legs = append(a.Legs, madeLeg(target, round, ms[round-1]))
			}
		}
	}
	return a
}

func madeLeg(target string, round int, p95 float64) result.Leg {
	const n = 4000
	return result.Leg{
		Target: target, Round: round, URL: "http://127.0.0.1:8080", Complete: true, Sent: n, Completed: n,
		Outcomes: runlog.Outcomes{Success: n}, DurationS: 10, RateRPS: 30_000 / p95, SuccessRPS: 30_000 / p95,
		ErrorRate: result.Estimate{Lo: 0, Hi: 0.00096, Confidence: result.Confidence, N: n},
		Service:   result.Latency{N: n, Mean: p95 / 2, Quantiles: map[string]float64{"p50": p95 / 2.2, "p90": p95 / 1.2, "p95": p95, "p99": 1.4 * p95, "p999": 2 * p95}},
		Generator: result.Generator{CPU: 0.2},
	}
}

// scattered are p95s around ms whose logarithms have that standard deviation.
func scattered(rng *rand.Rand, rounds int, ms, sd float64) []float64 {
	out := make([]float64, rounds)
	for i := range out {
		out[i] = ms * math.Exp(sd*rng.NormFloat64())
	}
	return out
}

func compared(t testing.TB, baseline, candidate Pick) *result.Comparison {
	t.Helper()
	c, err := Compare(baseline, candidate)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inRun and ofRuns are the two ways to compare the same figures.
func inRun(t testing.TB, base, cand []float64) *result.Comparison {
	a := madeRun(map[string][]float64{"single": base, "cluster": cand})
	return compared(t, Pick{Run: a, Target: "single"}, Pick{Run: a, Target: "cluster"})
}

func ofRuns(t testing.TB, base, cand []float64) *result.Comparison {
	b, c := madeRun(map[string][]float64{"cluster": base}), madeRun(map[string][]float64{"cluster": cand})
	return compared(t, Pick{b, "cluster", "v1"}, Pick{c, "cluster", "v2"})
}

// What a comparison says, for every number of rounds and every answer.
func TestComparisonWords(t *testing.T) {
	var out strings.Builder
	for _, c := range []struct {
		name       string
		rounds     int
		ratio, sd  float64
		candRounds int
	}{
		{name: "slower", rounds: 10, ratio: 1.2, sd: 0.03},
		{name: "faster", rounds: 10, ratio: 0.8, sd: 0.03},
		{name: "the same", rounds: 10, ratio: 1.004, sd: 0.015},
		{name: "between", rounds: 10, ratio: 1.03, sd: 0.06},
		{name: "few rounds", rounds: 3, ratio: 1.03, sd: 0.05},
		{name: "one against many", rounds: 1, ratio: 1.1, sd: 0.02, candRounds: 8},
		{name: "once each", rounds: 1, ratio: 1.1, sd: 0.02},
	} {
		rng := rand.New(rand.NewPCG(7, 7))
		base := scattered(rng, c.rounds, 40, c.sd)
		cand := scattered(rng, max(c.rounds, c.candRounds), 40*c.ratio, c.sd)
		for _, k := range []*result.Comparison{inRun(t, base, cand), ofRuns(t, base, cand)} {
			m := k.Of(metric.Of("p95"))
			fmt.Fprintf(&out, "%s, %d rounds:\n  %s\n  p95: %s\n  %s\n  %d rounds, detectable %.3f, needed %d\n", c.name, k.Rounds, k.Words, m.Answer, m.Words, m.Rounds, m.Detectable, m.RoundsNeeded)
			for _, w := range k.Warnings {
				fmt.Fprintf(&out, "  ! %s\n", w)
			}
			fmt.Fprintf(&out, "  %s\n\n", k.Method)
		}
	}
	golden.Check(t, "testdata/compare.txt", []byte(out.String()))
}

// drawn are the p95s of two sides of a comparison.
func drawn(t *rapid.T, least int) (base, cand []float64) {
	ms := rapid.Float64Range(0.1, 10_000)
	n := rapid.IntRange(least, 14).Draw(t, "rounds")
	return rapid.SliceOfN(ms, n, n).Draw(t, "baseline"), rapid.SliceOfN(ms, n, n).Draw(t, "candidate")
}

func TestSwappingSidesInverts(t *testing.T) {
	mirror := map[result.MetricVerdict]result.MetricVerdict{result.Better: result.Worse, result.Worse: result.Better, result.Same: result.Same, result.CannotTell: result.CannotTell}
	rapid.Check(t, func(rt *rapid.T) {
		base, cand := drawn(rt, 1)
		for name, compare := range map[string]func(testing.TB, []float64, []float64) *result.Comparison{"in a run": inRun, "of runs": ofRuns} {
			there, back := compare(t, base, cand), compare(t, cand, base)
			for i, m := range there.Metrics {
				n := back.Metrics[i]
				if n.Verdict != mirror[m.Verdict] {
					rt.Errorf("%s, %s: %s, and back %s", name, m.Name, m.Verdict, n.Verdict)
				}
				if m.Difference {
					if math.Abs(float64(m.Ratio+n.Ratio)) > 1e-12 {
						rt.Errorf("%s, %s: %v, and back %v", name, m.Name, m.Ratio, n.Ratio)
					}
					continue
				}
				if !inverse(m.Ratio, n.Ratio) || !inverse(m.Lo, n.Hi) || !inverse(m.Hi, n.Lo) {
					rt.Errorf("%s, %s: %v (%v to %v), and back %v (%v to %v)", name, m.Name, m.Ratio, m.Lo, m.Hi, n.Ratio, n.Lo, n.Hi)
				}
				if m.Lo > m.Ratio || m.Ratio > m.Hi {
					rt.Errorf("%s, %s: %v is outside %v to %v", name, m.Name, m.Ratio, m.Lo, m.Hi)
				}
			}
		}
	})
}

func inverse(a, b result.Bound) bool {
	if a == 0 || b == 0 {
		return math.IsInf(float64(a), 1) || math.IsInf(float64(b), 1)
	}
	return math.Abs(float64(a*b)-1) < 1e-9
}

func TestIdenticalRunsAreNeverBetterOrWorse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		base, _ := drawn(rt, 1)
		for _, c := range []*result.Comparison{inRun(t, base, base), ofRuns(t, base, base)} {
			for _, m := range c.Metrics {
				if m.Verdict == result.Better || m.Verdict == result.Worse {
					rt.Errorf("%s is %s: %+v", m.Name, m.Verdict, m)
				}
			}
		}
		// As pairs they show no difference at all.
		if m := inRun(t, base, base).Of(metric.Of("p95")); len(base) >= FewestPairs && m.Verdict != result.Same {
			rt.Errorf("%+v", m)
		}
	})
}

// A factor on every round is found as it is, whatever the machine did meanwhile: the
// rounds took turns.
func TestPairsCancelDrift(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		base, _ := drawn(rt, FewestPairs)
		factor := rapid.Float64Range(0.2, 5).Draw(rt, "factor")
		cand := slices.Clone(base)
		for i := range cand {
			cand[i] *= factor
		}
		m := inRun(t, base, cand).Of(metric.Of("p95"))
		for _, v := range []result.Bound{m.Ratio, m.Lo, m.Hi} {
			if math.Abs(float64(v)/factor-1) > 1e-9 {
				rt.Errorf("%v times, %v to %v, where every pair says %v", m.Ratio, m.Lo, m.Hi, factor)
			}
		}
	})
}

// The interval and the test say the same: what lies outside is rejected at 5 %.
func TestContrastsIntervalAndTestAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		base, cand := drawn(rt, FewestPairs)
		a := madeRun(map[string][]float64{"single": base, "cluster": cand})
		b := madeRun(map[string][]float64{"single": base})
		for _, base := range []Pick{{Run: a, Target: "single"}, {Run: b, Target: "single"}} {
			k := ContrastOf(metric.Of("p95"), base, Pick{Run: a, Target: "cluster"}, result.Confidence)
			for _, at := range []float64{k.Ratio.Lo * 0.999, k.Ratio.Hi * 1.001} {
				if p := k.PAt(at); p > 1-result.Confidence {
					rt.Errorf("paired %v: p at %v is %v, outside %v", k.paired, at, p, k.Ratio)
				}
			}
			if p := k.PAt(k.Ratio.Value); !(p > 1-result.Confidence) {
				rt.Errorf("paired %v: p at the estimate is %v", k.paired, p)
			}
		}
	})
}

func TestNothingToContrast(t *testing.T) {
	a := madeRun(map[string][]float64{"single": {1, 2, 3, 4, 5, 6}})
	p := Pick{Run: a, Target: "single"}
	for name, k := range map[string]Contrast{
		"no ratio":  ContrastOf(metric.Of("error_rate"), p, p, result.Confidence),
		"unknown":   ContrastOf(metric.Of("p42"), p, p, result.Confidence),
		"no target": ContrastOf(metric.Of("p95"), p, Pick{Run: a, Target: "cluster"}, result.Confidence),
	} {
		if !math.IsNaN(k.Ratio.Value) || !math.IsNaN(k.PAt(1)) || k.Detectable() != 0 || k.roundsToSettle() != 0 {
			t.Errorf("%s: %+v", name, k)
		}
	}
	if _, err := Compare(p, Pick{Run: a, Target: "cluster", Label: "results/a"}); err == nil || !strings.Contains(err.Error(), `results/a has no target "cluster": it has single`) {
		t.Errorf("%v", err)
	}
}

func TestRoundsThatAreLeftOut(t *testing.T) {
	ms := []float64{10, 11, 10, 12, 10, 11, 10, 9}
	make := func() *result.Analysis { return madeRun(map[string][]float64{"single": ms, "cluster": ms}) }
	leg := func(a *result.Analysis, target string, round int) *result.Leg {
		return a.LegsOf(target, func(l *result.Leg) bool { return l.Round == round })[0]
	}
	for name, c := range map[string]struct {
		spoil   func(*result.Analysis)
		rounds  int
		warning string
	}{
		"a generator at its limit": {func(a *result.Analysis) { leg(a, "cluster", 3).Generator.Limited = true }, 7,
			"round 3 is left out of the comparison: cluster was limited by the generator"},
		"an abort": {func(a *result.Analysis) { leg(a, "single", 1).Stopped = "too many errors" }, 7,
			"round 1 is left out of the comparison: single did not come to its end: too many errors"},
		"a kill": {func(a *result.Analysis) { leg(a, "cluster", 8).Complete = false }, 7,
			"round 8 is left out of the comparison: cluster did not come to its end"},
		"no answers": {func(a *result.Analysis) { leg(a, "cluster", 2).Outcomes = runlog.Outcomes{} }, 7,
			"round 2 is left out of the comparison: cluster had no request that came to an end"},
		"an interrupt between legs": {func(a *result.Analysis) {
			a.Legs = slices.DeleteFunc(a.Legs, func(l result.Leg) bool { return l.Target == "single" && l.Round == 8 })
		}, 7, "round 8 is left out of the comparison: single has no leg in it"},
		"none whole": {func(a *result.Analysis) {
			for i := range a.Legs {
				a.Legs[i].Generator.Limited = a.Legs[i].Target == "cluster"
			}
		}, 8, "the comparison is not of equals: cluster, round 2 was limited by the generator"},
	} {
		a := make()
		c.spoil(a)
		got := compared(t, Pick{Run: a, Target: "single"}, Pick{Run: a, Target: "cluster"})
		if got.Rounds != c.rounds || got.Of(metric.Of("p95")).Rounds != c.rounds {
			t.Errorf("%s: %d rounds, %+v", name, got.Rounds, got.Of(metric.Of("p95")))
		}
		if !slices.Contains(got.Warnings, c.warning) || c.rounds == 7 && len(got.Warnings) != 1 {
			t.Errorf("%s: warnings %q", name, got.Warnings)
		}
		other := make()
		got = compared(t, Pick{other, "cluster", "v1"}, Pick{a, "cluster", "v2"})
		if strings.Contains(c.warning, "cluster") && c.rounds == 7 && !slices.Contains(got.Warnings, strings.Replace(c.warning, "cluster", "cluster of v2", 1)) {
			t.Errorf("%s, of runs: warnings %q", name, got.Warnings)
		}
	}
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 789_000_000, time.UTC)
