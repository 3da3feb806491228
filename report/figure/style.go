package figure

import (
	"image/color"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/palette"
)

// Colours of areas after Okabe and Ito, "Color Universal Design" (2008): told apart with
// any kind of colour vision. Those that share a figure also differ in luminance and in
// hatch, so that grey prints stay readable. Lines have those of package palette.
var (
	paper  = palette.Paper.Light
	ink    = color.RGBA{34, 34, 34, 255}
	soft   = color.RGBA{95, 95, 95, 255}
	rule   = color.RGBA{226, 226, 226, 255}
	grey   = color.RGBA{214, 219, 224, 255}
	pale   = color.RGBA{160, 160, 160, 255}
	orange = color.RGBA{230, 159, 0, 255}
	red    = color.RGBA{196, 72, 0, 255}
	purple = color.RGBA{204, 121, 167, 255}
	plum   = color.RGBA{105, 42, 110, 255}
)

const bold = xfont.WeightBold

// textStyle is sans serif in points.
func textStyle(size vg.Length, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign:  draw.XLeft,
		YAlign:  draw.YCenter,
		Handler: plot.DefaultTextHandler,
	}
}

// label makes text fit for a figure: harmless, and without the narrow blank, which
// the figures' font lacks.
func label(s string) string { return strings.ReplaceAll(plain.Line(s), words.Thin, "\u00a0") }

// stroke is a line style; dashes are in pixels, on and off.
func stroke(c color.Color, width float64, dashes ...float64) draw.LineStyle {
	s := draw.LineStyle{Color: c, Width: vg.Length(width) * pixel}
	for _, d := range dashes {
		s.Dashes = append(s.Dashes, vg.Length(d)*pixel)
	}
	return s
}

// targetStroke tells the targets of a figure apart, the first of them solid. There are more
// dashes than colours, so that targets of one colour differ by them.
func targetStroke(i int) draw.LineStyle {
	dashes := [mostTargets][]float64{nil, {9, 4}, {2, 3}, {12, 4, 2, 4}, {5, 3}, {16, 4}, {3, 6}, {8, 3, 2, 3, 2, 3}}
	return stroke(palette.Of(i).Light, 2.4, dashes[i%mostTargets]...)
}

// targetFill is a pale area in the colour of a target, and its outline.
func targetFill(i int) (fillStyle, draw.LineStyle) {
	c := palette.Of(i).Light
	pale := func(v uint8) uint8 { return uint8(255 - (255-int(v))*3/10) }
	return fillStyle{color: color.RGBA{pale(c.R), pale(c.G), pale(c.B), 255}}, stroke(c, 1.4)
}

// newPanel is an empty plot in the house style: no box, pale horizontal rules.
func newPanel(xLabel string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = textStyle(9.5, ink).Font
		axis.Label.TextStyle.Color = ink
		axis.Label.Padding = 3
		axis.Tick.Label.Font = textStyle(9, ink).Font
		axis.Tick.Label.Color = ink
		axis.Tick.Length = 4
		axis.Tick.LineStyle = stroke(pale, 1)
		axis.LineStyle = stroke(pale, 1)
		axis.Padding = 0
	}
	p.X.Label.Text = xLabel
	return p
}

// hatch is a pattern on a filled area, for readers who cannot tell colours apart and for prints in grey.
type hatch byte

const (
	flat     hatch = 0
	rising   hatch = '/'
	falling  hatch = '\\'
	crossed  hatch = 'x'
	standing hatch = '|'
	lying    hatch = '-'
)

// fillStyle is how an area looks.
type fillStyle struct {
	color color.Color
	hatch hatch
	lines color.Color // of the hatch
}

// fillRect fills a rectangle. Patterns keep their phase over the whole canvas, so
// that neighbours join without a seam.
func fillRect(c draw.Canvas, r vg.Rectangle, s fillStyle) {
	if r.Max.X <= r.Min.X || r.Max.Y <= r.Min.Y {
		return
	}
	c.SetColor(s.color)
	c.Fill(r.Path())
	hatchRect(c, r, s)
}

func hatchRect(c draw.Canvas, r vg.Rectangle, s fillStyle) {
	if s.hatch == flat {
		return
	}
	var lines [][]vg.Point
	switch s.hatch {
	case rising:
		lines = diagonals(r, +1)
	case falling:
		lines = diagonals(r, -1)
	case crossed:
		lines = append(diagonals(r, +1), diagonals(r, -1)...)
	case standing:
		for x := nextStep(r.Min.X); x < r.Max.X; x += hatchStep {
			lines = append(lines, []vg.Point{{X: x, Y: r.Min.Y}, {X: x, Y: r.Max.Y}})
		}
	case lying:
		for y := nextStep(r.Min.Y); y < r.Max.Y; y += hatchStep {
			lines = append(lines, []vg.Point{{X: r.Min.X, Y: y}, {X: r.Max.X, Y: y}})
		}
	}
	c.StrokeLines(stroke(s.lines, 1), lines...)
}

const hatchStep = 5 * pixel

// nextStep is the first multiple of the hatch's step at or above v.
func nextStep(v vg.Length) vg.Length {
	n := int(v / hatchStep)
	if vg.Length(n)*hatchStep < v {
		n++
	}
	return vg.Length(n) * hatchStep
}

// diagonals are the lines y = slope·x + k·step inside a rectangle, slope being ±1.
func diagonals(r vg.Rectangle, slope vg.Length) [][]vg.Point {
	const step = hatchStep * 1.4142
	atLeft, atRight := slope*r.Min.X, slope*r.Max.X
	from := r.Min.Y - max(atLeft, atRight)
	to := r.Max.Y - min(atLeft, atRight)
	var lines [][]vg.Point
	for k := int(from/step) - 1; vg.Length(k)*step <= to; k++ {
		b := vg.Length(k) * step
		// The x at which the line enters and leaves the rectangle's height.
		x0, x1 := (r.Min.Y-b)/slope, (r.Max.Y-b)/slope
		if x0 > x1 {
			x0, x1 = x1, x0
		}
		x0, x1 = max(x0, r.Min.X), min(x1, r.Max.X)
		if x1 > x0 {
			lines = append(lines, []vg.Point{{X: x0, Y: slope*x0 + b}, {X: x1, Y: slope*x1 + b}})
		}
	}
	return lines
}
