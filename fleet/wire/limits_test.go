package wire

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/plan"
)

// A part that asks for exactly as much as the agent may is allowed, whatever the shares, and one that asks for more
// is not.
func TestALimitIsReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		each := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 8).Draw(t, "weights")
		weights, err := plan.NewWeights(each)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, n := range each {
			sum += n
		}
		i := rapid.IntRange(0, len(each)-1).Draw(t, "part")
		perPass := rapid.IntRange(1, 7).Draw(t, "requests of a pass")
		unit := rapid.IntRange(1, 50).Draw(t, "unit")
		p, err := plan.New(plan.Load{Type: plan.ClientsPerSecond, Clients: unit * sum, Duration: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		most := float64(unit * each[i] * perPass)
		part := p.Weighted(i, weights)
		if err := (Hello{MaxRate: most}).Allows(part, perPass); err != nil {
			t.Fatalf("exactly the limit: %v", err)
		}
		if err := (Hello{MaxRate: most * 0.999}).Allows(part, perPass); err == nil {
			t.Fatalf("%v requests/s are allowed by %v", most, most*0.999)
		}
	})
}

// Of stages the highest counts, wherever it stands; of clients those of the agent's share, and not all.
func TestTheHighestStageCounts(t *testing.T) {
	stages := func(byRate bool, levels ...int) plan.Plan {
		l := plan.Load{Type: plan.Stages, ByRate: byRate}
		for _, n := range levels {
			s := plan.Stage{Duration: 5 * time.Second, Clients: n}
			if byRate {
				s.Clients, s.Rate = 0, float64(n)
			}
			l.Stages = append(l.Stages, s)
		}
		p, err := plan.New(l)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	clients, err := plan.New(plan.Load{Type: plan.MaintainClientLoad, Clients: 10, Duration: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		plan    plan.Plan
		limits  Hello
		perPass int
		ok      bool
	}{
		"a rate in the middle":        {stages(true, 10, 90, 10), Hello{MaxRate: 89}, 1, false},
		"exactly that rate":           {stages(true, 10, 90, 10), Hello{MaxRate: 90}, 1, true},
		"its passes have two":         {stages(true, 10, 90, 10), Hello{MaxRate: 179}, 2, false},
		"exactly those":               {stages(true, 10, 90, 10), Hello{MaxRate: 180}, 2, true},
		"clients in the middle":       {stages(false, 1, 9, 1), Hello{MaxClients: 8}, 1, false},
		"exactly those clients":       {stages(false, 1, 9, 1), Hello{MaxClients: 9}, 1, true},
		"a third of the clients":      {clients.Part(0, 3), Hello{MaxClients: 4}, 1, true},
		"one fewer than its third":    {clients.Part(0, 3), Hello{MaxClients: 3}, 1, false},
		"the smallest third":          {clients.Part(2, 3), Hello{MaxClients: 3}, 1, true},
		"the limit of a rate, closed": {clients, Hello{MaxRate: 1}, 1, true},
	} {
		if err := c.limits.Allows(c.plan, c.perPass); (err == nil) != c.ok {
			t.Errorf("%s: %v", what, err)
		}
	}
}
