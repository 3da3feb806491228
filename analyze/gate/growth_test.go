package gate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// grown is what gates said of many runs that grew until they could tell.
type grown struct {
	fail, pass float64 // shares
	rounds     float64 // mean
}

// grow judges made-up runs of a target truth times as slow by [Judge] itself, look by look,
// and goes on as long as it says so.
func (s scatter) grow(t *testing.T, rng *rand.Rand, at []int, truth, worseBy float64, times int) (out grown) {
	t.Helper()
	var limits []runlog.Limit
	for _, m := range metricsOf(s.metrics) {
		limits = append(limits, runlog.Limit{Metric: m, WorseBy: &worseBy})
	}
	for range times {
		whole, _ := s.interleaved(rng, at[len(at)-1])(truth)
		for n := at[0]; n > 0; {
			a := *whole
			turns := *whole.Run.Turns
			turns.Looks, a.Run.Turns = at, &turns
			a.Legs = whole.Legs[:2*n]
			g, err := Judge(&a, "candidate", nil, "", limits, nil)
			if err != nil {
				t.Fatal(err)
			}
			more := g.More()
			if more == 0 {
				out.rounds += float64(n) / float64(times)
				switch g.Verdict {
				case result.Fail:
					out.fail += 1 / float64(times)
				case result.Pass:
					out.pass += 1 / float64(times)
				}
			}
			n = more
		}
	}
	return out
}

// Several looks together err as seldom as one: in at most one run of 20 to either side at
// the margin, whatever the noise, and in about one of 40 where it is symmetric. What more
// rounds tell is told, and what is clear takes few.
func TestSimulationOfLooks(t *testing.T) {
	times, whole := 600, !raced && !testing.Short()
	if !whole {
		times = 20
	}
	plans := [][]int{{10}, {10, 20}, {10, 20, 40}}
	lines := []scatter{
		{name: "normal, 4 %", sd: 0.04, draw: normal},
		{name: "normal, 10 %", sd: 0.1, draw: normal},
		{name: "heavy tails (t₃), 10 %", sd: 0.1, draw: heavy},
		{name: "hiccups in one leg of ten, 10 %", sd: 0.1, draw: hiccups},
		{name: "normal, 20 %", sd: 0.2, draw: normal},
		{name: "5 metrics at once, heavy tails, 4 %", sd: 0.04, draw: heavy, metrics: 5},
	}
	type cell struct{ edge, same, slow grown }
	found := make([][]cell, len(lines))
	t.Run("lines", func(t *testing.T) {
		for i, s := range lines {
			found[i] = make([]cell, len(plans))
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				for j, at := range plans {
					rng := rand.New(rand.NewPCG(uint64(i), uint64(len(at))))
					c := &found[i][j]
					c.edge = s.grow(t, rng, at, 1.1, 0.1, times)
					c.same, c.slow = s.grow(t, rng, at, 1, 0.1, times/2), s.grow(t, rng, at, 1.2, 0.1, times/2)
					if whole && (c.edge.fail > 0.04 || c.edge.pass > 0.04 || c.same.fail > 0.01 || c.slow.pass > 0.01) {
						t.Errorf("%v: %+v", at, c)
					}
				}
				few, many := found[i][0], found[i][len(plans)-1]
				if whole && (many.same.pass < few.same.pass || many.slow.fail < few.slow.fail) {
					t.Errorf("more rounds tell less: %+v, %+v", few, many)
				}
			})
		}
	})
	if !whole {
		t.Skip("too few runs for the table: leave out -race and -short")
	}
	var table strings.Builder
	table.WriteString("\n| targets that take turns: noise of a leg | rounds | as slow as allowed: FAIL | PASS | rounds on average | the same: PASS | rounds | 20 % slower: FAIL | rounds |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for i, cells := range found {
		for j, c := range cells {
			fmt.Fprintf(&table, "| %s | %s | %s | %s | %.0f | %s | %.0f | %s | %.0f |\n", lines[i].name, strings.Trim(strings.ReplaceAll(fmt.Sprint(plans[j]), " ", ", "), "[]"),
				shown(c.edge.fail), shown(c.edge.pass), c.edge.rounds, shown(c.same.pass), c.same.rounds, shown(c.slow.fail), c.slow.rounds)
		}
	}
	fresh(t, "../../docs/statistics.md", "simulation of looks", table.String())
}
