package stats

import (
	"cmp"
	"math"
	"slices"
)

// exactUpTo is the number of values, of both samples together, up to which the
// null distribution of ranks is counted out. Beyond it the normal limit is off by a
// few percent of a p of 0.01, and counting takes more than milliseconds.
const exactUpTo = 100

// usable reports whether there are values and all are finite. The tests and
// intervals of ranks know nothing of a sample that is not: to drop what is not a
// number would make a small sample look complete.
func usable(x []float64) bool {
	return len(x) > 0 && !slices.ContainsFunc(x, func(v float64) bool { return math.IsNaN(v - v) })
}

// doubledRanks are twice the ranks of x, counted from 1. Equal values share the
// mean of their ranks, so that only twice a rank is always whole.
func doubledRanks(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	ranks := make([]int, len(x))
	for first := 0; first < len(order); {
		next := first
		for next < len(order) && x[order[next]] == x[order[first]] {
			next++
		}
		for _, i := range order[first:next] {
			ranks[i] = first + 1 + next
		}
		first = next
	}
	return ranks
}

// oneTo is 1, 2 … n: the ranks where nothing is tied.
func oneTo(n int) []int {
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return ranks
}

// twoSided is the two-sided p of the value at of a whole statistic with the
// probabilities null: twice the smaller tail, at most 1.
//
// Doubling P(S ≤ the smaller of two mirrored statistics) instead is what a
// well-known library does; with ties and unequal samples the null distribution is
// no mirror image, and that p can be 0.
func twoSided(null []float64, at int) float64 {
	var lower, upper float64
	for s, p := range null {
		if s <= at {
			lower += p
		}
		if s >= at {
			upper += p
		}
	}
	return min(1, 2*min(lower, upper))
}

// twoSidedNormal is the same by the normal limit for a statistic off by so much from
// its mean, with a continuity correction of half a step. It is never 0.
func twoSidedNormal(off, step, sd float64) float64 {
	if sd == 0 {
		return 1
	}
	z := max(0, math.Abs(off)-step/2) / sd
	return max(math.SmallestNonzeroFloat64, 2*normalSurvival(z))
}

// depth is the largest d with P(S < d) ≤ tail for a whole statistic S with the
// probabilities null, and that probability. It is 0 where even P(S = 0) is more.
func depth(null []float64, tail float64) (d int, below float64) {
	for d < len(null) && below+null[d] <= tail {
		below += null[d]
		d++
	}
	return d, below
}

// depthNormal is the same by the normal limit.
func depthNormal(mean, sd, confidence float64) int {
	return max(0, int(mean+0.5-Z(confidence)*sd))
}

// enclosed is the median of n finite values, between the d-th from either end. Both ends
// are open where d is 0. upTo counts the values up to a limit.
func enclosed(n, d int, upTo func(limit float64) int) Interval {
	at := func(rank int) float64 { return ranked(rank, upTo) }
	iv := Interval{at((n+1)/2)/2 + at(n/2+1)/2, math.Inf(-1), math.Inf(1)}
	if d > 0 {
		iv.Lo, iv.Hi = at(d), at(n+1-d)
	}
	return iv
}

// ranked is the smallest number up to which there are rank values: the value of that
// rank, found without writing all of them down. The search halves the numbers that a
// float64 can be, so that it ends after 64 steps and is exact.
func ranked(rank int, upTo func(limit float64) int) float64 {
	lo, hi := ordinal(math.Inf(-1)), ordinal(math.Inf(1))
	for lo < hi {
		middle := lo + (hi-lo)/2
		if upTo(number(middle)) >= rank {
			hi = middle
		} else {
			lo = middle + 1
		}
	}
	return number(lo) + 0 // not −0
}

// ordinal is the place of v among all numbers from −∞ to ∞, and number the one at a place.
func ordinal(v float64) uint64 {
	bits := math.Float64bits(v)
	if bits < 1<<63 {
		return bits | 1<<63
	}
	return ^bits
}

func number(ordinal uint64) float64 {
	if ordinal >= 1<<63 {
		return math.Float64frombits(ordinal &^ (1 << 63))
	}
	return math.Float64frombits(^ordinal)
}

// sorted are the values in ascending order.
func sorted[T cmp.Ordered](values []T) []T { return slices.Sorted(slices.Values(values)) }
