package compare

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// Whatever its figures are, nothing is said of a run that is INVALID, nor of another one
// against it.
func TestAnInvalidSideIsNotCompared(t *testing.T) {
	p95s := func() map[string][]float64 {
		return map[string][]float64{"cluster": {50, 51, 52, 53, 54, 55}, "single": {100, 101, 102, 103, 104, 105}}
	}
	sound, invalid := madeRun(p95s()), madeRun(p95s())
	invalid.Verdict = result.Invalid
	for name, c := range map[string]struct {
		base, cand Pick
		words      string
	}{
		"one run":       {Pick{Run: invalid, Target: "single"}, Pick{Run: invalid, Target: "cluster"}, "cluster and single are not compared: the measurement is INVALID."},
		"the baseline":  {Pick{invalid, "single", "v1"}, Pick{sound, "single", "v2"}, "single: the candidate and the baseline are not compared: the measurement of the baseline is INVALID."},
		"the candidate": {Pick{sound, "single", "v1"}, Pick{invalid, "single", "v2"}, "single: the candidate and the baseline are not compared: the measurement of the candidate is INVALID."},
	} {
		got := compared(t, c.base, c.cand)
		if got.Words != c.words || got.Verdict != result.CannotTell || !strings.HasPrefix(got.Answer, "cannot tell") || got.Method != "" {
			t.Errorf("%s: %s, %q: %q", name, got.Verdict, got.Answer, got.Words)
		}
		for _, m := range got.Metrics {
			if m.Verdict != result.CannotTell || m.Code != result.CodeNotJudged || m.Ratio.Finite() || m.Lo.Finite() || m.Hi.Finite() || m.RoundsNeeded != 0 {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if p95 := got.Of(metric.P95); p95.Candidate == 0 || p95.Baseline == 0 {
			t.Errorf("%s: the figures themselves are gone: %+v", name, p95)
		}
	}
	if got := compared(t, Pick{Run: sound, Target: "single"}, Pick{Run: sound, Target: "cluster"}); got.Verdict != result.Better {
		t.Errorf("sound: %s", got.Verdict)
	}
}

// A leg that broke off tells how many of its requests failed, and not how fast it would have
// been.
func TestLegsThatBrokeOffAreComparedByCountsAlone(t *testing.T) {
	a := madeRun(map[string][]float64{"cluster": {50}, "single": {100}})
	broken := &a.Legs[0] // the cluster's
	broken.Stopped, broken.Outcomes.Success, broken.Outcomes.HTTP5xx = "error threshold", 1000, 3000
	broken.ErrorRate = result.Estimate{Value: 0.75, Lo: 0.73, Hi: 0.77, Confidence: result.Confidence, N: 4000}
	c := compared(t, Pick{Run: a, Target: "single"}, Pick{Run: a, Target: "cluster"})
	if c.Of(metric.ErrorRate).Verdict != result.Worse || c.Verdict != result.Worse {
		t.Errorf("%s by errors: %+v", c.Verdict, c.Of(metric.ErrorRate))
	}
	for _, of := range []metric.Metric{metric.P95, metric.Mean, metric.Rate} {
		if m := c.Of(of); m.Verdict != result.CannotTell || m.Code != result.CodePartialRun || m.Ratio.Finite() {
			t.Errorf("%+v", m)
		}
	}
	if c.Words != "cluster and single are not compared in times and rates: cluster did not come to its end: error threshold." {
		t.Error(c.Words)
	}
}
