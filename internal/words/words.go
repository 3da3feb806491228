// Package words writes numbers into sentences and tables, the same wherever one is read.
package words

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Number writes a whole number in groups of three: 21 420.
func Number[N int | int64 | uint64](n N) string {
	if n > 0 {
		return separate(strconv.FormatUint(uint64(n), 10))
	}
	return separate(strconv.FormatInt(int64(n), 10))
}

// Decimal writes a number of any kind as short as it is, its whole part in groups of
// three: 0.5, 12 000.25.
func Decimal(f float64) string { return separate(strconv.FormatFloat(f, 'f', -1, 64)) }

// separate parts the whole part of a decimal number into groups of three.
func separate(s string) string {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i, d := range []byte(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(d)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
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

// List joins names in a sentence: "a", "a and b", "a, b and c"; beyond limit the rest is
// only counted.
func List(names []string, limit int) string {
	if len(names) > limit {
		names = append(names[:limit:limit], Number(len(names)-limit)+" more")
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// Sentence joins the parts that are not empty and ends them with one full stop, where no
// other sign ends them. It may begin with a target's name, which keeps the case its owner
// gave it.
func Sentence(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	s := strings.TrimSpace(strings.Join(parts, " "))
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?:") {
		return s
	}
	return s + "."
}

// Join puts sep between the parts that are not empty.
func Join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" }), sep)
}

// Capital makes the first letter of s a capital.
func Capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}
