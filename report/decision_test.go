package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/report/reporttest"
)

func TestDecisionGolden(t *testing.T) {
	for name, d := range reporttest.Decisions(t) {
		for suffix, format := range map[string]string{".txt": "text", ".md": "md"} {
			t.Run(name+suffix, func(t *testing.T) {
				var b bytes.Buffer
				if err := DecisionFormats[format](&b, d, Options{}); err != nil {
					t.Fatal(err)
				}
				golden.Check(t, "testdata/"+name+suffix, b.Bytes())
			})
		}
	}
}

// The page of a decision begins with its sentence, and runs no text of others.
func TestDecisionPage(t *testing.T) {
	d := reporttest.Decisions(t)
	var b bytes.Buffer
	if err := DecisionFormats["html"](&b, d["decision-tainted"], Options{}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if strings.Contains(page, "<script>alert(1)") {
		t.Error("a name of an option is run")
	}
	answer, options := strings.Index(page, "at the peak are carried with"), strings.Index(page, "peak uses")
	if answer < 0 || options < answer {
		t.Errorf("the answer stands at %d, the options at %d", answer, options)
	}
}
