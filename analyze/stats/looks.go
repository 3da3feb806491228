package stats

import (
	"fmt"
	"math"
)

// LookLevels are the levels at which to test, two-sided, at each of several looks at a
// growing sample, so that a truth at the edge is rejected at any of them with the
// probability level at most. of are the shares of the whole sample at each look, rising
// to 1, or those of the looks so far: later ones change nothing of them.
//
// The level that may be spent up to a share t of the sample is level·ln(1 + (e−1)t), Lan
// and DeMets' spending function of Pocock's kind; what a look may spend beyond those
// before it follows from the distribution of Brownian motion that has not crossed a
// bound so far, by numerical integration.
//
// Source: K. K. G. Lan and D. L. DeMets, Biometrika 70 (1983) 659; P. Armitage, C. K.
// McPherson and B. C. Rowe, JRSS A 132 (1969) 235.
func LookLevels(of []float64, level float64) []float64 {
	mustBeShare("level", level)
	out := make([]float64, len(of))
	begun, bound := 0., 0.
	var still walk
	for i, t := range of {
		if !(t > begun && t <= 1) {
			panic(fmt.Sprintf("stats: looks at %v do not rise to 1", of))
		}
		if i > 0 {
			still = still.within(bound, begun-still.time)
		}
		spend := level * (math.Log1p((math.E-1)*t) - math.Log1p((math.E-1)*begun))
		bound = still.crossing(spend, t-begun)
		out[i] = math.Erfc(bound / math.Sqrt(t) / math.Sqrt2)
		begun = t
	}
	return out
}

// walk is where Brownian motion is at a time that has stayed within its bounds so far: the
// density on an even grid. The zero value is its beginning, at 0.
type walk struct {
	time        float64
	at, density []float64
}

// gridPoints is odd, for Simpson's rule: with 201 the levels are right to five digits.
const gridPoints = 201

// mass is the integral of f over the walk's grid, weighted by its density.
func (w walk) mass(f func(from float64) float64) float64 {
	if len(w.at) == 0 {
		return f(0)
	}
	step, sum := w.at[1]-w.at[0], 0.
	for i, d := range w.density {
		weight := 2.
		switch {
		case i == 0 || i == gridPoints-1:
			weight = 1
		case i%2 == 1:
			weight = 4
		}
		sum += weight * d * f(w.at[i])
	}
	return sum * step / 3
}

// within is the walk after a further time, if it is then between -bound and bound.
func (w walk) within(bound, time float64) walk {
	next := walk{w.time + time, make([]float64, gridPoints), make([]float64, gridPoints)}
	for i := range next.at {
		to := bound * (2*float64(i)/(gridPoints-1) - 1)
		next.at[i] = to
		next.density[i] = w.mass(func(from float64) float64 {
			return math.Exp(-square(to-from)/(2*time)) / math.Sqrt(2*math.Pi*time)
		})
	}
	return next
}

// crossing is the bound beyond which the walk is after a further time with this probability.
func (w walk) crossing(probability, time float64) float64 {
	sd := math.Sqrt(time)
	lo, hi := 0., 10.
	for hi-lo > 1e-9 {
		bound := lo/2 + hi/2
		beyond := w.mass(func(from float64) float64 {
			return normalSurvival((bound-from)/sd) + normalSurvival((bound+from)/sd)
		})
		if beyond > probability {
			lo = bound
		} else {
			hi = bound
		}
	}
	return lo/2 + hi/2
}
