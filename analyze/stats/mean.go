package stats

import "math"

// Mean is an estimate of a mean with its standard error and the degrees of freedom
// behind that; DF infinite where the error is taken as exact.
type Mean struct{ Value, SE, DF float64 }

// Interval encloses the mean by Student's t; open on both sides where the error is
// not known.
func (m Mean) Interval(confidence float64) Interval {
	if math.IsNaN(m.Value) {
		return unknown()
	}
	if math.IsNaN(m.SE) || m.DF <= 0 {
		return Interval{m.Value, math.Inf(-1), math.Inf(1)}
	}
	half := m.multiplier(confidence) * m.SE
	return Interval{m.Value, m.Value - half, m.Value + half}
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
