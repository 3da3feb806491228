package figure

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// Figure is a drawing of a run.
type Figure struct {
	Name    string // of the file, without extension: "times", "times-round-2"
	Title   string
	Caption string // what is drawn and how to read it, one or two sentences
	Charted bool   // the page has charts of the same
	// Draw writes the figure as "png" or "svg".
	Draw func(w io.Writer, format string) error
}

// Of are the figures that the analysis has data for: times, outcomes, hosts and generators
// once per round with the targets side by side, the rounds and the distribution once
// for all. A leg without answers has an empty drawing that says so. Those of a run of several
// loads have the load in their names and titles.
func Of(a *result.Analysis) []Figure {
	if len(a.Loads) == 0 {
		return ofLoad(a, "", "")
	}
	var all []Figure
	for _, part := range a.Loads {
		load := part.Run.Load.Name
		all = append(all, ofLoad(part, fileName(load)+"-", ", load "+load)...)
	}
	return all
}

// fileName is the name of a load as a part of a file's name, whatever made the analysis.
func fileName(load string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '-'
	}, load)
}

// ofLoad are the figures of a run of one load, with what their names begin and their titles end
// with.
func ofLoad(a *result.Analysis, prefix, under string) []Figure {
	if len(a.Legs) == 0 {
		return nil
	}
	a, left := drawable(a)
	last := a.LastRound()
	var plots []Figure
	plot := func(d drawing, name string) Figure {
		d.title += under
		return d.plot(prefix + name)
	}
	plots = append(plots, replicaFigures(a, plot)...)
	if last > 1 {
		plots = append(plots, plot(roundsFigure(a), "rounds"))
	}
	for round := 0; round <= min(last, result.DrawnRounds); round++ {
		legs := legsOf(a, round)
		if len(legs) == 0 {
			continue
		}
		suffix, of := "", ""
		if last > 1 {
			suffix, of = fmt.Sprintf("-round-%d", round), fmt.Sprintf(", round %d", round)
		}
		plots = append(plots,
			charted(plot(timesFigure(a, legs, of), "times"+suffix)),
			charted(plot(outcomesFigure(a, legs, of), "outcomes"+suffix)))
		if f, ok := hostsFigure(a, legs, of); ok {
			plots = append(plots, plot(f, "hosts"+suffix))
		}
		if f, ok := generatorsFigure(a, legs, of); ok {
			plots = append(plots, charted(plot(f, "generators"+suffix)))
		}
	}
	plots = append(plots, charted(plot(curveFigure(a), "distribution")))
	for i := range plots {
		plots[i].Caption += left
	}
	return plots
}

// charted marks a figure of which a page has charts.
func charted(f Figure) Figure {
	f.Charted = true
	return f
}

// mostTargets is how many targets have room side by side.
const mostTargets = 8

// drawable is the analysis with as many targets as figures have room for, the first ones,
// and a sentence about the rest.
func drawable(a *result.Analysis) (*result.Analysis, string) {
	targets := a.Targets()
	if len(targets) <= mostTargets {
		return a, ""
	}
	b := *a
	b.Legs = slices.DeleteFunc(slices.Clone(a.Legs), func(l result.Leg) bool { return !slices.Contains(targets[:mostTargets], l.Target) })
	return &b, fmt.Sprintf(" Of the %s targets the first %d are drawn.", words.TableCount(len(targets)), mostTargets)
}

// legsOf are the legs of a round: each target on the side that it has in every round,
// whatever turns they took.
func legsOf(a *result.Analysis, round int) []*result.Leg {
	var legs []*result.Leg
	for _, target := range a.Targets() {
		legs = append(legs, a.LegsOf(target, func(l *result.Leg) bool { return l.Round == round })...)
	}
	return legs
}

const (
	// pixel is a CSS pixel, 1/96 inch: the unit of an SVG and, at that resolution, of
	// a PNG.
	pixel        = vg.Inch / 96
	figureWidth  = 1000 * pixel
	figureHeight = 560 * pixel
	dpi          = 96
)

// drawing is a figure with its frame: title and legend stand above the body, so that
// neither covers data.
type drawing struct {
	title, subtitle string
	caption         string
	legend          []entry
	width, height   vg.Length // 0: the usual
	body            func(draw.Canvas)
}

func (d drawing) plot(name string) Figure {
	return Figure{Name: name, Title: d.title, Caption: d.caption, Draw: d.draw}
}

func (d drawing) draw(w io.Writer, format string) error {
	width, height := max(d.width, figureWidth), d.height
	if height == 0 {
		height = figureHeight
	}
	switch format {
	case "png":
		c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))}
		d.paint(draw.New(c))
		_, err := c.WriteTo(w)
		return err
	case "svg":
		c := vgsvg.New(width, height)
		d.paint(draw.New(c))
		var b bytes.Buffer
		if _, err := c.WriteTo(&b); err != nil {
			return err
		}
		_, err := w.Write(portable(b.Bytes()))
		return err
	}
	return fmt.Errorf("plots are png or svg, not %q", format)
}

// paint lays the frame and hands the rest to the body.
func (d drawing) paint(c draw.Canvas) {
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	margin := 12 * pixel
	c = draw.Crop(c, margin, -margin, margin, -margin)

	title := textStyle(13, ink)
	title.Font.Weight = bold
	c.Max.Y -= headline(c, title, c, d.title)
	if d.subtitle != "" {
		c.Max.Y -= headline(c, textStyle(9, soft), c, d.subtitle) + 3*pixel
	}
	c.Max.Y -= drawLegend(c, d.legend)
	c.Max.Y -= 8 * pixel
	d.body(c)
}
