package queueing

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func near(t testing.TB, what string, got, want, rtol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rtol*want) {
		t.Errorf("%s: got %v, want %v ± %v of it", what, got, want, rtol)
	}
}

// Published values of Erlang's second formula, and the waits of M/M/3 at 1 000/s a worker.
func TestErlangC(t *testing.T) {
	for _, c := range []struct {
		workers int
		a, want float64
	}{{1, .5, .5}, {2, 1, 1. / 3}, {3, 2, .4444444}, {10, 6, .1012992427}, {10, 8, .4091802}, {4, 4, 1}} {
		near(t, "C", ErlangC(c.workers, c.a), c.want, 1e-6)
	}
	near(t, "mean response at 2 400/s", MeanWait(3, 2400, 1000)+1e-3, 2.07865e-3, 1e-5)
	near(t, "mean response at 2 700/s", MeanWait(3, 2700, 1000)+1e-3, 3.72354e-3, 1e-5)
}

// M/M/c with 50 ms of service: waits and quantiles of the response time in milliseconds.
func TestMMc(t *testing.T) {
	for _, v := range []struct {
		c                   int
		lambda, waits       float64
		wait, p50, p95, p99 float64
	}{
		{1, 16, .8, 200, 173.287, 748.933, 1151.293}, {2, 32, .7111111, 88.8889, 102.002, 395.534, 596.869},
		{3, 30, .2368421, 7.8947, 42.212, 166.022, 248.286}, {3, 48, .6471910, 53.9326, 78.940, 286.461, 422.774},
		{3, 54, .8170610, 136.1768, 137.791, 525.046, 793.300}, {4, 64, .5964325, 37.2770, 67.310, 236.901, 344.660},
		{6, 96, .5177720, 21.5738, 55.419, 193.450, 280.780}, {8, 144, .7015330, 43.8458, 74.468, 246.257, 354.367},
	} {
		near(t, "C", ErlangC(v.c, v.lambda/20), v.waits, 1e-6)
		near(t, "mean wait", 1000*MeanWait(v.c, v.lambda, 20), v.wait, 1e-5)
		s := System{Replicas: 1, Workers: v.c, Service: Exponential(0.05)}
		for q, want := range map[float64]float64{.5: v.p50, .95: v.p95, .99: v.p99} {
			p := s.Response(v.lambda, q, 0)
			near(t, "quantile", 1000*p.Value, want, 1e-5)
			if !p.Exact {
				t.Errorf("%+v at %v is not exact", s, v.lambda)
			}
		}
	}
}

// The queues of other shapes: 1 000 services a second, 800 arrivals.
func TestOneWorker(t *testing.T) {
	for _, v := range []struct {
		arrivals       Arrivals
		p50, p99, p999 float64
	}{{Poisson, 3.4657, 23.0259, 34.5388}, {Even, 1.8665, 12.4005, 18.6007}} {
		s := System{Replicas: 1, Workers: 1, Arrivals: v.arrivals, Service: Exponential(0.001)}
		for q, want := range map[float64]float64{.5: v.p50, .99: v.p99, .999: v.p999} {
			near(t, v.arrivals.String(), 1000*s.Response(800, q, 0).Value, want, 1e-4)
		}
	}
}

// The largest rate with a p95 of at most 250 ms, 50 ms of service, replicas of one worker.
func TestLargestRates(t *testing.T) {
	for _, v := range []struct {
		replicas                                int
		shared, turns, even, random, saturation float64
	}{
		{1, 8.01707, 8.01707, 13.10814, 8.01707, 20}, {2, 26.35545, 20.67967, 26.21629, 16.03414, 40}, {3, 45.64398, 33.63678, 39.32443, 24.05121, 60},
		{4, 65.21449, 46.66913, 52.43257, 32.06828, 80}, {6, 104.69214, 72.80948, 78.64886, 48.10243, 120}, {8, 144.37079, 98.98776, 104.86515, 64.13657, 160},
	} {
		s := System{Replicas: v.replicas, Workers: 1, Service: Exponential(0.05)}
		largest := func(b Balancer, a Arrivals) float64 {
			s.Balancer, s.Arrivals = b, a
			return s.Largest(0.25, 0.95)
		}
		near(t, "shared queue", largest(SharedQueue, Poisson), v.shared, 1e-3)
		near(t, "round robin", largest(RoundRobin, Poisson), v.turns, 1e-3)
		near(t, "round robin of even arrivals", largest(RoundRobin, Even), v.even, 1e-3)
		near(t, "random choice", largest(Random, Poisson), v.random, 1e-3)
		near(t, "saturation", s.Saturation(), v.saturation, 1e-9)
	}
}

// logNormal is a sample of service times with this mean and spread of the logarithm.
func logNormal(n int, mean, sigma float64) Service {
	random := rand.New(rand.NewPCG(1, 1))
	times := make([]float64, n)
	for i := range times {
		times[i] = mean * math.Exp(sigma*random.NormFloat64()-sigma*sigma/2)
	}
	return Measured(times)
}

// The lab's service, four workers and log-normal times of 25 ms, against another program's
// simulation: the largest rate for a p95 of 50, 100 and 250 ms.
func TestLabAgainstAnotherSimulation(t *testing.T) {
	service := logNormal(4000, 0.025, 0.25)
	for _, v := range []struct {
		replicas int
		balancer Balancer
		arrivals Arrivals
		want     [3]float64
	}{
		{1, RoundRobin, Even, [3]float64{155.5, 159.0, 159.9}}, {1, RoundRobin, Poisson, [3]float64{109.9, 143.2, 156.6}},
		{3, RoundRobin, Even, [3]float64{468.0, 477.5, 481.3}}, {3, RoundRobin, Poisson, [3]float64{418.2, 463.4, 480.3}},
		{3, Random, Poisson, [3]float64{329.4, 430.0, 468.3}},
	} {
		for i, slo := range []float64{0.05, 0.1, 0.25} {
			s := System{Replicas: v.replicas, Workers: 4, Balancer: v.balancer, Arrivals: v.arrivals, Service: service}
			got := s.Largest(slo, 0.95)
			t.Logf("%d replicas, %v, %v, %v s: %.1f, want %.1f", v.replicas, v.balancer, v.arrivals, slo, got, v.want[i])
			near(t, "largest rate", got, v.want[i], 0.03)
		}
	}
}

// A simulation of what is known exactly has the exact figure in its interval.
func TestSimulationAgreesWithFormulas(t *testing.T) {
	for _, s := range []System{
		{Replicas: 1, Workers: 4, Service: Exponential(0.05)}, {Replicas: 3, Workers: 2, Balancer: SharedQueue, Service: Exponential(0.05)},
		{Replicas: 3, Workers: 1, Balancer: RoundRobin, Service: Exponential(0.05)}, {Replicas: 3, Workers: 1, Balancer: RoundRobin, Arrivals: Even, Service: Exponential(0.05)},
		{Replicas: 3, Workers: 2, Balancer: Random, Service: Exponential(0.05)},
	} {
		rate := 0.7 * s.Saturation()
		exact, simulated := s.Response(rate, 0.95, 0), s.simulated(rate, 0.95, 0)
		if !exact.Exact || exact.Value < simulated.Lo || exact.Value > simulated.Hi || simulated.Hi-simulated.Lo > exact.Value/2 {
			t.Errorf("%+v: exactly %v, simulated %+v", s, exact.Value, simulated)
		}
	}
}

// No balancer is better than one queue for all workers, and each that knows more is better.
func TestBalancersInOrder(t *testing.T) {
	s := System{Replicas: 4, Workers: 2, Service: logNormal(1000, 0.02, 0.5)}
	before := 0.0
	for _, b := range []Balancer{SharedQueue, LeastConnections, RoundRobin, Random} {
		s.Balancer = b
		v := s.Response(0.85*s.Saturation(), 0.95, 0).Value
		if v < before {
			t.Errorf("%v has a p95 of %v, below %v of the one before", b, v, before)
		}
		before = v
	}
}

// More load is never faster, and more replicas are never slower.
func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := System{Replicas: rapid.IntRange(1, 9).Draw(t, "replicas"), Workers: 1, Balancer: Balancer(rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "balancer")), Service: Exponential(rapid.Float64Range(1e-4, 10).Draw(t, "mean"))}
		q := rapid.Float64Range(0.01, 0.999).Draw(t, "q")
		rate := s.Saturation() * rapid.Float64Range(0.01, 0.99).Draw(t, "load")
		v := s.Response(rate, q, 0).Value
		if less := s.Response(rate*0.9, q, 0).Value; less > v*(1+1e-9) {
			t.Fatalf("%v at %v, %v at 0.9 of it", v, rate, less)
		}
		s.Replicas++
		if more := s.Response(rate, q, 0).Value; more > v*(1+1e-9) {
			t.Fatalf("%v, and %v with one replica more", v, more)
		}
	})
}

func TestBeyondSaturation(t *testing.T) {
	s := System{Replicas: 2, Workers: 2, Service: Measured([]float64{0.01, 0.03})}
	if p := s.Response(200, 0.5, 0); !math.IsInf(p.Value, 1) || s.Saturation() != 200 {
		t.Errorf("%+v at saturation, which is %v", p, s.Saturation())
	}
	if got := s.Largest(0.001, 0.95); got != 0 {
		t.Errorf("a service of 10 ms or more is within 1 ms at %v/s", got)
	}
}
