// Package stats holds the intervals and tests behind every judgement, on plain
// numbers: it knows nothing of runs, files or names.
//
// Two things are common to all of it. Requests that follow one another resemble
// one another, so a sample of n is worth fewer than n independent ones: see
// [Clusters]. And an interval that the sample is too small to close is infinite,
// never narrow.
//
// An argument outside a function's stated range is a programmer's error and
// panics; data of any kind, an empty sample included, does not.
package stats

import (
	"fmt"
	"math"
)

// Interval is a figure with the range that encloses it. Lo and Hi may be infinite.
type Interval struct{ Value, Lo, Hi float64 }

// unknown is a figure of which nothing is known.
func unknown() Interval { return Interval{math.NaN(), math.Inf(-1), math.Inf(1)} }

// Z is the two-sided standard normal multiplier: 1.96 for a confidence of 0.95.
func Z(confidence float64) float64 {
	mustBeShare("confidence", confidence)
	return normalQuantile((1 + confidence) / 2)
}

// T is the two-sided multiplier of Student's t with df > 0 degrees of freedom.
func T(confidence, df float64) float64 {
	mustBeShare("confidence", confidence)
	return studentQuantile((1+confidence)/2, df)
}

func mustBeShare(name string, p float64) {
	if !(p > 0 && p < 1) {
		panic(fmt.Sprintf("stats: %s %v is outside (0,1)", name, p))
	}
}

// PAt is the two-sided p that the truth is x, read off the interval: its ends lie as many standard
// errors from the value as its confidence asks for, and x lies so many. NaN where the end on the side
// of x is not finite.
func (iv Interval) PAt(x, confidence float64) float64 {
	reach, away := iv.Value-iv.Lo, iv.Value-x
	if away < 0 {
		reach, away = iv.Hi-iv.Value, -away
	}
	if !(reach > 0) || math.IsInf(reach, 0) {
		return math.NaN()
	}
	return math.Erfc(Z(confidence) * away / reach / math.Sqrt2)
}
