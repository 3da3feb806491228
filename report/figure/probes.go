package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/palette"
)

// OfProbes draws the p95 of each probe of a configuration against its rate, over what queueing predicts; ok is
// false where no probe of a rate has a p95.
func OfProbes(s *result.Study, c *result.Capacity) (f Figure, ok bool) {
	var probes []result.Probe
	low, high, fastest := math.Inf(1), s.P95LimitMS, 0.0
	for _, p := range c.Probes {
		if p.Open() && p.Verdict != result.ProbeInvalid && p.P95.N > 0 && p.P95.Value > 0 {
			probes = append(probes, p)
			low, high, fastest = min(low, lowest(p.P95)), max(high, p.P95.Value), max(fastest, p.RateRPS)
		}
	}
	if len(probes) == 0 {
		return f, false
	}
	slices.SortStableFunc(probes, func(a, b result.Probe) int { return cmp.Compare(a.RateRPS, b.RateRPS) })
	if s.P95LimitMS > 0 {
		low = min(low, s.P95LimitMS)
	}
	scale := words.ScaleOf(low, high)
	p := newPanel("requests per second")
	linear(&p.X, 1.02*fastest, 8)
	logarithmic(&p.Y, low*scale.Factor, high*scale.Factor)
	p.Add(rules{})
	d := drawing{
		title:    "p95 by rate: " + c.Target,
		subtitle: plain.Line(words.Join(" · ", s.Name, words.List(s.SLO, 4))),
		caption: "Each probe by its rate and its p95, with its 95 % interval. What it carries lies in the shaded part, between the largest rate that held and the smallest that broke. " +
			"A probe well above the prediction waited for something besides a free worker. The axis of times is logarithmic.",
		legend: probeLegend(probes),
	}
	if c.BrokenRPS > c.HeldRPS && c.HeldRPS > 0 {
		fill := fillStyle{color: grey}
		p.Add(standingBand{c.HeldRPS, c.BrokenRPS, fill})
		d.legend = append(d.legend, entry{text: fmt.Sprintf("carries %s – %s/s", words.TableDecimal(c.HeldRPS), words.TableDecimal(c.BrokenRPS)), fill: &fill})
	}
	if q := c.Forecast; q != nil && len(q.Cases) > 0 {
		line := stroke(palette.Of(0).Light, 2, 7, 4)
		p.Add(predicted(q, scale.Factor, line)...)
		d.legend = append(d.legend, entry{text: fmt.Sprintf("what queues before %s predict", words.Counted(q.Cases[0].Replicas*q.Cases[0].Workers, "worker")), line: &line})
		if q.Parts != nil {
			p.Add(upright{q.Parts.Expected.RateRPS, "slower than that from here on"})
		}
	}
	if s.P95LimitMS > 0 {
		line := stroke(red, 1.6, 2, 3)
		at := s.P95LimitMS * scale.Factor
		p.Add(polyline{points: []xy{{0, at, true}, {p.X.Max, at, true}}, style: line})
		d.legend = append(d.legend, entry{text: "the most that the SLO allows", line: &line})
	}
	p.Add(probeMarks{probes, scale.Factor})
	d.body = func(canvas draw.Canvas) {
		grid(canvas, []float64{1}, [][]panel{{{yLabel: "p95 (" + scale.Unit + ", log scale)", plot: p}}})
	}
	return d.plot("probes-" + fileName(c.Target)), true
}

// lowest is the lower end of an interval, or its middle where it has none.
func lowest(e result.Estimate) float64 {
	if e.Lo.Finite() && e.Lo > 0 {
		return float64(e.Lo)
	}
	return e.Value
}

// predicted are the line of a prediction, and above and below it its interval.
func predicted(q *result.Forecast, factor float64, line draw.LineStyle) []plot.Plotter {
	var middle, lo, hi []xy
	for _, r := range q.Rates {
		if !r.P95.Finite() {
			continue
		}
		middle = append(middle, xy{r.RateRPS, float64(r.P95) * factor, true})
		lo = append(lo, xy{r.RateRPS, float64(r.Lo) * factor, r.Lo.Finite() && r.Lo > 0})
		hi = append(hi, xy{r.RateRPS, float64(r.Hi) * factor, r.Hi.Finite()})
	}
	thin := line
	thin.Width /= 2.5
	thin.Dashes = nil
	return []plot.Plotter{polyline{points: lo, style: thin}, polyline{points: hi, style: thin}, polyline{points: middle, style: line}}
}

// upright is a line at a rate with words at its head.
type upright struct {
	x     float64
	words string
}

// Plot implements plot.Plotter. The words stand on the side that has more room.
func (u upright) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	x, style := trX(u.x), textStyle(9.5, ink)
	c.StrokeLine2(stroke(ink, 1.4, 2, 3), x, c.Min.Y, x, c.Max.Y)
	at := vg.Point{X: x + 5*pixel, Y: c.Max.Y - 8*pixel}
	if x > c.Center().X {
		at.X = x - 5*pixel - style.Width(u.words)
	}
	c.FillText(style, at, u.words)
}

// standingBand lies between two rates.
type standingBand struct {
	from, to float64
	fill     fillStyle
}

// Plot implements plot.Plotter.
func (b standingBand) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	fillRect(c, vg.Rectangle{Min: vg.Point{X: trX(b.from), Y: c.Min.Y}, Max: vg.Point{X: max(trX(b.to), trX(b.from)+2*pixel), Y: c.Max.Y}}, b.fill)
}

// probeMark is how probes of a verdict look: shape and colour say the same.
func probeMark(v result.ProbeVerdict) draw.GlyphStyle {
	switch v {
	case result.ProbeHeld:
		return draw.GlyphStyle{Color: palette.Of(3).Light, Radius: 4.5 * pixel, Shape: draw.CircleGlyph{}}
	case result.ProbeBroken:
		return draw.GlyphStyle{Color: red, Radius: 5.5 * pixel, Shape: draw.PyramidGlyph{}}
	}
	return draw.GlyphStyle{Color: soft, Radius: 4.5 * pixel, Shape: draw.RingGlyph{}}
}

// probeLegend has an entry for each verdict that there is.
func probeLegend(probes []result.Probe) (all []entry) {
	for _, v := range []result.ProbeVerdict{result.ProbeHeld, result.ProbeBroken, result.ProbeUnclear} {
		if slices.ContainsFunc(probes, func(p result.Probe) bool { return p.Verdict == v }) {
			mark := probeMark(v)
			all = append(all, entry{text: string(v), mark: &mark})
		}
	}
	return all
}

// probeMarks draws a mark for each probe with its interval.
type probeMarks struct {
	probes []result.Probe
	factor float64
}

// Plot implements plot.Plotter.
func (m probeMarks) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	y := func(v float64) vg.Length { return trY(min(max(v*m.factor, p.Y.Min), p.Y.Max)) }
	for _, probe := range m.probes {
		mark, x := probeMark(probe.Verdict), trX(probe.RateRPS)
		if e := probe.P95; e.Confidence > 0 {
			top := c.Max.Y
			if e.Hi.Finite() {
				top = y(float64(e.Hi))
			}
			c.StrokeLine2(draw.LineStyle{Color: mark.Color, Width: 1.2 * pixel}, x, y(lowest(e)), x, top)
		}
		c.DrawGlyphNoClip(mark, vg.Point{X: x, Y: y(probe.P95.Value)})
	}
}
