package report

import (
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// thin parts thousands, and a number from its unit, without a line break.
const thin = words.Thin

// Figures as tables have them.
var (
	digits3   = words.Table.Digits
	millis    = words.Table.Millis
	percent   = words.Table.Percent
	bytesOf   = words.TableBytes
	seconds   = words.TableSeconds
	timeScale = words.ScaleOf
	sentence  = words.Sentence
)

func count[N ~int | ~int64 | ~uint64](n N) string { return words.TableCount(n) }

// between shows an interval, each end by show. An end that the sample cannot bound
// is left out.
func between(lo, hi result.Bound, show func(float64) string) string {
	return words.Between(float64(lo), float64(hi), show)
}

// signed puts a plus before what is more than nothing: for differences.
func signed(v float64, show func(float64) string) string {
	if v > 0 {
		return "+" + show(v)
	}
	return show(v)
}
