package queueing

import "math"

// ErlangC is the probability that an arrival must wait in M/M/c: a queue before c ≥ 1 workers
// that is offered the load a = λ/μ, 0 ≤ a < c. Beyond that every arrival waits.
//
// Source: A. K. Erlang (1917), by the recursion of his first formula, B(k) = a·B(k−1) / (k + a·B(k−1)).
func ErlangC(c int, a float64) float64 {
	if a >= float64(c) {
		return 1
	}
	b := 1.0
	for k := 1; k <= c; k++ {
		b = a * b / (float64(k) + a*b)
	}
	rho := a / float64(c)
	return b / (1 - rho*(1-b))
}

// MeanWait is the mean time in M/M/c before the service begins, in seconds: λ arrivals per second,
// μ services per second and worker.
func MeanWait(c int, lambda, mu float64) float64 {
	if lambda >= float64(c)*mu {
		return math.Inf(1)
	}
	return ErlangC(c, lambda/mu) / (float64(c)*mu - lambda)
}

// exceeds is the probability that a response of M/M/c takes longer than t: the wait, which is
// nought or exponential with cμ − λ, and the service together.
func exceeds(c int, lambda, mu, t float64) float64 {
	waits := ErlangC(c, lambda/mu)
	d := float64(c) - lambda/mu - 1 // how much faster the queue drains than one worker works
	inQueue := mu * t
	if math.Abs(d) > 1e-9 {
		inQueue = -math.Expm1(-mu*t*d) / d
	}
	return math.Exp(-mu*t) * (1 + waits*inQueue)
}

// quantileMMc is the response time below which the share q of the responses of M/M/c lies.
func quantileMMc(c int, lambda, mu, q float64) float64 {
	if lambda >= float64(c)*mu {
		return math.Inf(1)
	}
	hi := 1 / mu
	for exceeds(c, lambda, mu, hi) > 1-q {
		hi *= 2
	}
	return bisect(0, hi, func(t float64) bool { return exceeds(c, lambda, mu, t) > 1-q })
}

// quantileGIM1 is the same for one worker with exponential service times whose arrivals are
// independent of each other: response times are exponential with μ(1−σ), where σ is the root of
// σ = A*(μ(1−σ)) below 1, and A* the Laplace transform of the times between arrivals.
//
// Source: L. Kleinrock, Queueing Systems I (1975), section 6.
func quantileGIM1(lambda, mu, q float64, transform func(s float64) float64) float64 {
	if lambda >= mu {
		return math.Inf(1)
	}
	sigma := bisect(0, 1, func(x float64) bool { return transform(mu*(1-x)) > x })
	return -math.Log(1-q) / (mu * (1 - sigma))
}

// every is the transform of arrivals that take turns at k replicas: of each k-th arrival of a
// Poisson process of the given rate, an Erlang distribution, or of even arrivals, a constant.
func every(k int, a Arrivals, rate float64) func(s float64) float64 {
	n := float64(k)
	if a == Even {
		return func(s float64) float64 { return math.Exp(-s * n / rate) }
	}
	return func(s float64) float64 { return math.Pow(rate/(rate+s), n) }
}

// bisect is where below ends to hold between lo, where it holds, and hi, where it does not.
func bisect(lo, hi float64, below func(float64) bool) float64 {
	for range 100 {
		if middle := (lo + hi) / 2; below(middle) {
			lo = middle
		} else {
			hi = middle
		}
	}
	return (lo + hi) / 2
}
