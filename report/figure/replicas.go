package figure

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/palette"
)

// replicaFigure draws successes per second against replicas with the line of what as much from each
// would be, and below them the p95; false where there is nothing to draw.
func replicaFigure(a *result.Analysis, r *result.ReplicaCurve) (drawing, bool) {
	rates, ideal, times := replicaLines(r)
	if len(rates) < 2 {
		return drawing{}, false
	}
	measured, linear, modelled := stroke(palette.Of(0).Light, 2.4), stroke(pale, 1.6, 6, 4), stroke(palette.Of(1).Light, 1.6, 2, 3)
	s := words.ScaleOf(highest(times), highest(times))
	upper, lower := replicaPanel(r, "", max(highest(rates), ideal[len(ideal)-1].y)), replicaPanel(r, "replicas", highest(times)*s.Factor)
	upper.yLabel, lower.yLabel = "successes per second", "p95 "+a.Run.Measure+" ("+s.Unit+")"
	legend := []entry{{text: "measured, with its 95 % interval", line: &measured}}
	if !r.Planned {
		upper.plot.Add(polyline{points: ideal, style: linear})
		legend = append(legend, entry{text: "as much from each as from the fewest", line: &linear})
	}
	if model := modelLine(r); len(model) > 0 {
		upper.plot.Add(polyline{points: model, style: modelled})
		legend = append(legend, entry{text: r.Growth.Models[0].Name, line: &modelled})
	}
	upper.plot.Add(whiskers{rates, 1, measured})
	lower.plot.Add(whiskers{times, s.Factor, measured})
	return drawing{
		title: "Replicas of " + plain.ClipMiddle(label(r.Target), hostRunes), subtitle: words.Join(" · ", a.Name, a.Run.Load.Words),
		caption: "What the service does with each number of replicas, over all rounds. The dashed line is as many successes from each replica as with the fewest of them: " +
			"how far the measured line lies below it is what the replicas share.",
		legend: legend,
		body:   func(c draw.Canvas) { grid(c, []float64{3, 2}, [][]panel{{upper}, {lower}}) },
	}, true
}

// sized is a figure at a number of replicas.
type sized struct {
	n float64
	result.Estimate
}

// replicaLines are the successes and the p95 by replicas, and the successes if each brought as many as
// with the fewest.
func replicaLines(r *result.ReplicaCurve) (rates []sized, ideal []xy, times []sized) {
	ideal = []xy{{0, 0, true}}
	for _, s := range r.Sizes {
		n := float64(s.Replicas)
		if s.Successes == nil || !words.Finite(s.Successes.Value) {
			continue
		}
		rates = append(rates, sized{n, *s.Successes})
		ideal = append(ideal, xy{n, rates[0].Value * n / rates[0].n, true})
		if s.P95 != nil && words.Finite(s.P95.Value) {
			times = append(times, sized{n, *s.P95})
		}
	}
	return rates, ideal, times
}

func highest(points []sized) (most float64) {
	for _, p := range points {
		most = max(most, p.Value)
		if p.Hi.Finite() {
			most = max(most, float64(p.Hi))
		}
	}
	return most
}

// replicaPanel is an empty panel with room for what is as high as top.
func replicaPanel(r *result.ReplicaCurve, xLabel string, top float64) panel {
	p := newPanel(xLabel)
	last := float64(r.Sizes[len(r.Sizes)-1].Replicas)
	wholes(&p.X, last, 12)
	p.X.Min, p.X.Max = 0, last*1.03
	linear(&p.Y, top*1.03, 5)
	p.Add(rules{})
	return panel{plot: p}
}

// modelLine are the throughputs of the chosen model at the sizes that were measured.
func modelLine(r *result.ReplicaCurve) []xy {
	if r.Growth == nil || !r.Growth.Fits {
		return nil
	}
	var line []xy
	for _, p := range r.Growth.Points {
		line = append(line, xy{p.N, p.Model, words.Finite(p.Model)})
	}
	return slices.CompactFunc(line, func(a, b xy) bool { return a.x == b.x })
}

// whiskers draws figures as a line with their intervals.
type whiskers struct {
	points []sized
	factor float64
	style  draw.LineStyle
}

// Plot implements plot.Plotter.
func (w whiskers) Plot(c draw.Canvas, p *plot.Plot) {
	var line []xy
	trX, trY := p.Transforms(&c)
	const arm = 5 * pixel
	for _, at := range w.points {
		line = append(line, xy{at.n, at.Value * w.factor, true})
		if !at.Lo.Finite() || !at.Hi.Finite() {
			continue
		}
		x := trX(at.n)
		low, high := trY(max(0, float64(at.Lo)*w.factor)), trY(min(float64(at.Hi)*w.factor, p.Y.Max))
		thin := stroke(w.style.Color, 1.2)
		c.StrokeLine2(thin, x, low, x, high)
		for _, y := range []vg.Length{low, high} {
			c.StrokeLine2(thin, x-arm, y, x+arm, y)
		}
	}
	polyline{points: line, style: w.style, dots: true}.Plot(c, p)
}

// replicaFigures are those of all targets of several replicas; their names are numbered from the second on.
func replicaFigures(a *result.Analysis, plot func(drawing, string) Figure) (all []Figure) {
	for i := range a.Replicas {
		if d, ok := replicaFigure(a, &a.Replicas[i]); ok {
			name := "replicas"
			if len(all) > 0 {
				name = fmt.Sprintf("replicas-%d", len(all)+1)
			}
			all = append(all, plot(d, name))
		}
	}
	return all
}
