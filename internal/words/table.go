package words

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Signs of tables.
const (
	// NoData stands for a figure that is no finite number.
	NoData = "no data"
	// Thin parts thousands, and a number from its unit, without a line break.
	Thin  = "\u202f"
	Minus = "−"
)

// Style is where a figure stands, and so how it is written.
type Style int

// The styles.
const (
	// Prose is for sentences: as many digits as say something.
	Prose Style = iota
	// Table is for columns: three digits, zeros at the end too, so that figures can be held
	// against each other, with [Thin] for every blank and a true minus sign.
	Table
)

// TableCount writes a whole number.
func TableCount[N ~int | ~int64 | ~uint64](n N) string {
	if n < 0 {
		return typeset(Number(int64(n)))
	}
	return typeset(Number(uint64(n)))
}

// TableDecimal writes a number of any kind as short as it is.
func TableDecimal(f float64) string { return typeset(Decimal(f)) }

// Digits writes three digits that count.
func (s Style) Digits(v float64) string {
	if s == Prose {
		return Significant(v, 3)
	}
	if !Finite(v) {
		return NoData
	}
	return typeset(Digits(v, 3))
}

// Number is [Style.Digits], but in a table a whole number has all of its digits.
func (s Style) Number(v float64) string {
	if s == Table && whole(v) {
		return TableCount(int64(v))
	}
	return s.Digits(v)
}

// Counted writes a number of things, in the plural: "3 rows", and "1 row" if it is one. An
// average of counts has a fraction, or three digits.
func (s Style) Counted(v float64, things string) string {
	number := s.Number(v)
	switch {
	case s == Table && !Finite(v):
		return NoData
	case s == Prose && whole(v):
		number = Number(int64(v))
	}
	if v == 1 {
		things = strings.TrimSuffix(things, "s")
	}
	return strings.TrimRight(number+s.blank()+things, " "+Thin)
}

// Millis writes a time in milliseconds, each with the unit that suits it.
func (s Style) Millis(ms float64) string {
	switch {
	case s == Prose:
		return Millis(ms)
	case !Finite(ms):
		return NoData
	}
	scale := ScaleOf(ms)
	return scale.Cell(ms) + Thin + scale.Unit
}

// Cell writes milliseconds in the scale for a table, without the unit.
func (s Scale) Cell(ms float64) string { return Table.Digits(ms * s.Factor) }

// Percent writes a share of 1. What is not all is never shown as 100 %, and what is not
// nothing never as 0 %.
func (s Style) Percent(share float64) string {
	switch {
	case s == Prose:
		return Percent(share)
	case !Finite(share):
		return NoData
	}
	return percentDigits(share) + Thin + "%"
}

// Points writes a difference of shares of 1: "2.5 points", in a table "2.50 pp".
func (s Style) Points(d float64) string {
	switch {
	case s == Prose:
		return Points(d)
	case !Finite(d):
		return NoData
	}
	return percentDigits(d) + Thin + "pp"
}

func percentDigits(share float64) string {
	v := share * 100
	switch {
	case v == 0 || math.Abs(v) == 100:
		return TableDecimal(v)
	case math.Abs(v) < 10:
		return Table.Digits(v)
	}
	for decimals := 1; ; decimals++ {
		s := strconv.FormatFloat(v, 'f', decimals, 64)
		if decimals == 6 || strings.TrimLeft(s, "-") != strconv.FormatFloat(100, 'f', decimals, 64) {
			return typeset(separate(s))
		}
	}
}

// TableBytes writes a size in powers of 1000.
func TableBytes(n uint64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	v, i := float64(n), 0
	for v >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 {
		return TableCount(n) + Thin + "B"
	}
	return Table.Digits(v) + Thin + units[i]
}

// TableSeconds writes a span of time as people say it: "20.0 s", "12m30s".
func TableSeconds(s float64) string {
	switch {
	case !Finite(s):
		return NoData
	case s < 120:
		return Table.Digits(s) + Thin + "s"
	}
	return time.Duration(math.Round(s) * float64(time.Second)).String()
}

// Between writes an interval for a table, each end by show, with the unit once. An end that
// is no finite number is left out.
func Between(lo, hi float64, show func(float64) string) string {
	switch {
	case Finite(lo) && Finite(hi):
		to := show(hi)
		return strings.TrimSuffix(show(lo), unitOf(to)) + " – " + to
	case Finite(lo):
		return "≥ " + show(lo)
	case Finite(hi):
		return "≤ " + show(hi)
	}
	return ""
}

// unitOf is the unit that ends a figure, with the blank before it; empty when the last
// blank parts thousands.
func unitOf(s string) string {
	i := strings.LastIndex(s, Thin)
	if i < 0 || strings.Trim(s[i+len(Thin):], "0123456789.") == "" {
		return ""
	}
	return s[i:]
}

// typeset gives a number the signs of a table.
func typeset(s string) string {
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		s = Minus + rest
	}
	return strings.ReplaceAll(s, " ", Thin)
}

func (s Style) blank() string {
	if s == Table {
		return Thin
	}
	return " "
}

func whole(v float64) bool { return v == math.Trunc(v) && math.Abs(v) < 1e15 }
