package embedded

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// serviceSigma shapes the service times: with it the slowest request in a hundred
// takes about 1.7 times the mean.
const serviceSigma = 0.25

// serviceTimes draws how long requests take: log-normal, so never negative and
// with a tail to the right, and with the given mean, so that a worker serves
// 1/mean requests a second. It is safe for concurrent use.
type serviceTimes struct {
	mean time.Duration

	mu  sync.Mutex
	rng *rand.Rand
}

func newServiceTimes(mean time.Duration, rng *rand.Rand) *serviceTimes {
	return &serviceTimes{mean: mean, rng: rng}
}

func (s *serviceTimes) draw() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return lognormal(s.mean, s.rng.NormFloat64())
}

// quantile is the service time that the share q in (0,1) of requests stays below.
func (s *serviceTimes) quantile(q float64) time.Duration {
	return lognormal(s.mean, math.Sqrt2*math.Erfinv(2*q-1))
}

// lognormal is the value z standard deviations from the median, on the log scale.
// The mean of exp(N(μ,σ²)) is exp(μ + σ²/2).
func lognormal(mean time.Duration, z float64) time.Duration {
	return time.Duration(float64(mean) * math.Exp(serviceSigma*z-serviceSigma*serviceSigma/2))
}
