// Package usl models how the throughput of a system grows with its size: its replicas, its
// processors, or the clients that use it at the same time. It fits four models to measured
// points, says which of them the points support, and predicts from it.
//
// The points are saturation throughputs, the most that a system of that size does. Rates within
// an SLO do not belong here: they may rightly grow faster than the size, which none of these
// models can say.
package usl

import "math"

// Point is a measured throughput.
type Point struct {
	N float64 // the size, > 0
	X float64 // the throughput at that size, per second, ≥ 0
}

// Model is the shape of a curve.
type Model int

// The models. The first three are nested: each is the next with a coefficient at nought.
const (
	// Linear is X(N) = γN: every unit adds as much as the first.
	Linear Model = iota
	// Amdahl is X(N) = γN / (1 + α(N−1)): the share α of the work is done by one unit at a time.
	Amdahl
	// USL is Gunther's Universal Scalability Law, X(N) = γN / (1 + α(N−1) + βN(N−1)): units also
	// wait for each other in pairs, so that the throughput falls beyond a peak.
	USL
	// Ceiling is X(N) = min(γN, C): linear up to a hard wall, such as a full network.
	Ceiling
)

// String is the model's name in sentences.
func (m Model) String() string {
	return [...]string{"linear growth", "Amdahl's law", "the Universal Scalability Law", "a hard ceiling"}[m]
}

// Curve is a model with its coefficients.
type Curve struct {
	Model Model
	Gamma float64 // γ, the throughput of one unit, > 0
	Alpha float64 // α, contention, from 0 to 1; 0 for Linear and Ceiling
	Beta  float64 // β, coherency, from 0 to 1; 0 for all but USL
	Wall  float64 // C, of Ceiling alone
}

// At is the throughput at the size n > 0.
func (c Curve) At(n float64) float64 {
	if c.Model == Ceiling {
		return math.Min(c.Gamma*n, c.Wall)
	}
	return c.Gamma * n / (1 + c.Alpha*(n-1) + c.Beta*n*(n-1))
}

// Efficiency is the throughput at n as a share of n times that of one unit.
func (c Curve) Efficiency(n float64) float64 { return c.At(n) / (c.Gamma * n) }

// Peak is the size beyond which the throughput does not grow, and the throughput there. A curve
// that grows for ever has its peak at infinity: see [Curve.Limit].
//
// Source: N. J. Gunther, Guerrilla Capacity Planning (2007), N* = √((1−α)/β).
func (c Curve) Peak() (n, x float64) {
	switch {
	case c.Model == Ceiling:
		return c.Wall / c.Gamma, c.Wall
	case c.Beta > 0:
		n = math.Max(1, math.Sqrt((1-c.Alpha)/c.Beta))
		return n, c.At(n)
	}
	return math.Inf(1), c.Limit()
}

// Limit is the throughput that contention alone would never let the system exceed, γ/α;
// infinite without contention.
func (c Curve) Limit() float64 {
	if c.Model == Ceiling {
		return c.Wall
	}
	return c.Gamma / c.Alpha
}

// Inverse is the smallest size that reaches the throughput x ≥ 0; ok is false where no size
// does.
//
// It is the smaller root of βx·N² + (x(α−β)−γ)·N + x(1−α) = 0, in the form that does not cancel
// where β is small.
func (c Curve) Inverse(x float64) (n float64, ok bool) {
	if _, most := c.Peak(); x > most {
		return 0, false
	}
	if c.Model == Ceiling {
		return x / c.Gamma, true
	}
	half := c.Gamma - x*(c.Alpha-c.Beta) // −b of the quadratic
	discriminant := half*half - 4*c.Beta*x*x*(1-c.Alpha)
	n = 2 * x * (1 - c.Alpha) / (half + math.Sqrt(math.Max(0, discriminant)))
	if c.Alpha == 1 { // a flat curve: one unit does as much as any number
		n = x / c.Gamma
	}
	return n, !math.IsNaN(n) && !math.IsInf(n, 0)
}

// slopes are the derivatives of [Curve.At] by γ, α and β.
func (c Curve) slopes(n float64) [parameters]float64 {
	d := 1 + c.Alpha*(n-1) + c.Beta*n*(n-1)
	x := c.Gamma * n / d
	return [parameters]float64{n / d, -x * (n - 1) / d, -x * n * (n - 1) / d}
}
