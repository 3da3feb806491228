package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Runs that begin in the same second are not in each other's way.
func TestRunsOfOneSecondHaveADirectoryEach(t *testing.T) {
	url, _ := page(t, 0)
	file, dir := scenario(t, url, "{type: rate, rate: 20, duration: 500ms}"), t.TempDir()
	results := make(chan ran)
	for range 4 {
		cmd, out := command(t, nil, "run", file, "-q")
		cmd.Dir = dir
		go func() { results <- wait(t, cmd.Run(), out) }()
	}
	for range 4 {
		if r := <-results; strings.Contains(r.stderr, "holds a run") {
			t.Errorf("exit code %d: %s", r.code, r.stderr)
		}
	}
	runs, err := filepath.Glob(filepath.Join(dir, "results", "one-page", "*", "summary.json"))
	if err != nil || len(runs) != 4 {
		t.Errorf("reports %q, want 4: %v", runs, err)
	}
}

// A run that this process could never perform is refused before anything is made.
func TestWhatNeedsTooManyFilesLeavesNoDirectory(t *testing.T) {
	url, hits := page(t, 0)
	dir := filepath.Join(t.TempDir(), "run")
	r := stress(t, nil, "run", scenario(t, url, "{type: maintain-client-load, clients: 5000000, duration: 1s}"), "--out", dir)
	r.wantCode(t, exitUnable)
	if r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "raise the limit with `ulimit -n") {
		t.Errorf("want one line that says what to do\nstdout: %s\nstderr: %s", r.stdout, r.stderr)
	}
	if _, err := os.Stat(dir); err == nil || hits.Load() > 0 {
		t.Errorf("a directory was made, or %d requests sent", hits.Load())
	}
}

// An A/A measurement in two runs needs both directories, and says so before it measures.
func TestTheNoiseAsksForBothOfItsDirectories(t *testing.T) {
	url, hits := page(t, 0)
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.MkdirAll(filepath.Join(dir+"-again", "legs"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := codeScenario(t, url, "request:", "gate: {p95: {max: 1s}}\nrequest:")
	r := stress(t, nil, "gate", "--aa", file, "--out", dir)
	r.wantCode(t, exitUsage)
	if !strings.Contains(r.stderr, "run-again: already holds a run") || hits.Load() > 0 {
		t.Errorf("%d requests were sent\n%s", hits.Load(), r.stderr)
	}
}
