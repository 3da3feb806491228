package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/report/reporttest"
)

// studyForms are the forms that are kept of studies, by the ends of their files.
var studyForms = map[string]string{".txt": "text", ".md": "md", ".csv": "csv"}

func TestStudyGolden(t *testing.T) {
	for name, s := range reporttest.Studies(t) {
		for suffix, format := range studyForms {
			if name != "study" && suffix == ".csv" {
				continue
			}
			t.Run(name+suffix, func(t *testing.T) {
				var b bytes.Buffer
				if err := StudyFormats[format](&b, s, Options{Full: true}); err != nil {
					t.Fatal(err)
				}
				golden.Check(t, "testdata/"+name+suffix, b.Bytes())
			})
		}
	}
}

// The page of a study begins with its sentence, then come the options, the chart and what is left out; it runs
// no text of others, and its probes lead to their pages.
func TestStudyPage(t *testing.T) {
	link := Options{Full: true, Link: func(path string) string { return path }}
	for name, s := range reporttest.Studies(t) {
		var b bytes.Buffer
		if err := StudyFormats["html"](&b, s, link); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		if strings.Contains(page, "<script>alert(1)") {
			t.Errorf("%s: a text of others is run", name)
		}
		sameMarkup(t, page)
		if name != "study" {
			continue
		}
		last := 0
		for _, want := range []string{"With three containers your 340/s", "take this", "Demand against capacity", "What would change the answer most", "What this does not cover", "Probes of replicas-1", "./probes/001-replicas-1-alone/report.html", "decision.yaml:12"} {
			at := strings.Index(page, want)
			if at < last && want != "decision.yaml:12" || at < 0 {
				t.Errorf("%q stands at %d, behind %d", want, at, last)
			}
			last = at
		}
	}
}

// Every figure of the CSV has as many fields as its head, and no text is a formula.
func TestStudyCSV(t *testing.T) {
	for name, s := range reporttest.Studies(t) {
		var b bytes.Buffer
		if err := StudyFormats["csv"](&b, s, Options{}); err != nil {
			t.Fatal(err)
		}
		if _, err := csv.NewReader(bytes.NewReader(b.Bytes())).ReadAll(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		noControls(t, "csv", b.String())
		if strings.Contains(b.String(), "\n=") {
			t.Errorf("%s: a formula", name)
		}
	}
}
