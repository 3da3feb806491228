package figure

import (
	"slices"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/palette"
)

// entry is one item of a legend: a sample of a line or an area, and its meaning.
type entry struct {
	text string
	line *draw.LineStyle
	dots bool // the line is drawn as points
	fill *fillStyle
	mark *draw.GlyphStyle
}

// drawLegend lays entries in rows at the top of c and returns the height it took.
func drawLegend(c draw.Canvas, entries []entry) vg.Length {
	if len(entries) == 0 {
		return 0
	}
	const row, sample, gap, between = 18 * pixel, 30 * pixel, 6 * pixel, 20 * pixel
	style := textStyle(9.5, ink)
	x, y := c.Min.X, c.Max.Y-row/2
	for _, e := range entries {
		words := label(e.text)
		w := sample + gap + style.Width(words) + between
		if x > c.Min.X && x+w-between > c.Max.X {
			x, y = c.Min.X, y-row
		}
		e.draw(c, vg.Rectangle{Min: vg.Point{X: x, Y: y - 6*pixel}, Max: vg.Point{X: x + sample, Y: y + 6*pixel}})
		c.FillText(style, vg.Point{X: x + sample + gap, Y: y + style.FontExtents().Descent/2}, words)
		x += w
	}
	return c.Max.Y - y + row/2
}

func (e entry) draw(c draw.Canvas, r vg.Rectangle) {
	middle := (r.Min.Y + r.Max.Y) / 2
	switch {
	case e.fill != nil:
		fillRect(c, r, *e.fill)
	case e.mark != nil:
		c.DrawGlyphNoClip(*e.mark, vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: middle})
	case e.dots:
		dot(c, *e.line, vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: middle})
	case e.line != nil:
		c.StrokeLine2(*e.line, r.Min.X, middle, r.Max.X, middle)
	}
}

// dot marks a single point in the colour of a line.
func dot(c draw.Canvas, s draw.LineStyle, at vg.Point) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: s.Color, Radius: max(s.Width*1.1, 1.6*pixel), Shape: draw.CircleGlyph{}}, at)
}

// panel is a plot in a grid. One without a plot shows only its message.
type panel struct {
	title   string
	line    *draw.LineStyle // a sample before the title; nil for none
	yLabel  string          // stands above the axis, horizontally, so that it is easy to read
	plot    *plot.Plot
	message string // drawn across the middle: why there is nothing
}

// grid lays panels in rows of equal columns, with weights as the shares of the
// height; data areas of one column share their sides, those of one row their base.
func grid(c draw.Canvas, weights []float64, rows [][]panel) {
	const gap = 18 * pixel
	var total float64
	for _, w := range weights {
		total += w
	}
	height := c.Max.Y - c.Min.Y - gap*vg.Length(len(rows)-1)
	top := c.Max.Y
	boxes := make([][]draw.Canvas, len(rows))
	for i, row := range rows {
		h := height * vg.Length(weights[i]/total)
		width := (c.Max.X - c.Min.X - gap*vg.Length(len(row)-1)) / vg.Length(len(row))
		for j := range row {
			x := c.Min.X + vg.Length(j)*(width+gap)
			boxes[i] = append(boxes[i], draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: x, Y: top - h}, Max: vg.Point{X: x + width, Y: top},
			}})
		}
		top -= h + gap
	}
	for i, row := range rows {
		for j, p := range row {
			box := boxes[i][j]
			if p.title != "" {
				style := textStyle(10.5, ink)
				style.Font.Weight = bold
				box.Max.Y -= headline(c, style, p.sample(c, box), p.title)
			}
			if p.yLabel != "" {
				box.Max.Y -= headline(c, textStyle(9, soft), box, p.yLabel)
			}
			boxes[i][j] = box
		}
	}
	align(boxes, rows)
	for i, row := range rows {
		for j, p := range row {
			p.draw(boxes[i][j])
		}
	}
}

// targetPanel is a panel of a leg: its title has the colour of the target.
func targetPanel(a *result.Analysis, l *result.Leg) panel {
	line := stroke(palette.Of(slices.Index(a.Targets(), l.Target)).Light, 4)
	return panel{title: l.Target, line: &line}
}

// sample draws a panel's line at the head of a box, and returns what is right of it.
func (p panel) sample(c, box draw.Canvas) draw.Canvas {
	if p.line == nil {
		return box
	}
	const long = 18 * pixel
	c.StrokeLine2(*p.line, box.Min.X, box.Max.Y-7*pixel, box.Min.X+long, box.Max.Y-7*pixel)
	return draw.Crop(box, long+6*pixel, 0, 0, 0)
}

// headline writes a line at the top of a box, shortened to its width, and returns
// the height it took.
func headline(c draw.Canvas, style text.Style, box draw.Canvas, s string) vg.Length {
	style.YAlign = draw.YTop
	const most = 200 // more than fit into any figure
	s = plain.Clip(label(s), most)
	for n := utf8.RuneCountInString(s); n > 8 && style.Width(s) > box.Max.X-box.Min.X; n-- {
		s = plain.Clip(s, n)
	}
	c.FillText(style, vg.Point{X: box.Min.X, Y: box.Max.Y}, s)
	return style.Font.Size * 1.65
}

// align crops the boxes so that the data areas within them line up.
func align(boxes [][]draw.Canvas, rows [][]panel) {
	for j := range rows[0] {
		var lefts, rights vg.Length
		for i := range rows {
			l, r, _ := margins(boxes[i][j], rows[i][j])
			lefts, rights = max(lefts, l), max(rights, r)
		}
		for i := range rows {
			l, r, _ := margins(boxes[i][j], rows[i][j])
			boxes[i][j] = draw.Crop(boxes[i][j], lefts-l, r-rights, 0, 0)
		}
	}
	for i, row := range rows {
		var bottoms vg.Length
		for j := range row {
			_, _, b := margins(boxes[i][j], row[j])
			bottoms = max(bottoms, b)
		}
		for j := range row {
			_, _, b := margins(boxes[i][j], row[j])
			boxes[i][j] = draw.Crop(boxes[i][j], 0, 0, bottoms-b, 0)
		}
	}
}

// margins are what a panel's axes take of its box.
func margins(box draw.Canvas, p panel) (left, right, bottom vg.Length) {
	if p.plot == nil {
		return 0, 0, 0
	}
	data := p.plot.DataCanvas(box)
	return data.Min.X - box.Min.X, box.Max.X - data.Max.X, data.Min.Y - box.Min.Y
}

func (p panel) draw(box draw.Canvas) {
	area := box
	if p.plot != nil {
		p.plot.Draw(box)
		area = p.plot.DataCanvas(box)
	}
	if p.message != "" {
		style := textStyle(11, soft)
		style.XAlign = draw.XCenter
		area.FillText(style, area.Center(), label(p.message))
	}
}
