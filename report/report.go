// Package report writes what was found as documents. It computes nothing: every figure and
// every sentence comes from package analyze. This package chooses headings, units and the
// layout; package figure makes the drawings.
//
// Text, Markdown and HTML show the same document, built once, and one file of
// this package renders each. CSV, JSON, JUnit XML and Go's benchmark format are for programs.
//
// # Untrusted text
//
// Host names, bodies, reasons and addresses come from a target or a database. They
// lose control characters, escape sequences and bidirectional overrides in every
// form but JSON (which escapes them), and are escaped for the language they are
// put in: HTML, Markdown, a spreadsheet's formulas.
package report

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/report/figure"
)

// Options say how much to show and how. The zero value is the short report, without
// colour, 100 columns wide.
type Options struct {
	Color bool // ANSI colours; text only
	Width int  // columns of text; 0 is 100
	Full  bool // every round, leg and request of a pass
	// Link is the way to the page at a path from where this one is written, with slashes; ""
	// where there is none. Without it pages have no links to others.
	Link func(path string) string
}

// Format writes what was found in one form.
type Format[Found any] func(w io.Writer, found Found, o Options) error

// Formats are the forms of a run by the names that users type.
var Formats = map[string]Format[*result.Analysis]{
	"text":     runText,
	"md":       runMarkdown,
	"csv":      runCSV,
	"json":     writeJSON[*result.Analysis],
	"html":     runHTML,
	"junit":    runJUnit,
	"benchfmt": runBenchfmt,
}

// Files that others look for.
const (
	PageFile  = "report.html"
	junitFile = "junit.xml"
	GateFile  = "gate.json"
)

// WriteAll writes summary.json, report.md, report.html, report.csv, junit.xml and
// every plot as PNG and SVG into dir, which must exist. Each file appears whole or
// not at all; once ctx ends no further one is begun.
func WriteAll(ctx context.Context, dir string, a *result.Analysis) error {
	full := Options{Full: true}
	f := files{ctx, dir}
	for _, form := range []struct {
		name   string
		format Format[*result.Analysis]
	}{
		{result.SummaryFile, writeJSON[*result.Analysis]},
		{"report.md", runMarkdown},
		{PageFile, runHTML},
		{"report.csv", runCSV},
		{junitFile, runJUnit},
	} {
		if err := f.write(form.name, func(w io.Writer) error { return form.format(w, a, full) }); err != nil {
			return err
		}
	}
	return f.figures(figure.Of(a))
}

// files are those of a report in its directory.
type files struct {
	ctx context.Context
	dir string
}

func (f files) write(name string, to func(io.Writer) error) error {
	if err := f.ctx.Err(); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := to(&b); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return outfile.Replace(filepath.Join(f.dir, name), b.Bytes(), 0o644)
}

// figures writes each as PNG and SVG.
func (f files) figures(all []figure.Figure) error {
	for _, drawn := range all {
		for _, format := range []string{"png", "svg"} {
			if err := f.write(drawn.Name+"."+format, func(w io.Writer) error { return drawn.Draw(w, format) }); err != nil {
				return err
			}
		}
	}
	return nil
}
