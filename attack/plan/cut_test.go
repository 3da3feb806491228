package plan_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/plan"
)

// The beginning of a plan is the same starts, as far as it goes.
func TestCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		at := time.Duration(rapid.Int64Range(1, int64(2*p.Duration())).Draw(t, "at"))
		cut := p.Cut(at)
		if cut.Open() != p.Open() || cut.Duration() != min(at, p.Duration()) {
			t.Fatalf("a plan of %v, cut at %v, lasts %v", p.Duration(), at, cut.Duration())
		}
		var want []plan.Start
		for s := range p.Starts() {
			if s.Due < at {
				s.Until = min(s.Until, at)
				want = append(want, s)
			}
		}
		got := slices.Collect(cut.Starts())
		if !slices.Equal(got, want) || cut.Count() != uint64(len(want)) {
			t.Fatalf("cut at %v: %d starts, Count says %d, want %d", at, len(got), cut.Count(), len(want))
		}
		for _, when := range []time.Duration{0, at - 1, at, p.Duration()} {
			population, rate := p.Population(when), p.Rate(when)
			if when >= at {
				population, rate = 0, 0
			}
			if cut.Population(when) != population || cut.Rate(when) != rate {
				t.Fatalf("at %v of %v: population %d, rate %v", when, at, cut.Population(when), cut.Rate(when))
			}
		}
	})
}

func TestCutMayBeEmpty(t *testing.T) {
	p, err := plan.New(plan.Load{Type: plan.Stages, ByRate: true, Stages: []plan.Stage{{Duration: second}, {Duration: second, Rate: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	if cut := p.Cut(second / 2); cut.Count() != 0 || cut.Duration() != second/2 {
		t.Errorf("%d starts in %v", cut.Count(), cut.Duration())
	}
}
