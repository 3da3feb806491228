package stats

import "math"

// MeanOf is the mean of independent values; its error is not known with fewer than
// two, nor is anything without one.
func MeanOf(x []float64) Mean {
	switch len(x) {
	case 0:
		return Mean{math.NaN(), math.NaN(), 0}
	case 1:
		return Mean{x[0], math.NaN(), 0}
	}
	n := float64(len(x))
	m, variance := meanVariance(x)
	return Mean{m, math.Sqrt(variance) / math.Sqrt(n), n - 1}
}

// Minus encloses m − b for two independent means by Student's t with the degrees of
// freedom of Welch and Satterthwaite; open on both sides where an error is not known.
func (m Mean) Minus(b Mean, confidence float64) Interval {
	d := m.Value - b.Value
	vm, vb := square(m.SE), square(b.SE)
	switch {
	case math.IsNaN(d):
		return unknown()
	case math.IsNaN(vm+vb) || m.DF <= 0 || b.DF <= 0:
		return Interval{d, math.Inf(-1), math.Inf(1)}
	case vm+vb == 0:
		return Interval{d, d, d}
	}
	return Mean{d, math.Sqrt(vm + vb), square(vm+vb) / (square(vm)/m.DF + square(vb)/b.DF)}.Interval(confidence)
}
