package words

import (
	"math"
	"strconv"
	"strings"
)

// Significant writes x with at most n digits that count, without exponent: 12.3, 12 300.
func Significant(x float64, n int) string { return trim(Digits(x, n)) }

// Digits is [Significant] with the zeros at the end that a rounding left: 3.0.
func Digits(x float64, n int) string {
	if x == 0 || !Finite(x) {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', n-1, 64), 64) // 9.996 is 10.0, not 10.00
	decimals := n - 1 - int(math.Floor(math.Log10(math.Abs(rounded))))
	return separate(strconv.FormatFloat(rounded, 'f', max(decimals, 0), 64))
}

// Up rounds x > 0 to n digits, and never down: for what is at most so much.
func Up(x float64, n int) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(x))+1-float64(n))
	return math.Ceil(x/unit-1e-9) * unit
}

// Times writes a ratio: two digits, and three up to a factor of 2, where two say little.
func Times(r float64) string {
	if r > 0.5 && r < 2 {
		return Digits(r, 3)
	}
	return Digits(r, 2)
}

// Percent writes a share of 1 with two digits that say something, and never rounds a
// part to nothing or to the whole: 54 %, 0.31 %, 99.97 %.
func Percent(share float64) string {
	p := 100 * share
	distance := math.Min(math.Abs(p), math.Abs(100-p))
	switch {
	case p == 0 || p == 100:
		return Significant(p, 3) + " %"
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

// Points writes a difference of shares of 1: "1 point", "0.31 points".
func Points(d float64) string {
	if s := Significant(100*d, 2); s != "1" {
		return s + " points"
	}
	return "1 point"
}

// Millis writes a time in milliseconds with three digits and the unit that suits: 12.3 ms.
func Millis(ms float64) string {
	s := ScaleOf(ms)
	return Significant(ms*s.Factor, 3) + " " + s.Unit
}

// Span writes an interval, an open end in words: "0.32 to 0.36", "at least 0.32". An end
// that is no finite number is open, and so is a lower end of nought.
func Span(lo, hi float64, write func(float64) string) string {
	openLo, openHi := !Finite(lo) || lo == 0, !Finite(hi)
	switch {
	case openLo && openHi:
		return "no bound on either side"
	case openLo:
		return "at most " + write(hi)
	case openHi:
		return "at least " + write(lo)
	}
	return write(lo) + " to " + write(hi)
}

// Scale is a unit of time.
type Scale struct {
	Unit   string
	Factor float64 // from milliseconds
}

// ScaleOf is the unit in which times in milliseconds read best together: the largest that
// leaves the smallest of them at 1 or more, milliseconds by preference.
func ScaleOf(ms ...float64) Scale {
	least, most := math.Inf(1), 0.0
	for _, v := range ms {
		if v = math.Abs(v); Finite(v) && v > 0 {
			least, most = min(least, v), max(most, v)
		}
	}
	switch {
	case most == 0:
		return Scale{"ms", 1}
	case least >= 999.5: // three digits of it are 1 s
		return Scale{"s", 1e-3}
	case most < 0.9995:
		return Scale{"µs", 1e3}
	}
	return Scale{"ms", 1}
}

func trim(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Finite reports that v is neither infinite nor NaN.
func Finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
