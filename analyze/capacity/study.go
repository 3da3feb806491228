package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/queueing"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// mostWorkers is how many workers a forecast has at most, for a simulation takes the longer the
// more there are.
const mostWorkers = 1000

// StudyGrowth fits the models of growth to the saturations of the configurations whose replicas are
// known. It returns nil without an error where there are none.
//
// Rates within an SLO are no points of it: they may rightly grow faster than the replicas.
func StudyGrowth(s *result.Study) (*result.Growth, error) {
	var points []Measured
	for _, c := range s.Configurations {
		if c.Replicas > 0 && c.Saturation != nil && c.Saturation.Value > 0 {
			points = append(points, Measured{N: float64(c.Replicas), Throughput: c.Saturation.Value})
		}
	}
	if len(points) == 0 {
		return nil, nil
	}
	return Growth("saturation by replicas", points, Question{})
}

// Workers is how many requests a replica serves at the same time, by what the configuration with the
// fewest replicas does at most, for there the least is shared: a request by itself takes S, so that c workers
// end at X = c ÷ S, and c = X·S. It is 0 where that is not known.
func Workers(configurations []result.Capacity) int {
	var known []result.Capacity
	for _, c := range configurations {
		if most(c) > 0 && c.Alone != nil && c.Alone.MeanMS > 0 {
			known = append(known, c)
		}
	}
	if len(known) == 0 {
		return 0
	}
	c := slices.MinFunc(known, func(a, b result.Capacity) int { return cmp.Compare(replicasOf(a), replicasOf(b)) })
	return max(1, int(math.Round(most(c)*c.Alone.MeanMS/1000/float64(replicasOf(c)))))
}

// most is the largest throughput that a configuration is known to have: its saturation, or a rate that held.
func most(c result.Capacity) float64 {
	if c.Saturation == nil {
		return 0
	}
	return max(c.Saturation.Value, c.HeldRPS)
}

// replicasOf is one where the scenario does not say how many there are.
func replicasOf(c result.Capacity) int { return max(1, c.Replicas) }

// Expected is what queueing expects of a configuration whose replicas have so many workers and share
// nothing, at the rate that held, with what else it could become; l is the leg of one client alone.
// Where the probes lie above it, it says so. It is nil where nothing can be expected: no rate held; the
// workers are not known, or too many; or more held than so many workers can do, which refutes them.
func Expected(c *result.Capacity, l *result.Leg, workers int, arrivals queueing.Arrivals, sloMS float64) (*result.Forecast, error) {
	replicas := replicasOf(*c)
	if workers < 1 || replicas*workers > mostWorkers || c.HeldRPS == 0 {
		return nil, nil
	}
	service, n, err := ServiceTimes(l)
	if err != nil {
		return nil, err
	}
	system := queueing.System{Replicas: replicas, Workers: workers, Arrivals: arrivals, Service: service}
	if c.HeldRPS >= system.Saturation() {
		return nil, nil
	}
	f := Forecast(c.Target, service, n, Forecasted{Replicas: replicas, Workers: workers, Arrivals: arrivals, RateRPS: c.HeldRPS, SLOMS: sloMS})
	f.Parts = parting(system, c.Probes)
	return f, nil
}

// parting is the smallest rate from which on every measured p95 lies above what is expected of as
// many requests: nil for none. Rates at which queues grow without end expect nothing.
func parting(s queueing.System, probes []result.Probe) *result.ForecastParting {
	var out *result.ForecastParting
	for _, p := range byRate(probes) {
		expected := forecastRate(s, p.RateRPS, int(min(p.N, usualRequests)))
		switch {
		case !expected.P95.Finite():
		case float64(p.P95.Lo) <= highest(expected):
			out = nil
		case out == nil:
			out = &result.ForecastParting{Expected: expected, Measured: p.P95}
		}
	}
	if out != nil {
		out.Words = partingWords(s, out)
	}
	return out
}

// usualRequests bounds those of a simulation that stands for a probe; of fewer the interval is wider.
const usualRequests = 20_000

// byRate are the probes of a rate whose figures are the target's, by their rates; of one rate the
// longest, which comes last.
func byRate(probes []result.Probe) []result.Probe {
	longest := map[float64]result.Probe{}
	for _, p := range probes {
		asks := p.Kind == result.ProbeSearch || p.Kind == result.ProbeConfirm
		if asks && p.Verdict != result.ProbeInvalid && p.P95.N > 0 && p.LoadS >= longest[p.RateRPS].LoadS {
			longest[p.RateRPS] = p
		}
	}
	var out []result.Probe
	for _, p := range longest {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b result.Probe) int { return cmp.Compare(a.RateRPS, b.RateRPS) })
	return out
}

// highest is the most that a forecast expects.
func highest(r result.ForecastRate) float64 {
	if r.Hi.Finite() {
		return float64(r.Hi)
	}
	return float64(r.P95)
}

func partingWords(s queueing.System, p *result.ForecastParting) string {
	share := "its workers share, such as a processor or the database"
	if s.Replicas > 1 {
		share = "its replicas share, such as the database, the balancer or a processor"
	}
	return fmt.Sprintf("from %s on requests take longer than queueing expects of %s with %s each: a p95 of %s where %s or less would be usual; something that %s, is the limit",
		metric.PerSecond.Say(p.Expected.RateRPS), words.Counted(s.Replicas, "replica"), words.Counted(s.Workers, "worker"),
		words.Millis(p.Measured.Value), words.Millis(highest(p.Expected)), share)
}
