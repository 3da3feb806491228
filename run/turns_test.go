package run

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func firstRounds(n int, seed uint64, rounds int) [][]int {
	next, stop := iter.Pull(turns(n, seed))
	defer stop()
	var all [][]int
	for range rounds {
		order, _ := next()
		all = append(all, slices.Clone(order))
	}
	return all
}

func TestTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, seed := rapid.IntRange(1, 7).Draw(t, "targets"), rapid.Uint64Range(1, maxDrawn).Draw(t, "seed")
		rounds := firstRounds(n, seed, rapid.IntRange(1, 60).Draw(t, "rounds"))
		first := make([]int, n)
		for i, order := range rounds {
			if got := slices.Sorted(slices.Values(order)); len(got) != n || got[0] != 0 || got[n-1] != n-1 || len(slices.Compact(got)) != n {
				t.Fatalf("round %d is %v, not each of %d targets once", i+1, order, n)
			}
			if i%2 == 1 {
				back := slices.Clone(rounds[i-1])
				slices.Reverse(back)
				if !slices.Equal(order, back) {
					t.Fatalf("round %d is %v, after %v", i+1, order, rounds[i-1])
				}
			}
			first[order[0]]++
			if slices.Max(first)-slices.Min(first) > 1 {
				t.Fatalf("after round %d the targets were first %v times: %v", i+1, first, rounds)
			}
		}
		if again := firstRounds(n, seed, len(rounds)); fmt.Sprint(again) != fmt.Sprint(rounds) {
			t.Fatalf("the same seed gave %v and %v", rounds, again)
		}
	})
}

// Who begins is left to chance, pair by pair, and a stored seed gives the same order
// in every version.
func TestTurnsAreRandomButKept(t *testing.T) {
	const pairs = 1000
	begins := 0
	for seed := range uint64(pairs) {
		begins += 1 - firstRounds(2, seed+1, 1)[0][0]
	}
	if begins < 430 || begins > 570 { // 4.4 standard deviations; the seeds are fixed
		t.Errorf("target 0 begins %d of %d runs", begins, pairs)
	}
	if got, want := fmt.Sprint(firstRounds(3, 42, 6)), "[[1 2 0] [0 2 1] [2 0 1] [1 0 2] [2 1 0] [0 1 2]]"; got != want {
		t.Errorf("seed 42 gives %s, and gave %s", got, want)
	}
}

func TestDrawnSeedsCanBeWrittenDown(t *testing.T) {
	for range 1000 {
		if s := drawSeed(); s < 1 || s > maxDrawn {
			t.Fatalf("drew %d", s)
		}
	}
}

func TestAllowance(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		limit            roundLimit
		done             int
		elapsed, longest time.Duration
		want             bool
	}{
		{roundLimit{most: 3}, 0, 0, 0, true},
		{roundLimit{most: 3}, 2, time.Hour, time.Hour, true},
		{roundLimit{most: 3}, 3, 0, 0, false},
		{roundLimit{most: 1000, budget: 10 * s}, 0, 11 * s, 0, true}, // one is always measured
		{roundLimit{most: 1000, budget: 10 * s}, 1, 5 * s, 5 * s, true},
		{roundLimit{most: 1000, budget: 10 * s}, 1, 5*s + 1, 5 * s, false},
		{roundLimit{most: 2, budget: 10 * s}, 2, 2 * s, s, false},
	} {
		if got := c.limit.allowsAnother(c.done, c.elapsed, c.longest); got != c.want {
			t.Errorf("%+v after %d rounds, %v, the longest %v: %v", c.limit, c.done, c.elapsed, c.longest, got)
		}
	}
}
