package plan_test

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// andersonExponential asks whether gaps are those of a Poisson process of any rate,
// exponential and independent: a2 is the Anderson–Darling statistic with the mean
// estimated, p the chance of as much or more. p is read off a table from 0.01 to
// 0.15: the two ends stand for anything beyond them. A gap of 0 or less, or NaN,
// has no place in such a process: a2 is infinite. Of no gaps, a2 is 0 and p the upper
// end.
//
// Source: Stephens, JASA 69 (1974) 730, for a2·(1 + 0.6/n).
func andersonExponential(gaps []float64) (a2, p float64) {
	a2 = anderson(gaps, stat.Mean(gaps, nil))
	return a2, estimatedLevel(a2 * (1 + 0.6/max(1, float64(len(gaps)))))
}

// andersonExponentialKnown asks the same of a rate that is known: the gaps must also
// have this mean > 0. p is that of large samples, off by 2e-5 at most, and good from 5
// gaps on.
//
// Source: Marsaglia and Marsaglia, Journal of Statistical Software 9(2) (2004).
func andersonExponentialKnown(gaps []float64, mean float64) (a2, p float64) {
	a2 = anderson(gaps, mean)
	return a2, andersonSurvival(a2)
}

// anderson is A² = −n − (1/n) Σ (2i−1)·(ln F(x₍ᵢ₎) + ln(1 − F(x₍ₙ₊₁₋ᵢ₎))) for F
// exponential, where ln(1 − F(x)) is −x/mean.
func anderson(gaps []float64, mean float64) float64 {
	if len(gaps) == 0 {
		return 0
	}
	x := slices.Sorted(slices.Values(gaps))
	if !(x[0] > 0) { // a NaN is sorted first
		return math.Inf(1)
	}
	n := float64(len(x))
	var sum float64
	for i, v := range x {
		sum += float64(2*i+1) * (math.Log(-math.Expm1(-v/mean)) - x[len(x)-1-i]/mean)
	}
	return -n - sum/n
}

// estimatedLevels are Stephens' critical values.
var estimatedLevels = []struct{ p, a2 float64 }{{0.15, 0.922}, {0.10, 1.078}, {0.05, 1.341}, {0.025, 1.606}, {0.01, 1.957}}

// estimatedLevel reads p between two critical values, where its logarithm is all but
// a straight line.
func estimatedLevel(a2 float64) float64 {
	a2 = min(max(a2, estimatedLevels[0].a2), estimatedLevels[len(estimatedLevels)-1].a2)
	i := 1
	for a2 > estimatedLevels[i].a2 {
		i++
	}
	lo, hi := estimatedLevels[i-1], estimatedLevels[i]
	return lo.p * math.Pow(hi.p/lo.p, (a2-lo.a2)/(hi.a2-lo.a2))
}

// andersonSurvival is P(A² ≥ z) for large samples of a distribution known whole.
func andersonSurvival(z float64) float64 {
	switch {
	case z <= 0:
		return 1
	case z < 2:
		return 1 - math.Exp(-1.2337141/z)/math.Sqrt(z)*
			(2.00012+(0.247105-(0.0649821-(0.0347962-(0.011672-0.00168691*z)*z)*z)*z)*z)
	default:
		return -math.Expm1(-math.Exp(1.0776 - (2.30695-(0.43424-(0.082433-(0.008056-0.0003146*z)*z)*z)*z)*z))
	}
}
