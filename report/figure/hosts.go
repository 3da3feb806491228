package figure

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

const (
	barHeight = 28 * pixel
	hostRunes = 30
	// mostMissing is how many hosts without a row are drawn, and mostHosts how many
	// with rows: more would not fit a page.
	mostMissing = 10
	mostHosts   = 100
)

// hostsFigure draws a bar per host; false when no leg knows its rows.
func hostsFigure(a *result.Analysis, legs []*result.Leg, of string) (drawing, bool) {
	var rows [][]panel
	var weights []float64
	top, bars, fairs, what := 0.0, 0, false, result.OfRows
	for _, l := range legs {
		for _, h := range l.Hosts {
			top = max(top, h.Share, h.ShareHi)
		}
	}
	for _, l := range legs {
		if l.Spread == nil && len(l.Hosts) == 0 {
			continue
		}
		what = divided(l)
		if l.Spread != nil {
			top = max(top, l.Spread.FairShare)
			fairs = fairs || l.Spread.FairShare > 0
		}
		list := hostBars(l)
		// A panel's title and axis need the room of about three bars.
		bars += max(len(list), 1) + 3
		weights = append(weights, float64(max(len(list), 1)+3))
		rows = append(rows, []panel{hostPanel(a, l, list, min(max(top, 0.05), 1))})
	}
	if len(rows) == 0 {
		return drawing{}, false
	}
	interval := stroke(ink, 1.4)
	d := drawing{
		title: words.Capital(what) + " per host" + of,
		caption: words.Capital(what) + " of each host, as a share of all " + what + " of the leg, with its 95 % interval. " +
			"The dashed line marks the share that each would have if all had the same.",
		legend: []entry{{text: "share of the " + what, fill: &fillStyle{color: grey}}, {text: "95 % interval", line: &interval}},
		height: vg.Length(bars)*barHeight + 80*pixel,
		body:   func(c draw.Canvas) { grid(c, weights, rows) },
	}
	if fairs {
		fair := fairStroke()
		d.legend = append(d.legend, entry{text: "fair share", line: &fair})
	}
	return d, true
}

// divided is what a leg's hosts are drawn by.
func divided(l *result.Leg) string {
	if l.Spread != nil && l.Spread.Of == result.OfAnswers {
		return result.OfAnswers
	}
	return result.OfRows
}

func fairStroke() draw.LineStyle { return stroke(ink, 1.8, 6, 3) }

// hostBar is a bar of the figure.
type hostBar struct {
	name  string
	words string
	host  result.Host
}

// hostBars lists the hosts of a leg, and after them those that kept silent.
func hostBars(l *result.Leg) []hostBar {
	var out []hostBar
	what := divided(l)
	for _, h := range l.Hosts[:min(len(l.Hosts), mostHosts)] {
		out = append(out, hostBar{plain.Name(h.Host), words.TableCount(h.Of(what)) + " " + what + ", " + words.Table.Percent(h.Share), h})
	}
	if l.Spread == nil {
		return out
	}
	silent := l.Spread.Silent
	if len(silent) > l.Spread.Missing {
		silent = nil // more than are missing: which of them were expected is not known
	}
	for i := range min(l.Spread.Missing, mostMissing) {
		name := "(an expected host)"
		if i < len(silent) {
			name = plain.Name(silent[i])
		}
		out = append(out, hostBar{name: name, words: "0 " + what})
	}
	return out
}

// shortNames fits the names of bars beside them. When they are too long, what all
// hosts that wrote have in common at both ends goes first.
func shortNames(list []hostBar) []string {
	var names, wrote []string
	longest := 0
	for _, b := range list {
		n := label(b.name)
		names = append(names, n)
		longest = max(longest, utf8.RuneCountInString(n))
		if b.host.Share > 0 {
			wrote = append(wrote, n)
		}
	}
	prefix, suffix := "", ""
	if longest > hostRunes && len(wrote) > 1 {
		prefix, suffix = commonEnds(wrote)
	}
	for i, n := range names {
		rest, ok := strings.CutPrefix(n, prefix)
		rest, ends := strings.CutSuffix(rest, suffix)
		if ok && ends && prefix+suffix != "" {
			n = plain.Clip(prefix, 12) + rest
			if suffix != "" {
				n += "…"
			}
		}
		names[i] = plain.ClipMiddle(n, hostRunes)
	}
	return names
}

// commonEnds are what all names begin and end with; the two never overlap.
func commonEnds(names []string) (prefix, suffix string) {
	shortest := slices.MinFunc(names, func(a, b string) int { return len(a) - len(b) })
	prefix = shortest
	for _, n := range names {
		for !strings.HasPrefix(n, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	suffix = shortest[len(prefix):]
	for _, n := range names {
		for !strings.HasSuffix(n, suffix) {
			suffix = suffix[1:]
		}
	}
	return strings.ToValidUTF8(prefix, ""), strings.ToValidUTF8(suffix, "")
}

func hostPanel(a *result.Analysis, l *result.Leg, list []hostBar, top float64) panel {
	p := newPanel("share of the " + divided(l) + " (%)")
	linear(&p.X, top*100, 8)
	p.X.Max = min(p.X.Max, max(100, top*100))
	p.Y.Min, p.Y.Max = -0.5, float64(max(len(list), 1))-0.5
	p.Y.Tick.LineStyle.Width = 0
	marks := ticks{}
	for i, name := range shortNames(list) {
		marks = append(marks, plot.Tick{Value: float64(len(list) - 1 - i), Label: name})
	}
	p.Y.Tick.Marker = marks
	out := targetPanel(a, l)
	out.plot = p
	if len(list) == 0 {
		out.message = "no " + divided(l) + " in this leg"
		return out
	}
	fair := 0.0
	if l.Spread != nil {
		fair = l.Spread.FairShare
	}
	p.Add(hostRows{list, fair, slices.Index(a.Targets(), l.Target)})
	return out
}

// hostRows draws the bars, top to bottom, their intervals and the fair share, and
// right of the data what each bar amounts to.
type hostRows struct {
	bars   []hostBar
	fair   float64
	target int // of the bars' colour
}

// Plot implements plot.Plotter.
func (h hostRows) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		x := trX(t.Value)
		c.StrokeLine2(stroke(rule, 1), x, c.Min.Y, x, c.Max.Y)
	}
	thick := min((trY(1)-trY(0))*0.62, 30*pixel)
	fill, outline := targetFill(h.target)
	for i, b := range h.bars {
		y := trY(float64(len(h.bars) - 1 - i))
		bar := vg.Rectangle{Min: vg.Point{X: trX(0), Y: y - thick/2}, Max: vg.Point{X: trX(b.host.Share * 100), Y: y + thick/2}}
		fillRect(c, bar, fill)
		c.SetLineStyle(outline)
		c.Stroke(bar.Path())
		style := textStyle(9, ink)
		c.FillText(style, vg.Point{X: c.Max.X + 8*pixel, Y: y + style.FontExtents().Descent}, label(b.words))
	}
	if h.fair > 0 {
		x := trX(h.fair * 100)
		c.StrokeLine2(fairStroke(), x, c.Min.Y, x, c.Max.Y)
	}
	for i, b := range h.bars {
		if b.host.ShareHi > b.host.ShareLo {
			whisker(c, trX(b.host.ShareLo*100), trX(min(b.host.ShareHi*100, p.X.Max)), trY(float64(len(h.bars)-1-i)), thick/4)
		}
	}
}

// whisker draws an interval with caps at both ends.
func whisker(c draw.Canvas, x0, x1, y, half vg.Length) {
	s := stroke(ink, 1.4)
	c.StrokeLine2(s, x0, y, x1, y)
	c.StrokeLine2(s, x0, y-half, x0, y+half)
	c.StrokeLine2(s, x1, y-half, x1, y+half)
}

// GlyphBoxes implements plot.GlyphBoxer: it keeps room for the words on the right.
func (h hostRows) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	var wide vg.Length
	for _, b := range h.bars {
		wide = max(wide, textStyle(9, ink).Width(label(b.words)))
	}
	return []plot.GlyphBox{{X: 1, Y: 0.5, Rectangle: vg.Rectangle{Max: vg.Point{X: wide + 10*pixel, Y: 1}}}}
}
