package analyze

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// suspended is a leg whose generator stood still from one instant to another: what was due
// meanwhile left when it ran again.
func suspended(seconds, perSecond int, from, to time.Duration) synthLeg {
	i := 0
	return synthLeg{
		target: "single", seconds: seconds, perSecond: perSecond, hosts: map[string]int64{"a": int64(seconds * perSecond)},
		latency: around(20 * time.Millisecond), queue: sometimes(0, 0),
		lag: func(*rand.Rand) time.Duration {
			due := time.Duration(i) * time.Second / time.Duration(perSecond)
			if i++; due >= from && due < to {
				return to - due
			}
			return 50 * time.Microsecond
		},
		spoil: func(s *runlog.Second) {
			if s.T == int(to/time.Second) {
				s.Standstills = []runlog.Span{{From: from.Seconds(), To: to.Seconds()}}
			}
		},
	}
}

// A generator that was stopped for a second once made a fast target fail.
func TestOurOwnStandstillIsNotTheTargets(t *testing.T) {
	const second = time.Second
	for name, c := range map[string]struct {
		leg       synthLeg
		closed    bool
		threshold string
		verdict   result.Verdict
		code      result.Code
		says      string
	}{
		"an eighth of the leg": {suspended(8, 200, 2*second, 3*second), false, "p95 < 500ms", result.Invalid, result.CodeGeneratorLimited,
			"the generator stood still for 1 s from second 2.0 on: that is 12 % of the 8 s of load"},
		"a third of the leg": {suspended(3, 200, second, 2*second), false, "p95 < 5s", result.Invalid, result.CodeGeneratorLimited, "stood still for 1 s"},
		"an eighth, closed":  {suspended(8, 200, 2*second, 3*second), true, "p95 < 500ms", result.Invalid, result.CodeGeneratorLimited, "stood still for 1 s"},
		"it decides": {suspended(20, 200, 2*second, 3*second), false, "p99 < 500ms", result.Inconclusive, result.CodeGeneratorDelay,
			"the generator stood still for 1 s from second 2.0 on"},
		"it decides the mean":       {suspended(20, 200, 2*second, 3*second), false, "mean < 30ms", result.Inconclusive, result.CodeGeneratorDelay, "without the generator's own delays mean was 2"},
		"it decides the maximum":    {suspended(20, 200, 2*second, 3*second), false, "max < 500ms", result.Inconclusive, result.CodeGeneratorDelay, "max was"},
		"in the first second":       {suspended(20, 200, 0, second), false, "p99 < 500ms", result.Inconclusive, result.CodeGeneratorDelay, "from second 0.0 on"},
		"in the last second":        {suspended(20, 200, 19*second, 20*second-1), false, "p99 < 500ms", result.Inconclusive, result.CodeGeneratorDelay, "from second 19.0 on"},
		"it leaves it open":         {suspended(20, 200, 2*second, 3*second), false, "p90 < 500ms", result.Inconclusive, result.CodeGeneratorDelay, "without the generator's own delays p90 was"},
		"it does not decide":        {suspended(20, 200, 2*second, 3*second), false, "p50 < 500ms", result.Pass, result.CodeThresholdsMet, ""},
		"it fails without it too":   {suspended(20, 200, 2*second, 3*second), false, "p99 < 5ms", result.Fail, result.CodeThresholdNotMet, ""},
		"the service time is clean": {suspended(20, 200, 2*second, 3*second), false, "service.p99 < 500ms", result.Pass, result.CodeThresholdsMet, ""},
		"at least so slow":          {suspended(20, 200, 2*second, 3*second), false, "p99 > 500ms", result.Inconclusive, result.CodeGeneratorDelay, "without the generator's own delays"},
	} {
		a := analyzed(t, synth{open: !c.closed, legs: []synthLeg{c.leg}, thresholds: []string{c.threshold}})
		f := a.Findings[0]
		if a.Verdict != c.verdict || f.Code != c.code || !strings.Contains(f.Text, c.says) {
			t.Errorf("%s: %s, %+v; want %s by %s: %q", name, a.Verdict, f, c.verdict, c.code, c.says)
		}
		if g := a.Legs[0].Generator; g.Standstills != 1 || g.StandstillS < 0.99 || g.StandstillS > 1.01 {
			t.Errorf("%s: stood still %d times for %v s", name, g.Standstills, g.StandstillS)
		}
	}
}

// Answers without a stamp of the kernel hold the standstill in their service times.
func TestAStandstillInTimesWithoutStamps(t *testing.T) {
	leg := suspended(20, 200, 2*time.Second, 3*time.Second)
	i, from := 0, 400 // the first of second 2
	leg.lag, leg.queue = nil, nil
	leg.latency = func(*rand.Rand) time.Duration {
		if i++; i > from && i <= from+50 { // 50 clients of a closed load
			return 1020 * time.Millisecond
		}
		return 20 * time.Millisecond
	}
	s := synth{legs: []synthLeg{leg}, decide: runlog.DecideObserved, thresholds: []string{"p99 < 500ms"}}
	if a := analyzed(t, s); a.Verdict != result.Inconclusive || a.Findings[0].Code != result.CodeGeneratorDelay {
		t.Errorf("in it: %s, %+v", a.Verdict, a.Findings)
	}
	i, from = 0, 1000
	if a := analyzed(t, s); a.Verdict != result.Fail {
		t.Errorf("beside it the target was that slow: %s, %+v", a.Verdict, a.Findings)
	}
}

// What was owed leaves in one burst, which the target has to work off: that is no fault of
// the target's either.
func TestWhatAStandstillDisturbs(t *testing.T) {
	for name, c := range map[string]struct {
		from, to float64
		open     bool
		inFlight []int64
		want     []int
	}{
		"worked off in two seconds":  {2.5, 3.5, true, []int64{2, 3, 90, 160, 80, 4, 90, 2}, []int{2, 3, 4, 5}},
		"at once":                    {2.5, 3.2, true, []int64{2, 3, 3, 4, 90, 4, 90, 2}, []int{2, 3}},
		"never":                      {2.5, 3.5, true, []int64{2, 3, 90, 160, 80, 40, 90, 22}, []int{2, 3, 4, 5, 6, 7}},
		"in the first second":        {0.2, 0.9, true, []int64{90, 40, 2, 3, 2, 3, 2, 3}, []int{0, 1, 2}},
		"clients that wait":          {2.5, 3.5, false, []int64{50, 50, 50, 50, 50, 50, 50, 50}, []int{2, 3}},
		"within a second":            {6.1, 6.4, true, []int64{2, 3, 2, 3, 2, 3, 2, 3}, []int{6}},
		"to the end of the timeline": {6.5, 9.5, true, []int64{2, 3, 2, 3, 2, 3, 2, 3}, []int{6, 7}},
	} {
		var seconds []runlog.Second
		for i, n := range c.inFlight {
			seconds = append(seconds, runlog.Second{T: i, InFlight: n})
		}
		seconds[min(int(c.to), 7)].Standstills = []runlog.Span{{From: c.from, To: c.to}}
		if got := slices.Sorted(maps.Keys(disturbed(seconds, c.open))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := disturbed(nil, true); len(got) > 0 {
		t.Errorf("%v of a leg without seconds", got)
	}
}

// A program that did not run cannot take an answer up before its timeout.
func TestTimeoutsOfAStandstill(t *testing.T) {
	leg := suspended(20, 200, 2*time.Second, 3*time.Second)
	late := func(from, to int) func(int) runlog.Class {
		return func(i int) runlog.Class {
			if i >= from && i < to {
				return runlog.Timeout
			}
			return runlog.Success
		}
	}
	for name, c := range map[string]struct {
		outcome func(int) runlog.Class
		verdict result.Verdict
		code    result.Code
	}{
		"in it":      {late(600, 700), result.Inconclusive, result.CodeGeneratorDelay},
		"beside it":  {late(1600, 1700), result.Inconclusive, result.CodeSpansLimit},
		"everywhere": {late(0, 4000), result.Fail, result.CodeThresholdNotMet},
	} {
		leg.outcome = c.outcome
		a := analyzed(t, synth{legs: []synthLeg{leg}, thresholds: []string{"error_rate < 1%"}})
		if a.Thresholds[0].Verdict != c.verdict || a.Thresholds[0].Code != c.code {
			t.Errorf("%s: %+v, want %s", name, a.Thresholds[0], c.verdict)
		}
	}
}

func TestFiguresThatADelayMovesAreMarked(t *testing.T) {
	a := analyzed(t, synth{open: true, legs: []synthLeg{suspended(20, 200, 2*time.Second, 3*time.Second)}})
	for _, of := range judgedTimes() {
		marked := strings.Contains(strings.Join(a.Legs[0].Response.Intervals[of.Name].Warnings, " "), "the generator's own delay")
		if moved := a.Legs[0].Response.At(of) > 1.1*a.Legs[0].Service.At(of); marked != moved {
			t.Errorf("%s: marked %v, moved %v", of.Name, marked, moved)
		}
	}
	if all := strings.Join(a.Warnings, "\n"); !strings.Contains(all, "the generator stood still for 1 s from second 2.0 on; without its own delays the times are p90 ") {
		t.Errorf("%q", all)
	}
	for _, of := range judgedTimes() {
		if w := analyzed(t, healthyPair()).Legs[0].Service.Intervals[of.Name].Warnings; strings.Contains(strings.Join(w, " "), "delay") {
			t.Errorf("%s of a healthy closed load: %q", of.Name, w)
		}
	}
	a = analyzed(t, synth{legs: []synthLeg{suspended(20, 200, 0, 1900*time.Millisecond)}})
	if w := strings.Join(a.Legs[0].Rates[metric.Rate.Name].Warnings, " "); !strings.Contains(w, "up to 1.10 times as high") {
		t.Errorf("a closed load's rate: %q", w)
	}
}

// What makes the candidate look slow is the generator's: every request left 4 ms late.
func TestOwnDelaysDecideNoComparison(t *testing.T) {
	s := healthyPair()
	s.open, s.thresholds = true, nil
	for i := range s.legs {
		s.legs[i].perSecond, s.legs[i].latency, s.legs[i].hosts, s.legs[i].before = 200, around(20*time.Millisecond), nil, nil
	}
	s.legs[0].seconds, s.legs[1].seconds = 20, 20
	s.legs[1].lag = func(*rand.Rand) time.Duration { return 4 * time.Millisecond }
	s.noLedger = true
	p50 := analyzed(t, s).Comparison.Of(metric.P50)
	if p50.Verdict != result.CannotTell || p50.Code != result.CodeGeneratorDelay || !strings.Contains(p50.Why, "the generator's own delays decide: with them it is worse") {
		t.Errorf("%+v", p50)
	}
	s.legs[1].lag = nil
	s.legs[1].latency = around(60 * time.Millisecond)
	if p99 := analyzed(t, s).Comparison.Of(metric.P99); p99.Verdict != result.Worse {
		t.Errorf("a slower target: %+v", p99)
	}
}
