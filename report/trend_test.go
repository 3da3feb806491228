package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/report/reporttest"
)

func TestTrendGolden(t *testing.T) {
	for name, trend := range reporttest.Trends(t) {
		for suffix, format := range map[string]string{".txt": "text", ".md": "md"} {
			if name == "trend-long" && format == "md" {
				continue
			}
			t.Run(name+suffix, func(t *testing.T) {
				var b bytes.Buffer
				if err := TrendFormats[format](&b, trend, Options{}); err != nil {
					t.Fatal(err)
				}
				golden.Check(t, "testdata/"+name+suffix, b.Bytes())
			})
		}
	}
}

func TestBaselinesGolden(t *testing.T) {
	entries := slices.Concat(
		reporttest.Past(8, func(i int) string { return fmt.Sprintf("v1.%d", i) }, 45, 46),
		reporttest.Past(1, func(int) string { return "" }, 50))
	entries[2].Machine = "laptop"
	entries[2].Run.Verdict = result.Fail
	var b bytes.Buffer
	if err := BaselinesFormats["text"](&b, Kept{"baselines", entries}, Options{}); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/baselines.txt", b.Bytes())
}

// The words of a trend of rows are of rows, even where none is lost.
func TestTrendOfNothingLost(t *testing.T) {
	var b bytes.Buffer
	if err := trendText(&b, reporttest.NothingLost(t), Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "shows no lasting change in 7 runs: 0 rows on average, from 0 rows to 0 rows.") {
		t.Error(b.String())
	}
}
