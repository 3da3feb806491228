package gate

import (
	"testing"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/runlog"
)

// One metric has one name and one unit in a gate's file, whoever asks for it: a
// threshold, which is written in percent, or a limit.
func TestOneMetricHasOneSpelling(t *testing.T) {
	one := 0.5
	for written, want := range map[string]result.Metric{
		"p95 < 500ms":            {Name: "p95_ms", Unit: "ms", Better: metric.Lower},
		"page.service.mean < 1s": {Name: "mean_ms", Unit: "ms", Better: metric.Lower},
		"error_rate < 1%":        {Name: "error_rate", Unit: "share", Better: metric.Lower},
		"rate > 100":             {Name: "rate_rps", Unit: "/s", Better: metric.Higher},
		"success_rps >= 100/s":   {Name: "success_rps", Unit: "/s", Better: metric.Higher},
		"lost == 0":              {Name: "lost", Unit: "rows", Better: metric.Lower},
		"extra == 0":             {Name: "extra", Unit: "rows", Better: metric.Lower},
		"hosts >= 3":             {Name: "hosts", Unit: "hosts", Better: metric.Higher},
		"max_deviation < 20%":    {Name: "max_deviation", Unit: "share", Better: metric.Lower},
		"dropped == 0":           {Name: "dropped", Unit: "requests", Better: metric.Lower},
	} {
		th, err := threshold.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		same := func(who string, m result.Metric) {
			if m.Name != want.Name || m.Unit != want.Unit || m.Better != want.Better {
				t.Errorf("%s by a %s: %s in %s, %s is better; want %s in %s, %s", written, who, m.Name, m.Unit, m.Better, want.Name, want.Unit, want.Better)
			}
		}
		same("threshold", thresholdCheck(result.Assessment{Threshold: written, Unit: th.Metric.Unit}).Metric)
		if !th.Metric.Kept {
			continue // no limit asks for it
		}
		same("limit", demands([]runlog.Limit{{Metric: th.Metric.Name, Max: &one}}, nil, []string{"page"}, nil)[0].metric())
	}
	if c := thresholdCheck(result.Assessment{Threshold: "error_rate < 1%", Unit: "share"}); c.Margin != 0.01 {
		t.Errorf("1%% is the margin %v", c.Margin)
	}
}
