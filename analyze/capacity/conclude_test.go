package capacity_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/result"
)

func estimate(v, spread float64) result.Estimate {
	return result.Estimate{Value: v, Lo: result.Bound(v * (1 - spread)), Hi: result.Bound(v * (1 + spread)), Confidence: result.Confidence, N: 1000}
}

// configuration has a saturation and probes by rate with their p95.
func configuration(target string, replicas int, saturation float64, probes map[float64]float64) result.Capacity {
	full := estimate(saturation, .02)
	c := result.Capacity{Target: target, Replicas: replicas, Verdict: result.CapacityFound, HeldRPS: .95 * saturation, BrokenRPS: saturation, Sentence: target + " carries much",
		Alone: &result.Probe{Kind: result.ProbeAlone, MeanMS: 25}, Saturation: &full}
	for rate, p95 := range probes {
		c.Probes = append(c.Probes, result.Probe{Kind: result.ProbeSearch, RateRPS: rate, Verdict: result.ProbeHeld, N: 1000, P95: estimate(p95, .05), Success: estimate(rate, .01), MeanMS: 30})
	}
	return c
}

func studied(all ...result.Capacity) *result.Study {
	s := &result.Study{SLO: []string{"p95 < 250ms"}, Arrivals: "poisson", Started: time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC), Configurations: all}
	s.Ended = s.Started.Add(time.Minute)
	return s
}

// What was concluded before, of a file that anyone may have written, is replaced; and twice the same is the same.
func TestConclusionsAreMadeAnew(t *testing.T) {
	s := studied(configuration("one", 0, 160, nil))
	s.Headline, s.Decision, s.NoDecision = "nonsense", &result.Decision{}, "nonsense"
	capacity.Conclude(s, nil)
	if s.Headline != "one carries much" || s.Decision != nil || s.NoDecision != "" || s.P95LimitMS != 250 {
		t.Errorf("%+v", s)
	}
}

// Without prices the answer is what carries most, by how much more than the least, and how the figures are known.
func TestHeadlineOfAStudy(t *testing.T) {
	s := studied(configuration("one", 1, 160, map[float64]float64{40: 38}), configuration("three", 3, 240, nil))
	s.Configurations[0].Confirmed, s.Configurations[1].Confirmed = true, true
	capacity.Conclude(s, nil)
	if want := "three carries much, 1.5 times as much as one, which carries 152 to 160/s"; s.Headline != want {
		t.Errorf("%s, want %s", s.Headline, want)
	}
	if want := "Carried means p95 < 250ms: 95 of 100 requests are answered within 250 ms. Measured with 1 probe in 1m0s, requests arriving at random, as people do; what held was confirmed for longer"; s.Confidence != want {
		t.Errorf("%s, want %s", s.Confidence, want)
	}
	if p := s.Configurations[0].Probes[0]; math.Abs(p.ByLittle-40*.03) > 1e-9 {
		t.Errorf("Little's law makes %g of 40/s and 30 ms", p.ByLittle)
	}
	s.Ended, s.Stopped = time.Time{}, "it was interrupted"
	if capacity.Conclude(s, nil); !strings.Contains(s.Confidence, " in 0s, ") || !strings.HasSuffix(s.Confidence, "ended before it was done: it was interrupted") {
		t.Error(s.Confidence)
	}
}

// The answer of a study with prices is the decision; an option whose target found nothing has none, and that is
// what is said.
func TestDecisionOfAStudy(t *testing.T) {
	var all []result.Capacity
	for _, n := range []int{1, 2} {
		all = append(all, configuration("n"+string(rune('0'+n)), n, 160*float64(n), nil))
	}
	s := studied(all...)
	of := &capacity.Case{Currency: "EUR", Demand: capacity.Demand{Now: 100, Peak: 2, Growth: .25, Years: 2}, Options: []capacity.Option{{Name: "two", Target: "n2", Month: capacity.Price{Amount: 212}}}}
	capacity.Conclude(s, of)
	if s.Decision == nil || !strings.Contains(s.Headline, "for EUR 212 a month") || s.Decision.Options[0].Nodes != 2 || !strings.Contains(s.Confidence, "Measured with") {
		t.Errorf("%s\n%s", s.Headline, s.Confidence)
	}
	s.Configurations[1].HeldRPS, s.Configurations[1].Sentence = 0, "n2 was not measured: it was interrupted"
	capacity.Conclude(s, of)
	if s.Decision != nil || !strings.Contains(s.Headline, `nothing can be decided: for option "two" no rate was found that holds`) {
		t.Errorf("%+v\n%s", s.Decision, s.Headline)
	}
}
