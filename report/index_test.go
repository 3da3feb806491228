package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
)

// indexOf is an index of runs that end in every way, with a text of others wherever one
// stands.
func indexOf(text string) *result.Index {
	figures := func(rate, p95 float64) []result.KeyFigure {
		return []result.KeyFigure{
			{Metric: metric.Successes.Key, Unit: metric.Successes.Unit, Observed: result.Estimate{Value: rate, N: 900}},
			{Metric: metric.P95.Key, Unit: metric.P95.Unit, Observed: result.Estimate{Value: p95, N: 900}},
			{Metric: metric.ErrorRate.Key, Unit: metric.ErrorRate.Unit, Missing: "nothing ended"},
			{Metric: metric.Lost.Key, Unit: metric.Lost.Unit, Observed: result.Estimate{Value: 2, Lo: 0, Hi: 2, N: 900}},
		}
	}
	began := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	return &result.Index{Schema: result.IndexSchema, Dir: "results", LeftOut: 12, Runs: []result.IndexRun{
		{Path: "shop/b", Page: "shop/b/report.html", Name: "shop", Started: began.Add(48 * time.Hour), Verdict: result.Pass, Answer: &result.Answer{Verdict: result.Better, Words: "cluster better than single"},
			Key: []result.KeyFigures{{Target: "single", Figures: figures(140, 385)}, {Target: "cluster", Figures: figures(354, 204)}}},
		{Path: "shop/" + text, Page: "shop/" + text + "/report.html", Name: text, Label: text, Started: began, Verdict: result.Fail, Key: []result.KeyFigures{{Target: text}}},
		{Path: "torn", Unread: "torn: manifest: " + text},
	}}
}

// hrefs are the links of a page to others.
var hrefs = regexp.MustCompile(`href="([^#"][^"]*)"`)

func TestIndexGolden(t *testing.T) {
	for _, format := range []string{"text", "md", "json"} {
		var b bytes.Buffer
		if err := IndexFormats[format](&b, indexOf("a"), Options{}); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/index."+map[string]string{"text": "txt", "md": "md", "json": "json"}[format], b.Bytes())
	}
}

// Whatever the names of directories are, a link of a page leads to a path below, and adds
// nothing to the page.
func TestLinksStayPaths(t *testing.T) {
	relative := Options{Link: func(path string) string { return strings.TrimPrefix(path, "results/") }}
	for _, text := range append(untrusted(), `javascript:alert(1)`, `//evil/x`, `" onclick="x`, `a b?c#d`, "\n") {
		var b bytes.Buffer
		if err := IndexFormats["html"](&b, indexOf(text), relative); err != nil {
			t.Fatal(err)
		}
		sameMarkup(t, b.String())
		links := hrefs.FindAllStringSubmatch(b.String(), -1)
		if len(links) != 2 {
			t.Errorf("%q: the links are %q", text, links)
		}
		for _, l := range links {
			if !strings.HasPrefix(l[1], "./shop/") || strings.ContainsAny(l[1], `?#"'<>&; `) {
				t.Errorf("%q makes the link %q", text, l[1])
			}
		}
	}
}

// Without a way to them, nothing links to other pages: nobody knows where the page goes.
func TestNoLinksWithoutAWay(t *testing.T) {
	var b bytes.Buffer
	if err := IndexFormats["html"](&b, indexOf("a"), Options{}); err != nil {
		t.Fatal(err)
	}
	if links := hrefs.FindAllString(b.String(), -1); len(links) > 0 {
		t.Errorf("%q", links)
	}
}
