package figure

import (
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
)

// optionRunes is how much of an option's name stands in a drawing.
const optionRunes = 32

// OfDemand draws the growing peak against what the main options carry, and when it outgrows them.
func OfDemand(d *result.Decision) Figure {
	p := newPanel("")
	p.X.Min, p.X.Max = 0, float64(max(len(d.Peaks)-1, 1))
	monthTicks(&p.X, d.Date, len(d.Peaks))
	options := d.MainOptions()
	top := d.PeakRPS
	for _, m := range d.Peaks {
		top = max(top, m.RPS)
	}
	highest := top
	for _, o := range options {
		if carried := max(o.HeldRPS, o.BrokenRPS); carried < 2.5*top { // another would press all else to the ground
			highest = max(highest, carried)
		}
	}
	linear(&p.Y, 1.05*highest, 6)
	p.Add(rules{})
	peak := stroke(ink, 3)
	legend := []entry{{text: "rate at the peak", line: &peak}}
	demand := make([]xy, len(d.Peaks))
	for i, m := range d.Peaks {
		demand[i] = xy{float64(i), m.RPS, true}
	}
	var crossings []crossing
	for i, o := range options {
		fill, _ := targetFill(i)
		line := targetStroke(i)
		name := plain.ClipMiddle(label(o.Name), optionRunes)
		if o.HeldRPS > p.Y.Max {
			name += ", far above"
		} else {
			p.Add(carriedBand{o.HeldRPS, o.BrokenRPS, fill}, polyline{points: []xy{{0, o.HeldRPS, true}, {p.X.Max, o.HeldRPS, true}}, style: line})
			if x, ok := reaches(demand, o.HeldRPS); ok {
				crossings = append(crossings, crossing{x, o.HeldRPS, o.Breaks.Format("January 2006")})
			}
		}
		legend = append(legend, entry{text: name, line: &line})
	}
	p.Add(polyline{points: demand, style: peak})
	for _, c := range crossings {
		p.Add(c)
	}
	return drawing{
		title:    "Demand against capacity",
		subtitle: label(d.Name),
		caption:  "The peak of each month, as the demand grows, against what each option carries: from the rate that held, a line, to the one that broke, a band. A date stands where the peak outgrows an option.",
		legend:   legend,
		height:   figureHeight * 3 / 5, // the first sheet of paper has it beside the rest of the memo
		body:     func(c draw.Canvas) { grid(c, []float64{1}, [][]panel{{{yLabel: "requests per second", plot: p}}}) },
	}.plot("demand")
}

// monthTicks marks months from a date on, each half year or so.
func monthTicks(axis *plot.Axis, from time.Time, months int) {
	each := 1
	for _, each = range []int{1, 2, 3, 6, 12, 24, 60, 120} {
		if months/each <= 8 {
			break
		}
	}
	marks := ticks{}
	for m := 0; m < months; m += each {
		marks = append(marks, plot.Tick{Value: float64(m), Label: from.AddDate(0, m, 0).Format("Jan 2006")})
	}
	axis.Tick.Marker = marks
}

// reaches is where a growing line comes to a value that it begins below.
func reaches(line []xy, value float64) (x float64, ok bool) {
	for i := 1; i < len(line); i++ {
		if a, b := line[i-1], line[i]; a.y < value && b.y >= value {
			return a.x + (value-a.y)/(b.y-a.y), true
		}
	}
	return 0, false
}

// carriedBand lies between the largest rate that held and the smallest that broke; 0 is none.
type carriedBand struct {
	held, broken float64
	fill         fillStyle
}

// Plot implements plot.Plotter.
func (b carriedBand) Plot(c draw.Canvas, p *plot.Plot) {
	if b.broken <= b.held {
		return
	}
	_, trY := p.Transforms(&c)
	fillRect(c, vg.Rectangle{
		Min: vg.Point{X: c.Min.X, Y: trY(b.held)}, Max: vg.Point{X: c.Max.X, Y: trY(math.Min(b.broken, p.Y.Max))},
	}, b.fill)
}

// crossing is a point with words beside it.
type crossing struct {
	x, y  float64
	words string
}

// Plot implements plot.Plotter. The words stand where there is room: left of the point, or right of one near
// the left edge.
func (k crossing) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	at := vg.Point{X: trX(k.x), Y: trY(k.y)}
	style := textStyle(10, ink)
	style.Font.Weight = bold
	said := label(k.words)
	width := style.Width(said)
	from := vg.Point{X: at.X - width - 10*pixel, Y: at.Y + 14*pixel}
	if from.X < c.Min.X {
		from.X = at.X + 10*pixel
		from.Y = at.Y - 14*pixel
	}
	fillRect(c, vg.Rectangle{Min: vg.Point{X: from.X - 3*pixel, Y: from.Y - 9*pixel}, Max: vg.Point{X: from.X + width + 3*pixel, Y: from.Y + 9*pixel}}, fillStyle{color: paper})
	c.FillText(style, from, said)
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: ink, Radius: 5 * pixel, Shape: draw.CircleGlyph{}}, at)
}
