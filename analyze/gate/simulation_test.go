package gate

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/runlog"
)

// scatter is how the figures of legs scatter: what is not the target's doing.
type scatter struct {
	name string
	// sd is of the logarithm of a leg's level, with the tails of draw; rho is the
	// correlation of a leg with the one before; drift is the change of the logarithm
	// from the first leg of a run to the last.
	sd    float64
	draw  func(*rand.Rand) float64
	rho   float64
	drift float64
	// between is the standard deviation of the logarithm of a whole run's level.
	between float64
	// requests, when set, are drawn in every leg, and the figure is their p95.
	requests int
	// metrics is how many figures scatter each on its own; 0 is 1.
	metrics int
	// dependent marks what two runs cannot see of each other: shown, and not held to
	// what a gate promises.
	dependent bool
	// blunt marks noise in which ten rounds cannot be expected to see 20 %.
	blunt bool
}

func normal(rng *rand.Rand) float64 { return rng.NormFloat64() }

// heavy is Student's t with 3 degrees of freedom, made to a variance of 1: one leg in
// 70 is more than 3 standard deviations off.
func heavy(rng *rand.Rand) float64 {
	var squares float64
	for range 3 {
		z := rng.NormFloat64()
		squares += z * z
	}
	return rng.NormFloat64() / math.Sqrt(squares)
}

// hiccups are mostly small, and in one leg of ten a slowdown of several standard
// deviations; their variance is about 1.
func hiccups(rng *rand.Rand) float64 {
	z := 0.5 * rng.NormFloat64()
	if rng.Float64() < 0.1 {
		z += math.Exp(1 + 0.3*rng.NormFloat64())
	}
	return z
}

// legs draws the logarithms of n legs of one run, in their order.
func (s scatter) legs(rng *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	run := s.between * rng.NormFloat64()
	before := s.draw(rng)
	for i := range out {
		if i > 0 {
			before = s.rho*before + math.Sqrt(1-s.rho*s.rho)*s.draw(rng)
		}
		out[i] = run + s.sd*before + s.drift*float64(i)/float64(max(1, n-1))
		if s.requests > 0 {
			out[i] += math.Log(p95(rng, s.requests))
		}
	}
	return out
}

// p95 is the nearest-rank p95 of so many requests, of which most hit a cache and some
// do not.
func p95(rng *rand.Rand, n int) float64 {
	times := make([]float64, n)
	for i := range times {
		times[i] = math.Exp(0.15 * rng.NormFloat64())
		if rng.Float64() < 0.25 {
			times[i] *= 3
		}
	}
	slices.Sort(times)
	return times[int(math.Ceil(0.95*float64(n)))-1]
}

// metricsOf are the metrics of a gate of so many.
func metricsOf(n int) []string { return []string{"p95", "p50", "p90", "p99", "mean"}[:max(1, n)] }

// leg is a leg whose figures these are, in logarithms, of far more requests than
// any percentile takes.
func simulatedLeg(target string, round int, figures []float64) result.Leg {
	const n = 5000
	l := result.Leg{Target: target, Round: round, Sent: n, Completed: n, Complete: true, DurationS: 10,
		Outcomes: runlog.Outcomes{Success: n}, Response: result.Latency{N: n, Quantiles: map[string]float64{}}}
	for i, m := range metricsOf(len(figures)) {
		if v := 100 * math.Exp(figures[i]); m == "mean" {
			l.Response.Mean = v
		} else {
			l.Response.Quantiles[m] = v
		}
	}
	return l
}

func simulatedRun(legs []result.Leg) *result.Analysis {
	return &result.Analysis{Name: "simulated", Verdict: result.Pass, Legs: legs, Run: result.RunInfo{Load: runlog.Load{Open: true, Words: "as always"}, Measure: "response time"}}
}

// columns draws legs for every metric: by leg, then by metric.
func (s scatter) columns(rng *rand.Rand, n int) [][]float64 {
	out := make([][]float64, n)
	for range max(1, s.metrics) {
		for i, v := range s.legs(rng, n) {
			out[i] = append(out[i], v)
		}
	}
	return out
}

// interleaved is one run of two targets that take turns, forwards and backwards, a coin
// saying which is first. The candidate's figures are truth times what they would be.
func (s scatter) interleaved(rng *rand.Rand, rounds int) func(truth float64) (candidate, baseline *result.Analysis) {
	figures := s.columns(rng, 2*rounds)
	turns := make([]string, 0, 2*rounds+2)
	for len(turns) < 2*rounds {
		first := rng.IntN(2)
		one, other := []string{"a", "b"}[first], []string{"b", "a"}[first]
		turns = append(turns, one, other, other, one)
	}
	return func(truth float64) (*result.Analysis, *result.Analysis) {
		var legs []result.Leg
		for i, f := range figures {
			legs = append(legs, simulatedLeg(turns[i], i/2+1, slower(f, turns[i] == "b", truth)))
		}
		run := simulatedRun(legs)
		run.Run.Turns = &runlog.Compare{Baseline: "a", Candidate: "b", Rounds: rounds}
		return run, nil
	}
}

// apart are two runs of one target, one after the other.
func (s scatter) apart(rng *rand.Rand, rounds int) func(truth float64) (candidate, baseline *result.Analysis) {
	figures := [2][][]float64{s.columns(rng, rounds), s.columns(rng, rounds)}
	return func(truth float64) (*result.Analysis, *result.Analysis) {
		var runs [2]*result.Analysis
		for side := range runs {
			var legs []result.Leg
			for i, f := range figures[side] {
				legs = append(legs, simulatedLeg("a", i+1, slower(f, side == 1, truth)))
			}
			runs[side] = simulatedRun(legs)
		}
		return runs[1], runs[0]
	}
}

// slower shifts logarithms by that of the truth.
func slower(figures []float64, really bool, truth float64) []float64 {
	if !really {
		return figures
	}
	out := slices.Clone(figures)
	for i := range out {
		out[i] += math.Log(truth)
	}
	return out
}

// answers are what a gate said of many runs, as shares of them.
type answers struct {
	alarm, wave        float64 // FAIL of what is as slow as allowed, and PASS
	samePass, sameFail float64 // of the same target, where 10 % is allowed
	slowFail, slowPass float64 // of one 20 % slower, where 10 % is allowed
	covered            float64 // the interval encloses the truth
}

// drawing makes the figures of a pair of sides and returns what a target that is truth
// times as slow would have had.
type drawing func(rng *rand.Rand, rounds int) func(truth float64) (candidate, baseline *result.Analysis)

// simulate judges many made-up runs by [Judge] itself.
func (s scatter) simulate(t *testing.T, seed uint64, rounds, times int, draw drawing) answers {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 2026))
	var out answers
	add := func(share *float64, is bool, of int) {
		if is {
			*share += 1 / float64(of)
		}
	}
	for i := range times {
		run := draw(rng, rounds)
		judge := func(truth, worseBy float64) *Judgement {
			var limits []runlog.Limit
			for _, m := range metricsOf(s.metrics) {
				limits = append(limits, runlog.Limit{Metric: m, WorseBy: &worseBy})
			}
			candidate, baseline := run(truth)
			g, err := Judge(candidate, "candidate", baseline, "baseline", limits, nil)
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		// As slow as allowed; half of the time exactly the same, where nothing is allowed.
		truth := 1 + 0.1*float64(i%2)
		edge := judge(truth, truth-1)
		add(&out.wave, edge.Verdict == result.Pass, times)
		if edge.Verdict == result.Fail {
			add(&out.alarm, true, times)
		}
		if i < times/2 { // what is far from the margin takes fewer runs to count
			same, slow := judge(1, 0.1), judge(1.2, 0.1)
			add(&out.samePass, same.Verdict == result.Pass, times/2)
			add(&out.sameFail, same.Verdict == result.Fail, times/2)
			add(&out.slowFail, slow.Verdict == result.Fail, times/2)
			add(&out.slowPass, slow.Verdict == result.Pass, times/2)
		}
	}
	out.covered = s.coverage(rng, rounds, 3*times, draw)
	return out
}

// coverage is how often the interval encloses the truth. It takes many runs to tell 94
// from 95 %, and no verdict.
func (s scatter) coverage(rng *rand.Rand, rounds, times int, draw drawing) (share float64) {
	for range times {
		candidate, baseline := draw(rng, rounds)(1.1)
		b, c := compare.Pick{Run: candidate, Target: "a"}, compare.Pick{Run: candidate, Target: "b"}
		if baseline != nil {
			b, c = compare.Pick{Run: baseline, Target: "a"}, compare.Pick{Run: candidate, Target: "a"}
		}
		if r := compare.ContrastOf(metric.Of("p95"), b, c, result.Confidence).Ratio; r.Lo <= 1.1 && r.Hi >= 1.1 {
			share += 1 / float64(times)
		}
	}
	return share
}

// The gate must keep its promises under whatever noise: it cries wolf in at most one
// run of 20, waves at most one slowdown of 20 through, sees 20 % in ten rounds where
// 10 % is allowed, and its intervals enclose the truth as often as they say. What two
// runs cannot see of each other is in the table, and in the text beside it.
func TestSimulation(t *testing.T) {
	const rounds = 10
	times, whole := 1000, !raced && !testing.Short()
	if !whole {
		times = 50
	}
	var table strings.Builder
	for _, way := range []struct {
		name string
		draw func(scatter) drawing
		of   []scatter
	}{
		{"two targets that take turns in one run", func(s scatter) drawing { return s.interleaved }, []scatter{
			{name: "normal, 4 %", sd: 0.04, draw: normal},
			{name: "heavy tails (t₃), 4 %", sd: 0.04, draw: heavy},
			{name: "hiccups in one leg of ten, 4 %", sd: 0.04, draw: hiccups},
			{name: "neighbours alike (ρ = 0.5), heavy tails, 4 %", sd: 0.04, draw: heavy, rho: 0.5},
			{name: "drift by 20 % over the run, 4 %", sd: 0.04, draw: normal, drift: 0.2},
			{name: "all of these at once, 4 %", sd: 0.04, draw: hiccups, rho: 0.5, drift: 0.2},
			{name: "p95 of 300 two-peaked requests, and 2 %", sd: 0.02, draw: normal, requests: 300},
			{name: "5 metrics at once, heavy tails, 4 %", sd: 0.04, draw: heavy, metrics: 5},
			{name: "normal, 10 %", sd: 0.1, draw: normal, blunt: true},
			{name: "normal, 20 %", sd: 0.2, draw: normal, blunt: true},
		}},
		{"two runs, one after the other", func(s scatter) drawing { return s.apart }, []scatter{
			{name: "normal, 4 %", sd: 0.04, draw: normal},
			{name: "heavy tails (t₃), 4 %", sd: 0.04, draw: heavy},
			{name: "hiccups in one leg of ten, 4 %", sd: 0.04, draw: hiccups},
			{name: "p95 of 300 two-peaked requests, and 2 %", sd: 0.02, draw: normal, requests: 300},
			{name: "normal, 10 %", sd: 0.1, draw: normal, blunt: true},
			{name: "normal, 20 %", sd: 0.2, draw: normal, blunt: true},
			{name: "neighbours alike (ρ = 0.5), 4 %", sd: 0.04, draw: normal, rho: 0.5, dependent: true},
			{name: "the runs themselves differ by 2 %, 2 %", sd: 0.02, draw: normal, between: 0.02, dependent: true},
			{name: "the runs themselves differ by 5 %, 2 %", sd: 0.02, draw: normal, between: 0.05, dependent: true},
		}},
	} {
		fmt.Fprintf(&table, "\n| %s: noise of a leg | as slow as allowed: FAIL | PASS | the same: FAIL | PASS | 20 %% slower: FAIL | PASS | interval covers |\n", way.name)
		table.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|\n")
		found := make([]answers, len(way.of))
		t.Run(way.name, func(t *testing.T) {
			for i, s := range way.of {
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					found[i] = s.simulate(t, uint64(i), rounds, times, way.draw(s))
					if !s.dependent && whole {
						found[i].check(t, !s.blunt)
					}
				})
			}
		})
		for i, a := range found {
			fmt.Fprintf(&table, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", way.of[i].name, shown(a.alarm), shown(a.wave),
				shown(a.sameFail), shown(a.samePass), shown(a.slowFail), shown(a.slowPass), shown(a.covered))
		}
	}
	if !whole {
		t.Skip("too few runs for the table: leave out -race and -short")
	}
	fresh(t, "../../docs/statistics.md", "simulation", table.String())
}

func (a answers) check(t *testing.T, sharp bool) {
	t.Helper()
	least := 0.
	if sharp {
		least = 0.95
	}
	for _, c := range []struct {
		what     string
		got      float64
		lo, most float64
	}{
		{"false alarms at the margin", a.alarm, 0, 0.05},
		{"passes at the margin", a.wave, 0, 0.05},
		{"false alarms of the same", a.sameFail, 0, 0.05},
		{"detected", a.slowFail, least, 1},
		{"slowdowns passed", a.slowPass, 0, 0.05},
		{"coverage", a.covered, 0.93, 0.97},
	} {
		if c.got < c.lo-1e-9 || c.got > c.most+1e-9 {
			t.Errorf("%s: %.3f is not between %v and %v", c.what, c.got, c.lo, c.most)
		}
	}
}

func shown(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

// fresh holds a part of a document, between comments of that name, to what a test
// found.
func fresh(t *testing.T, path, name, want string) {
	t.Helper()
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := []byte("<!-- "+name+" -->\n"), []byte("<!-- end of "+name+" -->")
	before, rest, ok := bytes.Cut(doc, begin)
	got, after, ended := bytes.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s has no place for %s", path, name)
	}
	if string(got) == want {
		return
	}
	if !*golden.Update {
		t.Errorf("%s differs in %s; run with -update and look at the diff\ngot:\n%s", path, name, want)
		return
	}
	if err := os.WriteFile(path, slices.Concat(before, begin, []byte(want), end, after), 0o644); err != nil {
		t.Fatal(err)
	}
}
