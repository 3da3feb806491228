package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/report/reporttest"
	"github.com/stress-tool/stress/runlog"
)

// otherPages are the pages that are not of one run, and one of a run with more of everything than
// a page has room for.
func otherPages(t *testing.T) map[string][]byte {
	t.Helper()
	pages := map[string][]byte{"crowded": pageOf(t, crowded())}
	keep := func(name string, write func(*strings.Builder) error) {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		pages[name] = []byte(b.String())
	}
	link := Options{Full: true, Link: func(path string) string { return path }}
	keep("trend", func(b *strings.Builder) error { return trendHTML(b, reporttest.Trends(t)["trend-twice"], link) })
	keep("index", func(b *strings.Builder) error { return IndexFormats["html"](b, indexOf(reporttest.Hostile), link) })
	keep("compared", func(b *strings.Builder) error {
		c := Compared{Comparisons: comparisonsOfRuns(), Runs: []*result.Analysis{reporttest.Closed(), reporttest.Closed()}}
		for _, a := range c.Runs {
			a.Key = analyze.KeyFigures(a)
		}
		for _, of := range c.Comparisons {
			of.Runs[0].Page, of.Runs[1].Page = "results/a/report.html", "results/b/report.html"
		}
		return ComparisonFormats["html"](b, c, link)
	})
	for name, s := range reporttest.Studies(t) {
		keep(name, func(b *strings.Builder) error { return StudyFormats["html"](b, s, link) })
	}
	keep("gate", func(b *strings.Builder) error {
		g := *reporttest.Gates()["fail"]
		g.Candidate.Page = "results/a/report.html"
		return gateHTML(b, &g, link)
	})
	return pages
}

// crowded has forty targets, one of them with 300 hosts and a failure of 10 kB for each.
func crowded() *result.Analysis {
	a := reporttest.Closed()
	one := a.Legs[0]
	a.Comparison, a.Legs = nil, nil
	for i := range 40 {
		l := one
		l.Target = fmt.Sprintf("target-%02d-%s", i, reporttest.Hostile)
		a.Legs = append(a.Legs, l)
	}
	l := &a.Legs[7]
	for i := range 300 {
		l.Hosts = append(l.Hosts, result.Host{Host: fmt.Sprintf("\u202e%03d\x00</script>%s", i, strings.Repeat("x", 200)), Rows: 1, Share: 1. / 300})
		l.Failures = append(l.Failures, runlog.Failure{At: 1, Request: "GET /", Class: runlog.HTTP5xx, Status: 502, Reason: "</script>\x00", Excerpt: strings.Repeat("A\x00<b>", 2500), Count: 1})
	}
	a.Key = analyze.KeyFigures(a)
	return a
}

// Every kind of page opens without a word, fits its window, has no barrier, and links what it is of.
func TestEveryKindOfPage(t *testing.T) {
	b := browser(t)
	script, err := browsertest.Axe("..")
	if err != nil {
		t.Logf("!!! LEFT OUT: no axe-core: %v: make readers", err)
	}
	links := map[string]string{"trend": "", "compared": "results/a/report.html", "gate": "results/a/report.html", "index": "shop/b/report.html", "study": "probes/001-replicas-1-alone/report.html"}
	for name, page := range otherPages(t) {
		for _, v := range []view{desktop, {390, 844, true}} {
			p := open(t, b, page, v)
			if wide := says[int](p, `document.documentElement.scrollWidth`); wide > int(v.width) {
				t.Errorf("%s at %d pixels is %d wide", name, v.width, wide)
			}
			if want := links[name]; want != "" && says[int](p, `document.querySelectorAll('a[href$="`+want+`"]').length`) == 0 {
				t.Errorf("%s has no link to %s", name, want)
			}
			if n := says[int](p, `document.querySelectorAll('b > b, body script:not([type]) ~ b').length`); n != 0 {
				t.Errorf("%s: a text became %d elements", name, n)
			}
			if script != "" && name != "crowded" { // axe takes minutes over so many cells
				for _, found := range violations(p, script) {
					if name == "study-tainted" && strings.HasPrefix(found, "landmark-unique") {
						continue // its targets all have the same name, which no search lets them have
					}
					t.Errorf("%s: %s", pictureName(name, v, "page"), found)
				}
			}
			p.picture(pictureName(name, v, "whole"), name != "crowded")
			p.quiet()
			p.close()
		}
	}
}
