package figure

import (
	"math"
	"slices"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/palette"
)

const (
	// runRunes is how much of a run's name stands below the axis and over a change.
	runRunes = 24
	// slant is the angle of names that do not fit side by side.
	slant = math.Pi / 5
	// headRow is the height of the words over a change, trendWidth about that of the
	// data.
	headRow    = 17 * pixel
	trendWidth = 880 * pixel
	// axisRoom is what the y axis takes at least.
	axisRoom = 24 * pixel
)

var (
	figureStroke = stroke(palette.Of(0).Light, 1.6)
	figureDot    = stroke(palette.Of(0).Light, 2.6)
	levelStroke  = stroke(ink, 1.4)
)

// changeStroke marks where a level ends; the words at its head say which way.
func changeStroke(verdict result.MetricVerdict) draw.LineStyle {
	if verdict == result.Worse {
		return stroke(red, 1.6, 6, 3)
	}
	return stroke(ink, 1.6, 2, 3)
}

// OfTrend draws the runs of a trend side by side with their intervals, the levels
// between its changes, and the changes with their sizes.
func OfTrend(t *result.Trend) Figure {
	p := newPanel("")
	s, unit := trendAxis(t)
	low, high := trendRange(t, s)
	ranged(&p.Y, low, high, 6)
	p.X.Min, p.X.Max = -0.6, float64(len(t.Runs))-0.4
	runNames(p, t)
	heads := changeHeads(t, p.X.Max-p.X.Min)
	// The words above the changes get space of their own above the data.
	if n := rowsOf(heads); n > 0 {
		p.Y.Max += (p.Y.Max - p.Y.Min) * 0.06 * float64(n+1)
	}
	p.Add(rules{}, changeMarks{t.Changes, heads}, levels(t, s), figures{t.Runs, s})
	dots, level, interval := figureDot, levelStroke, ""
	if slices.ContainsFunc(t.Runs, enclosed) {
		interval = ", with its 95 % interval"
	}
	d := drawing{
		title:    t.Name + ": " + t.Title,
		subtitle: words.Join(" · ", runCount(t), t.Machine),
		caption: "One point per run, oldest first, with its 95 % interval where there is one and an arrow where that goes on beyond the axis; the line is the mean of the runs between two " +
			"lasting changes. The axis need not begin at 0.",
		legend: []entry{{text: "a run" + interval, line: &dots, dots: true}, {text: "level", line: &level}},
		body: func(c draw.Canvas) {
			grid(c, []float64{1}, [][]panel{{{yLabel: trendLabel(t, unit), plot: p}}})
		},
	}
	return d.plot("trend")
}

func runCount(t *result.Trend) string {
	if len(t.Runs) == 1 {
		return "1 run"
	}
	return words.TableCount(len(t.Runs)) + " runs"
}

// trendLabel is the label of the value axis: the metric and its unit.
func trendLabel(t *result.Trend, unit string) string {
	name := metric.Of(t.Metric).Title
	if t.Measure != "" {
		name += " of the " + t.Measure
	}
	if t.Unit.Class() == metric.Counts {
		return name
	}
	return name + " (" + unit + ")"
}

// trendAxis is the factor from the trend's unit to that of the axis.
func trendAxis(t *result.Trend) (factor float64, unit string) {
	switch t.Unit.Class() {
	case metric.Times:
		var all []float64
		for _, r := range t.Runs {
			all = append(all, r.Figure.Value)
		}
		s := words.ScaleOf(all...)
		return s.Factor, s.Unit
	case metric.Shares:
		return 100, "%"
	}
	return 1, string(t.Unit)
}

// trendRange is the range of the value axis. It includes every figure and every interval,
// but cuts an interval that is many times as wide as the range of the figures: with it the
// figures would all lie on one line.
func trendRange(t *result.Trend, factor float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, r := range t.Runs {
		low, high = min(low, r.Figure.Value), max(high, r.Figure.Value)
	}
	middle, reach := (low+high)/2, max((high-low)*1.5, math.Abs(high)*0.25)
	floor, ceiling := middle-reach, middle+reach
	for _, r := range t.Runs {
		if r.Figure.Lo.Finite() {
			low = min(low, max(float64(r.Figure.Lo), floor))
		}
		if r.Figure.Hi.Finite() {
			high = max(high, min(float64(r.Figure.Hi), ceiling))
		}
	}
	return low * factor, high * factor
}

// levels are the means between changes.
func levels(t *result.Trend, factor float64) steps {
	s := steps{style: levelStroke}
	for i, r := range t.Runs {
		x, v := float64(i), r.Level*factor
		if n := len(s.values); n > 0 && s.values[n-1] == v {
			s.to[n-1] = x + 0.5
			continue
		}
		s.from, s.to, s.values = append(s.from, x-0.5), append(s.to, x+0.5), append(s.values, v)
	}
	return s
}

// enclosed reports that a run's figure has an interval to draw.
func enclosed(r result.TrendRun) bool {
	return r.Figure.Lo.Finite() && r.Figure.Hi.Finite() && r.Figure.Lo < r.Figure.Hi
}

// figures draws a point per run and its interval.
type figures struct {
	runs   []result.TrendRun
	factor float64
}

// Plot implements plot.Plotter. Of many runs the intervals are thin lines without ends.
func (f figures) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	half, line, mark := min(4*pixel, (trX(1)-trX(0))/4), figureStroke, figureDot
	if half < 1.5*pixel {
		line.Width, mark.Width = 0.8*pixel, 1.4*pixel
	}
	for i, r := range f.runs {
		x := trX(float64(i))
		if enclosed(r) {
			lo, hi := float64(r.Figure.Lo)*f.factor, float64(r.Figure.Hi)*f.factor
			y0, y1 := trY(max(lo, p.Y.Min)), trY(min(hi, p.Y.Max))
			c.StrokeLine2(line, x, y0, x, y1)
			intervalEnd(c, line, x, y0, half, -1, lo < p.Y.Min)
			intervalEnd(c, line, x, y1, half, 1, hi > p.Y.Max)
		}
		dot(c, mark, vg.Point{X: x, Y: trY(r.Figure.Value * f.factor)})
	}
}

// intervalEnd draws the end of an interval: a cap, or where the interval goes on beyond the
// axis an arrow, upwards where way is 1.
func intervalEnd(c draw.Canvas, s draw.LineStyle, x, y, half, way vg.Length, cut bool) {
	switch {
	case cut:
		head := max(half, 3*pixel)
		c.FillPolygon(s.Color, []vg.Point{{X: x, Y: y}, {X: x - head, Y: y - way*2*head}, {X: x + head, Y: y - way*2*head}})
	case half >= 1.5*pixel:
		c.StrokeLine2(s, x-half, y, x+half, y)
	}
}

// head is the text above a change.
type head struct {
	words string
	row   int  // from the top, 0 is the first
	right bool // the words end at the line
}

// changeHeads places the texts of changes so that none covers another: each gets the first
// row with enough space. spans is the width of the axis in runs.
func changeHeads(t *result.Trend, spans float64) []head {
	style, names := textStyle(9.5, ink), shortRuns(t)
	var heads []head
	var ends []float64 // of the words on each row, in runs
	for _, c := range t.Changes {
		h := head{words: label(c.Size + " (" + c.Verdict.Word() + ") with " + names[c.Run])}
		takes := float64((style.Width(h.words)+16*pixel)/trendWidth) * spans
		from := float64(c.Run) - 0.5
		if from+takes > float64(len(t.Runs))-0.4 {
			h.right, from = true, from-takes
		}
		for h.row < len(ends) && ends[h.row] > from {
			h.row++
		}
		if h.row == len(ends) {
			ends = append(ends, 0)
		}
		ends[h.row] = from + takes
		heads = append(heads, h)
	}
	return heads
}

func rowsOf(heads []head) int {
	n := 0
	for _, h := range heads {
		n = max(n, h.row+1)
	}
	return n
}

// changeMarks draws a line before the first run of each new level.
type changeMarks struct {
	changes []result.Change
	heads   []head
}

// Plot implements plot.Plotter. Words cover the lines that they cross.
func (m changeMarks) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	for _, change := range m.changes {
		x := trX(float64(change.Run) - 0.5)
		c.StrokeLine2(changeStroke(change.Verdict), x, c.Min.Y, x, c.Max.Y)
	}
	for i, change := range m.changes {
		h, style := m.heads[i], textStyle(9.5, ink)
		at := vg.Point{X: trX(float64(change.Run)-0.5) + 5*pixel, Y: c.Max.Y - (vg.Length(h.row)+0.6)*headRow}
		if h.right {
			at.X -= 10*pixel + style.Width(h.words)
		}
		fillRect(c, vg.Rectangle{
			Min: vg.Point{X: at.X - 2*pixel, Y: at.Y - headRow/2}, Max: vg.Point{X: at.X + style.Width(h.words) + 2*pixel, Y: at.Y + headRow/2},
		}, fillStyle{color: paper})
		c.FillText(style, at, h.words)
	}
}

// runNames writes the names of the runs below the axis: level where there is room,
// else at a slant, and of very many every second, third …
func runNames(p *plot.Plot, t *result.Trend) {
	const row = 34 * pixel
	style := &p.X.Tick.Label
	names, widest, each := shortRuns(t), vg.Length(0), 1
	for _, n := range names {
		widest = max(widest, style.Width(n))
	}
	if vg.Length(len(names))*(widest+12*pixel) > trendWidth {
		style.Rotation, style.XAlign, style.YAlign = slant, draw.XRight, draw.YTop
		each = int(math.Ceil(float64(vg.Length(len(names)) * row / trendWidth)))
	}
	marks := ticks{}
	for i, name := range names {
		if i%each == 0 {
			marks = append(marks, plot.Tick{Value: float64(i), Label: name})
		}
	}
	p.X.Tick.Marker = marks
	if style.Rotation != 0 {
		p.Add(slanted(marks))
	}
}

// shortRuns are the names of the runs. When they are too long, what all have in
// common at both ends goes first.
func shortRuns(t *result.Trend) []string {
	var names []string
	longest := 0
	for _, r := range t.Runs {
		names = append(names, label(r.Called))
		longest = max(longest, utf8.RuneCountInString(label(r.Called)))
	}
	prefix, suffix := "", ""
	if longest > runRunes && len(names) > 1 {
		prefix, suffix = commonEnds(names)
	}
	for i, n := range names {
		if rest := n[len(prefix) : len(n)-len(suffix)]; rest != "" && utf8.RuneCountInString(prefix) > 1 {
			n = "…" + rest + suffix
		}
		names[i] = plain.ClipMiddle(n, runRunes)
	}
	return names
}

// slanted are names at a slant, which reach beyond the left edge of the data. Below
// the other axis they have some room.
type slanted ticks

// Plot implements plot.Plotter: the axis draws them.
func (slanted) Plot(draw.Canvas, *plot.Plot) {}

// GlyphBoxes implements plot.GlyphBoxer: it keeps room on the left.
func (s slanted) GlyphBoxes(p *plot.Plot) []plot.GlyphBox {
	var boxes []plot.GlyphBox
	for _, t := range s {
		reach := p.X.Tick.Label.Width(t.Label)*vg.Length(math.Cos(p.X.Tick.Label.Rotation)) - axisRoom
		boxes = append(boxes, plot.GlyphBox{X: p.X.Norm(t.Value), Y: 0.5, Rectangle: vg.Rectangle{Min: vg.Point{X: -max(reach, 0)}}})
	}
	return boxes
}
