package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Wilson encloses the proportion behind k of n by Wilson's score interval, which
// unlike k/n ± something keeps its promise at 0 and at n. Counts may be fractions:
// an effective sample has them. n = 0 gives [0, 1] around no value.
//
// Source: E. B. Wilson, JASA 22 (1927) 209.
func Wilson(k, n, confidence float64) Interval {
	z := Z(confidence)
	if n <= 0 {
		return Interval{math.NaN(), 0, 1}
	}
	p := k / n
	zz := z * z
	centre := (p + zz/(2*n)) / (1 + zz/n)
	half := z / (1 + zz/n) * math.Sqrt(p*(1-p)/n+zz/(4*n*n))
	iv := Interval{p, max(0, centre-half), min(1, centre+half)}
	// The ends are exact where the arithmetic is off by a rounding.
	if k <= 0 {
		iv.Lo = 0
	}
	if k >= n {
		iv.Hi = 1
	}
	return iv
}

// ClopperPearson encloses the proportion behind k of n by all those for which neither k or
// more nor k or fewer is rarer than half of what confidence leaves: exact, and so on the
// safe side. Counts may be fractions. n = 0 gives [0, 1] around no value.
//
// With k values beyond one of the sample its upper end is also Wilks's tolerance bound:
// at most that share of all values lies beyond that one.
//
// Source: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404; S. S. Wilks, Ann.
// Math. Statist. 12 (1941) 91.
func ClopperPearson(k, n, confidence float64) Interval {
	mustBeShare("confidence", confidence)
	if n <= 0 {
		return Interval{math.NaN(), 0, 1}
	}
	tail := (1 - confidence) / 2
	iv := Interval{k / n, 0, 1}
	if k > 0 {
		iv.Lo = mathext.InvRegIncBeta(k, n-k+1, tail)
	}
	if k < n {
		iv.Hi = mathext.InvRegIncBeta(k+1, n-k, 1-tail)
	}
	return iv
}

// WilsonShares encloses every share of a total of n units at once: each by Wilson
// at 1 − α/m (Bonferroni), so that all m hold together with the confidence given.
func WilsonShares(shares []float64, n, confidence float64) []Interval {
	each := 1 - (1-confidence)/float64(max(1, len(shares)))
	out := make([]Interval, len(shares))
	for i, s := range shares {
		out[i] = Wilson(s*n, n, each)
	}
	return out
}

// Difference encloses a − b for two independent estimates, from their own
// intervals. With Wilson intervals of proportions it is Newcombe's hybrid score
// interval; it is never wider than [a.Lo − b.Hi, a.Hi − b.Lo].
//
// Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10; in
// general G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008) 1693 (MOVER).
func Difference(a, b Interval) Interval {
	d := a.Value - b.Value
	return Interval{
		Value: d,
		Lo:    d - math.Hypot(a.Value-a.Lo, b.Hi-b.Value),
		Hi:    d + math.Hypot(a.Hi-a.Value, b.Value-b.Lo),
	}
}

// Ratio encloses a ÷ b for two independent positive estimates by MOVER on their
// logarithms. An end that an estimate leaves open stays open: Lo 0 or Hi infinite.
// Where a value is not positive nothing is known.
func Ratio(a, b Interval) Interval {
	if !(a.Value > 0 && b.Value > 0) {
		return unknown()
	}
	d := Difference(logs(a), logs(b))
	return Interval{a.Value / b.Value, math.Exp(d.Lo), math.Exp(d.Hi)}
}

func logs(iv Interval) Interval {
	return Interval{math.Log(iv.Value), math.Log(max(0, iv.Lo)), math.Log(iv.Hi)}
}
