package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// curveFigure draws every leg's distribution in one figure: how many of the answers
// took at most how long, with an axis that widens towards the slowest few.
func curveFigure(a *result.Analysis) drawing {
	low, high, top := math.Inf(1), 0.0, 0.0
	curves := make([][]xy, len(a.Legs))
	for i := range a.Legs {
		curves[i] = curve(a, &a.Legs[i])
		for _, p := range curves[i] {
			low, high, top = min(low, p.y), max(high, p.y), max(top, p.x)
		}
	}
	s := words.ScaleOf(low, high)
	p := newPanel("share of the answers that took at most this long")
	percentiles(&p.X, top)
	logarithmic(&p.Y, low*s.Factor, high*s.Factor)
	p.Add(rules{})
	pn := panel{yLabel: a.Run.Measure + " (" + s.Unit + ", log scale)", plot: p}
	if high == 0 {
		pn.message = "no answers in this run"
	}
	for i, points := range curves {
		style := targetStroke(slices.Index(a.Targets(), a.Legs[i].Target))
		if a.LastRound() > 1 {
			style.Width /= 1.8
		}
		for k := range points {
			points[k].y *= s.Factor
		}
		p.Add(polyline{points: points, style: style}, lastPoint(points, style))
	}
	return drawing{
		title:    "Distribution of the " + a.Run.Measure,
		subtitle: words.Join(" · ", a.Name, a.Run.Load.Words),
		caption: "How many of the answers took at most how long. Both axes are logarithmic: to the right each " +
			"nine more has the same room. A line ends at its slowest answer.",
		legend: curveLegend(a),
		body:   func(c draw.Canvas) { grid(c, []float64{1}, [][]panel{{pn}}) },
	}
}

// curve is a leg's distribution on the axis of [tail]. The slowest of n answers, at
// a share of 1, stands where the one before it ends, 1 − 1/n: further right there is
// nothing to see.
func curve(a *result.Analysis, l *result.Leg) []xy {
	n := a.Measured(l).N
	if n == 0 {
		return nil
	}
	last := tail(1 - 1/float64(max(n, 2)))
	var out []xy
	for _, p := range l.Curve {
		if !words.Finite(p.MS) || p.MS <= 0 || !(p.Q >= 0 && p.Q <= 1) {
			continue
		}
		out = append(out, xy{min(tail(p.Q), last), p.MS, true})
	}
	return out
}

// lastPoint marks the end of a line.
func lastPoint(points []xy, style draw.LineStyle) polyline {
	return polyline{points: points[max(len(points)-1, 0):], style: style}
}

// curveLegend has an entry per target with the size of its samples.
func curveLegend(a *result.Analysis) []entry {
	var out []entry
	for i, t := range a.Targets() {
		var sizes []string
		for k := range a.Legs {
			if l := &a.Legs[k]; l.Target == t {
				sizes = append(sizes, words.TableCount(a.Measured(l).N))
			}
		}
		style := targetStroke(i)
		out = append(out, entry{text: plain.ClipMiddle(label(t), hostRunes) + ", n = " + sampleSizes(sizes), line: &style})
	}
	return out
}

// sampleSizes lists the sizes of a few rounds and counts those of many.
func sampleSizes(sizes []string) string {
	if len(sizes) > 4 {
		return fmt.Sprintf("%s … %s (%d rounds)", sizes[0], sizes[len(sizes)-1], len(sizes))
	}
	return words.Join(" / ", sizes...)
}
