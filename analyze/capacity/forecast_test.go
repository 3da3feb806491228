package capacity

import (
	"math"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/queueing"
	"github.com/stress-tool/stress/analyze/result"
)

// quiet is a leg whose answers took evenly distributed times from 20 to 30 ms.
func quiet() *result.Leg {
	l := &result.Leg{Target: "cluster", Service: result.Latency{N: 500}}
	for i := range 101 {
		l.Curve = append(l.Curve, result.CurvePoint{Q: float64(i) / 100, MS: 20 + float64(i)/10})
	}
	return l
}

func TestServiceTimesAreThoseOfTheLeg(t *testing.T) {
	s, n, err := ServiceTimes(quiet())
	if err != nil || n != 500 {
		t.Fatalf("%d, %v", n, err)
	}
	near(t, "mean", s.Mean(), 0.025, 0.005)
	if _, _, err := ServiceTimes(&result.Leg{Target: "cluster"}); err == nil || !strings.Contains(err.Error(), "needs the run's directory") {
		t.Error(err)
	}
}

// Each what-if is what it says, and stands where queues put it: a replica less is slower, one
// more is faster, and twice the demand is too much here.
func TestWhatIfs(t *testing.T) {
	s, n, err := ServiceTimes(quiet())
	if err != nil {
		t.Fatal(err)
	}
	f := Forecast("cluster", s, n, Forecasted{Replicas: 3, Workers: 4, RateRPS: 300, SLOMS: 50})
	byName := map[string]result.ForecastCase{}
	for _, c := range f.Cases {
		byName[c.Name] = c
	}
	asked, lost, more, doubled := byName["as it is"], byName["one replica lost"], byName["one replica more"], byName["demand doubled"]
	if lost.Replicas != 2 || more.Replicas != 4 || doubled.RateRPS != 600 || len(f.Cases) != 4 {
		t.Fatalf("%+v", f.Cases)
	}
	if !(more.P95 < asked.P95 && asked.P95 < lost.P95) || doubled.P95.Finite() {
		t.Errorf("%v with one more, %v, %v with one lost; twice the demand %v", more.P95, asked.P95, lost.P95, doubled.P95)
	}
	if !(asked.Lo < asked.P95 && asked.P95 < asked.Hi) || asked.LargestRPS <= 300 || asked.LargestRPS >= asked.SaturationRPS {
		t.Errorf("%+v", asked)
	}
	for i := 1; i < len(f.Rates); i++ {
		if f.Rates[i].P95 < f.Rates[i-1].P95*0.98 {
			t.Errorf("at %v/s %v ms, at %v/s %v ms", f.Rates[i-1].RateRPS, f.Rates[i-1].P95, f.Rates[i].RateRPS, f.Rates[i].P95)
		}
	}
	if len(f.Balancers) != len(queueing.Balancers) || f.Balancers[0].LargestRPS <= f.Balancers[3].LargestRPS {
		t.Errorf("%+v", f.Balancers)
	}
	if !strings.HasPrefix(f.Headline, "3 replicas of 4 workers behind round robin, at 300/s with poisson arrivals, should have a p95 of") || !strings.Contains(f.Headline, "; within 50 ms they carry ") {
		t.Error(f.Headline)
	}
}

func TestForecastBeyondSaturation(t *testing.T) {
	f := Forecast("x", queueing.Exponential(0.05), 100, Forecasted{Replicas: 1, Workers: 1, RateRPS: 30})
	if want := "1 replica of 1 worker cannot do 30/s: their workers end at 20/s"; f.Headline != want || !math.IsInf(float64(f.Cases[0].P95), 1) {
		t.Errorf("got  %s\nwant %s", f.Headline, want)
	}
}
