package analyze

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/words"
)

// confidence of every interval.
const confidence = 0.95

func count[N int | int64 | uint64](n N) string { return words.Number(n) }

func counted[N int | int64 | uint64](n N, thing string) string { return words.Counted(n, thing) }

// percent writes a share with two digits that say something, and never rounds a
// part to nothing or to the whole: 54 %, 0.31 %, 99.97 %.
func percent(share float64) string {
	p := 100 * share
	distance := math.Min(math.Abs(p), math.Abs(100-p))
	switch {
	case p == 0 || p == 100:
		return significant(p, 3) + " %"
	case distance < 0.0001 && p < 1:
		return "under 0.0001 %"
	case distance < 0.0001:
		return "nearly 100 %"
	case distance >= 9.95:
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	}
	decimals := max(0, 1-int(math.Floor(math.Log10(distance))))
	return trim(strconv.FormatFloat(p, 'f', decimals, 64)) + " %"
}

// points writes a difference of shares.
func points(d float64) string {
	if s := significant(100*d, 2); s != "1" {
		return s + " points"
	}
	return "1 point"
}

// millis writes a time in milliseconds with three digits and the unit that suits.
func millis(ms float64) string {
	switch {
	case math.Abs(ms) >= 999.5:
		return significant(ms/1000, 3) + " s"
	case math.Abs(ms) >= 0.9995 || ms == 0:
		return significant(ms, 3) + " ms"
	}
	return significant(ms*1000, 3) + " µs"
}

// times writes a ratio: two digits, and three up to a factor of 2, where two say little.
func times(r float64) string {
	if r > 0.5 && r < 2 {
		return digits(r, 3)
	}
	return digits(r, 2)
}

// significant writes x with at most that many digits that count, without exponent.
func significant(x float64, n int) string { return trim(digits(x, n)) }

// digits is [significant] with the zeros at the end that a rounding left: 3.0.
func digits(x float64, n int) string {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	decimals := n - 1 - int(math.Floor(math.Log10(math.Abs(x))))
	if decimals < 0 {
		scale := math.Pow(10, float64(-decimals))
		return count(int64(math.Round(x/scale) * scale))
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

func trim(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// span writes an interval, an open end in words: "0.32 to 0.36", "at least 0.32".
func span(lo, hi Bound, write func(float64) string) string {
	openLo, openHi := !lo.Finite() || lo == 0, !hi.Finite()
	switch {
	case openLo && openHi:
		return "no bound on either side"
	case openLo:
		return "at most " + write(float64(hi))
	case openHi:
		return "at least " + write(float64(lo))
	}
	return write(float64(lo)) + " to " + write(float64(hi))
}

// list joins names in a sentence: "a", "a and b", "a, b and c"; beyond limit the
// rest is only counted.
func list(names []string, limit int) string {
	if len(names) > limit {
		names = append(names[:limit:limit], fmt.Sprintf("%d more", len(names)-limit))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// sentence ends a text with one full stop. It may begin with a target's name,
// which keeps the case its owner gave it.
func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
