package report

import (
	"bytes"
	"maps"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/report/reporttest"
)

// figureBody is what changes with the drawing library; the figures have tests of
// their own.
var figureBody = regexp.MustCompile(`(?s)(<svg role="img" aria-label="[^"]*") .*?</svg>`)

// pageParts are the scripts, the styles and their hashes, which have tests of their own.
var pageParts = regexp.MustCompile(`(?s)(<(?:script|style)[^>]*>).*?(</(?:script|style)>)|sha256-(?:[A-Za-z0-9/=]|&#43;)*`)

// recordedRuns lie here.
var recordedRuns = filepath.Join("testdata", "runs")

// madeGoldens are the analyses made by hand that have golden files, each with the reason why
// no recorded run can stand in for it.
var madeGoldens = map[string]string{
	"failing": "texts of a target that try to break the report",
	"tainted": "the same text wherever others can put one",
	"nothing": "a directory with nothing stored, of which no more is known than that",
	"long":    "hours of load on twenty hosts, too large a run to keep",
	"ten":     "more targets than the end of a run has room for",
	"fleet":   "agents that were lost, at their limit and deviate, as no run is at will",
}

// goldenRuns are what stands in golden files: recorded runs, and few that are made by hand.
func goldenRuns(t *testing.T) map[string]*result.Analysis {
	runs := reporttest.Recorded(t, recordedRuns)
	runs["stolen"] = reporttest.Stolen(t, recordedRuns)
	for name := range madeGoldens {
		runs[name] = reporttest.Runs()[name]
	}
	return runs
}

// everyRun is all that a form must hold for: recorded runs and those made by hand.
func everyRun(t *testing.T) map[string]*result.Analysis {
	runs := maps.Clone(reporttest.Runs())
	for name, a := range reporttest.Recorded(t, recordedRuns) {
		runs["recorded-"+name] = a
	}
	return runs
}

func TestGolden(t *testing.T) {
	forms := []struct {
		suffix, format string
		options        Options
	}{
		{".txt", "text", Options{Width: 80}},
		{".full.txt", "text", Options{Full: true}},
		{".color.txt", "text", Options{Color: true}},
		{".md", "md", Options{Full: true}},
		{".csv", "csv", Options{}},
		{".html", "html", Options{Full: true}},
		{".junit.xml", "junit", Options{}},
		{".bench", "benchfmt", Options{}},
	}
	only := map[string]string{".color.txt": "lost", ".html": "failing"}
	for name, a := range goldenRuns(t) {
		for _, f := range forms {
			if who := only[f.suffix]; who != "" && who != name {
				continue
			}
			t.Run(name+f.suffix, func(t *testing.T) {
				var b bytes.Buffer
				if err := Formats[f.format](&b, a, f.options); err != nil {
					t.Fatal(err)
				}
				got := figureBody.ReplaceAll(b.Bytes(), []byte("$1/>"))
				if f.format == "html" {
					got = pageParts.ReplaceAll(got, []byte("$1$2"))
				}
				golden.Check(t, "testdata/"+name+f.suffix, got)
			})
		}
	}
}
