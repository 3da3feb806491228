package analyze

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// once is late for a share of the requests of one second of a leg with so many a
// second, and prompt otherwise.
func once(perSecond int, second int, late time.Duration) func(*rand.Rand) time.Duration {
	i := 0
	return func(*rand.Rand) time.Duration {
		i++
		if (i-1)/perSecond == second {
			return late
		}
		return 50 * time.Microsecond
	}
}

func sometimes(share float64, late time.Duration) func(*rand.Rand) time.Duration {
	return func(rng *rand.Rand) time.Duration {
		if rng.Float64() < share {
			return late
		}
		return 50 * time.Microsecond
	}
}

// lacking sends a share less than was due from one second to another, what it owes
// once that is over.
func lacking(share float64, from, to int) func(*runlog.Second) {
	owed := uint64(0)
	return func(s *runlog.Second) {
		if s.T >= from && s.T < to {
			n := uint64(math.Ceil(share * float64(s.Due)))
			s.Sent -= n
			owed += n
		} else {
			s.Sent += owed
			owed = 0
		}
	}
}

func TestWhatLimitsTheGenerator(t *testing.T) {
	stolen := func(share float64) func(*runlog.Second) {
		return func(s *runlog.Second) { s.Steal = &share }
	}
	for name, c := range map[string]struct {
		closed  bool
		spoil   func(*synthLeg)
		limited string // "" is healthy
	}{
		"healthy, stamped":            {false, func(l *synthLeg) { l.queue = sometimes(0, 0) }, ""},
		"slow to take up":             {false, func(l *synthLeg) { l.queue = sometimes(0.02, 20*time.Millisecond) }, "in the generator's own queue"},
		"slow to take up, closed":     {true, func(l *synthLeg) { l.queue = sometimes(0.02, 20*time.Millisecond) }, "in the generator's own queue"},
		"slow beside a slower target": {true, func(l *synthLeg) { l.queue = sometimes(0.02, 20*time.Millisecond); l.latency = around(time.Second) }, ""},
		"rarely slow to take up":      {true, func(l *synthLeg) { l.queue = sometimes(0.004, 20*time.Millisecond) }, ""},
		"slow to take up once":        {true, func(l *synthLeg) { l.queue = once(200, 3, 20*time.Millisecond) }, ""},
		"late once":                   {false, func(l *synthLeg) { l.lag = once(200, 3, 20*time.Millisecond) }, ""},
		"stolen":                      {true, func(l *synthLeg) { l.spoil = stolen(0.15) }, "gave 15 % of this machine's"},
		"hardly stolen":               {true, func(l *synthLeg) { l.spoil = stolen(0.05) }, ""},
		"behind for seconds":          {false, func(l *synthLeg) { l.spoil = lacking(0.03, 2, 6) }, "4 of 9 seconds ended with more than 1 %"},
		"behind, but closed":          {true, func(l *synthLeg) { l.spoil = lacking(0.03, 2, 6) }, ""},
		"behind once":                 {false, func(l *synthLeg) { l.spoil = lacking(0.5, 2, 3) }, ""},
		"behind by a request or two":  {false, func(l *synthLeg) { l.spoil = lacking(0.001, 2, 4) }, ""},
	} {
		l := synthLeg{target: "single", seconds: 10, perSecond: 200, hosts: map[string]int64{"a": 2000}}
		c.spoil(&l)
		g := analyzed(t, synth{open: !c.closed, legs: []synthLeg{l}}).Legs[0].Generator
		if g.Limited != (c.limited != "") || !strings.Contains(fmt.Sprint(g.Why), c.limited) {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

func TestTooFewConnectionsAreNamed(t *testing.T) {
	leg := synthLeg{target: "single", seconds: 10, perSecond: 20, hosts: map[string]int64{"a": 200},
		spoil: func(s *runlog.Second) { s.Waited = s.Sent / 2 }}
	s := synth{open: true, legs: []synthLeg{leg}, maxConnections: 4}
	if g := analyzed(t, s).Legs[0].Generator; g.Limited || g.Waited != 100 {
		t.Errorf("waiting that made nothing late: %+v", g)
	}
	s.legs[0].lag = sometimes(0.5, time.Second)
	g := analyzed(t, s).Legs[0].Generator
	if !g.Limited || !strings.Contains(g.Why[0].Text, "100 of 200 requests waited until one of the generator's own connections was free: max_connections allows 4") {
		t.Errorf("%+v", g)
	}
	s.legs[0].spoil = func(s *runlog.Second) { s.Waited = uint64(s.T) / 9 }
	if g := analyzed(t, s).Legs[0].Generator; strings.Contains(fmt.Sprint(g.Why), "max_connections") {
		t.Errorf("one request that waited is no cause: %+v", g)
	}
}

func TestWhoseClock(t *testing.T) {
	leg := synthLeg{target: "single", seconds: 4, perSecond: 100, hosts: map[string]int64{"a": 400}}
	a := analyzed(t, synth{legs: []synthLeg{leg}})
	if l := a.Legs[0]; a.Run.Clock != "user space" || l.Stamped != 0 || l.Queue.N != 0 {
		t.Errorf("%q, stamped %v, queue %+v", a.Run.Clock, l.Stamped, l.Queue)
	}
	leg.queue = sometimes(1, 5*time.Millisecond)
	a = analyzed(t, synth{legs: []synthLeg{leg}})
	if l := a.Legs[0]; a.Run.Clock != "kernel" || l.Stamped != 1 || math.Abs(l.UserSpace.At(metric.P50)-l.Service.At(metric.P50)-5) > 0.05 || math.Abs(l.Generator.QueueP50MS-5) > 0.01 {
		t.Errorf("%q, stamped %v, user space %+v, service %+v", a.Run.Clock, l.Stamped, l.UserSpace, l.Service)
	}
	plain := leg
	plain.queue = nil
	if a = analyzed(t, synth{legs: []synthLeg{leg, plain}}); a.Run.Clock != "kernel on 50 % of the answers, user space on the rest" {
		t.Errorf("%q", a.Run.Clock)
	}
	leg.spoil = func(s *runlog.Second) { s.Stamped-- }
	if a = analyzed(t, synth{legs: []synthLeg{leg}}); a.Verdict != result.Invalid || !strings.Contains(a.Findings[0].Text, "the kernel stamped 396 answers") {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
}

func TestAQueueThatTheRateSuffersFrom(t *testing.T) {
	for queue, want := range map[time.Duration]string{
		0: "", time.Millisecond: "", // of 11 ms
		5 * time.Millisecond: "clients spent 33 % of their time in the generator's own queue: the times are without it, but the rate could be up to 1.50 times as high",
	} {
		leg := synthLeg{target: "single", seconds: 10, perSecond: 100, hosts: map[string]int64{"a": 1000}, queue: sometimes(1, queue)}
		for _, open := range []bool{false, true} {
			got := strings.Join(analyzed(t, synth{open: open, legs: []synthLeg{leg}}).Warnings, " ")
			if warned := strings.Contains(got, "own queue"); warned != (want != "" && !open) || !open && !strings.Contains(got, want) {
				t.Errorf("queue %v, open %v: %q", queue, open, got)
			}
		}
	}
}

func TestHealthIsAddedUp(t *testing.T) {
	steal, again := 0.25, uint64(3)
	leg := synthLeg{target: "single", seconds: 4, perSecond: 100, hosts: map[string]int64{"a": 400}, spoil: func(s *runlog.Second) {
		s.GCPauseMS = float64(s.T)
		if s.T == 1 {
			s.Steal = new(float64)
		}
		if s.T > 1 {
			s.Steal, s.Retransmits = &steal, &again
		}
	}}
	g := analyzed(t, synth{legs: []synthLeg{leg}}).Legs[0].Generator
	if g.GCPauseMS != 6 || g.GCPauseMaxMS != 3 || math.Abs(g.Steal-0.5/3) > 1e-9 || g.StealMax != 0.25 || g.Retransmits == nil || *g.Retransmits != 6 {
		t.Errorf("%+v", g)
	}
	leg.spoil = nil
	if g := analyzed(t, synth{legs: []synthLeg{leg}}).Legs[0].Generator; g.Steal >= 0 || g.Retransmits != nil {
		t.Errorf("what no second told is known: %+v", g)
	}
}

// The last second of a leg may be a few milliseconds: what it says of the processors
// weighs as little.
func TestSharesAreWeighedByTheLengthOfTheirSeconds(t *testing.T) {
	steal := []float64{0, 0.8}
	leg := synthLeg{target: "single", seconds: 2, perSecond: 100, hosts: map[string]int64{"a": 200}, spoil: func(s *runlog.Second) {
		s.WallS, s.CPU, s.Steal = 1, 0.1, &steal[s.T]
		if s.T == 1 {
			s.WallS, s.CPU = 0.25, 1
		}
	}}
	g := analyzed(t, synth{legs: []synthLeg{leg}}).Legs[0].Generator
	if math.Abs(g.CPU-0.28) > 1e-9 || g.CPUMax != 1 || math.Abs(g.Steal-0.16) > 1e-9 {
		t.Errorf("CPU %v at most %v, steal %v; want 0.28, 1 and 0.16", g.CPU, g.CPUMax, g.Steal)
	}
}
