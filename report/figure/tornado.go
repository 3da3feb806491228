package figure

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// mostMoved is how many inputs a tornado has room for.
const mostMoved = 8

// OfSensitivities draws what the recommended option of a month costs when an input is a fifth less or more;
// ok is false where no input moves it.
func OfSensitivities(d *result.Decision) (f Figure, ok bool) {
	base := 0.0
	for _, o := range d.Options {
		if o.Recommended {
			base = o.Month
		}
	}
	var moved []result.Sensitivity
	low, high := base, base
	for _, s := range d.Sensitivities {
		if len(moved) == mostMoved || s.Less.Month == base && s.More.Month == base {
			continue
		}
		moved = append(moved, s)
		low, high = min(low, s.Less.Month, s.More.Month), max(high, s.Less.Month, s.More.Month)
	}
	if len(moved) == 0 || !words.Finite(high) {
		return f, false
	}
	p := newPanel(words.Join(" ", label(d.Currency), "a month"))
	room := 0.35 * (high - low)
	ranged(&p.X, low, high, 6)
	p.X.Min, p.X.Max = max(p.X.Min-room/3, math.Min(0, low)), p.X.Max+room
	p.Y.Min, p.Y.Max = -0.6, float64(len(moved))-0.4
	marks := ticks{}
	for i, s := range moved {
		marks = append(marks, plot.Tick{Value: float64(len(moved) - 1 - i), Label: plain.ClipMiddle(label(s.Input), 2*optionRunes)})
	}
	p.Y.Tick.Marker = marks
	p.Y.Tick.LineStyle.Width, p.Y.LineStyle.Width = 0, 0
	p.Add(tornado{moved, base})
	less, more := lessMore()
	return drawing{
		title:    "What would change the answer",
		subtitle: label(d.Name),
		caption:  "What is recommended costs so much a month when one input is a fifth less or a fifth more, and all others are as given. An option that would then be recommended instead is named beside its bar.",
		legend:   []entry{{text: "a fifth less", fill: &less}, {text: "a fifth more", fill: &more}},
		height:   vg.Length(120+44*len(moved)) * pixel,
		body:     func(c draw.Canvas) { grid(c, []float64{1}, [][]panel{{{plot: p}}}) },
	}.plot("sensitivity"), true
}

// lessMore are the fills of the two bars of an input.
func lessMore() (less, more fillStyle) {
	less, _ = targetFill(0)
	less.hatch, less.lines = falling, ink
	more, _ = targetFill(1)
	return less, more
}

// tornado draws two bars for each input, from the cost as it is.
type tornado struct {
	moved []result.Sensitivity
	base  float64
}

// Plot implements plot.Plotter.
func (t tornado) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	less, more := lessMore()
	for i, s := range t.moved {
		row := float64(len(t.moved) - 1 - i)
		t.bar(c, trX, trY(row)+1*pixel, trY(row)+12*pixel, s.Less, less, s.Changes)
		t.bar(c, trX, trY(row)-12*pixel, trY(row)-1*pixel, s.More, more, s.Changes)
	}
	c.StrokeLine2(stroke(ink, 1.4), trX(t.base), c.Min.Y, trX(t.base), c.Max.Y)
}

// bar is one of them, with the option that it leads to where that may be another.
func (t tornado) bar(c draw.Canvas, trX func(float64) vg.Length, bottom, top vg.Length, to result.Outcome, fill fillStyle, changes bool) {
	from, end := trX(t.base), trX(to.Month)
	fillRect(c, vg.Rectangle{Min: vg.Point{X: min(from, end), Y: bottom}, Max: vg.Point{X: max(from, end), Y: top}}, fill)
	if changes && to.Month != t.base {
		style := textStyle(9, ink)
		c.FillText(style, vg.Point{X: max(from, end) + 6*pixel, Y: (bottom + top) / 2}, plain.ClipMiddle(label(to.Option), optionRunes))
	}
}
