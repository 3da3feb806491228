package analyze

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// The mean of two p95s is the p95 of nothing: 50.5 ms here, where all answers
// together have 100.
func TestPercentilesAreNotAveraged(t *testing.T) {
	leg := func(slow int) synthLeg {
		n := 0
		return synthLeg{target: "single", seconds: 10, perSecond: 100, latency: func(*rand.Rand) time.Duration {
			if n++; n%1000 < slow {
				return 100 * time.Millisecond
			}
			return time.Millisecond
		}}
	}
	first, second := leg(10), leg(100)
	second.round = 2
	cluster := []synthLeg{leg(10), leg(10)}
	cluster[0].target, cluster[1].target, cluster[1].round = "cluster", "cluster", 2
	s := synth{noLedger: true, compare: true, legs: []synthLeg{first, cluster[0], second, cluster[1]}}
	m := analyzed(t, s).Comparison.Of(metric.Of("p95"))
	if math.Abs(m.Baseline-100) > 0.1 || m.BaselineN != 2000 || m.Candidate > 1.01 {
		t.Errorf("%+v", m)
	}
}

// Ten rounds of one run, through the disk: what is analysed is what Compare says.
func TestRoundsAreCompared(t *testing.T) {
	s := manyRounds(8)
	a := analyzed(t, s)
	m := a.Comparison.Of(metric.Of("p95"))
	if a.Comparison.Rounds != 8 || m.Rounds != 8 || m.Verdict != result.Better || m.Detectable < 1.005 || m.Detectable > 1.3 || m.BaselineN != 8*2*200 {
		t.Errorf("%+v", m)
	}
	if !strings.Contains(a.Comparison.Method, "signed-rank") {
		t.Error(a.Comparison.Method)
	}
	if m := a.Comparison.Of(metric.Of("rate_rps")); m.Rounds != 8 || m.Verdict != result.Better {
		t.Errorf("%+v", m)
	}
	s.legs[4].stopped = "aborted" // single, round 3
	a = analyzed(t, s)
	if a.Comparison.Rounds != 7 || !slices.Contains(a.Warnings, "round 3 is left out of the comparison: single did not come to its end: aborted") {
		t.Errorf("%d rounds, %q", a.Comparison.Rounds, a.Warnings)
	}
}

// manyRounds is [healthyPair] several times, and short.
func manyRounds(n int) synth {
	s := healthyPair()
	s.noLedger, s.thresholds = true, nil
	pair := s.legs
	s.legs = nil
	for round := range n {
		for _, l := range pair {
			l.round, l.seconds = round+1, 2
			s.legs = append(s.legs, l)
		}
	}
	return s
}
