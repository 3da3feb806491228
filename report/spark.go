package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// spark is a line beside a key figure, of its seconds or of its rounds, without axes. It goes
// from 0 to Top, which is the same for every target.
type spark struct {
	Values []float64 // NaN where there is none
	Top    float64
	Series int // which of the targets it is of, for its colour
}

// sparkPoints is how many points a spark has at most: as many as it has room for.
const sparkPoints = 120

// sparkOf has a value for each second of a leg, or for each leg of several rounds.
var sparkOf = []struct {
	second func(*result.Point) float64
	round  func(*result.Analysis, *result.Leg) float64
}{
	{func(p *result.Point) float64 { return float64(p.Outcomes.Success) },
		func(_ *result.Analysis, l *result.Leg) float64 { return l.SuccessRPS }},
	{func(p *result.Point) float64 { return known(p.P95, p.N >= metric.P95.Fewest()) },
		func(a *result.Analysis, l *result.Leg) float64 {
			times := a.Measured(l)
			return known(times.At(metric.P95), times.N > 0)
		}},
	{func(p *result.Point) float64 {
		return known(float64(p.Outcomes.Failed())/float64(result.Ended(p.Outcomes)), result.Ended(p.Outcomes) > 0)
	}, func(_ *result.Analysis, l *result.Leg) float64 { return known(l.ErrorRate.Value, l.ErrorRate.N > 0) }},
	{nil, func(_ *result.Analysis, l *result.Leg) float64 {
		if l.Outage == nil {
			return math.NaN()
		}
		return l.Outage.LongestS
	}},
	{nil, func(_ *result.Analysis, l *result.Leg) float64 {
		if l.Reconcile == nil {
			return math.NaN()
		}
		return known(l.Reconcile.Range(metric.Lost).Value, l.Reconcile.Verdict.Known())
	}},
}

// Sparked reports that a figure of the table has a line.
func (t *table) Sparked() bool {
	return slices.ContainsFunc(t.Rows, func(row []cell) bool {
		return slices.ContainsFunc(row, func(c cell) bool { return c.Spark != nil })
	})
}

func known(v float64, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return v
}

// sparks draws a line below each figure of the key table. Rows are counted once a leg, so of one
// leg there is no line of them.
func (c *composer) sparks(t *table) {
	for column, of := range sparkOf {
		var drawn []*spark
		top := 0.0
		for row := range t.Rows {
			legs := c.a.LegsOf(c.a.Key[row].Target, func(*result.Leg) bool { return true })
			s := &spark{Series: row}
			switch {
			case len(legs) > 1:
				for _, l := range legs {
					s.Values = append(s.Values, of.round(c.a, l))
				}
			case of.second != nil && len(legs) == 1:
				s.Values = wholeSeconds(legs[0], of.second)
			}
			s.Values = thinned(s.Values)
			for _, v := range s.Values {
				if v > top {
					top = v
				}
			}
			if len(s.Values) > 1 {
				t.Rows[row][column+1].Spark = s
				drawn = append(drawn, s)
			}
		}
		for _, s := range drawn {
			s.Top = top
		}
	}
}

// wholeSeconds are the values of a leg's seconds but for a last one that is shorter, whose
// counts are no rate.
func wholeSeconds(l *result.Leg, value func(*result.Point) float64) []float64 {
	var values []float64
	for i := range l.Series {
		p := &l.Series[i]
		if last := i == len(l.Series)-1; !last || p.T == math.Trunc(p.T) && (l.LoadS == 0 || p.T <= l.LoadS) {
			values = append(values, value(p))
		}
	}
	return values
}

// thinned keeps the least and the largest of each stretch of a long line, so that no spike is
// lost.
func thinned(values []float64) []float64 {
	each := (2*len(values) + sparkPoints - 1) / sparkPoints
	if len(values) <= sparkPoints {
		return values
	}
	var out []float64
	for from := 0; from < len(values); from += each {
		least, largest := from, from
		for i := from; i < min(from+each, len(values)); i++ {
			if values[i] < values[least] || math.IsNaN(values[least]) {
				least = i
			}
			if values[i] > values[largest] || math.IsNaN(values[largest]) {
				largest = i
			}
		}
		out = append(out, values[min(least, largest)], values[max(least, largest)])
	}
	return out
}

// The spark's own units: its width, and its height without the line's own thickness.
const (
	sparkWidth  = 120
	sparkHeight = 20
)

// SVG is the line as an element of a page, in the colour of its target. What it shows stands in
// words and figures beside it, so it is hidden from screen readers.
func (s *spark) SVG() template.HTML {
	var path strings.Builder
	step, pen := sparkWidth/float64(max(1, len(s.Values)-1)), "M"
	for i, v := range s.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			pen = "M"
			continue
		}
		y := float64(sparkHeight)
		if s.Top > 0 {
			y *= 1 - v/s.Top
		}
		fmt.Fprintf(&path, "%s%.4g %.4g", pen, step*float64(i), 2+y)
		pen = "L"
	}
	return template.HTML(fmt.Sprintf(`<svg class="spark series-%d" viewBox="0 0 %d %d" preserveAspectRatio="none" aria-hidden="true"><path class="floor" d="M0 %d.5H%d"/><path d="%s"/></svg>`,
		s.Series%sparkColors, sparkWidth, sparkHeight+4, sparkHeight+3, sparkWidth, path.String()))
}

// sparkColors is how many targets have a colour of their own.
const sparkColors = 5
