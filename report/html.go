package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/figure"
	"github.com/stress-tool/stress/report/page"
)

//go:embed body.html.tmpl opening.html.tmpl
var bodyTemplates embed.FS

// body is what the template fills in: a document, or one of a load within it.
type body struct {
	*document
	Color   string   // of the verdict, a class of the style sheet
	Charts  []string // titles of the charts of every second, "" where they need none
	Figures []pageFigure
	Loads   []body
	Prefix  string // of the ids; "" for the page's own document
}

// Lead and Details are the sections before the figures and behind them.
func (b body) Lead() []placedSection    { lead, _ := b.parted(); return b.placed(lead, 0) }
func (b body) Details() []placedSection { return b.details(false) }

// Last are the sections that say how it was measured.
func (b body) Last() []placedSection { return b.details(true) }

func (b body) details(last bool) []placedSection {
	lead, details := b.parted()
	return slices.DeleteFunc(b.placed(details, len(lead)), func(s placedSection) bool { return s.Last != last })
}

// placed gives sections their ids and the level of their titles.
func (b body) placed(sections []section, from int) []placedSection {
	var out []placedSection
	for i, s := range sections {
		out = append(out, placedSection{s, b.Place(fmt.Sprintf("s%d", from+i), s.Title)})
	}
	return out
}

// Place is where a title stands.
func (b body) Place(id, title string) place { return place{b.Prefix + id, title, b.Prefix != ""} }

type place struct {
	ID, Heading string
	Within      bool // a load of several, whose own title is above it
}

type placedSection struct {
	section
	place
}

type pageFigure struct {
	Title, Caption string
	Still          bool // charts stand in its place where there is a script
	SVG            template.HTML
}

// runHTML writes the report as one page that needs nothing else: style, figures, charts
// and their script are inside, and no address is fetched.
func runHTML(w io.Writer, a *result.Analysis, o Options) error {
	return writeHTML(w, compose(a, o.Full), figure.Of(a), []*result.Analysis{a})
}

// writeHTML writes a document as a page with figures. The runs' seconds become charts, two of
// them over each other; nil is a document that has none. Each load of a document has its own
// figures and charts.
func writeHTML(w io.Writer, d *document, figures []figure.Figure, runs []*result.Analysis) error {
	x := &crossings{cited: map[string]bool{}}
	t, err := template.New("body.html.tmpl").Funcs(x.functions()).ParseFS(bodyTemplates, "*.tmpl")
	if err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	loads := chartsOf(runs)
	charts := loads
	if !slices.ContainsFunc(runs, hasSeconds) {
		charts = nil
	}
	b := body{document: d, Color: string(d.tone())}
	for i, load := range d.Loads {
		part := body{document: load, Color: string(toneOf(load.Verdict)), Prefix: fmt.Sprintf("load-%d-", i+1)}
		if len(charts) > 0 {
			part.Charts = []string{""}
		}
		if err := part.draw(figure.Of(loads[i][0])); err != nil {
			return err
		}
		b.Loads = append(b.Loads, part)
	}
	if len(d.Loads) == 0 {
		for _, set := range charts {
			title := ""
			if len(charts) > 1 {
				title = "Load " + set[0].Run.Load.Name
			}
			b.Charts = append(b.Charts, title)
		}
		if err := b.draw(figures); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	if err := t.Execute(&text, b); err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	title := plain.Line(d.Title)
	if d.Verdict != "" {
		title = plain.Line(d.Answers()) + ": " + title
	}
	return page.Write(w, page.Page{Title: title, Body: template.HTML(text.String()), Charts: charts})
}

// chartsOf are the runs of each set of charts: one of each load.
func chartsOf(runs []*result.Analysis) (sets [][]*result.Analysis) {
	switch len(runs) {
	case 1:
		for _, part := range runs[0].Parts() {
			sets = append(sets, []*result.Analysis{part})
		}
	case 2:
		for _, same := range result.SameLoads(runs[0], runs[1]) {
			sets = append(sets, same[:])
		}
	}
	return sets
}

// draw puts figures into the page.
func (b *body) draw(figures []figure.Figure) error {
	for _, f := range figures {
		svg, err := inlineSVG(f)
		if err != nil {
			return fmt.Errorf("report as HTML: %s: %w", f.Name, err)
		}
		b.Figures = append(b.Figures, pageFigure{f.Title, f.Caption, f.Charted && len(b.Charts) > 0, svg})
	}
	return nil
}

// hasSeconds reports that there is anything to draw over time: not in a summary by itself.
func hasSeconds(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Parts(), func(part *result.Analysis) bool {
		return slices.ContainsFunc(part.Legs, func(l result.Leg) bool { return len(l.Series) > 0 })
	})
}

// inlineSVG is a figure as an element of a page. Its label is for screen readers.
// The plot library escapes the text in it; package figure has taken out what XML forbids.
func inlineSVG(f figure.Figure) (template.HTML, error) {
	var b bytes.Buffer
	if err := f.Draw(&b, "svg"); err != nil {
		return "", err
	}
	_, svg, found := strings.Cut(b.String(), "<svg ")
	if !found {
		return "", fmt.Errorf("the figure is no SVG")
	}
	name := template.HTMLEscapeString(plain.Line(f.Title))
	return template.HTML(fmt.Sprintf("<svg role=\"img\" aria-label=\"%s\" %s", name, svg)), nil
}
