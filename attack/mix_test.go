package attack_test

import (
	"math"
	"testing"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
)

// Each request of a mix has its share of the passes, whoever makes them, and the draws of neighbours have
// nothing to do with each other.
func TestSharesOfAMix(t *testing.T) {
	p, err := plan.New(plan.Load{Type: plan.ClientsPerTest, Clients: 100_000, Duration: 1e9})
	if err != nil {
		t.Fatal(err)
	}
	job := attack.Job{Plan: p, Seed: 3, Requests: []attack.Request{{Weight: 70}, {Weight: 25}, {Weight: 5}}}
	const n = 100_000
	counts, pairs := make([]float64, 3), 0.
	last := -1
	for client := range uint64(n) {
		first, end := job.Pass(client, 0)
		if end != first+1 {
			t.Fatalf("a pass of requests %d to %d", first, end)
		}
		if counts[first]++; first == last {
			pairs++
		}
		last = first
	}
	same := 0.
	for i, r := range job.Requests {
		share := float64(r.Weight) / 100
		same += share * share
		if sd := math.Sqrt(n * share * (1 - share)); math.Abs(counts[i]-n*share) > 4*sd { // the seed is fixed
			t.Errorf("request %d came %g times of %d", i, counts[i], n)
		}
	}
	if sd := math.Sqrt(n * same * (1 - same)); math.Abs(pairs-n*same) > 4*sd {
		t.Errorf("%g of %d passes made the request of the one before, want %g", pairs, n, n*same)
	}
	if first, end := (&attack.Job{Plan: p, Requests: make([]attack.Request, 3)}).Pass(5, 0); first != 0 || end != 3 {
		t.Errorf("without weights a pass is of requests %d to %d", first, end)
	}
}

func TestPartOfARequest(t *testing.T) {
	mix := []attack.Request{{Name: "a", Weight: 9}, {Name: "b", Weight: 1}}
	pass := []attack.Request{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	for _, c := range []struct {
		requests []attack.Request
		name     string
		want     uint64
	}{{mix, "a", 900}, {mix, "b", 100}, {mix, "", 1000}, {mix, "none", 0}, {pass, "b", 333}, {nil, "a", 0}} {
		if got := attack.Part(c.requests, c.name, 1000); got != c.want {
			t.Errorf("%q has %d of 1000, want %d", c.name, got, c.want)
		}
	}
}
