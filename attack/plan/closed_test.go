package plan_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/plan"
)

func TestPopulationIsTheClientsAtWork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if p.Open() {
			return
		}
		starts := slices.Collect(p.Starts())
		instants := []time.Duration{0, p.Duration() - 1, p.Duration(), -1}
		for _, s := range starts {
			instants = append(instants, s.Due-1, s.Due, s.Until-1, s.Until)
		}
		for range 20 {
			instants = append(instants, time.Duration(rapid.Int64Range(0, int64(p.Duration())).Draw(t, "at")))
		}
		for _, at := range instants {
			n := 0
			for _, s := range starts {
				if s.Due <= at && at < s.Until {
					n++
				}
			}
			if got := p.Population(at); got != n {
				t.Fatalf("at %v: population %d, but %d starts are at work", at, got, n)
			}
		}
	})
}

// Where levels are halves of a client, rounding is off by half a client for a step at the most.
func TestClientSecondsAreThoseOfTheStarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if p.Open() {
			if p.ClientSeconds() != 0 {
				t.Fatalf("%s: %v s", p.Words(), p.ClientSeconds())
			}
			return
		}
		sum := 0.0
		for s := range p.Starts() {
			sum += (s.Until - s.Due).Seconds()
		}
		if got := p.ClientSeconds(); math.Abs(got-sum) > 1e-6*(1+sum)+1e-6*p.Duration().Seconds() {
			t.Fatalf("%s: %v s, the starts have %v s", p.Words(), got, sum)
		}
	})
}

// The last to come leaves first: at any fall, those who stay are the older ones.
func TestClientsLeaveLastInFirstOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if p.Open() {
			return
		}
		starts := slices.Collect(p.Starts())
		for i, old := range starts {
			for _, young := range starts[i+1:] {
				if young.Due < old.Until && young.Until > old.Until {
					t.Fatalf("%+v leaves before the younger %+v", old, young)
				}
			}
		}
	})
}

func TestPopulationFollowsTheLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := plan.Load{
			Type: plan.MaintainClientLoad, HasFrom: true,
			From:     rapid.IntRange(0, 1_000_000).Draw(t, "from"),
			Clients:  rapid.IntRange(1, 1_000_000).Draw(t, "clients"),
			Duration: time.Duration(rapid.Int64Range(1e6, int64(24*time.Hour)).Draw(t, "duration")),
		}
		p := must(t, l)
		at := time.Duration(rapid.Int64Range(0, int64(l.Duration)-1).Draw(t, "at"))
		exact := float64(l.From) + float64(l.Clients-l.From)*float64(at)/float64(l.Duration)
		if got := float64(p.Population(at)); math.Abs(got-exact) > 0.5+1e-6 {
			t.Fatalf("population %v at %v, the line is at %v", got, at, exact)
		}
	})
}

func TestHalfAClientCountsAsOne(t *testing.T) {
	up := must(t, plan.Load{Type: plan.MaintainClientLoad, HasFrom: true, From: 0, Clients: 1, Duration: 20})
	down := must(t, plan.Load{Type: plan.MaintainClientLoad, HasFrom: true, From: 2, Clients: 1, Duration: 20})
	for _, c := range []struct {
		p    plan.Plan
		at   time.Duration
		want int
	}{{up, 9, 0}, {up, 10, 1}, {down, 10, 2}, {down, 11, 1}} {
		if got := c.p.Population(c.at); got != c.want {
			t.Errorf("%s: population %d at %d ns, want %d", c.p.Words(), got, c.at, c.want)
		}
	}
}
