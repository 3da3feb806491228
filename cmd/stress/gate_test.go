package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog"
)

// summaries are made-up runs that a gate reads, by the name of their directory.
type summaries struct{ dir string }

func (s summaries) path(name string) string { return filepath.Join(s.dir, name) }

// put stores a run of ten rounds whose p95 is around ms, as its summary alone.
func (s summaries) put(t *testing.T, name string, ms float64, change func(*result.Analysis)) {
	t.Helper()
	tenth, none := 0.1, 0.0
	a := &result.Analysis{
		Schema: result.SummarySchema, Name: "shop", Verdict: result.Pass, Headline: "made by hand", Findings: []result.Finding{{Verdict: result.Pass, Code: result.CodeNoThreshold, Text: "made by hand"}},
		Run: result.RunInfo{
			Started: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC), Machine: runlog.Machine{OS: "linux", Arch: "amd64", CPU: "abacus", CPUs: 2},
			Load:    runlog.Load{Type: "maintain-client-load", Words: "20 clients for 10s", Clients: 20, DurationS: 10},
			Success: "status 200", Measure: "service time",
			Gate: []runlog.Limit{{Metric: "p95", WorseBy: &tenth}, {Metric: "lost", Max: &none}},
		},
	}
	for round := 1; round <= 10; round++ {
		v := ms * (1 + 0.02*math.Sin(float64(7*round)))
		a.Legs = append(a.Legs, result.Leg{
			Target: "page", URL: "http://127.0.0.1:8080", Round: round, Planned: 2000, Sent: 2000, Completed: 2000, Complete: true, DurationS: 10,
			Outcomes:  runlog.Outcomes{Success: 2000},
			ErrorRate: result.Estimate{Hi: 0.0019, Confidence: 0.95, N: 2000},
			Service:   result.Latency{N: 2000, Mean: v / 2, StdDev: v / 4, Min: v / 10, Max: 3 * v, Quantiles: map[string]float64{"p50": v / 3, "p90": v * 0.8, "p95": v, "p99": v * 1.5, "p999": v * 2}},
			Reconcile: &result.Reconcile{Successes: 2000, Rows: 2000, Verdict: result.RowsReconciled},
		})
	}
	if change != nil {
		change(a)
	}
	b, err := json.Marshal(a)
	if err == nil {
		err = os.MkdirAll(s.path(name), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(s.path(name), result.SummaryFile), b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Every answer of a gate to a stored run has its exit code.
func TestGateExitCodes(t *testing.T) {
	s := summaries{t.TempDir()}
	s.put(t, "v1", 100, nil)
	s.put(t, "same", 101, nil)
	s.put(t, "slower", 130, nil)
	s.put(t, "near", 110, nil)
	s.put(t, "lost", 100, func(a *result.Analysis) { a.Legs[2].Reconcile.Lost = 1 })
	s.put(t, "one", 100, func(a *result.Analysis) { a.Legs = a.Legs[:1] })
	s.put(t, "empty", 100, func(a *result.Analysis) { a.Legs = nil })
	s.put(t, "partial", 100, func(a *result.Analysis) {
		a.Verdict, a.Run.Partial, a.Findings = result.Inconclusive, true, []result.Finding{{Verdict: result.Inconclusive, Code: result.CodePartialRun, Text: "interrupted"}}
	})
	s.put(t, "invalid", 100, func(a *result.Analysis) {
		a.Verdict, a.Headline = result.Invalid, "the generator was late"
		a.Findings = []result.Finding{{Verdict: result.Invalid, Code: result.CodeGeneratorLimited, Text: "late"}}
	})
	s.put(t, "unlimited", 100, func(a *result.Analysis) { a.Run.Gate = nil })
	s.put(t, "busier", 100, func(a *result.Analysis) { a.Run.Load.Words = "40 clients for 10s" })
	noise := filepath.Join(s.dir, "noise.json")
	write(t, noise, `{"schema": 1, "noise": [{"scenario": "shop", "machine": "abacus-2-cpus-linux-amd64", "measured": "2026-11-19T00:00:00Z", "rounds": 10,
		"floors": [{"target": "page", "metric": "p95", "figure": 100, "observed": 0.01, "detectable": 0.2}]}]}`)
	write(t, s.path("limits.yaml"), "load: {type: rate, rate: 10, duration: 1s}\nrequest: {path: /}\ntargets: [{name: page, url: \"http://127.0.0.1:9\"}]\ngate: {p95: {max: 1s}}\n")
	if err := os.MkdirAll(s.path("baselines"), 0o755); err != nil {
		t.Fatal(err)
	}

	for _, c := range []struct {
		args string // words in capitals are the made-up runs' paths
		want int
		says string
	}{
		{"SAME --baseline V1", exitPass, "Both checks hold over 10 rounds"},
		{"SAME --baseline V1/SUMMARY.JSON", exitPass, "v1/summary.json"},
		{"SLOWER --baseline V1", exitFail, "1.30 times"},
		{"SLOWER --baseline V1 --json", exitFail, `"verdict": "FAIL"`},
		{"NEAR --baseline V1", exitInconclusive, "10 % is not"},
		{"NEAR --baseline V1 --inconclusive exit", exitInconclusive, "INCONCLUSIVE"},
		{"NEAR --baseline V1 --inconclusive pass", exitPass, "INCONCLUSIVE"},
		{"NEAR --baseline V1 --inconclusive fail", exitFail, "INCONCLUSIVE"},
		{"SLOWER --baseline V1 --inconclusive pass", exitFail, "FAIL"},
		{"INVALID --baseline V1 --inconclusive pass", exitInvalid, "the generator was late"},
		{"LOST --baseline V1", exitFail, "lost at most 0 rows"},
		{"SAME", exitInconclusive, "or name a target of the scenario with compare.baseline"},
		{"SAME", exitInconclusive, "name a run with --baseline; `stress baseline save RUN` keeps one"},
		{"SAME --baseline ONE", exitInconclusive, "4 rounds on each side, here is 1"},
		{"ONE --baseline ONE", exitInconclusive, "4 rounds on each side, here is 1"},
		{"PARTIAL --baseline V1", exitInconclusive, "interrupted"},
		{"EMPTY --baseline V1", exitInconclusive, "nothing was checked"},
		{"SAME --baseline PARTIAL", exitInconclusive, "did not come to its end: measure it again"},
		{"SAME --baseline INVALID", exitInconclusive, "is INVALID: measure it again"},
		{"UNLIMITED --scenario LIMITS.YAML", exitPass, "p95 at most 1 s"},
		{"UNLIMITED --baseline V1", exitUsage, "no gate limits"},
		{"SAME --baseline BUSIER", exitUsage, "the load differs"},
		{"SAME --baseline NOWHERE", exitUsage, "there is no such run"},
		{"SAME --baseline BASELINES", exitUsage, "no baseline in"},
		{"SAME --baseline V1 --noise NOISE.JSON", exitUsage, "gate.p95.worse_by: 10 % is below this machine's noise of 20 % (A/A of 2026-11-19, 10 rounds)"},
		{"SAME --baseline V1 --noise NOWHERE.JSON", exitUsage, "`stress gate --aa` makes one"},
		{"SAME --baseline V1 --noise LIMITS.YAML", exitUsage, "no noise file"},
		{"NOWHERE", exitUsage, "there is no such run"},
		{"", exitUsage, "gate takes one run directory, or --run SCENARIO"},
		{"SAME V1", exitUsage, "gate takes one run directory, or --run SCENARIO"},
		{"SAME --run LIMITS.YAML", exitUsage, "is stored already"},
		{"--run LIMITS.YAML --aa LIMITS.YAML", exitUsage, "one at a time"},
		{"--aa LIMITS.YAML --baseline V1", exitUsage, "leave out --baseline"},
		{"SAME --rounds 3", exitUsage, "--rounds is for measuring: add --run SCENARIO"},
		{"SAME --most-rounds 40", exitUsage, "--most-rounds is for measuring"},
		{"SAME --inconclusive maybe", exitUsage, `"maybe" is none of exit, pass and fail`},
		{"SAME --format yaml", exitUsage, `"yaml" is none of`},
		{"SAME --write junit", exitUsage, "is not FORMAT=FILE"},
		{"SAME --github --json", exitUsage, "annotations after the text"},
		{"--run LIMITS.YAML --baseline NOWHERE", exitUsage, "there is no such run"},
		{"--run LIMITS.YAML --baseline BASELINES", exitUsage, "no baseline in"},
	} {
		args := []string{"gate"}
		for _, a := range strings.Fields(c.args) {
			if strings.ToUpper(a) == a && !strings.HasPrefix(a, "-") && !strings.ContainsAny(a[:1], "0123456789") {
				a = s.path(strings.ToLower(a))
			}
			args = append(args, a)
		}
		r := stress(t, nil, args...)
		if r.code != c.want || !strings.Contains(unfolded(r.stdout+r.stderr), c.says) {
			t.Errorf("gate %s: exit code %d, want %d and %q\n%s%s", c.args, r.code, c.want, c.says, r.stdout, r.stderr)
		}
	}
	var g result.Gate
	if b, err := os.ReadFile(filepath.Join(s.path("same"), report.GateFile)); err != nil || json.Unmarshal(b, &g) != nil || g.Name != "shop" {
		t.Errorf("%v: %s", err, b)
	}
}

// unfolded is text without the line breaks of a terminal.
func unfolded(s string) string { return strings.Join(strings.Fields(s), " ") }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// In one step of a CI: text, files, annotations and the step's summary, which other
// programs have written to before.
func TestGateShowsItself(t *testing.T) {
	s := summaries{t.TempDir()}
	s.put(t, "v1", 100, nil)
	s.put(t, "slower", 130, nil)
	step, junit, md := s.path("step.md"), s.path("junit.xml"), s.path("gate.md")
	write(t, step, "written before\n")
	r := stress(t, []string{"GITHUB_STEP_SUMMARY=" + step}, "gate", s.path("slower"), "--baseline", s.path("v1"),
		"--github", "--write", "junit="+junit, "--write", "md="+md)
	r.wantCode(t, exitFail)
	if !strings.HasPrefix(r.stdout, "FAIL") || !strings.Contains(r.stdout, "\n::error title=") {
		t.Errorf("%s", r.stdout)
	}
	for file, want := range map[string]string{step: "written before\n", junit: "<failure", md: "FAIL"} {
		b, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(b, []byte(want)) {
			t.Errorf("%s: %v\n%s", file, err, b)
		}
	}
	if b, _ := os.ReadFile(step); !bytes.Contains(b, []byte("FAIL")) {
		t.Errorf("the step's summary has no gate:\n%s", b)
	}
}

// What fails takes twice the rounds, what an A/A measurement shows is kept, and a tolerance
// below it is refused before anything is measured.
func TestGateMeasures(t *testing.T) {
	// The page is slow. If a busy machine delayed answers by more than they take, the
	// measurement would be INVALID.
	quick, _ := page(t, 40*time.Millisecond)
	slow, _ := page(t, 160*time.Millisecond)
	dir := t.TempDir()
	file, single := filepath.Join(dir, "pages.yaml"), filepath.Join(dir, "page.yaml")
	const load = "load: {type: maintain-client-load, clients: 10, duration: 300ms}\nrequest: {path: /}\nthresholds: [error_rate < 20%]\ngate: {p50: {worse_by: 100%}}\n"
	write(t, file, fmt.Sprintf("name: two pages\n%stargets:\n  - {name: quick, url: %q}\n  - {name: slow, url: %q}\n"+
		"compare: {baseline: quick, candidate: slow, rounds: 6}\n", load, quick, slow))
	write(t, single, fmt.Sprintf("name: one page\n%stargets: [{name: quick, url: %q}]\ncompare: {rounds: 4}\n", load, quick))
	noise := filepath.Join(dir, "kept", "noise.json")
	gate := func(out string, args ...string) ran {
		out = filepath.Join(dir, out)
		return undisturbed(t, func() ran {
			return stress(t, nil, append([]string{"gate", "--quiet", "--out", out}, args...)...)
		}, out, out+"-again")
	}

	r := gate("fail", "--run", file)
	r.wantCode(t, exitFail)
	if !strings.Contains(unfolded(r.stdout), "look 2 of at most 2") || exists(filepath.Join(dir, "fail-again")) || !exists(filepath.Join(dir, "fail", report.GateFile)) {
		t.Errorf("%s", r.stdout)
	}
	r = gate("once", "--run", file, "--most-rounds", "6")
	r.wantCode(t, exitFail)
	if strings.Contains(unfolded(r.stdout), "look 2") {
		t.Errorf("went on in spite of --most-rounds\n%s", r.stdout)
	}
	gate("pass", "--run", file, "--set", "compare.baseline=slow", "--set", "compare.candidate=quick").wantCode(t, exitPass)
	gate("few", "--run", file, "--rounds", "2").wantCode(t, exitInconclusive)

	aa := gate("aa", "--aa", file, "--noise", noise)
	if aa.code != exitPass && aa.code != exitFail {
		t.Fatalf("--aa: exit code %d\n%s%s", aa.code, aa.stdout, aa.stderr)
	}
	if !exists(noise) {
		t.Fatalf("no noise was kept:\n%s", aa.stdout)
	}
	r = gate("refused", "--run", file, "--noise", noise, "--set", "gate.p50.worse_by=0%")
	r.wantCode(t, exitUsage)
	if !strings.Contains(r.stderr, "gate.p50.worse_by: 0 % is below this machine's noise of") || exists(filepath.Join(dir, "refused")) {
		t.Errorf("%s", r.stderr)
	}
	// One target, without a baseline of its own: two runs, one after the other.
	alone := gate("alone", "--aa", single, "--noise", noise)
	if !exists(filepath.Join(dir, "alone-again", report.GateFile)) || exists(filepath.Join(dir, "alone", report.GateFile)) {
		t.Errorf("%s%s", alone.stdout, alone.stderr)
	}
	var kept result.Noises
	if b, err := os.ReadFile(noise); err != nil || json.Unmarshal(b, &kept) != nil || len(kept.Noise) != 2 || kept.Noise[0].Paired == kept.Noise[1].Paired {
		t.Errorf("%v\n%s", err, b)
	}
}
