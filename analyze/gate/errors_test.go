package gate

import (
	"math"
	"testing"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
	"pgregory.net/rapid"
)

// The effective sample of a leg is read back from its interval, and several legs are
// worth no more than together.
func TestPooledErrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Float64Range(1, 1e6).Draw(t, "n")
		k := rapid.Float64Range(0, 1).Draw(t, "share") * n
		iv := stats.Wilson(k, n, result.Confidence)
		e := result.Estimate{Value: iv.Value, Lo: result.Bound(iv.Lo), Hi: result.Bound(iv.Hi), N: 1e7}
		if got := compare.Independent(e); math.Abs(got-n) > 1e-6*n {
			t.Fatalf("%v of %v: worth %v", k, n, got)
		}
	})
	quiet, burst := &result.Leg{ErrorRate: errorsOf(0, 1000)}, &result.Leg{ErrorRate: errorsOf(500, 1000)}
	if e := compare.ErrorsOf([]*result.Leg{quiet}).Estimate(result.Confidence); e.Hi != quiet.ErrorRate.Hi || e.Value != 0 || e.N != 1000 {
		t.Errorf("one leg: %+v, alone %+v", e, quiet.ErrorRate)
	}
	if e := compare.ErrorsOf([]*result.Leg{quiet, quiet, quiet, quiet, quiet, burst}).Estimate(result.Confidence); e.Lo > 0.01 || e.N != 6000 {
		t.Errorf("errors of one round in six: %+v", e)
	}
	if e := compare.ErrorsOf(nil).Estimate(result.Confidence); e.N != 0 {
		t.Errorf("nothing: %+v", e)
	}
}

// The p of the error rate is that of the test behind its interval. Read off Newcombe's
// interval, which is not symmetric, 10 errors of 2 000 against none were no FAIL where 0.2
// points are allowed: the interval began above that, and p was 0.15 among three checks.
func TestErrorsByTheScoreTest(t *testing.T) {
	failed := func(k float64) *result.Analysis {
		return without(func(l *result.Leg) { l.ErrorRate = errorsOf(k/10, 200) })
	}
	limits := []runlog.Limit{{Metric: "error_rate", And: some(0.002)}, {Metric: "p95", WorseBy: some(0.02)}, {Metric: "mean", WorseBy: some(0.02)}}
	fails := 0
	for k := 4.; k <= 20; k++ {
		c := judged(t, failed(k), failed(0), limits...).Checks[0]
		if float64(c.Metric.Lo) <= c.Margin && c.Verdict == result.Fail {
			t.Errorf("%v of 2 000 fail, from %v", k, c.Metric.Lo)
		}
		if c.Verdict == result.Fail {
			fails++
		}
		if k == 10 && c.Verdict != result.Fail {
			t.Errorf("10 of 2 000 against none: %s: %s, p = %v", c.Verdict, c.Words, c.P)
		}
	}
	if fails == 0 || fails == 17 {
		t.Errorf("%d of 17 fail", fails)
	}
}
