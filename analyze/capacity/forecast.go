package capacity

import (
	"fmt"
	"sort"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/queueing"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

const forecastMethod = "Ten simulations of 20 000 requests at each rate, each with service times drawn from the measured ones, after the queues have settled. " +
	"The interval is that of one more measurement of as many requests, at 95 %."

// fewTimes is the number of answers below which their slowest, on which queues depend most, are
// hardly known.
const fewTimes = 300

// mostTimes is how many service times stand for a measured distribution.
const mostTimes = 4000

// Forecasted is what a forecast is asked for.
type Forecasted struct {
	Replicas, Workers int // ≥ 1 each
	Balancer          queueing.Balancer
	Arrivals          queueing.Arrivals
	RateRPS           float64 // > 0
	SLOMS             float64 // the most that the p95 may be; 0 for none
}

// ServiceTimes are the times of a leg under so little load that no request waits, as queueing
// takes them. It is an error if the leg has no distribution: a summary alone keeps none.
func ServiceTimes(l *result.Leg) (s queueing.Service, n uint64, err error) {
	if len(l.Curve) == 0 || l.Service.N == 0 {
		return s, 0, fmt.Errorf("%s has no distribution of times: a forecast needs the run's directory", l.Target)
	}
	n = l.Service.N
	times := make([]float64, min(n, mostTimes))
	for i := range times {
		q := (float64(i) + 0.5) / float64(len(times))
		at := sort.Search(len(l.Curve)-1, func(k int) bool { return l.Curve[k].Q >= q })
		times[i] = max(l.Curve[at].MS, 1e-3) / 1000
	}
	return queueing.Measured(times), n, nil
}

// Forecast predicts the p95 of a system of replicas whose service times are these.
func Forecast(target string, service queueing.Service, n uint64, ask Forecasted) *result.Forecast {
	asked := queueing.System{Replicas: ask.Replicas, Workers: ask.Workers, Balancer: ask.Balancer, Arrivals: ask.Arrivals, Service: service}
	f := &result.Forecast{Schema: result.ForecastSchema, Target: target, MeanMS: 1000 * service.Mean(), N: n, SLOMS: ask.SLOMS, Method: forecastMethod,
		Limits: []string{"what the replicas share, such as their database, their processors or a network: a measurement above the interval says that something is shared",
			"service times that grow with the load"}}
	if n < fewTimes {
		f.Limits = append(f.Limits, fmt.Sprintf("how long a request takes: only %s say it, and %d should", words.Counted(n, "answer"), fewTimes))
	}
	add := func(name string, s queueing.System, rate float64) {
		f.Cases = append(f.Cases, forecastCase(name, s, rate, ask.SLOMS))
	}
	add("as it is", asked, ask.RateRPS)
	if ask.Replicas > 1 {
		add("one replica lost", with(asked, ask.Replicas-1), ask.RateRPS)
	}
	add("one replica more", with(asked, ask.Replicas+1), ask.RateRPS)
	add("demand doubled", asked, 2*ask.RateRPS)
	for _, percent := range []float64{10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98} {
		f.Rates = append(f.Rates, forecastRate(asked, asked.Saturation()*percent/100, 0))
	}
	if ask.SLOMS > 0 && ask.Replicas > 1 {
		for _, b := range queueing.Balancers {
			s := asked
			s.Balancer = b
			f.Balancers = append(f.Balancers, forecastCase(b.String(), s, ask.RateRPS, ask.SLOMS))
		}
	}
	f.Headline = forecastHeadline(f)
	return f
}

func with(s queueing.System, replicas int) queueing.System {
	s.Replicas = replicas
	return s
}

func forecastCase(name string, s queueing.System, rate, sloMS float64) result.ForecastCase {
	c := result.ForecastCase{Name: name, Replicas: s.Replicas, Workers: s.Workers, Balancer: s.Balancer.String(), Arrivals: s.Arrivals.String(),
		SaturationRPS: s.Saturation(), ForecastRate: forecastRate(s, rate, 0)}
	if sloMS > 0 {
		c.LargestRPS = s.Largest(sloMS/1000, metric.P95.Quantile)
	}
	return c
}

// forecastRate is the p95 at a rate, as measured over so many requests; 0 is the default.
func forecastRate(s queueing.System, rate float64, requests int) result.ForecastRate {
	p := s.Response(rate, metric.P95.Quantile, requests)
	out := result.ForecastRate{RateRPS: rate, P95: result.Bound(1000 * p.Value), Lo: result.NoBound, Hi: result.NoBound}
	if !p.Exact {
		out.Lo, out.Hi = result.Bound(1000*p.Lo), result.Bound(1000*p.Hi)
	}
	return out
}

func forecastHeadline(f *result.Forecast) string {
	c := &f.Cases[0]
	of := fmt.Sprintf("%s of %s", words.Counted(c.Replicas, "replica"), words.Counted(c.Workers, "worker"))
	if c.Replicas > 1 {
		of += " behind " + c.Balancer
	}
	say := fmt.Sprintf("%s cannot do %s: their workers end at %s", of, perSecond(c.RateRPS), perSecond(c.SaturationRPS))
	if c.P95.Finite() {
		say = fmt.Sprintf("%s, at %s with %s arrivals, should have a p95 of %s", of, perSecond(c.RateRPS), c.Arrivals, words.Millis(float64(c.P95)))
		if c.Lo.Finite() {
			say += fmt.Sprintf(" (%s)", result.Span(c.Lo, c.Hi, words.Millis))
		}
	}
	if f.SLOMS > 0 {
		say += fmt.Sprintf("; within %s they carry %s", words.Millis(f.SLOMS), perSecond(c.LargestRPS))
	}
	return say
}
