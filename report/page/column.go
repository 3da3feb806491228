package page

import (
	"math"
	"strconv"

	"github.com/stress-tool/stress/analyze/result"
)

// column is one value for each second of a leg. In JSON it is a list: a value of three digits,
// null for none, and a pair, n and the value, for n seconds of the same value. Hours of a
// steady rate take no room so, and of a long leg the percentiles of several seconds together.
type column []stretch

// stretch is so many seconds of the same value; NaN is none.
type stretch struct {
	seconds int
	value   float64
}

func columnOf(points []result.Point, value func(*result.Point) float64) column {
	var c column
	second := 0
	for i := range points {
		begins := int(points[i].Begins())
		if begins < second {
			continue // a second that is there twice
		}
		c.add(begins-second, math.NaN())
		c.add(1, shown(value(&points[i])))
		second = begins + 1
	}
	return c
}

func (c *column) add(seconds int, v float64) {
	last := len(*c) - 1
	switch {
	case seconds <= 0:
	case last >= 0 && ((*c)[last].value == v || math.IsNaN(v) && math.IsNaN((*c)[last].value)):
		(*c)[last].seconds += seconds
	default:
		*c = append(*c, stretch{seconds, v})
	}
}

// MarshalJSON implements json.Marshaler.
func (c column) MarshalJSON() ([]byte, error) {
	text := []byte{'['}
	for i, s := range c {
		if i > 0 {
			text = append(text, ',')
		}
		if s.seconds == 1 {
			text = appendValue(text, s.value)
			continue
		}
		text = strconv.AppendInt(append(text, '['), int64(s.seconds), 10)
		text = append(appendValue(append(text, ','), s.value), ']')
	}
	return append(text, ']'), nil
}

// figure is a number in JSON, as exact as charts show it.
type figure float64

// MarshalJSON implements json.Marshaler.
func (f figure) MarshalJSON() ([]byte, error) { return appendValue(nil, shown(float64(f))), nil }

// shown is a value in three digits, and in all before the point.
func shown(v float64) float64 {
	if math.Abs(v) >= 100 {
		return math.Round(v)
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		return math.NaN()
	}
	return r
}

func appendValue(text []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(text, "null"...)
	}
	return strconv.AppendFloat(text, v, 'g', -1, 64)
}
