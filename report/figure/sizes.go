package figure

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/palette"
)

// OfSizes draws what configurations carry and their saturation by their replicas, with the model of the
// saturation; ok is false where fewer than two numbers of replicas were measured.
func OfSizes(s *result.Study) (f Figure, ok bool) {
	var sized []result.Capacity
	largest, most := 0, 0.0
	for _, c := range s.Configurations {
		if c.Replicas > 0 && (c.HeldRPS > 0 || c.Saturation != nil) {
			sized = append(sized, c)
			largest, most = max(largest, c.Replicas), max(most, c.HeldRPS, c.BrokenRPS)
			if c.Saturation != nil {
				most = max(most, c.Saturation.Value)
			}
		}
	}
	slices.SortStableFunc(sized, func(a, b result.Capacity) int { return cmp.Compare(a.Replicas, b.Replicas) })
	if len(sized) < 2 || sized[0].Replicas == largest {
		return f, false
	}
	p := newPanel("replicas")
	wholes(&p.X, float64(largest), 10)
	linear(&p.Y, 1.05*most, 6)
	carried, saturated := targetStroke(0), targetStroke(1)
	held, saturation := make([]xy, len(sized)), make([]xy, len(sized))
	for i, c := range sized {
		held[i] = xy{float64(c.Replicas), c.HeldRPS, c.HeldRPS > 0}
		if c.Saturation != nil {
			saturation[i] = xy{float64(c.Replicas), c.Saturation.Value, true}
		}
	}
	legend := []entry{{text: "carries within the SLO: held, up to what broke", line: &carried}, {text: "saturation, with its 95 % interval", line: &saturated, dots: true}}
	p.Add(rules{}, polyline{points: held, style: carried, dots: true}, polyline{points: saturation, style: saturated, only: true}, sizeIntervals{sized})
	if g := s.Growth; g != nil && g.Fits {
		line := stroke(palette.Of(1).Light, 1.4, 7, 4)
		model := make([]xy, len(g.Points))
		for i, point := range g.Points {
			model[i] = xy{point.N, point.Model, true}
		}
		p.Add(polyline{points: model, style: line})
		legend = append(legend, entry{text: "model: " + label(g.Models[0].Name), line: &line})
	}
	return drawing{
		title:    "Capacity by replicas",
		subtitle: plain.Line(s.Name),
		caption:  "What each number of replicas carries within the SLO, and the most that it does with as many clients as bring no more. The first may rightly grow faster than the replicas, because a queue before several workers is shorter.",
		legend:   legend,
		height:   figureHeight * 3 / 4,
		body:     func(c draw.Canvas) { grid(c, []float64{1}, [][]panel{{{yLabel: "requests per second", plot: p}}}) },
	}.plot("sizes"), true
}

// sizeIntervals draws from the rate that held to the one that broke, and the interval of the saturation.
type sizeIntervals struct{ sized []result.Capacity }

// Plot implements plot.Plotter.
func (s sizeIntervals) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	upright := func(i, n int, lo, hi float64) {
		style := draw.LineStyle{Color: palette.Of(i).Light, Width: 2 * pixel}
		x := trX(float64(n))
		c.StrokeLine2(style, x, trY(max(lo, p.Y.Min)), x, trY(min(hi, p.Y.Max)))
		for _, y := range []vg.Length{trY(max(lo, p.Y.Min)), trY(min(hi, p.Y.Max))} {
			c.StrokeLine2(style, x-4*pixel, y, x+4*pixel, y)
		}
	}
	for _, o := range s.sized {
		if o.BrokenRPS > o.HeldRPS {
			upright(0, o.Replicas, o.HeldRPS, o.BrokenRPS)
		}
		if e := o.Saturation; e != nil && e.Lo.Finite() && e.Hi.Finite() {
			upright(1, o.Replicas, float64(e.Lo), float64(e.Hi))
		}
	}
}
