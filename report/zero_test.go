package report

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// A rate of no request is 0, and its threshold is not met for it: no table and no file of a build server
// says that there is no data. Where nothing is known they do.
func TestARateOfNoRequestIsShown(t *testing.T) {
	none := result.Estimate{Confidence: result.OneSidedConfidence}
	for want, e := range map[string]result.Estimate{
		"0/s":     none,
		"no data": {},
	} {
		c := newComposer("a run", &result.Analysis{Thresholds: []result.Assessment{{Threshold: "rate{buy} > 15", Unit: metric.PerSecond, Observed: e}}})
		c.thresholds()
		row := c.Sections[0].Blocks[0].Table.Rows[0]
		if row[2].Text != want || row[4].Text != "0" {
			t.Errorf("%s and n = %s in the table, want %s", row[2].Text, row[4].Text, want)
		}
		k := &result.Check{Limit: "rate{buy} > 15", Verdict: result.Fail, Metric: result.Metric{Name: metric.Rate.Key, Unit: metric.PerSecond}}
		if e.Confidence == 0 {
			k.Verdict = result.Inconclusive
		}
		if held, candidate := checkRow(k)[3], checkRow(k)[2]; held.Text != want || candidate.Text != want {
			t.Errorf("%s and %s of a check, want %s", candidate.Text, held.Text, want)
		}
	}
	if got := observed(none, metric.PerSecond.Cell); !strings.HasPrefix(got, "observed 0/s") || !strings.HasSuffix(got, "n = 0") {
		t.Error(got)
	}
}
