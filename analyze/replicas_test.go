package analyze

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// grown are legs of a service at 5, 1, 3 and 2 replicas, in so many rounds. It does as many requests
// per second as does says of the replicas; each round has hosts of its own.
func grown(rounds int, does func(n int) int) synth {
	s := synth{of: "web", replicas: map[string]int{}}
	for round := 1; round <= rounds; round++ {
		for _, n := range []int{5, 1, 3, 2} {
			name := fmt.Sprintf("web-%d", n)
			s.replicas[name] = n
			hosts := map[string]int64{}
			for host := range n {
				hosts[fmt.Sprintf("h%d-%d", round, host)] = int64(10 * does(n) / n)
			}
			s.legs = append(s.legs, synthLeg{target: name, round: round, seconds: 10, perSecond: does(n), jitter: 1 + does(n)/20, hosts: hosts})
		}
	}
	return s
}

func curveOf(t *testing.T, s synth) result.ReplicaCurve {
	t.Helper()
	a := analyzed(t, s)
	if len(a.Replicas) != 1 || a.Replicas[0].Target != "web" {
		t.Fatalf("%+v", a.Replicas)
	}
	return a.Replicas[0]
}

// A number of replicas with which nothing succeeds is shown with 0 per second, and no model of the others is
// taken for one of the service.
func TestReplicaCurveWithADeadSize(t *testing.T) {
	s := grown(2, func(n int) int { return 40 * n })
	for i := range s.legs {
		if l := &s.legs[i]; l.target == "web-3" && l.round == 2 || l.target == "web-5" {
			l.outcome = func(int) runlog.Class { return runlog.Network }
		}
	}
	c := curveOf(t, s)
	if last := c.Sizes[len(c.Sizes)-1]; last.Successes == nil || last.Successes.Value != 0 || last.P95 != nil {
		t.Errorf("%+v", last)
	}
	if c.Growth != nil || !strings.Contains(c.Refused, "web: a leg with 3 replicas had no success") {
		t.Errorf("%+v: %q", c.Growth, c.Refused)
	}
}

// Each number of replicas is held against the fewest, by intervals that enclose the truth, and the model
// is the one that the legs follow.
func TestReplicaCurve(t *testing.T) {
	for _, rounds := range []int{1, 2, 6} {
		amdahl := func(n int) int { return int(600 * float64(n) / (1 + 0.1*float64(n-1))) }
		c := curveOf(t, grown(rounds, amdahl))
		var sizes []int
		for i, s := range c.Sizes {
			sizes = append(sizes, s.Replicas)
			if s.Successes == nil || s.P95 == nil || s.Rounds != rounds || (s.SpeedUp == nil) != (i == 0) || (s.Efficiency == nil) != (i == 0) {
				t.Fatalf("%d rounds: %+v", rounds, s)
			}
			if i == 0 {
				continue
			}
			n := float64(s.Replicas)
			truth := n / (1 + 0.1*(n-1))
			if lo, hi := float64(s.SpeedUp.Lo), float64(s.SpeedUp.Hi); !(lo < truth+0.02 && truth-0.02 < hi) || math.Abs(s.SpeedUp.Value-truth) > 0.1 {
				t.Errorf("%d rounds: speed-up of %d is %+v, the truth %.2f", rounds, s.Replicas, s.SpeedUp, truth)
			}
			if math.Abs(s.Efficiency.Value-s.SpeedUp.Value/n) > 1e-9 || math.Abs(float64(s.Efficiency.Lo-s.SpeedUp.Lo/result.Bound(n))) > 1e-9 {
				t.Errorf("%d rounds: efficiency %+v of speed-up %+v", rounds, s.Efficiency, s.SpeedUp)
			}
		}
		if !slices.Equal(sizes, []int{1, 2, 3, 5}) || !strings.HasPrefix(c.Words, "5 replicas do 3.6 times the successes per second of 1 (") || !strings.Contains(c.Words, "; 2 do 9") {
			t.Errorf("%v: %s", sizes, c.Words)
		}
		switch {
		case rounds == 1 && (c.Growth != nil || !strings.Contains(c.Refused, "4 points at 4 sizes: a model needs 6 points at 4 sizes or more")):
			t.Errorf("%q, %+v", c.Refused, c.Growth)
		case rounds > 1 && (c.Growth == nil || !c.Growth.Fits || c.Growth.Models[0].Name != "Amdahl's law" || c.Refused != ""):
			t.Errorf("%d rounds: %q, %+v", rounds, c.Refused, c.Growth)
		}
	}
}

// The hosts of a service that is scaled are others in each round, which says nothing of their shares.
func TestHostsOfScaledRounds(t *testing.T) {
	a := analyzed(t, grown(2, func(n int) int { return 60 * n }))
	for _, target := range a.Targets() {
		if hosts, s := a.ServedBy(target); s == nil || s.Hosts != len(hosts) || s.Hosts != s.Expected {
			t.Errorf("%s: %d hosts, %+v", target, len(hosts), s)
		}
	}
}

// What the plan sets, and what the generator spoilt, says nothing of growth.
func TestReplicaCurveThatTellsNothing(t *testing.T) {
	planned := grown(2, func(int) int { return 60 })
	planned.open = true
	c := curveOf(t, planned)
	if !c.Planned || c.Growth != nil || c.Sizes[3].SpeedUp != nil || c.Sizes[3].P95 == nil || !strings.HasPrefix(c.Words, "the plan sets the rate") {
		t.Errorf("planned: %+v", c)
	}
	spoilt := grown(2, func(n int) int { return 60 * n })
	for i := range spoilt.legs {
		spoilt.legs[i].cpu = 1
	}
	if c := curveOf(t, spoilt); c.Growth != nil || c.Sizes[3].SpeedUp != nil || !strings.Contains(c.Words, "INVALID") {
		t.Errorf("spoilt: %+v", c)
	}
	alone := grown(1, func(n int) int { return 60 * n })
	alone.legs = alone.legs[:1]
	if a := analyzed(t, alone); len(a.Replicas) != 0 {
		t.Errorf("one number: %+v", a.Replicas)
	}
}

// A machine that was busy is said to be the limit, and so are failures.
func TestLimitsOfReplicas(t *testing.T) {
	s := grown(1, func(n int) int { return 60 * n })
	for i := range s.legs {
		if s.legs[i].target == "web-5" {
			s.legs[i].spoil = func(sec *runlog.Second) { sec.Busy, sec.CPU = new(0.97), 0.31 }
			s.legs[i].outcome = func(i int) runlog.Class {
				if i%50 == 0 {
					return runlog.Network
				}
				return runlog.Success
			}
		}
	}
	c := curveOf(t, s)
	if len(c.Limits) != 2 || !strings.Contains(c.Limits[0], "the processors of this machine were busy to 97 %, the generator's share 31 %") || !strings.Contains(c.Limits[1], "with 5 replicas 60 of 3 000 requests failed") {
		t.Errorf("%q", c.Limits)
	}
	if c := curveOf(t, grown(1, func(n int) int { return 60 * n })); len(c.Limits) != 0 {
		t.Errorf("%q", c.Limits)
	}
}
