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
