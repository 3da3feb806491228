package stats

import "math"

// Share is K of N. Both may be fractions: an effective sample has them.
type Share struct{ K, N float64 }

// ScoreTest is the two-sided p that the share behind a exceeds that behind b by delta,
// from -1 to 1, by the score test. Unlike a test read off an interval it knows how far
// both shares scatter if that is the truth, and so keeps its level where few or none of
// many have the property. 1 without values on a side.
//
// Source: O. Miettinen and M. Nurminen, Statistics in Medicine 4 (1985) 213; without the
// factor N/(N−1), C. P. Farrington and G. Manning, ibid. 9 (1990) 1447.
func ScoreTest(a, b Share, delta float64) float64 {
	return math.Erfc(math.Abs(a.above(b, delta)) / math.Sqrt2)
}

// ScoreDifference encloses how far the share behind a lies above that behind b: the
// differences that [ScoreTest] does not reject at 1 − confidence. Without values on a
// side it is [-1, 1] around no value.
//
// Source: as for [ScoreTest].
func ScoreDifference(a, b Share, confidence float64) Interval {
	z := Z(confidence)
	if !(a.N > 0 && b.N > 0) {
		return Interval{math.NaN(), -1, 1}
	}
	d := a.K/a.N - b.K/b.N
	end := func(out float64) float64 {
		if math.Abs(a.above(b, out)) <= z {
			return out
		}
		in := d
		for range bisections {
			if middle := in/2 + out/2; math.Abs(a.above(b, middle)) <= z {
				in = middle
			} else {
				out = middle
			}
		}
		return in
	}
	return Interval{d, end(-1), end(1)}
}

// bisections halve an interval of length 2 down to the last digit of its ends.
const bisections = 60

// above is by how many standard errors a share lies above another one plus delta, the
// errors those that follow if the truth is delta; 0 without values on a side.
func (a Share) above(b Share, delta float64) float64 {
	n := a.N + b.N
	if !(a.N > 0 && b.N > 0 && n > 1) {
		return 0
	}
	q := likeliest(a, b, delta)
	p := q + delta
	off := a.K/a.N - b.K/b.N - delta
	variance := (p*(1-p)/a.N + q*(1-q)/b.N) * n / (n - 1)
	if variance <= 0 {
		if math.Abs(off) < 1e-12 { // a rounding
			return 0
		}
		return math.Copysign(math.Inf(1), off)
	}
	return off / math.Sqrt(variance)
}

// likeliest is the share behind b that makes both samples most likely if that behind a
// is delta more. The likelihood has one summit, found by halving: the closed form of
// Farrington and Manning loses all digits where shares are near 0 or 1.
func likeliest(a, b Share, delta float64) float64 {
	lo, hi := max(0, -delta), min(1, 1-delta)
	for range bisections {
		q := lo/2 + hi/2
		p := q + delta
		if rises := a.K/p - (a.N-a.K)/(1-p) + b.K/q - (b.N-b.K)/(1-q); rises > 0 {
			lo = q
		} else {
			hi = q
		}
	}
	return lo/2 + hi/2
}
