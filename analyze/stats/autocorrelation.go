package stats

import (
	"fmt"
	"math"
)

// AutoCorrelation is how much a series resembles itself lag ≥ 0 values later:
// Σ (xᵢ−m)(xᵢ₊ₗₐ₉−m) / Σ (xᵢ−m)², in (−1, 1] and 1 at lag 0. It is 0 where nothing
// varies by more than the rounding of the mean, and from a lag on that leaves no pairs.
//
// Source: Box and Jenkins, Time Series Analysis, §2.1; held by the lag-1
// coefficients that NIST certifies for its StRD data sets.
func AutoCorrelation(x []float64, lag int) float64 {
	if lag < 0 {
		panic(fmt.Sprintf("stats: lag of %d", lag))
	}
	// In units of the largest, whose squares neither overflow nor vanish.
	var unit float64
	for _, v := range x {
		unit = max(unit, math.Abs(v))
	}
	if unit == 0 {
		return 0
	}
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = v / unit
	}
	m := mean(d)
	var product, squares float64
	for i := range d {
		d[i] -= m
		squares += square(d[i])
		if i >= lag {
			product += d[i] * d[i-lag]
		}
	}
	if n := float64(len(d)); squares <= n*square(n*0x1p-52) {
		return 0
	}
	return product / squares
}
