package stats

import (
	"cmp"
	"math"
	"slices"
)

// Holm adjusts the p of several tests so that the chance of any false rejection
// among them stays below the level that each adjusted p is held against: the i-th
// smallest of k is multiplied by k − i + 1, and none is below a smaller one's. In
// the order given. A p that is NaN stays NaN and does not count as a test.
//
// Source: S. Holm, Scand. J. Statist. 6 (1979) 65.
func Holm(p []float64) []float64 {
	adjusted := slices.Clone(p)
	var tests []int
	for i, raw := range p {
		if !math.IsNaN(raw) {
			tests = append(tests, i)
		}
	}
	slices.SortStableFunc(tests, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	var least float64
	for place, i := range tests {
		least = max(least, min(1, p[i]*float64(len(tests)-place)))
		adjusted[i] = least
	}
	return adjusted
}
