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

// body is what the template fills in.
type body struct {
	*document
	Color   string // of the verdict, a class of the style sheet
	Charted bool   // there are charts of every second
	Figures []pageFigure
}

// numberedSection has a number for the ids of its page.
type numberedSection struct {
	section
	Number int
}

func numbered(i int, s section) numberedSection { return numberedSection{s, i} }

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
// them over each other; nil is a document that has none.
func writeHTML(w io.Writer, d *document, figures []figure.Figure, runs []*result.Analysis) error {
	if !slices.ContainsFunc(runs, hasSeconds) {
		runs = nil
	}
	t, err := template.New("body.html.tmpl").Funcs(template.FuncMap{"plain": plain.Line, "prose": func(s string) string { return glued(plain.Line(s)) }, "mark": mark, "numbered": numbered}).ParseFS(bodyTemplates, "*.tmpl")
	if err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	b := body{document: d, Color: string(toneOf(d.Verdict)), Charted: len(runs) > 0}
	for _, f := range figures {
		svg, err := inlineSVG(f)
		if err != nil {
			return fmt.Errorf("report as HTML: %s: %w", f.Name, err)
		}
		b.Figures = append(b.Figures, pageFigure{f.Title, f.Caption, f.Charted && len(runs) > 0, svg})
	}
	var text bytes.Buffer
	if err := t.Execute(&text, b); err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	title := plain.Line(d.Title)
	if d.Verdict != "" {
		title = plain.Line(d.Answers()) + ": " + title
	}
	p := page.Page{Title: title, Body: template.HTML(text.String())}
	if len(runs) > 0 {
		p.Charts = [][]*result.Analysis{runs}
	}
	return page.Write(w, p)
}

// hasSeconds reports that there is anything to draw over time: not in a summary by itself.
func hasSeconds(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Legs, func(l result.Leg) bool { return len(l.Series) > 0 })
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
