package main

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/runlog"
)

// The trend finds that a service became slower with the seventh of twelve releases. It uses the
// baselines of one machine only, that of the newest.
func TestTrendNamesTheReleaseThatWasSlower(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "baselines")
	save := func(i int, cpu string, p95 float64) {
		a := &result.Analysis{Schema: result.SummarySchema, Name: "checkout", Verdict: result.Pass, Findings: []result.Finding{{Verdict: result.Pass, Code: result.CodeNoThreshold, Text: "it came to its end"}},
			Run: result.RunInfo{Started: time.Date(2026, 5, 1+i, 0, 0, 0, 0, time.UTC), Measure: "service time",
				Machine: runlog.Machine{OS: "linux", Arch: "amd64", CPU: cpu, CPUs: 2}},
			Legs: []result.Leg{{Target: "single", Round: 1, Complete: true, Sent: 500,
				Outcomes: runlog.Outcomes{Success: 500}, Service: result.Latency{N: 500, Quantiles: map[string]float64{"p95": p95}}}}}
		if _, err := (history.Store{Dir: dir}).Save(a, "v"+string(rune('a'+i)), false); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 12 {
		p95 := 40 + 0.3*float64(i%3)
		if i >= 6 {
			p95 *= 1.2
		}
		save(i, "abacus", p95)
		save(i, "slide rule", 400)
	}
	save(12, "abacus", 48.2)

	plot := filepath.Join(t.TempDir(), "p95.png")
	r := stress(t, nil, "trend", "checkout", "--dir", dir, "--format", "json", "--plot", plot)
	r.wantCode(t, exitPass)
	var trend result.Trend
	if err := json.Unmarshal([]byte(r.stdout), &trend); err != nil {
		t.Fatal(err)
	}
	if len(trend.Changes) != 1 || trend.Changes[0].Called != "vg" || trend.Changes[0].Verdict != result.Worse || len(trend.Runs) != 13 {
		t.Errorf("%+v", trend.Changes)
	}
	if all := strings.Join(trend.Warnings, "\n"); !strings.Contains(all, "other machines, see them with --machine: slide-rule-2-cpus-linux-amd64") {
		t.Errorf("the other machine is not named: %s", all)
	}
	f, err := os.Open(plot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
	r = stress(t, nil, "trend", "checkout", "--dir", dir, "--machine", "slide-rule-2-cpus-linux-amd64")
	r.wantCode(t, exitPass)
	if !strings.Contains(r.stdout, "shows no lasting change in 12 runs") {
		t.Error(r.stdout)
	}
}

// A mistake in the command line gives exit code 2 with every command. An unknown flag once gave a
// page of help and exit code 5.
func TestUsageIsExitCode2(t *testing.T) {
	for _, args := range [][]string{
		{"baseline", "list", "--no-such-flag"}, {"baseline", "prune", "--keep", "many"}, {"baseline", "show"},
		{"baseline", "frobnicate"}, {"baseline", "save", "nowhere"}, {"baseline", "list", "--dir", "nowhere"},
		{"trend", "page", "--metric", "p95"}, {"trend", "--no-such-flag"}, {"run", "cluster", "--no-such-flag"}, {"--no-such-flag"},
	} {
		if r := stress(t, nil, args...); r.code != exitUsage || r.stderr == "" || strings.Contains(r.stdout, "Incorrect Usage") {
			t.Errorf("%v: exit %d\n%s%s", args, r.code, r.stdout, r.stderr)
		}
	}
}
