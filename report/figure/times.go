package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

const noAnswers = "no answers in this leg"

// partial says what figures of seconds leave out.
const partial = " The last part of a second is left out: few requests end in it, and slow ones."

// percentileLine is one line of the times figure. It is drawn only in seconds with
// enough answers for it to be more than the largest of them.
type percentileLine struct {
	name  string
	least uint64 // answers in the second
	value func(result.Point) float64
	style draw.LineStyle
}

// percentileLines are in the colour of their target. They never cross, and differ by width
// and dash.
func percentileLines(c color.Color) []percentileLine {
	return []percentileLine{
		{metric.Max.Name, 1, func(p result.Point) float64 { return p.Max }, stroke(c, 1, 1.5, 2)},
		{metric.P99.Name, metric.P99.Fewest(), func(p result.Point) float64 { return p.P99 }, stroke(c, 1.4, 6, 3)},
		{metric.P95.Name, metric.P95.Fewest(), func(p result.Point) float64 { return p.P95 }, stroke(c, 1.4)},
		{metric.P50.Name, 1, func(p result.Point) float64 { return p.P50 }, stroke(c, 2.8)},
	}
}

// timesFigure draws percentiles of each second, and below them the clients at work,
// as loader.io does; targets stand side by side on the same scales.
func timesFigure(a *result.Analysis, legs []*result.Leg, of string) drawing {
	low, high, clients, lasts := timesRange(legs)
	s := words.ScaleOf(low, high)
	logScale := high > 20*low && low > 0
	yLabel := a.Run.Measure + " (" + s.Unit + ")"
	if logScale {
		yLabel = a.Run.Measure + " (" + s.Unit + ", log scale)"
	}
	drawn := map[string]bool{}
	var upper, lower []panel
	for _, l := range legs {
		times, active := newPanel(""), newPanel("")
		clock(&times.X, lasts)
		active.X.Label.Text = "time since the leg began (" + clock(&active.X, lasts) + ")"
		if logScale {
			logarithmic(&times.Y, low*s.Factor, high*s.Factor)
		} else {
			linear(&times.Y, high*s.Factor, 6)
		}
		wholes(&active.Y, clients, 3)
		times.Add(rules{})
		active.Add(rules{})
		top := targetPanel(a, l)
		top.yLabel, top.plot = yLabel, times
		if !addTimes(times, l, s, top.line.Color, drawn) {
			top.message = noAnswers
		}
		addActive(active, l, slices.Index(a.Targets(), l.Target))
		upper, lower = append(upper, top), append(lower, panel{yLabel: "active clients", plot: active})
	}
	d := drawing{
		title:    words.Capital(a.Run.Measure) + " over time" + of,
		subtitle: words.Join(" · ", a.Name, a.Run.Load.Words),
		caption: "Percentiles of the answers of each second" + joinedSeconds(legs) + ", and below them the clients at work. " +
			"A percentile is drawn only where enough seconds have enough answers: p95 from 20, p99 from 100." + partial,
		width: figureWidth / 2 * length(max(2, len(legs))),
		body:  func(c draw.Canvas) { grid(c, []float64{3, 1}, [][]panel{upper, lower}) },
	}
	for _, p := range slices.Backward(percentileLines(ink)) {
		if drawn[p.name] {
			d.legend = append(d.legend, entry{text: p.name, line: &p.style})
		}
	}
	if drawn["answers"] {
		style := stroke(ink, 2.2)
		d.legend = append(d.legend, entry{text: "an answer", line: &style, dots: true})
	}
	return d
}

// joinedSeconds says how many seconds of a long leg one point covers; "" for one.
func joinedSeconds(legs []*result.Leg) string {
	most := 1
	for _, l := range legs {
		for _, p := range l.Series {
			if p.T > time.Hour.Seconds() { // before it a late second may look like two
				most = max(most, p.Spans)
			}
		}
	}
	if most == 1 {
		return ""
	}
	return fmt.Sprintf(" (after the first hour, of up to %d s together)", most)
}

// timesRange finds what the axes must include: times in milliseconds, clients, seconds.
func timesRange(legs []*result.Leg) (low, high, clients, lasts float64) {
	low = math.Inf(1)
	for _, l := range legs {
		for _, p := range l.WholeSeconds() {
			lasts = max(lasts, p.T)
			clients = max(clients, float64(p.Active))
			if p.N == 0 {
				continue
			}
			high = max(high, p.Max)
			if p.P50 > 0 {
				low = min(low, p.P50)
			}
		}
	}
	if high == 0 {
		return 1, 1, clients, lasts
	}
	return min(low, high), high, clients, lasts
}

// addTimes draws the lines of a leg and records which; false when there is nothing
// to draw. A leg with at most one answer a second has no percentiles: its answers
// are drawn as what they are.
func addTimes(p *plot.Plot, l *result.Leg, s words.Scale, c color.Color, drawn map[string]bool) bool {
	answered, most, seconds := 0, uint64(0), l.WholeSeconds()
	for _, pt := range seconds {
		most = max(most, pt.N)
		if pt.N > 0 {
			answered++
		}
	}
	if answered == 0 {
		return false
	}
	if most == 1 {
		line, _ := secondsOf(seconds, s, 1, func(pt result.Point) float64 { return pt.Max })
		p.Add(polyline{points: line, style: stroke(c, 2.2), only: true})
		drawn["answers"] = true
		return true
	}
	for _, pl := range percentileLines(c) {
		line, drawable := secondsOf(seconds, s, pl.least, pl.value)
		if drawable > 0 && 2*drawable >= answered {
			p.Add(polyline{points: line, style: pl.style, dots: pl.name == metric.P50.Name && len(seconds) <= 60})
			drawn[pl.name] = true
		}
	}
	return true
}

// secondsOf are the values of the seconds with enough answers, at the middle of
// each second, and how many there are.
func secondsOf(series []result.Point, s words.Scale, least uint64, value func(result.Point) float64) (line []xy, drawable int) {
	for _, pt := range series {
		v := value(pt) * s.Factor
		ok := pt.N >= least && words.Finite(v)
		line = append(line, xy{(pt.Begins() + pt.T) / 2, v, ok})
		if ok {
			drawable++
		}
	}
	return line, drawable
}

func addActive(p *plot.Plot, l *result.Leg, target int) {
	fill, outline := targetFill(target)
	b := band{style: fill}
	for _, pt := range thinActive(l.WholeSeconds()) {
		b.from, b.to = append(b.from, pt.from), append(b.to, pt.to)
		b.low, b.high = append(b.low, 0), append(b.high, pt.value)
	}
	p.Add(b, steps{b.from, b.to, b.high, outline})
}

// segment is a time during which a value stays the same, in seconds of the leg.
type segment struct{ from, to, value float64 }

// thinActive joins seconds with the same number of clients.
func thinActive(series []result.Point) []segment {
	var out []segment
	for _, pt := range series {
		v := float64(pt.Active)
		from := pt.Begins()
		if n := len(out); n > 0 && out[n-1].value == v && out[n-1].to >= from {
			out[n-1].to = pt.T
			continue
		}
		out = append(out, segment{from, pt.T, v})
	}
	return out
}
