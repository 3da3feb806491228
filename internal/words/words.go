// Package words writes numbers into sentences, the same wherever one is read.
package words

import (
	"strconv"
	"strings"
)

// Number writes a whole number in groups of three: 21 420.
func Number[N int | int64 | uint64](n N) string {
	sign, digits := "", strconv.FormatInt(int64(n), 10)
	if n > 0 {
		digits = strconv.FormatUint(uint64(n), 10)
	}
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	return sign + grouped(digits)
}

// Decimal writes a number of any kind as short as it is, its whole part in groups of
// three: 0.5, 12 000.25.
func Decimal(f float64) string {
	text := strconv.FormatFloat(f, 'f', -1, 64)
	sign := ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	whole, fraction, ok := strings.Cut(text, ".")
	if ok {
		fraction = "." + fraction
	}
	return sign + grouped(whole) + fraction
}

func grouped(digits string) string {
	var b strings.Builder
	for i, d := range []byte(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(d)
	}
	return b.String()
}

// Counted is a number of things: "1 request", "21 420 requests".
func Counted[N int | int64 | uint64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Number(n) + " " + thing + "s"
}
