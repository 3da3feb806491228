package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/figure"
)

//go:embed page.html.tmpl
var pageTemplate string

// page is what the template fills in.
type page struct {
	*document
	Color   string // of the verdict, a class of the style sheet
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
	SVG            template.HTML
}

// runHTML writes the report as one page that needs nothing else: style and figures are
// inside, no script, no address is fetched.
func runHTML(w io.Writer, a *result.Analysis, o Options) error {
	t, err := template.New("page").Funcs(template.FuncMap{"plain": plain.Line, "mark": mark, "numbered": numbered}).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	p := page{document: compose(a, o.Full), Color: string(toneOf(a.Verdict))}
	for _, f := range figure.Of(a) {
		svg, err := inlineSVG(f)
		if err != nil {
			return fmt.Errorf("report as HTML: %s: %w", f.Name, err)
		}
		p.Figures = append(p.Figures, pageFigure{f.Title, f.Caption, svg})
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
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
