package queueing

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/stress-tool/stress/analyze/stats"
)

const (
	// repetitions are independent simulations of one prediction: their spread is that of
	// measurements.
	repetitions = 10
	// usualRequests is how many requests each repetition has unless told: enough for queues near
	// saturation to settle.
	usualRequests = 20_000
	// settling is the share of requests at the beginning that no figure counts, because the
	// queues begin empty.
	settling   = 0.2
	confidence = 0.95
)

// simulated is the mean of the quantile over the repetitions. Each draws the sample of service
// times anew from itself, so the interval also holds how little that sample says.
func (s System) simulated(rate, q float64, requests int) Prediction {
	if requests == 0 {
		requests = usualRequests
	}
	var sum, squares float64
	for seed := range uint64(repetitions) {
		v := s.once(rate, q, requests, rand.New(rand.NewPCG(seed, 0x5eed)))
		sum, squares = sum+v, squares+v*v
	}
	mean := sum / repetitions
	sd := math.Sqrt(math.Max(0, squares/repetitions-mean*mean) * repetitions / (repetitions - 1))
	reach := stats.T(confidence, repetitions-1) * sd * math.Sqrt(1+1./repetitions)
	return Prediction{Value: mean, Lo: math.Max(0, mean-reach), Hi: mean + reach}
}

// once simulates so many requests behind those that let the queues settle.
func (s System) once(rate, q float64, requests int, random *rand.Rand) float64 {
	draw := s.Service.drawer(random)
	replicas := s.replicas()
	skip := int(settling * float64(requests))
	responses := make([]float64, 0, requests)
	now := 0.0
	for i := range skip + requests {
		now += s.Arrivals.next(rate, random)
		done := replicas[s.choose(replicas, i, now, random)].serve(now, draw())
		if i >= skip {
			responses = append(responses, done-now)
		}
	}
	slices.Sort(responses)
	return responses[min(int(math.Ceil(q*float64(requests))), requests)-1] // nearest rank
}

func (a Arrivals) next(rate float64, random *rand.Rand) float64 {
	if a == Even {
		return 1 / rate
	}
	return random.ExpFloat64() / rate
}

// drawer draws service times: from a sample of the sample, as large as it.
func (s Service) drawer(random *rand.Rand) func() float64 {
	if s.exponential {
		return func() float64 { return s.times[0] * random.ExpFloat64() }
	}
	again := make([]float64, len(s.times))
	for i := range again {
		again[i] = s.times[random.IntN(len(s.times))]
	}
	return func() float64 { return again[random.IntN(len(again))] }
}

// replicas are idle. Behind one shared queue all workers are those of one.
func (s System) replicas() []*replica {
	n, workers := s.Replicas, s.Workers
	if s.Balancer == SharedQueue {
		n, workers = 1, n*workers
	}
	all := make([]*replica, n)
	for i := range all {
		all[i] = &replica{free: make([]float64, workers), counted: s.Balancer == LeastConnections}
	}
	return all
}

// choose is the replica that gets the request i, which comes now.
func (s System) choose(replicas []*replica, i int, now float64, random *rand.Rand) int {
	switch s.Balancer {
	case Random:
		return random.IntN(len(replicas))
	case LeastConnections:
		fewest := 0
		for k, r := range replicas {
			if r.inFlight(now) < replicas[fewest].inFlight(now) {
				fewest = k
			}
		}
		return fewest
	}
	return i % len(replicas)
}

// replica serves requests in the order in which they come.
type replica struct {
	free []float64 // when each worker will have done what it was given; a heap, the first to be free on top
	// pending is when each request in flight will be done, where the balancer counts them.
	counted bool
	pending []float64
}

// serve gives a request to the first worker that will be free, and returns when it is done.
func (r *replica) serve(now, service float64) float64 {
	done := math.Max(now, r.free[0]) + service
	r.free[0] = done
	r.sink()
	if r.counted {
		r.pending = append(slices.DeleteFunc(r.pending, func(t float64) bool { return t <= now }), done)
	}
	return done
}

// sink moves the top of the heap down to where it belongs.
func (r *replica) sink() {
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(r.free); child++ {
			if r.free[child] < r.free[least] {
				least = child
			}
		}
		if least == i {
			return
		}
		r.free[i], r.free[least] = r.free[least], r.free[i]
		i = least
	}
}

func (r *replica) inFlight(now float64) (n int) {
	for _, done := range r.pending {
		if done > now {
			n++
		}
	}
	return n
}
