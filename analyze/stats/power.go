package stats

import (
	"math"
	"sort"
)

// rankLoss is how many more values a rank test takes than Student's t on normal
// ones, as n grows: π/3. On heavy tails it takes fewer (Hodges and Lehmann, Ann.
// Math. Statist. 27 (1956) 324).
const rankLoss = math.Pi / 3

// exactRounds is the number of rounds up to which an interval's own confidence is
// noticeably more than the one asked for.
const exactRounds = 20

// Detectable is the smallest difference that n rounds, on each side, show with the
// given power: for which the interval of [PseudoMedian], or where the rounds are
// not paired of [Shift], leaves out zero that often. sd is the standard deviation
// of the differences where they are paired, else of the rounds on a side; the
// answer has its unit, and on logarithms is the logarithm of a ratio. It is
// infinite where n rounds show nothing at this confidence, however large.
//
//	(t of the confidence + t of the power) · sd · √(f/n · π/3)
//
// with f = 1 for pairs and 2 else, and the degrees of freedom of n. Up to 20 rounds
// the confidence is the one that the interval really has. On normal noise the power
// is then within a hundredth or two of 0.8, but for the fewest rounds: these must
// all agree, and show the difference three times out of four.
//
// Source: Cochran and Cox, Experimental Designs, §2.2.
func Detectable(sd float64, n int, paired bool, confidence, power float64) float64 {
	mustBeShare("confidence", confidence)
	mustBeShare("power", power)
	if n < 2 {
		return math.Inf(1)
	}
	sides, coverage := 2., confidence
	if paired {
		sides = 1
	}
	if n <= exactRounds {
		var d int
		if paired {
			d, coverage = signedRankDepth(n, confidence)
		} else {
			d, coverage = mannWhitneyDepth(n, n, confidence)
		}
		if d == 0 {
			return math.Inf(1)
		}
	}
	return sd * math.Sqrt(rankLoss) * standardised(float64(n), sides, coverage, power)
}

// standardised is the difference, in standard deviations, that Student's t shows.
func standardised(n, sides, confidence, power float64) float64 {
	df := sides * (n - 1)
	return (T(confidence, df) + studentQuantile(power, df)) * math.Sqrt(sides/n)
}

// mostRounds is where RoundsFor gives up: nobody measures longer.
const mostRounds = 1_000_000

// RoundsFor is the number of rounds, on each side, at which [Detectable] is delta or
// less: at least the fewest that have an interval at this confidence, which is the
// answer for an sd of 0. It is 0 where no number would do, or more than a million:
// where delta is not positive, or sd or delta is not a number.
func RoundsFor(sd, delta float64, paired bool, confidence, power float64) int {
	enough := func(n int) bool { return Detectable(sd, n, paired, confidence, power) <= delta }
	if !(delta > 0) || !enough(mostRounds) {
		return 0
	}
	few := 1
	if power >= 0.5 {
		few = max(1, normalRounds(sd/delta, paired, confidence, power))
	}
	for ; few < exactRounds; few++ {
		if enough(few) {
			return few
		}
	}
	more := 1
	for !enough(few + more) {
		more *= 2
	}
	return few + sort.Search(more, func(i int) bool { return enough(few + i) })
}

// normalRounds is how many rounds would do if the noise were known, rounded down:
// fewer never do, for the quantiles of Student's t lie outside the normal ones.
func normalRounds(sd float64, paired bool, confidence, power float64) int {
	z := (Z(confidence) + normalQuantile(power)) * sd
	if paired {
		return int(rankLoss * z * z)
	}
	return int(2 * rankLoss * z * z)
}
