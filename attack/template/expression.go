package template

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
)

// parseWhole reads a number of a range: at most loader.io's largest, 9223372036854775807, on either side
// of zero. So the numbers of a range fit into 64 bits.
func parseWhole(s string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if n == math.MinInt64 {
		return 0, strconv.ErrRange
	}
	return n, err
}

// expression is one of loader.io's: a list of values, ranges and random numbers. Its items take turns,
// and a range takes its next value whenever it has its turn; behind its last comes its first.
type expression []item

// item is one item of an expression: at the k-th turn of that item, from 0.
type item interface {
	append(b []byte, k uint64, t Turn, place uint64) []byte
}

// The forms of items: 17 or 0.5, 1:100 or 1:100:2, *:1-100.
var (
	constantForm = lazy.Regexp(`^-?[0-9]{1,19}(\.[0-9]{1,19})?$`)
	rangeForm    = lazy.Regexp(`^(-?[0-9]+):(-?[0-9]+)(?::([0-9]+))?$`)
	randomForm   = lazy.Regexp(`^\*:(-?[0-9]+)-(-?[0-9]+)$`)
)

// errExpression says what expressions there are.
var errExpression = errors.New("holds %{ that begins no expression: write %{1, 2, 3} for numbers in turn, %{1:100:2} for those from 1 to 100 in steps of 2, " +
	"%{*:1-100} for one of them at random, or %%{ for the text itself")

var errTooLarge = fmt.Errorf("holds an expression with a number beyond %d", math.MaxInt64)

// parseExpression reads what stands between %{ and }.
func parseExpression(list string) (Value, error) {
	var e expression
	for text := range strings.SplitSeq(list, ",") {
		i, err := parseItem(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		e = append(e, i)
	}
	return e, nil
}

func parseItem(text string) (item, error) {
	if constantForm().MatchString(text) {
		whole, _, _ := strings.Cut(text, ".")
		if _, err := parseWhole(whole); err != nil {
			return nil, errTooLarge
		}
		return constant(text), nil
	}
	if m := randomForm().FindStringSubmatch(text); m != nil {
		return parseRandom(m[1], m[2])
	}
	m := rangeForm().FindStringSubmatch(text)
	if m == nil {
		return nil, errExpression
	}
	if m[3] == "" {
		m[3] = "1"
	}
	from, err1 := parseWhole(m[1])
	to, err2 := parseWhole(m[2])
	step, err3 := parseWhole(m[3])
	switch {
	case err1 != nil || err2 != nil || err3 != nil:
		return nil, errTooLarge
	case from > to || step == 0:
		return nil, errors.New("holds an expression whose range does not rise, in steps of at least 1")
	}
	return span{from, step, uint64(to-from)/uint64(step) + 1}, nil
}

func (e expression) Append(b []byte, t Turn, place uint64) []byte {
	n := uint64(len(e))
	return e[t.Number%n].append(b, t.Number/n, t, place)
}

// constant is a number as it was written.
type constant string

func (c constant) append(b []byte, _ uint64, _ Turn, _ uint64) []byte { return append(b, c...) }

// span is count numbers from a first one on.
type span struct {
	from, step int64
	count      uint64
}

func (s span) append(b []byte, k uint64, _ Turn, _ uint64) []byte {
	return strconv.AppendInt(b, s.from+int64(k%s.count)*s.step, 10)
}

func (v random) append(b []byte, _ uint64, t Turn, place uint64) []byte {
	return v.Append(b, t, place)
}
