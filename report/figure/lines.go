package figure

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// xy is a point of a line in the units of its axes; one with ok false is a gap.
type xy struct {
	x, y float64
	ok   bool
}

// polyline draws points in order, broken at gaps. A point with a gap on both sides
// would leave no mark as a line, and gets a dot.
type polyline struct {
	points []xy
	style  draw.LineStyle
	dots   bool // mark every point
	only   bool // and draw no line
}

// Plot implements plot.Plotter.
func (l polyline) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	var run []vg.Point
	flush := func() {
		if len(run) > 1 && !l.only {
			c.StrokeLines(l.style, run)
		}
		if l.dots || l.only || len(run) == 1 {
			for _, at := range run {
				dot(c, l.style, at)
			}
		}
		run = nil
	}
	for _, pt := range thinOut(l.points) {
		if !pt.ok {
			flush()
			continue
		}
		y := min(max(pt.y, p.Y.Min), p.Y.Max)
		run = append(run, vg.Point{X: trX(pt.x), Y: trY(y)})
	}
	flush()
}

// mostPoints is about two per pixel of a panel.
const mostPoints = 2000

// thinOut keeps of each stretch of a long line its first, least, greatest and last
// point: what a line of pixels can show (Jugel et al., "M4", VLDB 2014). Gaps
// survive.
func thinOut(points []xy) []xy {
	if len(points) <= mostPoints {
		return points
	}
	size := (len(points)*4 + mostPoints - 1) / mostPoints
	var kept []xy
	for from := 0; from < len(points); from += size {
		part := points[from:min(from+size, len(points))]
		least, most := 0, 0
		for i, p := range part {
			if !p.ok {
				continue
			}
			if !part[least].ok || p.y < part[least].y {
				least = i
			}
			if !part[most].ok || p.y > part[most].y {
				most = i
			}
		}
		for i, p := range part {
			if i == 0 || i == len(part)-1 || i == least || i == most || !p.ok && part[i-1].ok {
				kept = append(kept, p)
			}
		}
	}
	return kept
}

// steps draws a value that holds from each x to the next.
type steps struct {
	from, to []float64
	values   []float64
	style    draw.LineStyle
}

// Plot implements plot.Plotter.
func (s steps) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	var line []vg.Point
	for i, v := range s.values {
		y := trY(min(v, p.Y.Max))
		line = append(line, vg.Point{X: trX(s.from[i]), Y: y}, vg.Point{X: trX(s.to[i]), Y: y})
	}
	if len(line) > 0 {
		c.StrokeLines(s.style, line)
	}
}

// band fills between two step lines.
type band struct {
	from, to []float64
	low      []float64
	high     []float64
	style    fillStyle
}

// Plot implements plot.Plotter. The area is one path, so that no seams show between
// its steps.
func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	var upper, lower []vg.Point
	for i := range b.low {
		x0, x1 := trX(b.from[i]), trX(b.to[i])
		y0, y1 := trY(b.low[i]), trY(b.high[i])
		upper = append(upper, vg.Point{X: x0, Y: y1}, vg.Point{X: x1, Y: y1})
		lower = append(lower, vg.Point{X: x0, Y: y0}, vg.Point{X: x1, Y: y0})
	}
	for i := len(lower) - 1; i >= 0; i-- {
		upper = append(upper, lower[i])
	}
	if len(upper) < 4 {
		return
	}
	c.FillPolygon(b.style.color, upper)
	for i := range b.low {
		hatchRect(c, vg.Rectangle{
			Min: vg.Point{X: trX(b.from[i]), Y: trY(b.low[i])},
			Max: vg.Point{X: trX(b.to[i]), Y: trY(b.high[i])},
		}, b.style)
	}
}

// rules draws a pale line across at every mark of the y axis.
type rules struct{}

// Plot implements plot.Plotter.
func (rules) Plot(c draw.Canvas, p *plot.Plot) {
	_, trY := p.Transforms(&c)
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		y := trY(t.Value)
		c.StrokeLine2(stroke(rule, 1), c.Min.X, y, c.Max.X, y)
	}
}
