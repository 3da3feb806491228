package lead

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/plan"
)

// Whatever the share of a witness and the weights of the others, it gets that share, they keep their
// proportions, and the plan is divided without rest.
func TestAWitnessGetsItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		others := rapid.SliceOfN(rapid.IntRange(1, 30), 1, 60).Draw(t, "weights")
		share := rapid.Float64Range(0.001, 0.1).Draw(t, "share")
		weights := witnessed(others, share)
		own, sum := weights[len(weights)-1], 0
		for i, w := range weights {
			sum += w
			if i < len(others) && w*others[0] != weights[0]*others[i] {
				t.Fatalf("%v of %v", weights, others)
			}
		}
		if off := float64(own)/float64(sum)/share - 1; math.Abs(off) > 0.01 {
			t.Fatalf("%d of %d is %v from a share of %v", own, sum, off, share)
		}
		if _, err := plan.NewWeights(weights); err != nil {
			t.Fatal(err)
		}
	})
	for n, want := range map[int][]int{1: {99, 1}, 2: {99, 99, 2}, 3: {33, 33, 33, 1}} {
		if got := witnessed(slices.Repeat([]int{1}, n), 0.01); !slices.Equal(got, want) {
			t.Errorf("1%% beside %d: %v, want %v", n, got, want)
		}
	}
	p, err := plan.New(plan.Load{Type: plan.Rate, Rate: 1000, Duration: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	w, err := plan.NewWeights(witnessed([]int{1, 1}, 0.01))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint64{29_700, 29_700, 600} {
		if got := p.Weighted(i, w).Count(); got != want {
			t.Errorf("part %d has %d starts, want %d", i, got, want)
		}
	}
}
