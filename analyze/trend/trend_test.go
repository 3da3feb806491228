package trend

import (
	"encoding/json"
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
	"github.com/stress-tool/stress/runlog"
)

// pastRun is a run of a history whose p95 was the same in each round but for a little
// noise.
func pastRun(i int, label string, rounds int, p95 float64) result.Entry {
	rng := rand.New(rand.NewPCG(uint64(i), 7))
	a := &result.Analysis{Schema: result.SummarySchema, Name: "page", Label: label, Verdict: result.Pass, Findings: []result.Finding{result.Found(result.Pass, result.CodeNoThreshold, "it came to its end")},
		Run: result.RunInfo{Started: epoch.Add(time.Duration(i) * 24 * time.Hour), Measure: "service time", Load: runlog.Load{Words: "50 clients"}}}
	for r := range rounds {
		v := p95 * (1 + 0.002*float64(r) + 0.001*rng.NormFloat64())
		n := uint64(1000)
		a.Legs = append(a.Legs, result.Leg{Target: "single", Round: r + 1, Complete: true, Sent: n, DurationS: 10,
			Outcomes: runlog.Outcomes{Success: n}, RateRPS: 100, SuccessRPS: 100,
			ErrorRate: result.Estimate{Value: 0, Lo: 0, Hi: 0.004, Confidence: result.Confidence, N: n},
			Service: result.Latency{N: n, Mean: v / 2, Quantiles: map[string]float64{"p50": v / 2, "p95": v}, Intervals: map[string]result.Estimate{
				"p95": {Value: v, Lo: result.Bound(v * 0.97), Hi: result.Bound(v * 1.03), Confidence: result.Confidence, N: n}}}})
	}
	return result.Entry{Name: fmt.Sprint(i), Path: fmt.Sprintf("baselines/%d.json", i), Machine: "abacus", Run: a}
}

// pastOf is a history of one p95 after the other, with a percent of noise.
func pastOf(rounds int, levels ...float64) []result.Entry {
	rng := rand.New(rand.NewPCG(1, 2))
	var out []result.Entry
	for i, v := range levels {
		out = append(out, pastRun(i, fmt.Sprintf("v1.%d", i), rounds, v*(1+0.01*rng.NormFloat64())))
	}
	return out
}

func flat(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

func mustTrend(t *testing.T, entries []result.Entry, metric string) *result.Trend {
	t.Helper()
	trend, err := Of(entries, "", metric)
	if err != nil {
		t.Fatal(err)
	}
	return trend
}

func TestATrendFindsWhereItChanged(t *testing.T) {
	trend := mustTrend(t, pastOf(6, slices.Concat(flat(8, 45), flat(6, 50.4))...), "p95")
	if len(trend.Changes) != 1 {
		t.Fatalf("%d changes: %+v", len(trend.Changes), trend.Changes)
	}
	c := trend.Changes[0]
	if c.Run != 8 || c.Called != "v1.8" || c.Last != "v1.7" || c.Verdict != result.Worse || c.BeforeRuns != 8 || c.AfterRuns != 6 {
		t.Errorf("%+v", c)
	}
	if r := float64(c.Ratio); math.Abs(r-1.12) > 0.02 || !(float64(c.Lo) < r && r < float64(c.Hi)) || c.Lo < 1.05 {
		t.Errorf("the ratio is %v (%v to %v)", c.Ratio, c.Lo, c.Hi)
	}
	for _, w := range []string{"p95 of single rose by 1", " ms to ", "between v1.7 and v1.8, and stayed.", "8 runs before and 6 after", "p < 0.001"} {
		if !strings.Contains(trend.Headline, w) {
			t.Errorf("%q is not in: %s", w, trend.Headline)
		}
	}
	if trend.Runs[0].Level == trend.Runs[8].Level || trend.Runs[8].Level != trend.Runs[13].Level || trend.Runs[8].Level != c.After {
		t.Error("the levels are not those of the change")
	}
}

func TestATrendOfRatesFallsForTheWorse(t *testing.T) {
	entries := pastOf(1, flat(12, 45)...)
	for i, e := range entries {
		e.Run.Legs[0].RateRPS = 100 + float64(i%3)
		if i >= 6 {
			e.Run.Legs[0].RateRPS /= 2
		}
	}
	trend := mustTrend(t, entries, "rate")
	if len(trend.Changes) != 1 || trend.Changes[0].Verdict != result.Worse || trend.Changes[0].Size != "−50 %" {
		t.Fatalf("%+v", trend.Changes)
	}
	if !strings.Contains(trend.Headline, "requests per second of single fell by 50 % (") || trend.Unit != "/s" || trend.Better != metric.Higher || trend.Measure != "" {
		t.Errorf("%+v", trend)
	}
}

// A run in which nothing succeeded is not left out of the trend of what succeeds, of which it is the worst.
// One without an answer has no time.
func TestARunWithoutASuccessIsInItsTrend(t *testing.T) {
	entries := pastOf(2, flat(12, 45)...)
	for i, e := range entries[6:] {
		for k := range e.Run.Legs {
			l := &e.Run.Legs[k]
			l.Outcomes, l.SuccessRPS = runlog.Outcomes{Network: l.Sent}, 0
			l.ErrorRate.Value, l.ErrorRate.Lo, l.ErrorRate.Hi = 1, 0.99, 1
			if i > 0 || k == 0 {
				l.Service = result.Latency{}
			}
		}
	}
	trend := mustTrend(t, entries, "success_rps")
	if len(trend.Runs) != 12 || len(trend.Changes) != 1 || trend.Changes[0].Verdict != result.Worse || !strings.Contains(trend.Headline, "from 100/s to 0/s") {
		t.Errorf("%d runs: %s", len(trend.Runs), trend.Headline)
	}
	trend = mustTrend(t, entries, "p95")
	if n := len(trend.Runs); n != 7 || trend.Runs[6].Rounds != 1 || trend.Runs[6].Figure.Value < 40 || len(trend.Warnings) != 5 {
		t.Errorf("%d runs: %+v, %q", n, trend.Runs[n-1], trend.Warnings)
	}
}

func TestATrendOfSharesAndCountsHasDifferences(t *testing.T) {
	entries := pastOf(2, flat(12, 45)...)
	for i, e := range entries {
		for k := range e.Run.Legs {
			l := &e.Run.Legs[k]
			l.Reconcile = &result.Reconcile{Successes: 1000, Rows: 1000, Verdict: "reconciled"}
			if i >= 6 {
				failed := uint64(20 + i%2)
				l.Outcomes = runlog.Outcomes{Success: 1000 - failed, HTTP5xx: failed}
				l.ErrorRate = result.Estimate{Value: float64(failed) / 1000, Lo: 0.01, Hi: 0.03, Confidence: result.Confidence, N: 1000}
				l.Reconcile.Lost, l.Reconcile.Verdict = int64(3+i%2), "lost"
			}
		}
	}
	for metric, want := range map[string]string{
		"error_rate": "error rate of single rose by 2.1 points (2 points to 2.1 points), from 0 % to 2.1 %",
		"lost":       "lost rows of single rose by 7 rows (5.85 rows to 8.15 rows), from 0 rows to 7 rows",
	} {
		trend := mustTrend(t, entries, metric)
		if !strings.Contains(trend.Headline, want) || len(trend.Changes) != 1 || !trend.Changes[0].Difference {
			t.Errorf("%s: %s", metric, trend.Headline)
		}
	}
}

func TestATrendWithoutAChangeSaysSo(t *testing.T) {
	trend := mustTrend(t, pastOf(1, flat(12, 45)...), "p95")
	if len(trend.Changes) != 0 || !strings.HasPrefix(trend.Headline, "p95 of single shows no lasting change in 12 runs: 4") {
		t.Errorf("%s", trend.Headline)
	}
	// One slow run is none, and neither is the newest.
	for _, at := range []int{5, 11} {
		levels := flat(12, 45)
		levels[at] = 90
		if trend := mustTrend(t, pastOf(1, levels...), "p95"); len(trend.Changes) != 0 {
			t.Errorf("run %d alone is a change: %+v", at, trend.Changes)
		}
	}
}

func TestTooFewRunsAreSaidToBe(t *testing.T) {
	trend := mustTrend(t, pastOf(1, 45, 45, 90, 90, 90), "p95")
	if len(trend.Changes) != 0 || trend.Headline != "p95 of single: 5 runs cannot show a lasting change, it takes 6." {
		t.Errorf("%s", trend.Headline)
	}
	if r := trend.Runs[0]; r.Figure.Lo >= result.Bound(r.Figure.Value) || r.Figure.Hi <= result.Bound(r.Figure.Value) || r.Rounds != 1 || r.Figure.N != 1000 {
		t.Errorf("%+v", r)
	}
	trend = mustTrend(t, pastOf(1, 45), "p95")
	if trend.Headline != "p95 of single: 1 run cannot show a lasting change, it takes 6." {
		t.Errorf("%s", trend.Headline)
	}
}

func TestWhatIsLeftOutOfATrendIsNamed(t *testing.T) {
	entries := pastOf(1, flat(8, 45)...)
	entries[1].Run.Verdict = result.Invalid
	entries[2].Run.Run.Partial = true
	entries[3].Run.Legs[0].Target = "other"
	entries[4].Run.Label = entries[5].Run.Label
	trend := mustTrend(t, entries, "p95")
	if len(trend.Runs) != 5 {
		t.Errorf("%d runs", len(trend.Runs))
	}
	for i, w := range []string{"left out: v1.1, is INVALID", "left out: v1.2, is partial", "left out: v1.3, has no leg of single"} {
		if !strings.HasPrefix(trend.Warnings[i], w) {
			t.Errorf("%q, want %q", trend.Warnings[i], w)
		}
	}
	if got := trend.Runs[2].Called; got != "v1.5 of 2026-01-07 03:04" || trend.Runs[3].Called == got {
		t.Errorf("%q and %q", got, trend.Runs[3].Called)
	}
}

func TestATrendWarnsOfAnotherLoad(t *testing.T) {
	entries := pastOf(1, slices.Concat(flat(7, 45), flat(7, 60))...)
	for i, e := range entries {
		if i >= 3 {
			e.Run.Run.Load.Words = "60 clients"
		}
		if i >= 7 {
			e.Run.Run.Engine = "nethttp"
		}
	}
	all := strings.Join(mustTrend(t, entries, "p95").Warnings, "\n")
	for _, w := range []string{"v1.3 is not quite like the run before it: the load differs: 50 clients against 60 clients", "with v1.7 something else changed too: the engine differs"} {
		if !strings.Contains(all, w) {
			t.Errorf("%q is not in:\n%s", w, all)
		}
	}
}

func TestWhatIsNoTrend(t *testing.T) {
	one := pastOf(1, flat(3, 45)...)
	elsewhere := pastOf(1, flat(3, 45)...)
	elsewhere[2].Machine = "laptop"
	another := pastOf(1, flat(3, 45)...)
	another[2].Run.Name = "other"
	two := pastOf(1, 45)
	two[0].Run.Legs = append(two[0].Run.Legs, result.Leg{Target: "cluster", Round: 1})
	for _, c := range []struct {
		entries        []result.Entry
		target, metric string
		want           string
	}{
		{nil, "", "p95", "no runs"},
		{elsewhere, "", "p95", "one machine"},
		{another, "", "p95", "one scenario"},
		{two, "", "p95", "several targets could be followed: single, cluster"},
		{one, "", "p59", "does not keep p59: there are p50, p90, p95"},
		{one, "", "los", "did you mean lost?"},
		{one, "", "hosts", "a summary does not keep hosts: there are p50,"},
		{one, "cluster", "p95", "none of 3 runs has p95 of cluster"},
		{one, "", "lost", "there is no ledger"},
	} {
		if _, err := Of(c.entries, c.target, c.metric); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %q: %v, want %q", c.metric, c.target, err, c.want)
		}
	}
}

// The unit of time, and with it the scale of every figure, changes neither where a
// trend changed nor by what factor.
func TestATrendHasNoScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.SliceOfN(rapid.Float64Range(10, 20), 6, 30).Draw(t, "levels")
		if n := rapid.IntRange(0, len(levels)).Draw(t, "from"); rapid.Bool().Draw(t, "changes") {
			for i := range levels[n:] {
				levels[n+i] *= 3
			}
		}
		k := math.Exp2(float64(rapid.IntRange(-8, 8).Draw(t, "scale")))
		scaled := make([]float64, len(levels))
		for i, v := range levels {
			scaled[i] = v * k
		}
		a, err := Of(pastOf(1, levels...), "", "p95")
		if err != nil {
			t.Fatal(err)
		}
		b, err := Of(pastOf(1, scaled...), "", "p95")
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Changes) != len(b.Changes) {
			t.Fatalf("%d and %d changes", len(a.Changes), len(b.Changes))
		}
		for i, c := range a.Changes {
			d := b.Changes[i]
			if c.Run != d.Run || c.Verdict != d.Verdict || math.Abs(float64(c.Ratio/d.Ratio)-1) > 1e-9 || c.Size != d.Size {
				t.Fatalf("%+v\n%+v", c, d)
			}
			if (c.Ratio > 1) != (c.Verdict == result.Worse) || c.Lo > c.Ratio || c.Hi < c.Ratio {
				t.Fatalf("%+v", c)
			}
		}
		if _, err := json.Marshal(a); err != nil {
			t.Fatal(err)
		}
	})
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 789_000_000, time.UTC)
