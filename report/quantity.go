package report

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze"
)

const (
	noData = "no data"
	// thin parts thousands, and a number from its unit, without a line break.
	thin  = "\u202f"
	minus = "−"
)

// scale is a unit of time that one row of a table shares.
type scale struct {
	unit   string
	factor float64 // from milliseconds
}

// timeScale chooses the unit in which values (milliseconds) read best together: the
// largest that leaves the smallest of them at 1 or more, milliseconds by preference.
func timeScale(ms ...float64) scale {
	least, most := math.Inf(1), 0.0
	for _, v := range ms {
		if finite(v) && v > 0 {
			least, most = min(least, v), max(most, v)
		}
	}
	switch {
	case most == 0:
		return scale{"ms", 1}
	case least >= 1000:
		return scale{"s", 1e-3}
	case most < 1:
		return scale{"µs", 1e3}
	}
	return scale{"ms", 1}
}

// of shows v milliseconds in the scale, without the unit.
func (s scale) of(ms float64) string { return digits3(ms * s.factor) }

// millis shows one time with its own unit: "12.3 ms".
func millis(ms float64) string {
	if !finite(ms) {
		return noData
	}
	s := timeScale(ms)
	return s.of(ms) + thin + s.unit
}

// digits3 shows three significant digits, never in exponent form.
func digits3(v float64) string {
	if !finite(v) {
		return noData
	}
	if v == 0 {
		return "0"
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	if err != nil {
		return noData
	}
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(rounded))))
	return group(strconv.FormatFloat(rounded, 'f', min(max(decimals, 0), 9), 64))
}

// count shows a whole number with its thousands apart.
func count[N ~int | ~int64 | ~uint64](n N) string {
	if n < 0 {
		return group(strconv.FormatInt(int64(n), 10))
	}
	return group(strconv.FormatUint(uint64(n), 10))
}

// group parts the thousands of a decimal number and gives it a true minus sign.
func group(s string) string {
	s, negative := strings.CutPrefix(s, "-")
	whole, fraction, found := strings.Cut(s, ".")
	var b strings.Builder
	if negative {
		b.WriteString(minus)
	}
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(thin)
		}
		b.WriteRune(r)
	}
	if found {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// percent shows a share of 1. What is not all is never shown as 100 %, and what is
// not nothing never as 0 %.
func percent(share float64) string {
	if !finite(share) {
		return noData
	}
	return percentDigits(share) + thin + "%"
}

func percentDigits(share float64) string {
	v := share * 100
	switch {
	case v == 0 || math.Abs(v) == 100:
		return group(strconv.FormatFloat(v, 'f', -1, 64))
	case math.Abs(v) < 10:
		return digits3(v)
	}
	for decimals := 1; ; decimals++ {
		s := strconv.FormatFloat(v, 'f', decimals, 64)
		if decimals == 6 || strings.TrimLeft(s, "-") != strconv.FormatFloat(100, 'f', decimals, 64) {
			return group(s)
		}
	}
}

// bytesOf shows a size in powers of 1000.
func bytesOf(n uint64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	v, i := float64(n), 0
	for v >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 {
		return count(n) + thin + "B"
	}
	return digits3(v) + thin + units[i]
}

// seconds shows a span as people say it: "20.0 s", "12m30s".
func seconds(s float64) string {
	if !finite(s) {
		return noData
	}
	if s < 120 {
		return digits3(s) + thin + "s"
	}
	return time.Duration(math.Round(s) * float64(time.Second)).String()
}

// quantity shows v in a unit of the analysis: "ms", "s", "share", "1/s", "B" …;
// other units follow the number as they are.
func quantity(v float64, unit string) string {
	if !finite(v) {
		return noData
	}
	switch unit {
	case "ms":
		return millis(v)
	case "s":
		return millis(v * 1000)
	case "share", "fraction", "ratio":
		return percent(v)
	case "B", "bytes":
		return bytesOf(uint64(max(v, 0)))
	case "", "1":
		return number(v)
	}
	if strings.HasPrefix(unit, "/") {
		return number(v) + unit
	}
	if v == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return number(v) + thin + unit
}

// number shows whole values as counts and others with three digits.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return count(int64(v))
	}
	return digits3(v)
}

// between shows an interval, each end by show. An end that the sample cannot bound
// is left out.
func between(lo, hi analyze.Bound, show func(float64) string) string {
	switch {
	case lo.Finite() && hi.Finite():
		from, to := show(float64(lo)), show(float64(hi))
		return strings.TrimSuffix(from, unitOf(to)) + " – " + to
	case lo.Finite():
		return "≥ " + show(float64(lo))
	case hi.Finite():
		return "≤ " + show(float64(hi))
	}
	return ""
}

// unitOf is the unit that ends a quantity, with the blank before it; empty when the
// last blank parts thousands.
func unitOf(s string) string {
	i := strings.LastIndex(s, thin)
	if i < 0 || strings.Trim(s[i+len(thin):], "0123456789.") == "" {
		return ""
	}
	return s[i:]
}

// signed puts a plus before what is more than nothing: for differences.
func signed(v float64, show func(float64) string) string {
	if v > 0 {
		return "+" + show(v)
	}
	return show(v)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
