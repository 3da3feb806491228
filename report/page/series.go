package page

import (
	"math"
	"slices"
	"strconv"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
)

// series is what the charts of a page draw: the seconds of every leg, by columns.
type series struct {
	Measure string      `json:"measure"`
	Targets []string    `json:"targets"`
	Rounds  []int       `json:"rounds"`
	Legs    []legSeries `json:"legs"`
}

// legSeries is one leg, second by second.
type legSeries struct {
	Target int    `json:"target"` // its place among the targets
	Round  int    `json:"round"`
	Label  string `json:"label"`
	Count  int    `json:"count"` // of seconds
	// End is when the last second ended, in seconds since the leg began.
	End float64 `json:"end"`
	// Begins are the instants at which the seconds began; nil where second i began at i.
	Begins  column            `json:"begins,omitempty"`
	Columns map[string]column `json:"columns"`
	// Bands are the 95 % intervals of the leg's percentiles, in milliseconds.
	Bands map[string][2]result.Bound `json:"bands,omitempty"`
	Marks []mark                     `json:"marks,omitempty"`
	// Curve holds pairs: the share of the answers, 0 to 1, that took longer than so many
	// milliseconds. Bars hold how many took more than the first and at most the second.
	Curve [][2]figure `json:"curve,omitempty"`
	Bars  [][3]figure `json:"bars,omitempty"`
}

// mark is an event of a leg.
type mark struct {
	At   float64 `json:"at"` // seconds since the leg began
	Text string  `json:"text"`
}

// column is one value for each second; NaN where there is none. In JSON it is a number
// where all values are the same.
type column []float64

// MarshalJSON implements json.Marshaler.
func (c column) MarshalJSON() ([]byte, error) {
	if len(c) > 0 && !math.IsNaN(c[0]) && !slices.ContainsFunc(c, func(v float64) bool { return v != c[0] }) {
		return appendValue(nil, c[0]), nil
	}
	text := []byte{'['}
	for i, v := range c {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendValue(text, v)
	}
	return append(text, ']'), nil
}

// figure is a number of four digits in JSON, which is more than a chart shows.
type figure float64

// MarshalJSON implements json.Marshaler.
func (f figure) MarshalJSON() ([]byte, error) { return appendValue(nil, float64(f)), nil }

func appendValue(text []byte, v float64) []byte {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(text, "null"...)
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.AppendInt(text, int64(v), 10)
	}
	return strconv.AppendFloat(text, v, 'g', 4, 64)
}

// seriesOf takes from an analysis what its charts need.
func seriesOf(a *result.Analysis) series {
	s := series{Measure: a.Run.Measure}
	for _, t := range a.Targets() {
		s.Targets = append(s.Targets, plain.Line(t))
	}
	for i := range a.Legs {
		l := &a.Legs[i]
		if len(l.Series) == 0 {
			continue
		}
		if !slices.Contains(s.Rounds, l.Round) {
			s.Rounds = append(s.Rounds, l.Round)
		}
		s.Legs = append(s.Legs, legSeriesOf(a, l))
	}
	slices.Sort(s.Rounds)
	return s
}

func legSeriesOf(a *result.Analysis, l *result.Leg) legSeries {
	last := len(l.Series) - 1
	s := legSeries{
		Target: slices.Index(a.Targets(), l.Target), Round: l.Round, Label: plain.Line(l.Label()),
		Count: len(l.Series), End: l.Series[last].T,
		Columns: map[string]column{}, Bands: map[string][2]result.Bound{},
	}
	begins := columnOf(l.Series, func(p *result.Point) float64 { return max(math.Ceil(p.T)-1, 0) })
	for i, b := range begins {
		if b != float64(i) {
			s.Begins = begins
			break
		}
	}
	for name, value := range columns {
		s.Columns[name] = columnOf(l.Series, value)
	}
	times := a.Measured(l)
	for _, m := range drawnTimes {
		s.Columns[m.Name] = columnOf(l.Series, func(p *result.Point) float64 { return known(m.value(p), p.N >= m.least) })
		if e, ok := times.Intervals[m.Name]; ok && e.Lo.Finite() && e.Hi.Finite() {
			s.Bands[m.Name] = [2]result.Bound{e.Lo, e.Hi}
		}
	}
	for _, p := range l.Curve {
		s.Curve = append(s.Curve, [2]figure{figure(1 - p.Q), figure(p.MS)})
	}
	for _, b := range l.Bars {
		s.Bars = append(s.Bars, [3]figure{figure(b.From), figure(b.To), figure(b.N)})
	}
	for _, e := range l.Events {
		s.Marks = append(s.Marks, mark{e.At, plain.Line(e.Text)})
	}
	return s
}

func columnOf(points []result.Point, value func(*result.Point) float64) column {
	c := make(column, len(points))
	for i := range points {
		c[i] = value(&points[i])
	}
	return c
}

// columns are what is counted in a second, by the names that the script has for them.
var columns = map[string]func(*result.Point) float64{
	"due":        func(p *result.Point) float64 { return float64(p.Due) },
	"success":    func(p *result.Point) float64 { return float64(p.Outcomes.Success) },
	"http_4xx":   func(p *result.Point) float64 { return float64(p.Outcomes.HTTP4xx) },
	"http_5xx":   func(p *result.Point) float64 { return float64(p.Outcomes.HTTP5xx) },
	"unexpected": func(p *result.Point) float64 { return float64(p.Outcomes.Unexpected) },
	"timeout":    func(p *result.Point) float64 { return float64(p.Outcomes.Timeout) },
	"network":    func(p *result.Point) float64 { return float64(p.Outcomes.Network) },
	"active":     func(p *result.Point) float64 { return float64(p.Active) },
	"in_flight":  func(p *result.Point) float64 { return float64(p.InFlight) },
	"cpu":        func(p *result.Point) float64 { return known(p.CPU, p.CPU >= 0) },
}

// drawnTimes are the times of a second: the least number of answers that bear one, and its
// value in milliseconds.
var drawnTimes = []struct {
	metric.Metric
	least uint64
	value func(*result.Point) float64
}{
	{metric.P50, 1, func(p *result.Point) float64 { return p.P50 }},
	{metric.P95, metric.P95.Fewest(), func(p *result.Point) float64 { return p.P95 }},
	{metric.P99, metric.P99.Fewest(), func(p *result.Point) float64 { return p.P99 }},
	{metric.Max, 1, func(p *result.Point) float64 { return p.Max }},
}

// known is a value that there is, NaN otherwise.
func known(v float64, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return v
}
