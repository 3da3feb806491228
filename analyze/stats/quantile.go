package stats

import (
	"fmt"
	"math"
)

// Ranks are the order statistics that enclose a quantile: the Lo-th and the Hi-th
// smallest of the sample, counted from 1.
type Ranks struct {
	// Lo is 0 where the sample is too small to bound the quantile from below, Hi is
	// n+1 where it is too small to bound it from above.
	Lo, Hi int64
	// Coverage is the exact probability that the two enclose the quantile, for
	// independent values of a continuous distribution; at least the one asked for.
	Coverage float64
}

// QuantileRanks returns the equal-tailed, distribution-free interval of the
// q-quantile of n independent values: Lo is the largest j with P(B < j) ≤ α/2 and
// Hi the smallest k with P(B ≥ k) ≤ α/2, B binomial(n, q) and α = 1 − confidence.
// The binomial is exact at every n; the usual normal approximation misses the
// tail quantiles that matter here. n ≥ 0; q and confidence in (0,1).
//
// Source: Hahn and Meeker, Statistical Intervals, §5.2; Jain, The Art of Computer
// Systems Performance Analysis, table A.7.
func QuantileRanks(n int64, q, confidence float64) Ranks {
	mustBeShare("quantile", q)
	mustBeShare("confidence", confidence)
	if n < 0 {
		panic(fmt.Sprintf("stats: sample of %d", n))
	}
	tail := (1 - confidence) / 2
	below, pBelow := lowerRank(n, q, tail)
	// P(B ≥ k) is P(n − B ≤ n − k), and n − B is binomial(n, 1−q).
	above, pAbove := lowerRank(n, 1-q, tail)
	return Ranks{Lo: below, Hi: n + 1 - above, Coverage: 1 - pBelow - pAbove}
}

// lowerRank is the largest j with P(B < j) ≤ tail, and that probability.
//
// The terms are added upwards from a point below which nothing counts: 12 standard
// deviations and 50 under the mean, where Bernstein's inequality leaves less than
// 1e-30. All are positive, so nothing cancels, and the walk is O(√n).
func lowerRank(n int64, p, tail float64) (j int64, below float64) {
	mean := float64(n) * p
	j = max(0, int64(mean-12*math.Sqrt(mean*(1-p))-50))
	term := binomial(float64(j), float64(n), p)
	odds := p / (1 - p)
	for j <= n && below+term <= tail {
		below += term
		term *= float64(n-j) / float64(j+1) * odds
		j++
	}
	return j, below
}

// MinSample is the smallest sample whose interval for the q-quantile is bounded on
// both sides: 72 for p95, 368 for p99, 3 688 for p99.9 at a confidence of 0.95.
func MinSample(q, confidence float64) int64 {
	mustBeShare("quantile", q)
	mustBeShare("confidence", confidence)
	far := max(q, 1-q)
	return int64(math.Ceil(math.Log((1-confidence)/2) / math.Log(far)))
}

// binomial is P(B = k) for B binomial(n, p), accurate to a few units in the last
// place at any n: Loader's saddle-point form, where the direct one loses seven
// digits to the logarithms of factorials at n = 10^8.
//
// Source: C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000.
func binomial(k, n, p float64) float64 {
	switch {
	case k == 0:
		return math.Exp(n * math.Log1p(-p))
	case k == n:
		return math.Exp(n * math.Log(p))
	}
	l := stirlingError(n) - stirlingError(k) - stirlingError(n-k) -
		deviance(k, n*p) - deviance(n-k, n*(1-p))
	return math.Exp(l) * math.Sqrt(n/(2*math.Pi*k*(n-k)))
}

// stirlingError is ln n! minus Stirling's approximation of it.
func stirlingError(n float64) float64 {
	if n < 16 {
		lg, _ := math.Lgamma(n + 1)
		return lg - (n+0.5)*math.Log(n) + n - 0.5*math.Log(2*math.Pi)
	}
	nn := n * n
	return (1./12 - (1./360-(1./1260-(1./1680-1./1188/nn)/nn)/nn)/nn) / n
}

// deviance is x ln(x/m) + m − x without the cancellation near x = m.
func deviance(x, m float64) float64 {
	d := x - m
	if math.Abs(d) >= 0.1*(x+m) {
		return x*math.Log(x/m) + m - x
	}
	v := d / (x + m)
	sum, term := d*v, 2*x*v
	for i := 3.; ; i += 2 {
		term *= v * v
		next := sum + term/i
		if next == sum {
			return sum
		}
		sum = next
	}
}
