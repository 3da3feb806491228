// Package queueing predicts response times under load from service times without load: how long
// requests wait for a worker of one of several replicas. Where a formula is exact it is used;
// elsewhere the system is simulated, always with the same random numbers.
//
// Nothing here knows of a limit that the replicas share, such as their database. A measurement
// that is slower than predicted says that there is one.
package queueing

import (
	"fmt"
	"math"
	"slices"
)

// Arrivals are how requests come.
type Arrivals int

// The arrivals.
const (
	Poisson Arrivals = iota // independent of each other, as people come
	Even                    // at equal distances
)

// String is the word of scenarios.
func (a Arrivals) String() string { return [...]string{"poisson", "even"}[a] }

// Balancer is how requests are given to replicas.
type Balancer int

// The balancers.
const (
	RoundRobin       Balancer = iota // in turn
	Random                           // to any replica with the same probability
	LeastConnections                 // to the replica with the fewest requests in flight, the first of equals
	SharedQueue                      // to the first worker that is free, of any replica: no balancer does better
)

// Balancers are all of them, the best first.
var Balancers = []Balancer{SharedQueue, LeastConnections, RoundRobin, Random}

// String is the balancer's name in sentences.
func (b Balancer) String() string {
	return [...]string{"round robin", "random choice", "least connections", "one shared queue"}[b]
}

// Service is a distribution of service times, in seconds.
type Service struct {
	exponential bool
	times       []float64 // ascending; of an exponential one its mean alone
}

// Exponential is the service whose times have no memory.
func Exponential(mean float64) Service { return Service{true, []float64{mean}} }

// Measured is the service with the times of a sample of at least one, which are not ordered.
func Measured(times []float64) Service { return Service{false, slices.Sorted(slices.Values(times))} }

// Mean is the mean service time in seconds.
func (s Service) Mean() float64 {
	var sum float64
	for _, t := range s.times {
		sum += t
	}
	return sum / float64(len(s.times))
}

// System is what requests queue for.
type System struct {
	Replicas int // ≥ 1
	Workers  int // of each replica: how many requests it serves at the same time; ≥ 1
	Balancer Balancer
	Arrivals Arrivals
	Service  Service
}

// Saturation is the rate that the workers cannot exceed, per second.
func (s System) Saturation() float64 { return float64(s.Replicas*s.Workers) / s.Service.Mean() }

// Prediction is a quantile of the response time in seconds. Exact ones have no interval; the 95 %
// interval of a simulated one encloses what one measurement may show. All are infinite beyond
// saturation.
type Prediction struct {
	Value, Lo, Hi float64
	Exact         bool
}

// Response predicts the quantile q, between 0 and 1, of the response time at rate > 0 requests
// per second, as measured over that many requests; 0 requests are the default, and no exact formula
// needs them.
func (s System) Response(rate, q float64, requests int) Prediction {
	s.check()
	if rate >= s.Saturation() {
		inf := math.Inf(1)
		return Prediction{inf, inf, inf, true}
	}
	if v, ok := s.exact(rate, q); ok {
		return Prediction{v, v, v, true}
	}
	return s.simulated(rate, q, requests)
}

// Largest is the largest rate per second at which the quantile q of the response time is at most
// slo seconds, found to 0.1 %; 0 where no rate is small enough.
func (s System) Largest(slo, q float64) float64 {
	s.check()
	within := func(rate float64) bool { return s.Response(rate, q, 0).Value <= slo }
	lo, hi := s.Saturation()/1000, s.Saturation()
	if !within(lo) {
		return 0
	}
	for hi > 1.001*lo {
		if middle := (lo + hi) / 2; within(middle) {
			lo = middle
		} else {
			hi = middle
		}
	}
	return (lo + hi) / 2
}

// exact is the quantile by formula; ok is false where there is none.
func (s System) exact(rate, q float64) (v float64, ok bool) {
	if !s.Service.exponential {
		return 0, false
	}
	mu, share := 1/s.Service.Mean(), rate/float64(s.Replicas)
	turns := s.Balancer == RoundRobin || s.Replicas == 1
	switch {
	case s.Arrivals == Poisson && (s.Balancer == SharedQueue || s.Replicas == 1):
		return quantileMMc(s.Replicas*s.Workers, rate, mu, q), true
	case s.Arrivals == Poisson && s.Balancer == Random:
		return quantileMMc(s.Workers, share, mu, q), true
	case turns && s.Workers == 1:
		return quantileGIM1(share, mu, q, every(s.Replicas, s.Arrivals, rate)), true
	}
	return 0, false
}

func (s System) check() {
	if s.Replicas < 1 || s.Workers < 1 || len(s.Service.times) == 0 || !(s.Service.Mean() > 0) {
		panic(fmt.Sprintf("queueing: %d replicas of %d workers with a service of %d times", s.Replicas, s.Workers, len(s.Service.times)))
	}
}
