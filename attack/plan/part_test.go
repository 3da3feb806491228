package plan_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/plan"
)

// All parts together are the plan, start by start, for every type and every way to arrive;
// also of a plan that was cut, and of parts that are parted again.
func TestPartsAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawPlan(t)
		if rapid.Bool().Draw(t, "cut") {
			whole = whole.Cut(time.Duration(rapid.Int64Range(1, int64(2*whole.Duration())).Draw(t, "at")))
		}
		n, again := rapid.IntRange(1, 5).Draw(t, "n"), rapid.IntRange(1, 3).Draw(t, "again")
		var parts []plan.Plan
		for i := range n {
			for j := range again {
				parts = append(parts, whole.Part(i, n).Part(j, again))
			}
		}
		var got []plan.Start
		for i, p := range parts {
			starts := slices.Collect(p.Starts())
			if p.Count() != uint64(len(starts)) || p.Open() != whole.Open() || p.Duration() != whole.Duration() {
				t.Fatalf("part %d: %d starts, Count says %d", i, len(starts), p.Count())
			}
			got = append(got, starts...)
		}
		slices.SortFunc(got, func(a, b plan.Start) int { return cmp.Compare(a.N, b.N) })
		if want := slices.Collect(whole.Starts()); !slices.Equal(got, want) {
			t.Fatalf("the parts have %d starts %v, the plan has %d %v", len(got), got, len(want), want)
		}
	})
}

// What a part says of an instant is what its starts say.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawPlan(t)
		n := rapid.IntRange(1, 5).Draw(t, "n")
		at := time.Duration(rapid.Int64Range(0, int64(whole.Duration())).Draw(t, "at"))
		population, most, least, rate := 0, 0, whole.Population(at), 0.0
		for i := range n {
			p := whole.Part(i, n)
			here, due := 0, uint64(0)
			for s := range p.Starts() {
				if s.Due <= at && at < s.Until {
					here++
				}
				if s.Due < at {
					due++
				}
			}
			if p.Population(at) != here {
				t.Fatalf("part %d has %d clients at %v and says %d", i, here, at, p.Population(at))
			}
			if p.Open() && p.Counting()(at) != due {
				t.Fatalf("part %d has %d starts before %v and says %d", i, due, at, p.Counting()(at))
			}
			population, most, least, rate = population+here, max(most, here), min(least, here), rate+p.Rate(at)
		}
		if population != whole.Population(at) || population > 0 && most-least > 1 {
			t.Fatalf("%d clients of %d, from %d to %d a part", population, whole.Population(at), least, most)
		}
		if want := whole.Rate(at); rate < want*(1-1e-9) || rate > want*(1+1e-9) {
			t.Fatalf("a rate of %v, want %v", rate, want)
		}
	})
}

// No two passes have one number, whichever part of the plan their clients are in.
func TestTurnsAreNumberedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawPlan(t)
		part := whole.Part(rapid.IntRange(0, 2).Draw(t, "part"), 3)
		passes := uint64(3)
		if whole.Open() {
			passes = 1
		}
		seen := map[uint64]bool{}
		for n := range min(whole.Count(), 50) {
			for pass := range passes {
				turn := whole.Turn(n, pass)
				if seen[turn] || part.Turn(n, pass) != turn || whole.Open() && turn != n {
					t.Fatalf("pass %d of client %d is turn %d, in a part %d", pass, n, turn, part.Turn(n, pass))
				}
				seen[turn] = true
			}
		}
	})
}

func drawWeights(t *rapid.T) ([]int, plan.Weights) {
	each := rapid.SliceOfN(rapid.IntRange(1, 60), 1, 6).Draw(t, "weights")
	w, err := plan.NewWeights(each)
	if err != nil {
		t.Fatal(err)
	}
	return each, w
}

// Parts by weight are the plan, start by start, also when each of them is parted again among the
// loops of an engine. Of any stretch of the plan each part has its weight's share, give or take
// two starts; so has any population.
func TestWeightedPartsAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawPlan(t)
		if rapid.Bool().Draw(t, "cut") {
			whole = whole.Cut(time.Duration(rapid.Int64Range(1, int64(2*whole.Duration())).Draw(t, "at")))
		}
		each, w := drawWeights(t)
		again := rapid.IntRange(1, 3).Draw(t, "again")
		at := time.Duration(rapid.Int64Range(0, int64(whole.Duration())).Draw(t, "instant"))
		sum, rate, population := 0, 0.0, 0
		for _, n := range each {
			sum += n
		}
		var got []plan.Start
		for i := range each {
			p := whole.Weighted(i, w)
			if fair := float64(whole.Population(at)) * float64(each[i]) / float64(sum); float64(p.Population(at)) < fair-2 || float64(p.Population(at)) > fair+2 {
				t.Fatalf("part %d of %v has %d clients of %d", i, each, p.Population(at), whole.Population(at))
			}
			rate, population = rate+p.Rate(at), population+p.Population(at)
			var of uint64
			for j := range again {
				q := p.Part(j, again)
				starts := slices.Collect(q.Starts())
				if q.Count() != uint64(len(starts)) {
					t.Fatalf("part %d.%d: %d starts, Count says %d", i, j, len(starts), q.Count())
				}
				of += q.Count()
				got = append(got, starts...)
			}
			if of != p.Count() {
				t.Fatalf("part %d has %d starts, its parts %d", i, p.Count(), of)
			}
			if fair := float64(whole.Count()) * float64(each[i]) / float64(sum); whole.Open() && (float64(of) < fair-2 || float64(of) > fair+2) {
				t.Fatalf("part %d of %v has %d starts of %d", i, each, of, whole.Count())
			}
		}
		slices.SortFunc(got, func(a, b plan.Start) int { return cmp.Compare(a.N, b.N) })
		if want := slices.Collect(whole.Starts()); !slices.Equal(got, want) {
			t.Fatalf("the parts have %d starts %v, the plan has %d %v", len(got), got, len(want), want)
		}
		if want := whole.Rate(at); population != whole.Population(at) || rate < want*(1-1e-9) || rate > want*(1+1e-9) {
			t.Fatalf("%d clients at a rate of %v, want %d at %v", population, rate, whole.Population(at), want)
		}
	})
}

// Equal weights are what Part does.
func TestEqualWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawPlan(t)
		n, weight := rapid.IntRange(1, 7).Draw(t, "n"), rapid.IntRange(1, 3).Draw(t, "weight")
		w, err := plan.NewWeights(slices.Repeat([]int{weight}, n))
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if got, want := slices.Collect(whole.Weighted(i, w).Starts()), slices.Collect(whole.Part(i, n).Starts()); !slices.Equal(got, want) {
				t.Fatalf("part %d of %d is %v, by weights %v", i, n, want, got)
			}
		}
	})
}

func TestWeightsAreChecked(t *testing.T) {
	for _, each := range [][]int{nil, {0}, {1, -1}, {plan.MaxWeights, 1}, {1 << 62, 1 << 62}} {
		if _, err := plan.NewWeights(each); err == nil {
			t.Errorf("weights of %v are taken", each)
		}
	}
}
