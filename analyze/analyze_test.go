package analyze

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/runlog"
)

func TestHealthyPair(t *testing.T) {
	a := analyzed(t, healthyPair())
	b, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/healthy.json", append(b, '\n'))
	if a.Verdict != result.Pass {
		t.Errorf("verdict %s: %v", a.Verdict, a.Findings)
	}
	for _, want := range []string{"2.9 times as many requests per second", "its p95 was 0.34 times that of single"} {
		if !strings.Contains(a.Headline, want) {
			t.Errorf("headline %q does not say %q", a.Headline, want)
		}
	}
	l := a.Legs[1]
	if n := len(l.Series); n != 10 || l.Series[9].T != 10 || l.Series[7].N != l.Series[7].Done || l.Series[7].P50 <= 0 {
		t.Errorf("series: %d points, the eighth %+v", n, l.Series[7])
	}
	last := l.Curve[len(l.Curve)-1]
	if last.MS != l.Service.Max || math.Abs(1/(1-last.Q)-5800) > 1e-6*5800 {
		t.Errorf("the curve of 5 800 ends at %+v", last)
	}
	if !slices.IsSortedFunc(l.Curve, func(a, b result.CurvePoint) int {
		if a.Q < b.Q && a.MS <= b.MS {
			return -1
		}
		return 1
	}) {
		t.Error("the curve falls somewhere")
	}
}

// The names in summary.json are a promise to scripts.
func TestSummaryNames(t *testing.T) {
	b, err := json.Marshal(analyzed(t, healthyPair()))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	times := []string{"mean", "min", "max", "p50", "p90", "p95", "p99", "p999"}
	want := map[string][]string{
		"":                     {"schema", "name", "verdict", "findings", "legs", "comparison"},
		"legs":                 {"target", "round", "planned", "sent", "completed", "dropped", "outcomes", "rate_rps", "duration_s", "bytes_sent", "bytes_received", "response_ms", "service_ms", "lag_ms", "hosts", "spread", "reconcile", "generator"},
		"legs/outcomes":        {"success", "http_4xx", "http_5xx", "unexpected", "timeout", "network"},
		"legs/response_ms":     times,
		"legs/service_ms":      times,
		"legs/lag_ms":          {"p50", "p99", "max"},
		"legs/hosts":           {"host", "rows", "share"},
		"legs/spread":          {"hosts", "chi2", "p", "max_deviation", "verdict"},
		"legs/reconcile":       {"successes", "unknown", "rows", "lost", "extra"},
		"legs/generator":       {"cpu", "lag_p99_ms", "limited"},
		"comparison":           {"baseline", "candidate", "metrics"},
		"comparison/metrics":   {"name", "baseline", "candidate", "ratio", "lo", "hi", "verdict"},
		"legs/response_ms/min": nil,
	}
	for path, names := range want {
		at := any(got)
		for _, step := range strings.Split(path, "/") {
			if step != "" {
				at = at.(map[string]any)[step]
			}
			if l, ok := at.([]any); ok {
				at = l[0]
			}
		}
		for _, name := range names {
			if _, ok := at.(map[string]any)[name]; !ok {
				t.Errorf("%s has no %s", path, name)
			}
		}
	}
}

func TestAnswersWithoutRows(t *testing.T) {
	s := healthyPair()
	s.legs = []synthLeg{{target: "cluster", seconds: 10, total: 21420, hosts: map[string]int64{"a": 3312, "b": 3311, "c": 3311}}}
	s.compare = false
	a := analyzed(t, s)
	r := a.Legs[0].Reconcile
	if r.Lost != 11486 || r.Extra != 0 || r.Verdict != result.RowsLost {
		t.Errorf("reconcile: %+v", r)
	}
	const words = "at least 11 486 of 21 420 rows that successful answers claimed are missing (54 %), or were deleted since or are still to come: 9 934 rows are there"
	if r.Words != words {
		t.Errorf("words: %q", r.Words)
	}
	if a.Verdict != result.Fail || a.Headline != "cluster: "+words+"." {
		t.Errorf("%s: %q, %v", a.Verdict, a.Headline, a.Findings)
	}
}

func TestTimeoutsAreUnknown(t *testing.T) {
	every := func(n int, c runlog.Class) func(int) runlog.Class {
		return func(i int) runlog.Class {
			if i%n == 0 {
				return c
			}
			return runlog.Success
		}
	}
	for _, c := range []struct {
		rows    int64
		class   runlog.Class
		verdict result.RowsVerdict
		words   string
	}{
		{900, runlog.Timeout, result.RowsWithinUnknown, "up to 100 of 900 rows that successful answers claimed may be missing: 900 rows are there, and any of 100 requests without a clear answer may have written"},
		{940, runlog.Timeout, result.RowsWithinUnknown, "up to 60 of 900 rows that successful answers claimed may be missing"},
		{1000, runlog.Network, result.RowsWithinUnknown, "1 000 rows are there, as many as 900 answers that claimed a write and 100 requests without a clear answer together"},
		{1001, runlog.Network, result.RowsExtra, "a proxy re-sent requests, or someone else writes; so how many answers lost their row is not known"},
		{901, runlog.Unexpected, result.RowsExtra, "among the 100 answers that failed some may have written all the same"},
		{899, runlog.Timeout, result.RowsLost, "at least 1 and at most 101 of 900 rows that successful answers claimed are missing (0.11 % to 11 %), or were deleted since or are still to come: 899 rows are there, of which up to 100 may be those of 100 requests without a clear answer"},
		{899, runlog.Unexpected, result.RowsLost, "at least 1 of 900 rows that successful answers claimed are missing (0.11 %), or were deleted since or are still to come: 899 rows are there"},
		{0, runlog.Timeout, result.RowsLost, "at least 900 of 900 rows that successful answers claimed are missing (100 %)"},
	} {
		s := synth{open: true, legs: []synthLeg{{target: "single", seconds: 6, total: 1000,
			outcome: every(10, c.class), hosts: map[string]int64{"a": c.rows}}}}
		r := analyzed(t, s).Legs[0].Reconcile
		if r.Verdict != c.verdict || !strings.Contains(r.Words, c.words) {
			t.Errorf("%d rows, %v: %+v", c.rows, c.class, r)
		}
	}
}

func TestLedgerGaps(t *testing.T) {
	leg := synthLeg{target: "single", seconds: 6, total: 100, hosts: map[string]int64{"a": 100}}
	for name, c := range map[string]struct {
		spoil func(*synth, *synthLeg)
		words string
	}{
		"database died": {func(_ *synth, l *synthLeg) { l.ledgerErr = "connection refused" }, "the rows after the leg could not be counted"},
		"rows deleted": {func(_ *synth, l *synthLeg) {
			l.before, l.hosts = map[string]int64{"a": 500}, map[string]int64{"a": -20}
		}, "deleted"},
		"killed":         {func(s *synth, l *synthLeg) { l.killed, s.unsealed = true, true }, "after the leg"},
		"no ledger kept": {func(s *synth, _ *synthLeg) { s.noLedger = true }, "no ledger"},
	} {
		l := leg
		s := synth{open: true, thresholds: []string{"lost == 0", "max_deviation < 5%"}}
		c.spoil(&s, &l)
		s.legs = []synthLeg{l}
		a := analyzed(t, s)
		if a.Verdict != result.Inconclusive {
			t.Errorf("%s: %s: %v", name, a.Verdict, a.Findings)
		}
		if got := a.Thresholds[0]; got.Verdict != result.Inconclusive || !strings.Contains(got.Words, c.words) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What the database said stands in one place, whatever it is the reason of.
func TestWhyRowsCouldNotBeCountedIsSaidOnce(t *testing.T) {
	a := analyzed(t, synth{open: true, thresholds: []string{"lost == 0", "extra == 0"}, legs: []synthLeg{
		{target: "single", seconds: 6, total: 100, hosts: map[string]int64{"a": 100}, ledgerErr: "rows after the leg are missing: connection refused"},
	}})
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Legs[0].Reconcile.Cause; got != "connection refused" || strings.Count(string(raw), "connection refused") != 1 {
		t.Errorf("cause %q, %d times in all", got, strings.Count(string(raw), "connection refused"))
	}
}

func TestKilledRun(t *testing.T) {
	s := healthyPair()
	s.unsealed, s.legs[1].killed = true, true
	s.legs[1].seconds = 7
	a := analyzed(t, s)
	if a.Verdict != result.Inconclusive || !a.Run.Partial {
		t.Errorf("%s, partial %v: %v", a.Verdict, a.Run.Partial, a.Findings)
	}
	l := a.Legs[1]
	if l.Complete || l.DurationS != 7 || l.Outcomes.Success != 7*580 || l.Service.N != 7*580 {
		t.Errorf("the killed leg: %+v", l)
	}
	if !slices.ContainsFunc(a.Warnings, func(w string) bool { return strings.Contains(w, "not of equals: cluster") }) {
		t.Errorf("warnings %q", a.Warnings)
	}
	// What is missing may have changed its times and rates, and nobody knows how.
	if c := a.Comparison; a.Answer.Verdict != result.CannotTell || c.Words != "cluster and single are not compared in times and rates: cluster did not come to its end." || c.Of(metric.P95).Ratio.Finite() || !c.Of(metric.ErrorRate).Hi.Finite() {
		t.Errorf("%q, %q", a.Answer.Words, c.Words)
	}
}

// A target that is slow every other five seconds: the same 3 000 requests
// say far less about p50 than as many independent ones would.
func TestWavesWidenTheInterval(t *testing.T) {
	widths := map[bool]float64{}
	for _, waves := range []bool{false, true} {
		n := 0
		leg := synthLeg{target: "single", seconds: 30, perSecond: 100, latency: func(rng *rand.Rand) time.Duration {
			ms := 10 + 10*rng.Float64()
			if n++; waves && n/500%2 == 0 {
				ms += 8
			}
			return time.Duration(ms * float64(time.Millisecond))
		}}
		p50 := analyzed(t, synth{open: true, noLedger: true, legs: []synthLeg{leg}}).Legs[0].Response.Intervals["p50"]
		widths[waves] = float64(p50.Hi - p50.Lo)
	}
	if widths[true] < 4*widths[false] {
		t.Errorf("p50's interval is %v ms wide with waves, %v without", widths[true], widths[false])
	}
}

func TestTornLine(t *testing.T) {
	s := healthyPair()
	s.unsealed, s.legs[1].killed = true, true
	run := s.build(t)
	path := run.Dir + "/" + run.Legs[1].Dir + "/" + runlog.TimelineFile
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b[:len(b)-20], 0o644); err != nil {
		t.Fatal(err)
	}
	if run, err = runlog.Open(run.Dir); err != nil {
		t.Fatal(err)
	}
	a, err := Analyze(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if l := a.Legs[1]; a.Verdict != result.Inconclusive || l.Service.N != l.Outcomes.Ended() || l.Service.N < 9*540 || l.Service.N >= 10*580 {
		t.Errorf("%s %v: %d times, %d ended", a.Verdict, a.Findings, l.Service.N, l.Outcomes.Ended())
	}
}

// fifty is the classroom's load, over half a minute to be quick: 50 clients.
func fifty(mean time.Duration) synth {
	leg := synthLeg{seconds: 30, total: 50, latency: around(mean)}
	single, cluster := leg, leg
	single.target, single.hosts = "single", map[string]int64{"a": 50}
	cluster.target, cluster.hosts = "cluster", map[string]int64{"b": 17, "c": 17, "d": 16}
	cluster.latency = around(20 * time.Millisecond)
	return synth{open: true, compare: true, replicas: map[string]int{"single": 1, "cluster": 3},
		thresholds: []string{"p95 < 500ms", "lost == 0"}, legs: []synthLeg{single, cluster}}
}

func TestFiftyRequests(t *testing.T) {
	a := analyzed(t, fifty(20*time.Millisecond))
	if a.Verdict != result.Inconclusive || a.Findings[0].Code != result.CodeTooFewRequests {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
	p95 := a.Legs[0].Response.Intervals["p95"]
	if p95.Hi.Finite() || !p95.Lo.Finite() || len(p95.Warnings) == 0 || !strings.Contains(p95.Warnings[0], "takes 72 independent requests") {
		t.Errorf("p95 of 50: %+v", p95)
	}
	if w := a.Thresholds[0].Words; !strings.Contains(w, "met in this run, but not shown for another: a bound of p95 takes 59 independent requests, here are 50") {
		t.Errorf("threshold: %q", w)
	}
	c := a.Comparison
	for of, words := range map[metric.Metric]string{
		metric.P50: "too few requests to tell: 50 and 50 could show only a factor of 1.",
		metric.P95: "an interval of p95 takes 72 independent requests on each side, here are 50 and 50",
	} {
		if m := c.Of(of); m.Verdict != result.CannotTell || !strings.Contains(m.Words, words) {
			t.Errorf("%s: %s, %q", of.Name, m.Verdict, m.Words)
		}
	}
	if m := c.Of(metric.Rate); m.Verdict != result.Same || !strings.Contains(m.Words, "set by the plan") || m.Lo.Finite() {
		t.Errorf("rate: %+v", m)
	}
	if m := c.Of(metric.ErrorRate); m.Verdict != result.CannotTell || !strings.Contains(m.Words, "difference of 7") {
		t.Errorf("error rate: %+v", m)
	}
	if m := c.Of(metric.Lost); m.Verdict != result.Same {
		t.Errorf("lost: %+v", m)
	}
	if !strings.Contains(c.Words, "no difference in median between cluster and single can be told") {
		t.Errorf("words: %q", c.Words)
	}
	s := a.Legs[1].Spread
	if s.Verdict != result.SpreadEven || math.Abs(s.Chi2-0.04) > 1e-12 || math.Abs(s.P-0.98) > 0.001 || !strings.Contains(s.Words, "within one row of each other; 50 requests could show only a deviation of 62 %") {
		t.Errorf("spread: %+v", s)
	}
	// Ten times as slow shows even at fifty.
	if m := analyzed(t, fifty(200*time.Millisecond)).Comparison.Of(metric.P50); m.Verdict != result.Better || float64(m.Hi) > 0.2 {
		t.Errorf("a factor of ten: %+v", m)
	}
}

func TestRoundsArePooled(t *testing.T) {
	s := healthyPair()
	s.noLedger, s.thresholds = true, []string{"p50 < 1s"}
	once := analyzed(t, s)
	second := slices.Clone(s.legs)
	for i := range second {
		second[i].round = 2
	}
	s.legs = append(s.legs, second...)
	twice := analyzed(t, s)
	if twice.Comparison.Rounds != 2 || len(twice.Legs) != 4 || len(twice.Thresholds) != 2 {
		t.Fatalf("%d rounds, %d legs, %d thresholds", twice.Comparison.Rounds, len(twice.Legs), len(twice.Thresholds))
	}
	a, b := once.Comparison.Of(metric.P50), twice.Comparison.Of(metric.P50)
	if b.BaselineN != 2*a.BaselineN || b.Hi-b.Lo >= a.Hi-a.Lo || b.Hi-b.Lo < (a.Hi-a.Lo)/3 {
		t.Errorf("one round %+v, two %+v", a, b)
	}
}

func TestSeveralRequests(t *testing.T) {
	s := synth{open: true, noLedger: true, requests: []string{"GET /a", "GET /b"}, legs: []synthLeg{{target: "single", seconds: 10, perSecond: 10,
		spoil: func(s *runlog.Second) {
			s.Requests = map[string]runlog.RequestCounts{"GET /a": {Outcomes: runlog.Outcomes{Success: 6}}, "GET /b": {Outcomes: runlog.Outcomes{Success: 4}}}
		}}}}
	r := analyzed(t, s).Legs[0].Requests
	if len(r) != 2 || r[0].Name != "GET /a" || r[0].Outcomes.Success != 60 || r[1].Outcomes.Success != 40 {
		t.Errorf("%+v", r)
	}
}

func TestAnalyzeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Analyze(ctx, healthyPair().build(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestUnknownTargetOfThreshold(t *testing.T) {
	s := healthyPair()
	s.thresholds = []string{"clutser.p95 < 500ms", "cluster.p95 < 500ms"}
	a := analyzed(t, s)
	if len(a.Thresholds) != 2 || a.Thresholds[0].Verdict != result.Inconclusive || a.Thresholds[1].Verdict != result.Pass || a.Verdict != result.Inconclusive {
		t.Errorf("%+v", a.Thresholds)
	}
	s.thresholds = []string{"p95 < soon"}
	if _, err := Analyze(t.Context(), s.build(t)); err == nil {
		t.Error("a threshold that cannot be read passed")
	}
}

func TestThresholdsOnEveryMetric(t *testing.T) {
	s := healthyPair()
	s.legs, s.compare, s.decide = s.legs[1:], false, runlog.DecideObserved
	verdicts := map[string]result.Verdict{
		"p99.9 < 1s": result.Pass, "service.p75 > 1ms": result.Pass, "mean < 1ms": result.Fail, "min >= 0ms": result.Pass, "max < 1ms": result.Fail,
		"error_rate <= 0%": result.Pass, "error_rate < 0%": result.Fail, "rate >= 580": result.Pass, "rate > 580": result.Fail, "success_rps == 580": result.Pass,
		"lost != 0": result.Fail, "extra == 0": result.Pass, "dropped == 0": result.Pass, "hosts == 3": result.Pass, "max_deviation <= 0.1%": result.Pass,
	}
	s.thresholds = slices.Collect(maps.Keys(verdicts))
	a := analyzed(t, s)
	if len(a.Thresholds) != len(verdicts) || a.Verdict != result.Fail {
		t.Errorf("%d judged of %d, %s", len(a.Thresholds), len(verdicts), a.Verdict)
	}
	for _, got := range a.Thresholds {
		if got.Verdict != verdicts[got.Threshold] {
			t.Errorf("%+v", got)
		}
	}
}
