package stats

import (
	"math"
	"slices"
)

// MannWhitney tests that x and y come from one distribution, two-sided: u is the
// number of pairs in which the value of x is the higher one, ties counting half,
// and p twice the chance of a u as far out on its side, at most 1. p is exact up to
// 100 values in all, ties included: every division of the mean ranks is as likely.
// Beyond that it is normal with tie and continuity correction. It is never 0.
//
// To test a shift of y by mu, subtract mu from y. Both are NaN where a sample has
// no values, or one that is not finite.
//
// Source: H. B. Mann and D. R. Whitney, Ann. Math. Statist. 18 (1947) 50; with
// ties, E. L. Lehmann, Nonparametrics, §1.4.
func MannWhitney(x, y []float64) (u, p float64) {
	if !usable(x) || !usable(y) {
		return math.NaN(), math.NaN()
	}
	m, n := float64(len(x)), float64(len(y))
	ranks := doubledRanks(slices.Concat(x, y))
	ofX, ofY := total(ranks[:len(x)]), total(ranks[len(x):])
	u = (float64(ofX) - m*(m+1)) / 2
	switch {
	case len(ranks) > exactUpTo:
		middle := m + n + 1
		var squares float64
		for _, rank := range ranks {
			squares += square(float64(rank) - middle)
		}
		return u, twoSidedNormal(float64(ofX)-m*middle, 2, math.Sqrt(m*n/(m+n)/(m+n-1)*squares))
	case len(x) <= len(y):
		return u, twoSided(drawSums(ranks, len(x)), ofX)
	default:
		return u, twoSided(drawSums(ranks, len(y)), ofY)
	}
}

// Shift is the Hodges–Lehmann estimate of how far y lies above x, the median of all
// differences of a value of y and one of x, between two of these differences. The
// interval holds all shifts that [MannWhitney] does not reject at 1 − confidence;
// it is exact up to 100 values in all and keeps its promise with ties. Both ends
// are open where there are too few values for the confidence: below 4 in each
// sample for 0.95. Nothing is known where a sample has no values, or one that is
// not finite.
//
// Source: as for [PseudoMedian]; Hollander, Wolfe and Chicken, §4.2 and §4.3.
func Shift(x, y []float64, confidence float64) Interval {
	mustBeShare("confidence", confidence)
	if !usable(x) || !usable(y) {
		return unknown()
	}
	from, to := sorted(x), sorted(y)
	d, _ := mannWhitneyDepth(len(x), len(y), confidence)
	return enclosed(len(x)*len(y), d, func(limit float64) int {
		// With a greater value of x taken away, more of y stay within the limit.
		var n, below int
		for _, a := range from {
			for below < len(to) && to[below]-a <= limit {
				below++
			}
			n += below
		}
		return n
	})
}

// mannWhitneyDepth is the place of an interval's ends among the sorted differences
// of samples of m and n, from either end, 0 where there is none, and the
// probability that they enclose the shift.
func mannWhitneyDepth(m, n int, confidence float64) (d int, coverage float64) {
	if m+n > exactUpTo {
		pairs := float64(m) * float64(n)
		return depthNormal(pairs/2, math.Sqrt(pairs*float64(m+n+1)/12), confidence), confidence
	}
	k := min(m, n)
	sums := drawSums(oneTo(m+n), k)
	d, below := depth(sums[k*(k+1)/2:], (1-confidence)/2)
	return d, 1 - 2*below
}

// drawSums are the probabilities of the sums 0, 1, 2 … of k of the ranks, drawn
// without replacement. It counts the ways, rank by rank, to have drawn so many with
// such a sum, and only those that can still come to k.
func drawSums(ranks []int, k int) []float64 {
	ascending := sorted(ranks)
	n := len(ascending)
	upTo := make([]int, n+1) // upTo[i] is the sum of the i lowest
	for i, rank := range ascending {
		upTo[i+1] = upTo[i] + rank
	}
	ways := make([][]float64, k+1)
	for drawn := range ways {
		ways[drawn] = make([]float64, upTo[n]-upTo[n-drawn]+1)
	}
	ways[0][0] = 1
	for i, rank := range ascending {
		for drawn := min(i+1, k); drawn >= max(1, k-(n-1-i)); drawn-- {
			for s := upTo[drawn-1] + rank; s <= upTo[i+1]-upTo[i+1-drawn]; s++ {
				ways[drawn][s] += ways[drawn-1][s-rank]
			}
		}
	}
	var all float64
	for _, w := range ways[k] {
		all += w
	}
	for s := range ways[k] {
		ways[k][s] /= all
	}
	return ways[k]
}

func total(ranks []int) int {
	var sum int
	for _, rank := range ranks {
		sum += rank
	}
	return sum
}
