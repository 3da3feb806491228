package capacity

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/queueing"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/usl"
)

// configured is a configuration of so many replicas with a saturation, and a request of 25 ms by itself.
func configured(replicas int, saturation float64) result.Capacity {
	return result.Capacity{
		Target: "shop", Replicas: replicas, HeldRPS: 0.8 * saturation,
		Saturation: &result.Estimate{Value: saturation}, Alone: &result.Probe{MeanMS: 25},
	}
}

// The models stand on the saturation of each number of replicas, and on no rate within an SLO: those grow
// faster than the replicas here, which the models would call bad data.
func TestStudyGrowthStandsOnSaturations(t *testing.T) {
	s := &result.Study{Name: "shop"}
	for i, n := range []int{1, 2, 3, 4, 6, 8} {
		c := configured(n, 160*float64(n)/(1+0.02*float64(n-1)+0.01*float64(n*(n-1))))
		c.HeldRPS = 40 * float64(n*n)
		s.Configurations = append(s.Configurations, c)
		g, err := StudyGrowth(s)
		if few := (*usl.FewPointsError)(nil); i < 5 && (g != nil || !errors.As(err, &few) || !strings.Contains(err.Error(), "measure also at n = ")) {
			t.Errorf("%d configurations: %v, %v", i+1, g, err)
		}
	}
	s.Configurations = append(s.Configurations, result.Capacity{Target: "unknown", Saturation: &result.Estimate{Value: 5000}}, result.Capacity{Target: "unmeasured", Replicas: 9})
	g, err := StudyGrowth(s)
	if err != nil || len(g.Points) != 6 || len(g.Warnings) > 0 || g.Models[0].Name != usl.USL.String() {
		t.Fatalf("%+v, %v", g, err)
	}
	near(t, "size at the peak", float64(g.PeakN), math.Sqrt(0.98/0.01), 1e-3)
	if g, err := StudyGrowth(&result.Study{Configurations: []result.Capacity{{Target: "unknown", Saturation: &result.Estimate{Value: 5000}}}}); g != nil || err != nil {
		t.Errorf("without replicas: %+v, %v", g, err)
	}
}

// Superlinear saturations are said, with the growth that no model can explain.
func TestStudyGrowthSaysSuperlinear(t *testing.T) {
	s := &result.Study{}
	for _, n := range []int{1, 2, 3, 4, 6, 8} {
		s.Configurations = append(s.Configurations, configured(n, 100*math.Pow(float64(n), 1.2)))
	}
	if g, err := StudyGrowth(s); err != nil || len(g.Warnings) != 1 || !strings.HasPrefix(g.Warnings[0], "superlinear: ") {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestWorkersAreThoseOfTheFewestReplicas(t *testing.T) {
	for _, c := range []struct {
		want int
		of   []result.Capacity
	}{
		{4, []result.Capacity{configured(3, 300), configured(1, 158)}}, // three share something, one does not
		{2, []result.Capacity{configured(2, 160)}},
		{1, []result.Capacity{configured(0, 3)}},
		{0, []result.Capacity{{Replicas: 1, Alone: &result.Probe{MeanMS: 25}}}},
		{0, nil},
	} {
		if got := Workers(c.of); got != c.want {
			t.Errorf("%d workers, want %d", got, c.want)
		}
	}
}

// probed are searched rates whose measured p95 is the expected one times a factor, which may grow with the rate.
func probed(s queueing.System, factor func(load float64) float64) (probes []result.Probe) {
	for _, load := range []float64{0.9, 0.5, 0.7, 0.8, 1.1} {
		rate := load * s.Saturation()
		p95 := 1000 * s.Response(rate, 0.95, 0).Value
		if load > 1 {
			p95 = 1000
		}
		p95 *= factor(load)
		probes = append(probes, result.Probe{Kind: result.ProbeSearch, RateRPS: rate, LoadS: 30, N: uint64(30 * rate), Verdict: result.ProbeHeld,
			P95: result.Estimate{Value: p95, Lo: result.Bound(0.95 * p95), Hi: result.Bound(1.05 * p95), N: uint64(30 * rate)}})
	}
	return probes
}

// Measurements that lie above what is expected from a rate on are told with that rate; those that lie
// within, or below, or above at a rate in between alone, are not.
func TestPartingIsWhereMeasurementsLeave(t *testing.T) {
	service, _, err := ServiceTimes(quiet())
	if err != nil {
		t.Fatal(err)
	}
	s := queueing.System{Replicas: 3, Workers: 4, Service: service}
	for name, c := range map[string]struct {
		factor func(load float64) float64
		want   float64 // of the saturation; 0 is no parting
	}{
		"as expected":      {func(float64) float64 { return 1 }, 0},
		"faster":           {func(float64) float64 { return 0.5 }, 0},
		"slower from 0.7":  {func(load float64) float64 { return 1 + max(0, load-0.6)*5 }, 0.7},
		"slower once":      {func(load float64) float64 { return map[bool]float64{true: 3, false: 1}[load == 0.7] }, 0},
		"slower all along": {func(float64) float64 { return 2 }, 0.5},
	} {
		got := parting(s, probed(s, c.factor))
		if c.want == 0 {
			if got != nil {
				t.Errorf("%s: parts at %+v", name, got)
			}
			continue
		}
		if got == nil {
			t.Errorf("%s: does not part", name)
			continue
		}
		near(t, name, got.Expected.RateRPS, c.want*s.Saturation(), 1e-9)
		if !strings.Contains(got.Words, "expects of 3 replicas with 4 workers each") || !strings.Contains(got.Words, "something that its replicas share") {
			t.Error(got.Words)
		}
	}
}

// What cannot be expected is nil, not a guess.
func TestExpectedOfLittle(t *testing.T) {
	c := configured(3, 480)
	f, err := Expected(&c, quiet(), 4, queueing.Poisson, 50)
	if err != nil || f.Cases[0].Workers != 4 || f.Cases[0].RateRPS != c.HeldRPS || f.SLOMS != 50 || f.Parts != nil {
		t.Fatalf("%+v, %v", f, err)
	}
	for name, change := range map[string]func(*result.Capacity) int{
		"workers not known": func(*result.Capacity) int { return 0 },
		"too many workers":  func(*result.Capacity) int { return 400 },
		"more held":         func(c *result.Capacity) int { c.HeldRPS = 500; return 4 },
		"no rate held":      func(c *result.Capacity) int { c.HeldRPS = 0; return 4 },
	} {
		c := configured(3, 480)
		if f, err := Expected(&c, quiet(), change(&c), queueing.Poisson, 50); f != nil || err != nil {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}
