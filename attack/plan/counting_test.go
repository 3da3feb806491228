package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/plan"
)

func TestCountingIsTheStartsSoFar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if !p.Open() {
			t.Skip("of open loads")
		}
		if rapid.Bool().Draw(t, "cut") {
			p = p.Cut(time.Duration(rapid.Int64Range(1, int64(2*p.Duration())).Draw(t, "at")))
		}
		starts := slices.Collect(p.Starts())
		instants := rapid.SliceOfN(rapid.Int64Range(0, int64(p.Duration())+2), 0, 9).Draw(t, "instants")
		slices.Sort(instants)
		count := p.Counting()
		for _, at := range append(instants, int64(p.Duration())) {
			want := uint64(0)
			for _, s := range starts {
				if s.Due < time.Duration(at) {
					want++
				}
			}
			if got := count(time.Duration(at)); got != want {
				t.Fatalf("%s: %d starts before %v, want %d", p.Words(), got, time.Duration(at), want)
			}
		}
	})
}

// The account of a second must not take longer than the second, whatever was asked for.
func TestNoStartIsLookedAtToCountABillion(t *testing.T) {
	for _, l := range []plan.Load{
		{Type: plan.ClientsPerTest, Clients: 1_000_000_000, Duration: time.Second},
		{Type: plan.Rate, Rate: 1e9, Duration: 24 * time.Hour},
		{Type: plan.Rate, Rate: 1e9 - 0.5, Duration: 24 * time.Hour, Arrivals: plan.Burst},
		{Type: plan.Stages, ByRate: true, Stages: []plan.Stage{{Rate: 1e9, Duration: time.Hour}}},
	} {
		p := must(t, l)
		if got := p.Counting()(p.Duration()); got != p.Count() {
			t.Errorf("%s: %d starts, want %d", p.Words(), got, p.Count())
		}
		if half := p.Cut(p.Duration() / 2); half.Count() == 0 || half.Count() > p.Count() {
			t.Errorf("%s: %d starts in its half", p.Words(), half.Count())
		}
	}
	_, err := plan.New(plan.Load{Type: plan.Rate, Rate: 2e6, Duration: time.Hour, Arrivals: plan.Poisson})
	if err == nil || !strings.Contains(err.Error(), "arrivals: poisson draws at most 1000000 starts per second, this load has 2000000; use even") {
		t.Errorf("a load that takes too long to draw: %v", err)
	}
}
