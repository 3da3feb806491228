package stats

import (
	"fmt"
	"math"
)

// ChiSquare is Pearson's test of counts against weights: x2 = Σ (o−e)²/e with
// e = n·w/Σw, df = classes − 1, and p the chance of as much or more when the
// weights are true. It is trustworthy where every e is 5 or more. weights nil
// means equal ones; else as many as counts, all positive. With fewer than two
// classes, or nothing counted, x2 is 0 and p is 1.
func ChiSquare(counts, weights []float64) (x2 float64, df int, p float64) {
	if weights != nil && len(weights) != len(counts) {
		panic(fmt.Sprintf("stats: %d counts and %d weights", len(counts), len(weights)))
	}
	if len(counts) < 2 {
		return 0, 0, 1
	}
	df = len(counts) - 1
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	var n, w float64
	for i, c := range counts {
		n, w = n+c, w+weight(i)
	}
	if n == 0 {
		return 0, df, 1
	}
	for i, c := range counts {
		e := n * weight(i) / w
		x2 += (c - e) * (c - e) / e
	}
	return x2, df, ChiSquareSurvival(x2, df)
}

// ChiSquareSurvival is P(X ≥ x2) for a chi-square variable of df ≥ 1.
func ChiSquareSurvival(x2 float64, df int) float64 {
	return chiSquareSurvival(x2, float64(df))
}

// noncentralSurvival is P(X ≥ x) for a noncentral chi-square: a Poisson mixture of
// central ones, added up from the likeliest term in both directions until the
// weights vanish.
func noncentralSurvival(x float64, df int, lambda float64) float64 {
	if lambda <= 0 {
		return ChiSquareSurvival(x, df)
	}
	const vanishing = 1e-17
	mode := int(lambda / 2)
	var sum float64
	for j := mode; j >= 0; j-- {
		weight := poissonProbability(j, lambda/2)
		sum += weight * ChiSquareSurvival(x, df+2*j)
		if weight < vanishing {
			break
		}
	}
	for j := mode + 1; ; j++ {
		weight := poissonProbability(j, lambda/2)
		sum += weight * ChiSquareSurvival(x, df+2*j)
		if weight < vanishing {
			return min(1, sum)
		}
	}
}

// DetectableDeviation is the smallest relative deviation of one of k ≥ 2 classes
// from its equal share, the rest even, that a chi-square test at level alpha on n
// units sees with the given power: δ = √(λ(k−1)/n), for w = δ/√(k−1). It is
// infinite for n = 0; above 1 no emptiness of a class would be seen.
func DetectableDeviation(k int, n, power, alpha float64) float64 {
	mustBeShare("power", power)
	if k < 2 {
		panic(fmt.Sprintf("stats: %d classes cannot deviate", k))
	}
	critical := chiSquareQuantile(1-alpha, float64(k-1))
	lo, hi := 0., 1.
	for noncentralSurvival(critical, k-1, hi) < power {
		lo, hi = hi, 2*hi
	}
	for range 60 {
		mid := (lo + hi) / 2
		if noncentralSurvival(critical, k-1, mid) < power {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Sqrt(hi * float64(k-1) / n)
}

// Jain is the fairness index (Σx)²/(n Σx²): 1 when all are equal, 1/n when one has
// all. Nothing to share is shared fairly.
//
// Source: Jain, Chiu, Hawe, DEC-TR-301 (1984).
func Jain(x []float64) float64 {
	var sum, squares float64
	for _, v := range x {
		sum, squares = sum+v, squares+v*v
	}
	if squares == 0 {
		return 1
	}
	return sum * sum / (float64(len(x)) * squares)
}
