package lead

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack"
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

// Shares by capacity are those of the capacities as nearly as anybody measures them, or as weights of so large a sum come
// to that are rounded by a half each, also beside a witness; and the parts that they make are the whole plan, start by start.
func TestSharesByCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacities := rapid.SliceOfN(rapid.Float64Range(1000, 200_000), 1, 40).Draw(t, "capacities")
		weights, total, sum := proportional(capacities), 0, 0.0
		for i, c := range capacities {
			total, sum = total+weights[i], sum+c
		}
		if total > mostProportional {
			t.Fatalf("weights of %d together", total)
		}
		n, greatest, least := float64(len(capacities)), slices.Max(capacities), slices.Min(capacities)
		most := math.Floor((mostProportional - n) * greatest / sum) // the greatest weight, however the others are rounded
		near := max(nearCapacity, (1+greatest/least/most/2)/(1-n*greatest/sum/most/2)-1)
		for i, c := range capacities {
			if off := float64(weights[i])/float64(total)/(c/sum) - 1; math.Abs(off) > near {
				t.Fatalf("agent %d of %v has weight %d of %d: %v off, and %v is as near as it gets", i, capacities, weights[i], total, off, near)
			}
		}
		if rapid.Bool().Draw(t, "witness") {
			share := rapid.Float64Range(0.001, 0.1).Draw(t, "share")
			weights = witnessed(weights, share)
			of := 0
			for _, w := range weights {
				of += w
			}
			if off := float64(weights[len(weights)-1])/float64(of)/share - 1; math.Abs(off) > 0.01 {
				t.Fatalf("the witness is %v from its share", off)
			}
		}
		w, err := plan.NewWeights(weights)
		if err != nil {
			t.Fatal(err)
		}
		load := plan.Load{Type: plan.Rate, Rate: 200, Duration: 3 * time.Second, Arrivals: plan.Poisson, Seed: 7}
		if rapid.Bool().Draw(t, "closed") {
			load = plan.Load{Type: plan.MaintainClientLoad, Clients: rapid.IntRange(1, 200).Draw(t, "clients"), Duration: 3 * time.Second}
		}
		whole, err := plan.New(load)
		if err != nil {
			t.Fatal(err)
		}
		var got []plan.Start
		for i := range weights {
			got = append(got, slices.Collect(whole.Weighted(i, w).Starts())...)
		}
		slices.SortFunc(got, func(a, b plan.Start) int { return cmp.Compare(a.N, b.N) })
		if want := slices.Collect(whole.Starts()); !slices.Equal(got, want) {
			t.Fatalf("the parts have %d starts, the plan has %d", len(got), len(want))
		}
	})
	for _, c := range []struct {
		capacities []float64
		want       []int
	}{
		{[]float64{57_000}, []int{1}},
		{[]float64{57_000, 57_300, 56_800}, []int{1, 1, 1}}, // nobody measures such a difference
		{[]float64{50_000, 25_000}, []int{2, 1}},
		{[]float64{28_000, 57_000, 16_000}, []int{14, 29, 8}},
		{[]float64{1, 1e9}, []int{1, 9999}}, // none is without a share
	} {
		if got := proportional(c.capacities); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.capacities, got, c.want)
		}
	}
}

// A part whose passes go on after the plan is waited for while its seconds come, and one that is silent is not.
func TestAPartIsOverdue(t *testing.T) {
	p, err := plan.New(plan.Load{Type: plan.Rate, Rate: 10, Duration: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	job := &attack.Job{Plan: p, Settings: attack.Settings{Timeout: time.Second}}
	const most = attack.TotalTimeouts*time.Second + overtime
	for _, c := range []struct {
		heard, now time.Duration
		want       bool
	}{
		{0, time.Minute + most, false},
		{0, time.Minute + most + 1, true},
		{20 * time.Second, time.Minute + most + 1, true},
		{10 * time.Minute, 10*time.Minute + most, false},
		{10 * time.Minute, 10*time.Minute + most + 1, true},
	} {
		if got := (&part{heard: c.heard}).overdue(job, c.now); got != c.want {
			t.Errorf("heard at %v, now %v: overdue is %v", c.heard, c.now, got)
		}
	}
}
