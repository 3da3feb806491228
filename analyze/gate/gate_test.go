package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
	"pgregory.net/rapid"

	"github.com/stress-tool/stress/internal/golden"
)

func some(v float64) *float64 { return &v }

// roundsOf is a run of one target, "page", with these p95 in its rounds, in
// milliseconds; its other figures are proportional to them.
func roundsOf(p95 ...float64) *result.Analysis {
	return simulatedRun(legsOfPage("page", p95...))
}

func legsOfPage(target string, p95 ...float64) []result.Leg {
	var legs []result.Leg
	for i, v := range p95 {
		l := simulatedLeg(target, i+1, []float64{math.Log(v / 100)})
		l.Response.Mean, l.Response.Quantiles = v/2, map[string]float64{"p50": v / 3, "p90": v * 0.8, "p95": v, "p99": v * 1.5, "p999": v * 2}
		l.Response.Intervals = map[string]result.Estimate{"p95": {Value: v, Lo: result.Bound(v * 0.9), Hi: result.Bound(v * 1.1), Confidence: result.Confidence, N: l.Response.N}}
		l.RateRPS, l.SuccessRPS = 500*100/v, 500*100/v
		l.ErrorRate = errorsOf(0, 5000)
		l.Reconcile = &result.Reconcile{Successes: 5000, Rows: 5000, Verdict: result.RowsReconciled}
		legs = append(legs, l)
	}
	return legs
}

func errorsOf(failed, n float64) result.Estimate {
	iv := stats.Wilson(failed, n, result.Confidence)
	return result.Estimate{Value: iv.Value, Lo: result.Bound(iv.Lo), Hi: result.Bound(iv.Hi), Confidence: result.Confidence, N: uint64(n)}
}

// steady are n rounds around v, that scatter by two parts in a hundred.
func steady(v float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v * (1 + 0.02*math.Sin(float64(7*i)))
	}
	return out
}

// paired are two targets of one run.
func paired(baseline, candidate []float64) *result.Analysis {
	a := simulatedRun(slices.Concat(legsOfPage("old", baseline...), legsOfPage("new", candidate...)))
	a.Run.Turns = &runlog.Compare{Baseline: "old", Candidate: "new", Rounds: len(baseline)}
	return a
}

func judged(t testing.TB, candidate, baseline *result.Analysis, limits ...runlog.Limit) *Judgement {
	t.Helper()
	g, err := Judge(candidate, "the candidate", baseline, "v1", limits, nil)
	if err != nil {
		t.Fatal(err)
	}
	if g.Headline == "" || len(g.Findings) == 0 || g.Method == "" {
		t.Errorf("a gate without words: %+v", g)
	}
	if _, err := json.Marshal(g); err != nil {
		t.Error(err)
	}
	return g
}

func invalidRun() *result.Analysis {
	a := roundsOf(steady(100, 10)...)
	a.Verdict, a.Headline, a.Findings = result.Invalid, "The generator was the limit.", []result.Finding{{Verdict: result.Invalid, Code: result.CodeGeneratorLimited, Target: "page", Text: "late"}}
	return a
}

func partialRun(v float64) *result.Analysis {
	a := roundsOf(steady(v, 10)...)
	a.Verdict, a.Run.Partial, a.Run.Stopped = result.Inconclusive, true, "interrupted"
	a.Findings = []result.Finding{result.Found(result.Inconclusive, result.CodePartialRun, "the run did not come to its end: interrupted")}
	return a
}

func losing(rows int64) *result.Analysis {
	a := roundsOf(steady(100, 10)...)
	a.Legs[3].Reconcile = &result.Reconcile{Successes: 5000, Rows: 5000 - rows, Lost: rows, Verdict: result.RowsLost, Words: "rows are missing"}
	return a
}

func without(what func(*result.Leg)) *result.Analysis {
	a := roundsOf(steady(100, 10)...)
	for i := range a.Legs {
		what(&a.Legs[i])
	}
	return a
}

func withThreshold(v result.Verdict) *result.Analysis {
	a := roundsOf(steady(100, 10)...)
	th := result.Assessment{Threshold: "p95 < 90ms", Target: "page", Round: 2, Verdict: v, Code: result.CodeThresholdNotMet, Words: "p95 was 100 ms", Unit: "ms", Observed: result.Estimate{Value: 100, N: 5000}}
	a.Thresholds, a.Verdict, a.Findings = []result.Assessment{th}, v, []result.Finding{{Verdict: v, Code: th.Code, Target: th.Target, Round: th.Round, Limit: th.Threshold, Text: th.Words}}
	return a
}

// What a gate says of typical runs, word for word.
func TestGateWords(t *testing.T) {
	var (
		same     = roundsOf(steady(100, 10)...)
		noisy    = []float64{80, 131, 92, 140, 75, 118, 99, 160, 70, 125}
		tenth    = runlog.Limit{Metric: "p95", WorseBy: some(0.1)}
		errors   = runlog.Limit{Metric: "error_rate", And: some(0.01)}
		lost     = runlog.Limit{Metric: "lost", Max: some(0)}
		atMost   = func(ms float64) runlog.Limit { return runlog.Limit{Metric: "p95", Max: &ms} }
		everyone = []runlog.Limit{tenth, {Metric: "p50", WorseBy: some(0.1)}, {Metric: "p90", WorseBy: some(0.1)}, {Metric: "mean", WorseBy: some(0.1)}, {Metric: "p99", WorseBy: some(0.1)}}
	)
	failing := func(share float64) *result.Analysis {
		return without(func(l *result.Leg) { l.ErrorRate = errorsOf(share*5000, 5000) })
	}
	var b bytes.Buffer
	for _, c := range []struct {
		name                string
		candidate, baseline *result.Analysis
		limits              []runlog.Limit
		want                result.Verdict
	}{
		{"the same", roundsOf(steady(101, 10)...), same, []runlog.Limit{tenth}, result.Pass},
		{"slower", roundsOf(steady(125, 10)...), same, []runlog.Limit{tenth}, result.Fail},
		{"slower, but by less than 30 ms", roundsOf(steady(125, 10)...), same, []runlog.Limit{{Metric: "p95", WorseBy: some(0.1), And: some(30)}}, result.Pass},
		{"faster", roundsOf(steady(60, 10)...), same, []runlog.Limit{tenth}, result.Pass},
		{"noisy", roundsOf(noisy...), same, []runlog.Limit{tenth}, result.Inconclusive},
		{"at the margin", roundsOf(steady(110, 10)...), same, []runlog.Limit{tenth}, result.Inconclusive},
		{"targets of one run, slower", paired(steady(100, 10), steady(125, 10)), nil, []runlog.Limit{tenth, errors}, result.Fail},
		{"targets of one run, the same", paired(steady(100, 10), steady(101, 10)), nil, []runlog.Limit{tenth, errors}, result.Pass},
		{"one round on each side", roundsOf(125), roundsOf(100), []runlog.Limit{tenth}, result.Inconclusive},
		{"five pairs", paired(steady(100, 5), steady(200, 5)), nil, []runlog.Limit{tenth}, result.Inconclusive},
		{"too few rounds for so many checks", paired(steady(100, 6), steady(200, 6)), nil, everyone[:2], result.Inconclusive},
		{"enough rounds for so many checks", paired(steady(100, 10), steady(200, 10)), nil, everyone, result.Fail},
		{"fewer answers a second", roundsOf(steady(125, 10)...), same, []runlog.Limit{{Metric: "rate_rps", WorseBy: some(0.1)}}, result.Fail},
		{"more errors", failing(0.05), same, []runlog.Limit{errors}, result.Fail},
		{"a few errors", failing(0.001), same, []runlog.Limit{errors, {Metric: "error_rate", Max: some(0.01)}}, result.Pass},
		{"some errors, not pooled away", failing(0.0101), same, []runlog.Limit{{Metric: "error_rate", Max: some(0.01)}}, result.Inconclusive},
		{"too many errors", failing(0.05), nil, []runlog.Limit{{Metric: "error_rate", Max: some(0.01)}}, result.Fail},
		{"within a bound", same, nil, []runlog.Limit{atMost(120), {Metric: "rate_rps", Min: some(400)}}, result.Pass},
		{"beyond a bound", same, nil, []runlog.Limit{atMost(90)}, result.Fail},
		{"at a bound", same, nil, []runlog.Limit{atMost(100.01)}, result.Inconclusive},
		{"one round within a bound", roundsOf(100), nil, []runlog.Limit{atMost(120)}, result.Pass},
		{"two rounds, one of them beyond", roundsOf(100, 150), nil, []runlog.Limit{atMost(120)}, result.Inconclusive},
		{"one round of a rate", roundsOf(100), nil, []runlog.Limit{{Metric: "rate_rps", Min: some(100)}}, result.Inconclusive},
		{"no row lost", same, nil, []runlog.Limit{lost}, result.Pass},
		{"one row lost", losing(1), nil, []runlog.Limit{lost}, result.Fail},
		{"a row that may be lost", without(func(l *result.Leg) { l.Reconcile.LostMost = 1 }), nil, []runlog.Limit{lost}, result.Inconclusive},
		{"rows that may be lost, and as many are allowed", without(func(l *result.Leg) { l.Reconcile.LostMost = 1 }), nil, []runlog.Limit{{Metric: "lost", Max: some(1000)}}, result.Pass},
		{"no ledger", without(func(l *result.Leg) { l.Reconcile = nil }), nil, []runlog.Limit{lost}, result.Inconclusive},
		{"a round without rows", without(func(l *result.Leg) {
			if l.Round == 2 {
				l.Reconcile = &result.Reconcile{Verdict: result.RowsNotKnown, Words: "the rows could not be counted"}
			}
		}), nil, []runlog.Limit{lost}, result.Inconclusive},
		{"a round without rows, and rows lost in others", without(func(l *result.Leg) {
			l.Reconcile = &result.Reconcile{Successes: 5000, Rows: 4999, Lost: 1, Verdict: result.RowsLost}
			if l.Round == 2 {
				l.Reconcile = &result.Reconcile{Verdict: result.RowsNotKnown, Words: "the rows could not be counted"}
			}
		}), nil, []runlog.Limit{lost}, result.Fail},
		{"a round left out of the baseline", same, without(func(l *result.Leg) {
			if l.Round == 3 {
				l.Complete = false
			}
		}), []runlog.Limit{tenth}, result.Pass},
		{"no baseline", same, nil, []runlog.Limit{tenth, atMost(120)}, result.Inconclusive},
		{"too few requests in a round", without(func(l *result.Leg) {
			if l.Round == 4 {
				l.Response.N = 19
			}
		}), same, []runlog.Limit{tenth}, result.Inconclusive},
		{"no answers", without(func(l *result.Leg) {
			l.Response, l.Outcomes, l.ErrorRate = result.Latency{}, runlog.Outcomes{}, result.Estimate{}
		}), same, []runlog.Limit{tenth, errors, atMost(100)}, result.Inconclusive},
		{"an invalid run", invalidRun(), same, []runlog.Limit{tenth, lost}, result.Invalid},
		{"a partial run, as good", partialRun(100), same, []runlog.Limit{tenth}, result.Inconclusive},
		{"a partial run, worse", partialRun(150), same, []runlog.Limit{tenth}, result.Fail},
		{"an invalid baseline", same, invalidRun(), []runlog.Limit{tenth}, result.Inconclusive},
		{"a partial baseline", same, partialRun(100), []runlog.Limit{tenth}, result.Inconclusive},
		{"a baseline without the target", same, simulatedRun(legsOfPage("other", 1, 2)), []runlog.Limit{tenth}, result.Inconclusive},
		{"a failed threshold", withThreshold(result.Fail), same, []runlog.Limit{tenth}, result.Fail},
		{"a threshold without data", withThreshold(result.Inconclusive), same, []runlog.Limit{tenth}, result.Inconclusive},
		{"a threshold that holds", withThreshold(result.Pass), same, []runlog.Limit{tenth}, result.Pass},
	} {
		g := judged(t, c.candidate, c.baseline, c.limits...)
		if g.Verdict != c.want {
			t.Errorf("%s: %s, want %s", c.name, g.Verdict, c.want)
		}
		if k := g.Checks[0]; g.Verdict == result.Invalid && (k.Code != result.CodeNotJudged || k.Metric.Ratio.Finite() || k.Metric.Hi.Finite() || k.Metric.Candidate == 0) {
			t.Errorf("%s: a check that was not judged says %+v", c.name, k)
		}
		writeGate(&b, c.name, g.Gate)
	}
	golden.Check(t, "testdata/gate.txt", b.Bytes())
}

func writeGate(b *bytes.Buffer, name string, g *result.Gate) {
	fmt.Fprintf(b, "== %s: %s\n%s\n", name, g.Verdict, g.Headline)
	for _, c := range g.Checks {
		fmt.Fprintf(b, "  %-12s %s: %s: %s\n", c.Verdict, c.Target, c.Limit, c.Words)
	}
	for _, w := range g.Warnings {
		fmt.Fprintf(b, "  ! %s\n", w)
	}
}

func TestGateRefuses(t *testing.T) {
	a, b := roundsOf(steady(100, 10)...), roundsOf(steady(100, 10)...)
	if _, err := Judge(a, "a", b, "b", nil, nil); !errors.Is(err, ErrNoLimits) {
		t.Errorf("no limits: %v", err)
	}
	b.Run.Load.Words = "twice as much"
	var refused *compare.RefusedError
	if _, err := Judge(a, "a", b, "b", []runlog.Limit{{Metric: "p95", WorseBy: some(0.1)}}, nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), "the load differs") {
		t.Errorf("another load: %v", err)
	}
}

// Whatever the figures: the verdict is the worst of the checks', a wider tolerance
// never makes it worse, and what is empty, partial or invalid never passes.
func TestGateProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		figures := rapid.SliceOfN(rapid.Float64Range(50, 200), 1, 12)
		var candidate, baseline *result.Analysis
		if b, c := figures.Draw(t, "baseline"), figures.Draw(t, "candidate"); rapid.Bool().Draw(t, "paired") {
			n := min(len(b), len(c))
			candidate = paired(b[:n], c[:n])
		} else {
			candidate, baseline = roundsOf(c...), roundsOf(b...)
		}
		metric := rapid.SampledFrom([]string{"p50", "p95", "p99", "mean", "rate_rps"}).Draw(t, "metric")
		narrow := rapid.Float64Range(0, 0.5).Draw(t, "tolerance")
		wide := narrow + rapid.Float64Range(0, 1).Draw(t, "more")
		judge := func(a *result.Analysis, tolerance float64) *Judgement {
			g, err := Judge(a, "c", baseline, "b", []runlog.Limit{{Metric: metric, WorseBy: &tolerance}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		g := judge(candidate, narrow)
		if loose := judge(candidate, wide); loose.Verdict.Severity() > g.Verdict.Severity() {
			t.Fatalf("%s at %v, %s at %v", g.Verdict, narrow, loose.Verdict, wide)
		}
		c := g.Checks[0]
		if g.Verdict != c.Verdict {
			t.Fatalf("%s of a check that is %s", g.Verdict, c.Verdict)
		}
		if c.Verdict == result.Fail && !(float64(c.P) <= significance) {
			t.Fatalf("FAIL at p = %v", c.P)
		}
		stopped := *candidate
		stopped.Verdict, stopped.Run.Partial, stopped.Findings = result.Inconclusive, true, []result.Finding{result.Found(result.Inconclusive, result.CodePartialRun, "interrupted")}
		if judge(&stopped, wide).Verdict == result.Pass {
			t.Fatal("a partial run passed")
		}
		stopped.Verdict, stopped.Findings = result.Invalid, []result.Finding{result.Found(result.Invalid, result.CodeGeneratorLimited, "late")}
		if judge(&stopped, wide).Verdict != result.Invalid {
			t.Fatal("an invalid run was judged")
		}
		empty := *candidate
		empty.Legs = nil
		if judge(&empty, wide).Verdict == result.Pass {
			t.Fatal("an empty run passed")
		}
	})
}

// The smallest p that rounds can give is that of the tests themselves.
func TestLeastP(t *testing.T) {
	for n := 2; n <= 15; n++ {
		low, high := make([]float64, n), make([]float64, n)
		for i := range n {
			low[i], high[i] = float64(i+1), float64(i+100)
		}
		if _, p := stats.SignedRank(low, 0); math.Abs(p-compare.LeastP(n, true)) > 1e-12 {
			t.Errorf("%d pairs: %v, the test %v", n, compare.LeastP(n, true), p)
		}
		if _, p := stats.MannWhitney(low, high); math.Abs(p-compare.LeastP(n, false)) > 1e-12 {
			t.Errorf("%d rounds: %v, the test %v", n, compare.LeastP(n, false), p)
		}
	}
	for checks, want := range map[int]int{1: 6, 2: 7, 3: 7, 4: 8, 6: 8, 7: 9, 25: 10} {
		if got := compare.RoundsForChecks(checks, true, significance); got != want {
			t.Errorf("%d checks take %d pairs, want %d", checks, got, want)
		}
	}
}
