package stats

import (
	"math"
)

// SignedRank is Wilcoxon's test that x is symmetric about mu, two-sided: v is the
// sum of the ranks of |x − mu| over the values above mu, and p the chance of a sum
// as far out or further. p is exact up to 100 values, ties included: every value
// keeps its mean rank and is as likely above as below. Beyond that it is normal
// with a continuity correction. It is never 0, and 1 where every value is mu.
//
// Values equal to mu are ranked and then left out (Pratt, JASA 54 (1959) 655). To
// leave them out first, as Wilcoxon did, can make a sample significant by moving
// all of it towards mu.
//
// Both are NaN without values, and where a value or mu is not finite.
//
// Source: F. Wilcoxon, Biometrics Bulletin 1 (1945) 80.
func SignedRank(x []float64, mu float64) (v, p float64) {
	if !usable(x) || math.IsNaN(mu-mu) {
		return math.NaN(), math.NaN()
	}
	distance := make([]float64, len(x))
	for i, value := range x {
		distance[i] = math.Abs(value - mu)
	}
	var signed []int
	var above int
	var sum, squares float64
	for i, rank := range doubledRanks(distance) {
		if x[i] == mu {
			continue
		}
		signed = append(signed, rank)
		sum, squares = sum+float64(rank), squares+square(float64(rank))
		if x[i] > mu {
			above += rank
		}
	}
	v = float64(above) / 2
	if len(signed) <= exactUpTo {
		return v, twoSided(signSums(signed), above)
	}
	return v, twoSidedNormal(float64(above)-sum/2, 2, math.Sqrt(squares)/2)
}

// PseudoMedian is the Hodges–Lehmann estimate of the centre of a symmetric
// distribution, the median of the means of all pairs of x (a value with itself is
// one), between two of these means. The interval holds all mu that [SignedRank]
// does not reject at 1 − confidence; it is exact up to 100 values and keeps its
// promise with ties. Both ends are open where there are too few values for the
// confidence: below 6 for 0.95. Nothing is known without values, or where one is
// not finite.
//
// Source: J. L. Hodges and E. L. Lehmann, Ann. Math. Statist. 34 (1963) 598;
// Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, §3.2 and §3.3;
// with ties, G. E. Noether, JASA 62 (1967) 184.
func PseudoMedian(x []float64, confidence float64) Interval {
	mustBeShare("confidence", confidence)
	if !usable(x) {
		return unknown()
	}
	ascending := sorted(x)
	d, _ := signedRankDepth(len(x), confidence)
	return enclosed(len(x)*(len(x)+1)/2, d, func(limit float64) int {
		// The greater a value, the fewer others make a mean within the limit with it.
		n, below := 0, len(x)
		for i, a := range ascending {
			for below > i && a/2+ascending[below-1]/2 > limit {
				below--
			}
			n += max(0, below-i)
		}
		return n
	})
}

// signedRankDepth is the place of an interval's ends among the sorted means of
// pairs of n values, from either end, 0 where there is none, and the probability
// that they enclose the centre.
func signedRankDepth(n int, confidence float64) (d int, coverage float64) {
	if n > exactUpTo {
		size := float64(n)
		pairs := size * (size + 1)
		return depthNormal(pairs/4, math.Sqrt(pairs*(2*size+1)/24), confidence), confidence
	}
	d, below := depth(signSums(oneTo(n)), (1-confidence)/2)
	return d, 1 - 2*below
}

// signSums are the probabilities of the sums 0, 1, 2 … of ranks that are each in or
// out with probability ½.
func signSums(ranks []int) []float64 {
	null := []float64{1}
	for _, rank := range ranks {
		next := make([]float64, len(null)+rank)
		for s, p := range null {
			next[s] += p / 2
			next[s+rank] += p / 2
		}
		null = next
	}
	return null
}
