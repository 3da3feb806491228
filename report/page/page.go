// Package page is the frame of every HTML page that `stress` writes: one file that needs
// nothing else. It holds the style, the charts and the script that draws them, and the
// policy that lets a browser run nothing but that script and fetch nothing at all.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report/palette"
)

// uPlot draws the charts: version 1.6.32, MIT License, Copyright (c) 2022 Leon Sorokin, as
// it is in the npm package, https://github.com/leeoniya/uPlot.
var (
	//go:embed uPlot.iife.min.js
	uPlotScript string
	//go:embed uPlot.min.css
	uPlotStyle string
)

var (
	//go:embed series.js controls.js charts.js cursor.js distributions.js grow.js
	chartFiles embed.FS
	//go:embed tables.js
	tablesScript string
	//go:embed page.css
	style string
	//go:embed page.html.tmpl
	frame string
)

// Page is what stands in the frame.
type Page struct {
	Title string // of the window
	Body  template.HTML
	// Charts are what the elements of the body with the class "charts" show, in their order:
	// one run, or a baseline and its candidate over each other. Where there is no script they
	// stay empty.
	Charts [][]*result.Analysis
}

// StyleSheet is the style of every page, for those that are served and not written into one file.
func StyleSheet() string { return palette.StyleSheet() + style + uPlotStyle }

// chartScript draws the series of a page. It is one function of all files, so that they share their
// names with each other and with nobody else, and is called for each place of charts with its own series.
func chartScript() (string, error) {
	body, err := joined("series", "controls", "charts", "cursor", "distributions")
	return "document.querySelectorAll('script.series').forEach((source, n) => {\n'use strict';\nconst place = document.querySelectorAll('.charts')[n];\n" +
		body + "});\n", err
}

// LiveScript is the script of pages that are served and follow a run under way: it makes the function
// chartsOf(source, place), which draws the series that an element holds as JSON. What a second adds to
// them, as [Live.Second] says it, comes as an event of the element, of the type second.
func LiveScript() (string, error) {
	body, err := joined("series", "controls", "charts", "cursor", "distributions", "grow")
	return uPlotScript + "\nfunction chartsOf(source, place) {\n'use strict';\n" + body + "}\n", err
}

func joined(names ...string) (string, error) {
	script := ""
	for _, name := range names {
		text, err := chartFiles.ReadFile(name + ".js")
		if err != nil {
			return "", err
		}
		script += string(text)
	}
	return script, nil
}

// Write writes the page as HTML.
func Write(w io.Writer, p Page) error {
	t, err := template.New("page").Parse(frame)
	if err != nil {
		return fmt.Errorf("the frame of a page: %w", err)
	}
	f := struct {
		Page
		Styles  []template.CSS
		Scripts []template.JS
		Policy  string
		Series  []template.JS
	}{Page: p, Styles: []template.CSS{template.CSS(palette.StyleSheet()), template.CSS(style)}}
	for _, runs := range p.Charts {
		text, err := json.Marshal(seriesOf(runs)) // which escapes what could end the element
		if err != nil {
			return fmt.Errorf("the series of a page: %w", err)
		}
		f.Series = append(f.Series, template.JS(text))
	}
	if len(p.Charts) > 0 {
		charts, err := chartScript()
		if err != nil {
			return fmt.Errorf("the scripts of a page: %w", err)
		}
		f.Styles = append(f.Styles, template.CSS(uPlotStyle))
		f.Scripts = append(f.Scripts, template.JS(uPlotScript), template.JS(charts))
	}
	f.Scripts = append(f.Scripts, template.JS(tablesScript))
	f.Policy = policy(f.Styles, f.Scripts)
	return t.Execute(w, f)
}

// policy is the Content-Security-Policy of a page: its own styles and scripts by their
// hashes, images that stand in the page itself, and nothing else.
// https://www.w3.org/TR/CSP3/
func policy(styles []template.CSS, scripts []template.JS) string {
	p := "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src"
	for _, s := range styles {
		p += hash(string(s))
	}
	p += "; script-src"
	for _, s := range scripts {
		p += hash(string(s))
	}
	return p
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
