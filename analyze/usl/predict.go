package usl

import (
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/stats"
)

// Farthest is how many times the largest measured size a prediction may reach. Beyond that the
// coefficients say little: the effect that will be the limit there may not have begun.
const Farthest = 2

// Prediction is the throughput to be expected of one more measurement.
type Prediction struct {
	X      float64 // by the chosen model
	Lo, Hi float64 // the 95 % prediction interval, which encloses those of the rivals
	// Beyond says that n is larger than any size that was measured.
	Beyond bool
}

// TooFarError refuses a prediction far beyond what was measured.
type TooFarError struct{ N, Largest float64 }

func (e *TooFarError) Error() string {
	return fmt.Sprintf("n = %g is more than %d times the largest size that was measured, %g: measure nearer to it", e.N, Farthest, e.Largest)
}

// Predict is the throughput at the size n > 0; a [TooFarError] beyond twice the largest size that
// was measured.
func (c *Choice) Predict(n float64) (Prediction, error) {
	largest := c.largest()
	if n > Farthest*largest {
		return Prediction{}, &TooFarError{n, largest}
	}
	p := Prediction{X: c.At(n), Lo: math.Inf(1), Hi: math.Inf(-1), Beyond: n > largest}
	for _, f := range append([]Fit{c.Fit}, c.Rivals...) {
		lo, hi := f.predictionInterval(n)
		p.Lo, p.Hi = min(p.Lo, lo), max(p.Hi, hi)
	}
	return p, nil
}

func (c *Choice) largest() float64 {
	return slices.MaxFunc(c.points, func(a, b Point) int { return int(math.Copysign(1, a.N-b.N)) }).N
}

// predictionInterval holds the throughputs that one more measurement at n may show without being
// at odds with the points: the model is fitted to the points and that measurement, and the sum of
// the squares may grow by no more than Student's t allows. For a linear model that is the
// well-known interval; for the others it heeds the bounds of the coefficients and the bend of the
// curve, which the delta method does not.
//
// Source: D. M. Bates, D. G. Watts, Nonlinear Regression Analysis (1988), section 6.1, with the
// measurement to come as one of the unknowns.
func (f Fit) predictionInterval(n float64) (lo, hi float64) {
	t := stats.T(Confidence, float64(f.DF))
	allowed := f.SSE + t*t*f.Residual*f.Residual
	beyond := func(x float64) bool {
		with := append(slices.Clip(f.points), Point{n, x})
		return f.refit(with) > allowed
	}
	at := f.At(n)
	return math.Max(0, edge(at, -f.Residual, beyond)), edge(at, f.Residual, beyond)
}

// refit is the least sum of squares of the fit's model over its points and one more, which moves
// the curve so little that one descent from where it was is enough.
func (f Fit) refit(points []Point) float64 {
	if f.Model == Ceiling {
		return fitCeiling(points).SSE
	}
	return sse(descend(f.Curve, points), points)
}

// edge is where beyond begins to hold on the way from x in steps that double.
func edge(x, step float64, beyond func(float64) bool) float64 {
	if step == 0 {
		return x
	}
	inside := x
	for range 60 {
		outside := inside + step
		if beyond(outside) {
			for range 40 {
				if middle := (inside + outside) / 2; beyond(middle) {
					outside = middle
				} else {
					inside = middle
				}
			}
			return inside
		}
		inside, step = outside, 2*step
	}
	return math.Copysign(math.Inf(1), step)
}

// Sizes is how many units reach a throughput.
type Sizes struct {
	N      float64 // by the chosen model
	Lo, Hi float64 // the sizes whose prediction interval holds the throughput; Hi infinite where none within reach surely does
}

// Needed is the size that reaches the throughput x > 0; ok is false where the model says that
// none does.
func (c *Choice) Needed(x float64) (s Sizes, ok bool) {
	s = Sizes{Lo: math.NaN(), Hi: math.Inf(1)}
	if s.N, ok = c.Inverse(x); !ok {
		return s, false
	}
	last := Farthest * c.largest()
	s.Lo = c.first(last, func(p Prediction) bool { return p.Hi >= x })
	s.Hi = c.first(last, func(p Prediction) bool { return p.Lo >= x })
	return s, true
}

// first is the smallest whole size up to last whose prediction is as wanted, found to 2 %;
// infinite where there is none.
func (c *Choice) first(last float64, wanted func(Prediction) bool) float64 {
	for n := 1.0; n <= last; n = math.Max(n+1, math.Floor(1.02*n)) {
		if p, err := c.Predict(n); err == nil && wanted(p) {
			return n
		}
	}
	return math.Inf(1)
}
