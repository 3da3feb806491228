package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/report/reporttest"
	"github.com/stress-tool/stress/runlog"
)

// comparisonOfRounds is a comparison with every answer that rounds can give.
func comparisonOfRounds() *result.Comparison {
	metric := func(name string, base, cand float64, m result.Metric) result.Metric {
		m.Name, m.Unit, m.Better, m.Baseline, m.Candidate, m.BaselineN, m.CandidateN = name, "ms", "lower", base, cand, 40_000, 41_200
		m.Rounds = 10
		return m
	}
	same := result.Metric{Name: "error_rate", Unit: "share", Better: "lower", BaselineN: 4_000, CandidateN: 4_120, Difference: true, Lo: -0.001, Hi: 0.001, Verdict: "same", Answer: "same within a point", Words: "same within a point: 0 % against 0 %"}
	return &result.Comparison{
		RequestsWords:  "By request: worse in login (p95 1.31 times, 1.22 to 1.41), not told of logout, the same in browse.",
		RequestsMethod: "Each request of a pass is held against its own.",
		Requests: []result.RequestComparison{
			{Name: "login", Time: "p95_ms", TimeP: 0.012, ErrorsP: 1, Verdict: "worse", Answer: "worse", Words: "p95 1.31 times, 1.22 to 1.41; error rate the same within a point", Metrics: []result.Metric{
				metric("p95_ms", 100, 131, result.Metric{Ratio: 1.31, Lo: 1.22, Hi: 1.41, Verdict: "worse", Answer: "worse", Words: "worse: 1.31 times (1.22 to 1.41)"}), same,
				{Name: "share", Unit: "share", Difference: true, Baseline: 0.3, Candidate: 0.31, BaselineN: 40_000, CandidateN: 41_200, Ratio: 0.01, Lo: -0.01, Hi: 0.02, Verdict: "same", Answer: "set by the plan", Code: result.CodeSetByPlan, Words: "set by the plan"},
			}},
			{Name: "logout", TimeP: result.NoBound, ErrorsP: result.NoBound, Verdict: result.CannotTell, Answer: "cannot tell", Words: "single has no request that came to an end"},
			{Name: "browse", Time: "p95_ms", TimeP: 1, ErrorsP: 1, Verdict: "same", Answer: "same", Words: "p95 the same within 5 %; error rate the same within a point", Metrics: []result.Metric{
				metric("p95_ms", 80, 80.4, result.Metric{Ratio: 1.004, Lo: 0.99, Hi: 1.02, Verdict: "same", Answer: "same within 5 %", Words: "same within 5 %"}), same,
			}},
		},
		Baseline: "single", Candidate: "cluster", Rounds: 10,
		Words:  "cluster answered 2.8 times as many requests per second as single (2.6 to 3.0), and its p95 was 1.12 times that of single (1.08 to 1.16).",
		Method: "Times and rates: a figure per round, the 10 rounds as pairs",
		Metrics: []result.Metric{
			metric("p50_ms", 40.2, 40.4, result.Metric{Ratio: 1.004, Lo: 0.991, Hi: 1.02, Detectable: 1.021, Verdict: "same", Answer: "same within 5 %", Words: "same within 5 %: 1.004 times (0.991 to 1.02)"}),
			metric("p95_ms", 80.1, 89.9, result.Metric{Ratio: 1.12, Lo: 1.08, Hi: 1.16, Detectable: 1.05, Verdict: "worse", Answer: "worse", Words: "worse: 1.12 times (1.08 to 1.16)"}),
			metric("p99_ms", 210, 216, result.Metric{Ratio: 1.03, Lo: 0.96, Hi: 1.10, Detectable: 1.09, RoundsNeeded: 24, Verdict: result.CannotTell, Answer: "cannot tell", Code: result.CodeTooFewRounds, Why: "1.03 times, 0.96 to 1.10, from 10 rounds: it would take about 24", Words: "cannot tell: 1.03 times, 0.96 to 1.10, from 10 rounds: it would take about 24"}),
			{Name: "rate_rps", Unit: "/s", Better: "higher", Baseline: 410, Candidate: 1150, BaselineN: 40_000, CandidateN: 41_200, Ratio: 2.8, Lo: 2.6, Hi: 3, Rounds: 10, Verdict: "better", Answer: "better", Words: "better: 2.8 times (2.6 to 3.0)"},
			{Name: "error_rate", Unit: "share", Better: "lower", BaselineN: 40_000, CandidateN: 41_200, Difference: true, Lo: -0.0001, Hi: 0.0001, Verdict: "same", Answer: "same within a point", Words: "same within a point: 0 % against 0 %"},
			{Name: "lost", Unit: "rows", Better: "lower", Difference: true, Ratio: result.Bound(math.NaN()), Lo: result.Bound(math.NaN()), Hi: result.Bound(math.NaN()), Verdict: result.CannotTell, Answer: "cannot tell", Code: result.CodeLedgerUnknown, Why: "the ledger is not complete", Words: "the ledger is not complete"},
		},
	}
}

// comparisonsOfRuns are two targets of two runs.
func comparisonsOfRuns() []*result.Comparison {
	began := time.Date(2026, 11, 21, 17, 30, 0, 0, time.UTC)
	var out []*result.Comparison
	for _, target := range []string{"single", "cluster"} {
		c := comparisonOfRounds()
		c.Target, c.Baseline, c.Candidate = target, "results/cluster-sustained/2026-11-20T17-30-00Z", "results/cluster-sustained/2026-11-21T17-30-00Z"
		c.Words = target + ": the candidate's p95 was 1.12 times that of the baseline (1.08 to 1.16)."
		c.Runs = []result.Side{
			{Label: c.Baseline, Started: began.AddDate(0, 0, -1), Tool: runlog.Tool{Version: "0.1.0"}, Rounds: 10},
			{Label: c.Candidate, Started: began, Tool: runlog.Tool{Version: "0.2.0"}, Rounds: 12},
		}
		c.Warnings = []string{"the tool differs: 0.1.0 go1.26 against 0.2.0 go1.26", "the number of rounds differs: 10 against 12"}
		out = append(out, c)
	}
	return out
}

func TestComparisons(t *testing.T) {
	for name, cs := range map[string][]*result.Comparison{"compare-run": {comparisonOfRounds()}, "compare-runs": comparisonsOfRuns()} {
		for format, suffix := range map[string]string{"text": ".txt", "md": ".md", "json": ".json"} {
			var b bytes.Buffer
			if err := ComparisonFormats[format](&b, Compared{Comparisons: cs}, Options{}); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "testdata/"+name+suffix, b.Bytes())
		}
	}
}

// The report of a run shows its rounds as the comparison alone does.
func TestRoundsInTheReportOfARun(t *testing.T) {
	a := reporttest.Rounds()
	a.Comparison = comparisonOfRounds()
	for format, want := range map[string][]string{
		"text": {"same within 5 %", "10 rounds; would have shown a difference of 2.10 %", "10 rounds; about 24 would"},
		"md":   {"same within 5 %", "10 rounds; would have shown a difference of 2.10 %", "10 rounds; about 24 would"},
		"html": {"same within 5 %", "10 rounds; would have shown a difference of 2.10 %", "10 rounds; about 24 would"},
	} {
		var b bytes.Buffer
		if err := Formats[format](&b, a, Options{Width: 140, Full: true}); err != nil {
			t.Fatal(err)
		}
		shown := strings.ReplaceAll(b.String(), thin, " ")
		for _, w := range want {
			if !strings.Contains(shown, w) {
				t.Errorf("%s does not say %q", format, w)
			}
		}
	}
}

// Nothing from a target or a path can break the page.
func TestHostileComparison(t *testing.T) {
	cs := comparisonsOfRuns()
	for _, c := range cs {
		c.Target, c.Baseline, c.Candidate, c.Words, c.Method = reporttest.Hostile, reporttest.Hostile, reporttest.Hostile, reporttest.Hostile, reporttest.Hostile
		c.Warnings = []string{reporttest.Hostile}
		for i := range c.Runs {
			c.Runs[i].Label, c.Runs[i].Tool.Version = reporttest.Hostile, reporttest.Hostile
		}
		for i := range c.Metrics {
			c.Metrics[i].Words, c.Metrics[i].Why, c.Metrics[i].Answer = reporttest.Hostile, reporttest.Hostile, reporttest.Hostile
		}
	}
	for format, show := range ComparisonFormats {
		var b bytes.Buffer
		if err := show(&b, Compared{Comparisons: cs}, Options{}); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if format == "html" {
			out = inlined.ReplaceAllString(out, "") // the page's own script
		}
		for _, bad := range []string{"\x1b", "\x07", "\u202e", "\u009b", "<script>"} {
			if bad == "<script>" && format == "text" {
				continue // means nothing there
			}
			if strings.Contains(out, bad) && format != "json" {
				t.Errorf("%s: holds %q", format, bad)
			}
		}
		if format == "json" && !json.Valid(b.Bytes()) {
			t.Error("not JSON")
		}
	}
}

// Every warning is said once, however many targets were compared.
func TestComparisonsSayAWarningOnce(t *testing.T) {
	d := composeComparisons(Compared{Comparisons: comparisonsOfRuns()}, Options{})
	if s := d.Sections[0]; s.Title != "Warnings" || len(s.Blocks[0].List) != 2 || len(d.Claims) != 2 {
		t.Errorf("%+v, sentences %q", s, d.Claims)
	}
}

// Two runs stand side by side in the key figures: each with its interval and its n, the ratio
// with its own, and the verdict.
func TestTwoRunsStandSideBySide(t *testing.T) {
	runs := []*result.Analysis{reporttest.Closed(), reporttest.Closed()}
	for _, a := range runs {
		a.Key = analyze.KeyFigures(a)
	}
	c := comparisonOfRounds()
	c.Target, c.Runs = "cluster", comparisonsOfRuns()[0].Runs
	d := &document{}
	got := d.sideBySide(c, runs)
	if got == nil || len(got.Rows) != len(keyMetrics) {
		t.Fatalf("%+v", got)
	}
	for i, row := range got.Rows {
		for side, shown := range row[1:3] {
			if m := keyMetrics[i]; shown.Text == "" || m != metric.Outage && m != metric.Lost && (shown.Sub == "" || shown.N == "") {
				t.Errorf("%s, side %d: %+v", row[0].Text, side, shown)
			}
		}
	}
	if p95 := got.Rows[1]; p95[3].Text != "1.12" || p95[3].Sub != "1.08 – 1.16" || p95[4].Text != "worse" {
		t.Errorf("p95: %+v", p95)
	}
	if rate := got.Rows[0]; rate[4].Text != "not compared" {
		t.Errorf("a comparison without successes says %+v of them", rate)
	}
	if c.Target = "nowhere"; d.sideBySide(c, runs) != nil {
		t.Error("a target that no run has stands beside itself")
	}
}
