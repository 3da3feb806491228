package stats

import "math"

// Mean is an estimate of a mean with its standard error and the degrees of freedom
// behind that; DF infinite where the error is taken as exact.
type Mean struct{ Value, SE, DF float64 }

// Interval encloses the mean by Student's t; open on both sides where the error is
// not known.
func (m Mean) Interval(confidence float64) Interval { return m.SkewedInterval(0, confidence) }

// SkewedInterval is [Mean.Interval] of an estimate that is so skewed, the third moment of its
// error over SE³. The end on the side of the long tail is farther away: a sample with few of
// the large values makes both mean and error small.
//
// Source: R. Willink, Comm. Statist. Theory Methods 34 (2005) 753, after N. J. Johnson, JASA
// 73 (1978) 536.
func (m Mean) SkewedInterval(skew, confidence float64) Interval {
	if math.IsNaN(m.Value) {
		return unknown()
	}
	if math.IsNaN(m.SE) || m.DF <= 0 {
		return Interval{m.Value, math.Inf(-1), math.Inf(1)}
	}
	t := m.multiplier(confidence)
	return Interval{m.Value, m.Value - m.SE*bent(t, skew/6), m.Value - m.SE*bent(-t, skew/6)}
}

// bent is the t of a statistic whose sample mean has the skewness 6a.
func bent(t, a float64) float64 {
	if math.Abs(a) < 1e-6 {
		return t
	}
	return (math.Cbrt(1+6*a*(t-a)) - 1) / (2 * a)
}

func (m Mean) multiplier(confidence float64) float64 {
	if math.IsInf(m.DF, 1) {
		return Z(confidence)
	}
	return T(confidence, m.DF)
}

// Over encloses m ÷ b for two independent positive means by the delta method on
// logarithms: the variance of ln(m/b) is (SE/value)² of each, added, with the
// degrees of freedom of Welch and Satterthwaite. Nothing is known where a value is
// not positive, and both ends are open where an error is not known.
func (m Mean) Over(b Mean, confidence float64) Interval {
	if !(m.Value > 0 && b.Value > 0) {
		return unknown()
	}
	r := m.Value / b.Value
	vm, vb := square(m.SE/m.Value), square(b.SE/b.Value)
	switch {
	case math.IsNaN(vm+vb) || m.DF <= 0 || b.DF <= 0:
		return Interval{r, 0, math.Inf(1)}
	case vm+vb == 0:
		return Interval{r, r, r}
	}
	log := Mean{Value: math.Log(r), SE: math.Sqrt(vm + vb), DF: square(vm+vb) / (square(vm)/m.DF + square(vb)/b.DF)}
	iv := log.Interval(confidence)
	return Interval{r, math.Exp(iv.Lo), math.Exp(iv.Hi)}
}

func square(x float64) float64 { return x * x }
