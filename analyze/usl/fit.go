package usl

import (
	"math"

	"github.com/stress-tool/stress/analyze/stats"
)

// parameters is how many coefficients the largest model has: γ, α and β.
const parameters = 3

// Confidence is that of every interval of this package.
const Confidence = 0.95

// Coefficient is a fitted figure of a model.
type Coefficient struct {
	Name      string  // "γ", "α", "β" or "C"
	Value, SE float64 // SE is the standard error
	Lo, Hi    float64 // the 95 % interval by Student's t, not cut off at the bounds of the fit
	// AtBound says that the fit ended at a bound, 0 or 1: the points do not show this effect.
	AtBound bool
}

// Fit is a model fitted to points by least squares.
type Fit struct {
	Curve
	Coefficients []Coefficient // in the order γ, α, β, or γ, C
	SSE          float64       // the sum of the squared residuals
	DF           int           // points − coefficients
	Residual     float64       // the standard deviation of the residuals, √(SSE/DF)
	points       []Point
}

// fit fits a model to more points than it has coefficients.
func fit(m Model, points []Point) Fit {
	if m == Ceiling {
		return fitCeiling(points)
	}
	c := leastSquares(m, points)
	f := newFit(c, points, coefficientsOf(m))
	spread := covariance(c, points, coefficientsOf(m))
	value := [parameters]float64{c.Gamma, c.Alpha, c.Beta}
	for i, name := range []string{"γ", "α", "β"}[:coefficientsOf(m)] {
		bound := i > 0 && (value[i] == 0 || value[i] == 1)
		f.add(name, value[i], f.Residual*math.Sqrt(spread[i][i]), bound)
	}
	return f
}

func newFit(c Curve, points []Point, coefficients int) Fit {
	f := Fit{Curve: c, SSE: sse(c, points), DF: len(points) - coefficients, points: points}
	f.Residual = math.Sqrt(f.SSE / float64(f.DF))
	return f
}

func (f *Fit) add(name string, value, se float64, bound bool) {
	reach := stats.T(Confidence, float64(f.DF)) * se
	f.Coefficients = append(f.Coefficients, Coefficient{Name: name, Value: value, SE: se, Lo: value - reach, Hi: value + reach, AtBound: bound})
}

func coefficientsOf(m Model) int { return [...]int{Linear: 1, Amdahl: 2, USL: 3, Ceiling: 2}[m] }

func sse(c Curve, points []Point) float64 {
	var sum float64
	for _, p := range points {
		sum += (p.X - c.At(p.N)) * (p.X - c.At(p.N))
	}
	return sum
}

// leastSquares is the curve of the least squares within 0 ≤ α ≤ 1 and 0 ≤ β ≤ 1. It descends
// from several starts, because one descent may end in a valley that is not the lowest.
func leastSquares(m Model, points []Point) Curve {
	alphas, betas := []float64{0}, []float64{0}
	if m != Linear {
		alphas = []float64{0.001, 0.05, 0.3, 0.9}
	}
	if m == USL {
		betas = []float64{1e-5, 1e-3, 0.05}
	}
	best, least := Curve{Model: m}, math.Inf(1)
	for _, a := range alphas {
		for _, b := range betas {
			c := descend(Curve{Model: m, Gamma: 1, Alpha: a, Beta: b}.scaled(points), points)
			if s := sse(c, points); s < least {
				best, least = c, s
			}
		}
	}
	return best
}

// scaled is the curve with the γ that suits its α and β best.
func (c Curve) scaled(points []Point) Curve {
	var xh, hh float64
	for _, p := range points {
		h := c.At(p.N) / c.Gamma
		xh, hh = xh+p.X*h, hh+h*h
	}
	c.Gamma = xh / hh
	return c
}

// descend is the method of Levenberg and Marquardt with the coefficients projected onto their
// bounds; one that lies at its bound and would leave it stands still for that step.
//
// Source: D. W. Marquardt, J. SIAM 11 (1963) 431; C. Kanzow, N. Yamashita, M. Fukushima,
// J. Comput. Appl. Math. 172 (2004) 375, for the bounds.
func descend(c Curve, points []Point) Curve {
	const steps, enough = 200, 1e-12
	damping, now := 1e-3, sse(c, points)
	for range steps {
		next := c.step(points, damping)
		then := sse(next, points)
		switch {
		case then < now:
			done := now-then <= enough*now
			c, now, damping = next, then, math.Max(damping/10, 1e-12)
			if done {
				return c
			}
		case damping > 1e8:
			return c
		default:
			damping *= 10
		}
	}
	return c
}

// step is one damped Gauss-Newton step, within the bounds.
func (c Curve) step(points []Point, damping float64) Curve {
	k := coefficientsOf(c.Model)
	normal, gradient := c.normalEquations(points)
	value := [parameters]float64{c.Gamma, c.Alpha, c.Beta}
	for i := range k {
		leaves := i > 0 && (value[i] <= 0 && gradient[i] < 0 || value[i] >= 1 && gradient[i] > 0)
		normal[i][i] *= 1 + damping
		if leaves {
			for j := range k {
				normal[i][j], normal[j][i] = 0, 0
			}
			normal[i][i], gradient[i] = 1, 0
		}
	}
	delta, ok := solve(normal, gradient, k)
	if !ok {
		return c
	}
	c.Gamma = math.Max(math.SmallestNonzeroFloat64, c.Gamma+delta[0])
	c.Alpha = math.Min(1, math.Max(0, c.Alpha+delta[1]))
	c.Beta = math.Min(1, math.Max(0, c.Beta+delta[2]))
	return c
}

type matrix [parameters][parameters]float64

// normalEquations are JᵀJ and Jᵀr of the curve at the points; r are the residuals.
func (c Curve) normalEquations(points []Point) (normal matrix, gradient [parameters]float64) {
	for _, p := range points {
		s := c.slopes(p.N)
		for i := range s {
			gradient[i] += s[i] * (p.X - c.At(p.N))
			for j := range s {
				normal[i][j] += s[i] * s[j]
			}
		}
	}
	return normal, gradient
}

// covariance is (JᵀJ)⁻¹ over the first k coefficients, those at a bound included; infinite
// where the points cannot tell the coefficients apart.
func covariance(c Curve, points []Point, k int) (inverse matrix) {
	normal, _ := c.normalEquations(points)
	for i := range k {
		var unit [parameters]float64
		unit[i] = 1
		column, ok := solve(normal, unit, k)
		for j := range k {
			inverse[j][i] = column[j]
			if !ok {
				inverse[j][i] = math.Inf(1)
			}
		}
	}
	return inverse
}

// solve solves the first k of the equations a·x = b by Gauss's elimination. The equations are
// brought to a diagonal of ones first, because γ and β differ by many powers of ten; ok is false
// where they determine no solution.
func solve(a matrix, b [parameters]float64, k int) (x [parameters]float64, ok bool) {
	var scale [parameters]float64
	for i := range k {
		if !(a[i][i] > 0) {
			return x, false
		}
		scale[i] = 1 / math.Sqrt(a[i][i])
	}
	for i := range k {
		for j := range k {
			a[i][j] *= scale[i] * scale[j]
		}
		b[i] *= scale[i]
	}
	for i := range k {
		if a[i][i] < 1e-14 {
			return x, false
		}
		for row := i + 1; row < k; row++ {
			share := a[row][i] / a[i][i]
			for j := i; j < k; j++ {
				a[row][j] -= share * a[i][j]
			}
			b[row] -= share * b[i]
		}
	}
	for i := k - 1; i >= 0; i-- {
		x[i] = b[i]
		for j := i + 1; j < k; j++ {
			x[i] -= a[i][j] * x[j]
		}
		x[i] /= a[i][i]
	}
	for i := range k {
		x[i] *= scale[i]
	}
	return x, true
}
