package gate

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/runlog"
)

// looking gives a run its looks.
func looking(a *result.Analysis, at ...int) *result.Analysis {
	turns := runlog.Compare{Rounds: at[0]}
	if a.Run.Turns != nil {
		turns = *a.Run.Turns
	}
	turns.Looks = at
	a.Run.Turns = &turns
	return a
}

// Which look a run came to follows from its good rounds; what is no plan is one look.
func TestLookAt(t *testing.T) {
	for _, c := range []struct {
		at           []int
		good         int
		number, next int
	}{
		{nil, 10, 1, 0}, {[]int{10}, 10, 1, 0},
		{[]int{10, 20}, 10, 1, 20}, {[]int{10, 20}, 9, 1, 20}, {[]int{10, 20}, 14, 2, 0}, {[]int{10, 20}, 20, 2, 0}, {[]int{10, 20}, 99, 2, 0},
		{[]int{10, 20, 40}, 19, 2, 40}, {[]int{10, 20, 40}, 38, 3, 0},
		{[]int{20, 10}, 10, 1, 0}, {[]int{10, 10}, 10, 1, 0}, {[]int{-1, 10}, 10, 1, 0}, {[]int{0, 1}, 1, 1, 0}, {make([]int, 5000), 10, 1, 0},
	} {
		l := lookAt(c.at, c.good)
		if l.number != c.number || l.next != c.next || !(l.level > 0 && l.level <= significance) || (l.of == 1) != (l.level == significance) {
			t.Errorf("%d good rounds of %v: %+v", c.good, c.at, l)
		}
	}
}

// The noise is held against the most rounds that the run may have: a tolerance is not
// refused at the first look that the last will be fine enough for.
func TestLooksAgainstTheNoise(t *testing.T) {
	noise := &result.Noise{Rounds: 10, Paired: true, Floors: []result.Floor{{Target: "old", Metric: "p95", Figure: 100, Detectable: 0.18}}}
	limits := []runlog.Limit{{Metric: "p95", WorseBy: some(0.1)}}
	for most, refused := range map[int]bool{10: true, 20: true, 40: false} {
		a := looking(paired(steady(100, 10), steady(100, 10)), 10, most)
		if _, err := Judge(a, "a", nil, "", limits, noise); (err != nil) != refused {
			t.Errorf("up to %d rounds: %v", most, err)
		}
	}
}

// What a gate says at each look, and whether it goes on: until it can tell, and a FAIL
// takes a second look. Nobody goes on where no round would change the answer.
func TestLooks(t *testing.T) {
	tenth := runlog.Limit{Metric: "p95", WorseBy: some(0.1)}
	most := func(ms float64) runlog.Limit { return runlog.Limit{Metric: "p95", Max: &ms} }
	lost := runlog.Limit{Metric: "lost", Max: some(0)}
	scattered := func(v, sd float64, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = v * math.Exp(sd*math.Sin(float64(11*i)))
		}
		return out
	}
	pair := func(v, sd float64, n int) *result.Analysis { return paired(steady(100, n), scattered(v, sd, n)) }
	var b bytes.Buffer
	for _, c := range []struct {
		name   string
		a      *result.Analysis
		limits []runlog.Limit
		want   result.Verdict
		more   int
	}{
		{"the same at the first look", looking(pair(100, 0.03, 10), 10, 20), []runlog.Limit{tenth}, result.Pass, 0},
		{"not yet clear at the first look", looking(pair(100, 0.2, 10), 10, 20), []runlog.Limit{tenth}, result.Inconclusive, 20},
		{"not clear at the last look", looking(pair(107, 0.2, 20), 10, 20), []runlog.Limit{tenth}, result.Inconclusive, 0},
		{"slower at the first look", looking(pair(130, 0.03, 10), 10, 20, 40), []runlog.Limit{tenth}, result.Inconclusive, 20},
		{"slower at the second look", looking(pair(130, 0.03, 20), 10, 20, 40), []runlog.Limit{tenth}, result.Fail, 0},
		{"slower at the only look", pair(130, 0.03, 10), []runlog.Limit{tenth}, result.Fail, 0},
		{"beyond a bound at the first look", looking(pair(130, 0.03, 10), 10, 20), []runlog.Limit{most(110)}, result.Inconclusive, 20},
		{"a lost row", looking(losing(1), 10, 20), []runlog.Limit{lost, most(300)}, result.Fail, 0},
		{"a threshold not met", looking(withThreshold(result.Fail), 10, 20), []runlog.Limit{most(101)}, result.Fail, 0},
		{"no baseline, and not clear", looking(roundsOf(steady(100, 10)...), 10, 20), []runlog.Limit{tenth, most(100.01)}, result.Inconclusive, 0},
		{"too few rounds, and too few to come", looking(pair(100, 0.03, 2), 2, 4), []runlog.Limit{tenth}, result.Inconclusive, 0},
		{"too few rounds so far", looking(pair(100, 0.03, 4), 4, 8), []runlog.Limit{tenth}, result.Inconclusive, 8},
		{"invalid", looking(invalidRun(), 10, 20), []runlog.Limit{most(100)}, result.Invalid, 0},
		{"interrupted", looking(partialRun(100), 10, 20), []runlog.Limit{most(100.01)}, result.Inconclusive, 0},
	} {
		g := judged(t, c.a, nil, c.limits...)
		if g.Verdict != c.want || g.More() != c.more {
			t.Errorf("%s: %s, on to %d, want %s and %d", c.name, g.Verdict, g.More(), c.want, c.more)
		}
		writeGate(&b, c.name, g.Gate)
		if g.Look != nil {
			fmt.Fprintf(&b, "  look %d of %d, at %.3f\n", g.Look.Number, g.Look.Of, g.Look.Level)
		}
	}
	golden.Check(t, "testdata/gate_looks.txt", b.Bytes())
}
