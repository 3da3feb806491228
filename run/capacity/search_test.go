package capacity

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/scenarios"
)

// small is a search of a target with one replica, whose request takes 10 ms by itself.
func small(precision float64) *search {
	p95, _ := threshold.Parse("p95 < 100ms")
	return &search{
		Search: scenarios.Search{SLO: []string{"p95 < 100ms"}, Precision: precision, Probe: 10 * time.Second, LongestProbe: 2 * time.Minute},
		slo:    []threshold.Threshold{p95}, replicas: 1,
	}
}

// until answers every probe by say until the search ends.
func (s *search) until(t rapid.TB, say func(order) result.ProbeVerdict) bracket {
	for {
		o, more := s.next()
		if !more {
			return s.bracket()
		}
		if len(s.probes) > 150 {
			t.Fatalf("no end: %+v", s.probes)
		}
		p := result.Probe{Kind: o.kind, RateRPS: o.rate, Clients: o.clients, LoadS: o.length.Seconds(), MeanMS: 10, Verdict: result.ProbeHeld}
		switch o.kind {
		case result.ProbeSearch, result.ProbeConfirm, result.ProbeOverload, result.ProbeRecover:
			p.Verdict = say(o)
		case result.ProbeSaturate:
			p.Success.Value = 1000 * (1 - math.Exp(-float64(o.clients)/20))
		}
		s.probes = append(s.probes, p)
	}
}

// A target that carries all rates up to one and none above is found as exactly as asked,
// wherever it lies, although probes near it cannot tell and those above a rate are invalid.
func TestASearchEndsAroundTheCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		carries := math.Pow(10, rapid.Float64Range(1.5, 5).Draw(t, "log rate"))
		precision := rapid.SampledFrom([]float64{0.01, 0.05, 0.2}).Draw(t, "precision")
		blurred := rapid.SampledFrom([]float64{0, 0, 0.04}).Draw(t, "blurred")
		generator := rapid.SampledFrom([]float64{math.Inf(1), max(101, carries/3), carries * 3}).Draw(t, "generator")
		s := small(precision)
		b := s.until(t, func(o order) result.ProbeVerdict {
			switch {
			case o.rate > generator:
				return result.ProbeInvalid
			case math.Abs(math.Log(o.rate/carries)) < blurred:
				return result.ProbeUnclear
			case o.rate > carries:
				return result.ProbeBroken
			}
			return result.ProbeHeld
		})
		if b.held > carries*math.Exp(-blurred) || b.broken < carries*math.Exp(blurred) {
			t.Fatalf("carries %g: held %g, broken %g", carries, b.held, b.broken)
		}
		above := min(b.broken, b.beyond)
		allowed := math.Pow(1+precision+1e-9, 2) * math.Exp(2*blurred)
		if blurred == 0 {
			allowed = 1 + precision + 1e-9
		}
		if b.held == 0 || above/b.held > allowed {
			t.Fatalf("carries %g, precision %g: held %g, above %g after %d probes", carries, precision, b.held, above, len(s.probes))
		}
		if !s.confirmed(b.held) {
			t.Fatalf("%g was not confirmed", b.held)
		}
	})
}

// What one client alone breaks is doomed after a probe, and what breaks at every rate after some.
func TestASearchOfWhatNothingHoldsEnds(t *testing.T) {
	s := small(0.05)
	s.probes = []result.Probe{{Kind: result.ProbeAlone, Clients: 1, LoadS: 10, Verdict: result.ProbeBroken, Why: "p95 was 120 ms"}}
	if o, more := s.next(); more {
		t.Errorf("goes on with %+v", o)
	}
	if c := s.capacity("shop", ""); c.Verdict != result.CapacityDoomed || c.Sentence != "shop does not keep p95 < 100ms even for one client by itself: p95 was 120 ms" {
		t.Errorf("%s: %s", c.Verdict, c.Sentence)
	}
	s = small(0.05)
	s.until(t, func(order) result.ProbeVerdict { return result.ProbeBroken })
	if c := s.capacity("shop", ""); c.Verdict != result.CapacityDoomed || c.HeldRPS != 0 || len(c.Probes) > 25 {
		t.Errorf("%s after %d probes: %s", c.Verdict, len(c.Probes), c.Sentence)
	}
}

// Where the generator is the limit the answer says so, and is no capacity.
func TestTheGeneratorIsTheLimit(t *testing.T) {
	s := small(0.05)
	s.until(t, func(o order) result.ProbeVerdict {
		if o.rate > 19400 {
			return result.ProbeInvalid
		}
		return result.ProbeHeld
	})
	c := s.capacity("shop", "")
	if c.Verdict != result.CapacityAtLeast || c.BrokenRPS != 0 || c.HeldRPS < 19400/1.06 || c.HeldRPS > 19400 {
		t.Errorf("%s, held %g, broken %g: %s", c.Verdict, c.HeldRPS, c.BrokenRPS, c.Sentence)
	}
}

// A rate that holds above one that broke is told, and counts for nothing.
func TestARateThatHoldsAboveABreakIsTold(t *testing.T) {
	s := small(0.05)
	b := s.until(t, func(o order) result.ProbeVerdict {
		if 300 < o.rate && o.rate < 440 || o.rate > 900 {
			return result.ProbeBroken
		}
		return result.ProbeHeld
	})
	if b.held > 300 {
		t.Errorf("held %g", b.held)
	}
	// The doubling went over the gap: 100, 200, 400.
	if b.broken > 440 {
		t.Errorf("broken %g", b.broken)
	}
	// The overload, of half as much again, is above the gap.
	if notes := s.capacity("shop", "").Notes; len(b.above) != 1 || b.above[0] < 440 || !slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, "held although "+perSecond(b.broken)+" broke") }) {
		t.Errorf("above %v, notes %q", b.above, notes)
	}
}

// A queue that grows by half the precision is in the p95 of a probe that lasts as long as [search.length] says.
func TestAProbeLastsUntilAQueueShows(t *testing.T) {
	s := small(0.05)
	s.probes = []result.Probe{{Kind: result.ProbeAlone, MeanMS: 10, Verdict: result.ProbeHeld}}
	s.slo[0].Value = 500
	// (500 − 10) ms ÷ (0.95 · 0.025) = 20.6 s
	if got := s.length(1000); got != 21*time.Second {
		t.Errorf("%v, want 21 s", got)
	}
	if got := s.length(5); got != 100*time.Second {
		t.Errorf("at 5/s %v, want the 100 s of 500 requests", got)
	}
	if got := s.length(1); got != s.LongestProbe {
		t.Errorf("at 1/s %v, want the longest", got)
	}
}
