package stats

import (
	"fmt"

	"gonum.org/v1/gonum/stat"
)

// AutoCorrelation is how much a series resembles itself lag ≥ 0 values later:
// Σ (xᵢ−m)(xᵢ₊ₗₐ₉−m) / Σ (xᵢ−m)², in (−1, 1] and 1 at lag 0. It is 0 where nothing
// varies, and from a lag on that leaves no pairs.
//
// Source: Box and Jenkins, Time Series Analysis, §2.1; held by the lag-1
// coefficients that NIST certifies for its StRD data sets.
func AutoCorrelation(x []float64, lag int) float64 {
	if lag < 0 {
		panic(fmt.Sprintf("stats: lag of %d", lag))
	}
	m := stat.Mean(x, nil)
	var product, squares float64
	for i, v := range x {
		squares += square(v - m)
		if i >= lag {
			product += (v - m) * (x[i-lag] - m)
		}
	}
	if squares == 0 {
		return 0
	}
	return product / squares
}
