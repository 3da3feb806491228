//go:build unix

package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

const (
	judgedRun   = `{"schema": 2, "name": "shop", "verdict": "PASS", "key_figures": [{"target": "b", "figures": [{"metric": "p95_ms", "unit": "ms", "observed": {"value": 12, "lo": 10, "hi": null, "n": 9, "warnings": ["x"]}}]}], "answer": {"verdict": "better", "words": "b better than a"}, "findings": [{"verdict": "PASS", "code": "no_threshold"}], "run": {"started": "2026-01-03T10:00:00Z", "measure": "service time"}}`
	manifestOne = `{"schema": 1, "name": "shop", "started": "2026-01-02T10:00:00Z", "sealed": true, "legs": []}`
	manifestTwo = `{"schema": 1, "name": "till", "started": "2026-01-04T10:00:00Z", "legs": []}`
)

// resultsOf makes a directory of files by their paths.
func resultsOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// An index has every run, the newest first, and those that cannot be read as that.
func TestAnIndexHasEveryRun(t *testing.T) {
	dir := resultsOf(t, map[string]string{
		"shop/a/run.json": manifestOne, "shop/a/summary.json": judgedRun, "shop/a/report.html": "a page",
		"shop/b/run.json": manifestOne,
		"till/c/run.json": manifestTwo,
		"torn/run.json":   `{"sche`,
		"mixed/run.json":  manifestOne, "mixed/summary.json": `{"schema": 2, "verdict": "FINE"}`,
		"older/run.json": manifestOne, "older/summary.json": `{"schema": 1}`,
		"no/run/here": "",
	})
	if err := os.Mkdir(filepath.Join(dir, "pipe"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe", "run.json"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "shop", "a", "report.html"), filepath.Join(dir, "shop", "b", "report.html")); err != nil {
		t.Fatal(err)
	}
	x, err := List(t.Context(), dir, "report.html")
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	said := map[string]result.IndexRun{}
	for _, r := range x.Runs {
		order, said[r.Path] = append(order, r.Path), r
	}
	if want := []string{"till/c", "shop/a", "shop/b", "older", "mixed", "torn", "pipe"}; !slices.Equal(order, want) {
		t.Errorf("the order is %q, want %q", order, want)
	}
	if a := said["shop/a"]; a.Verdict != result.Pass || a.Page != "shop/a/report.html" || a.Unread != "" || a.Answer.Words != "b better than a" || len(a.Key) != 1 || a.Key[0].Figures[0].Observed.Value != 12 {
		t.Errorf("%+v", a)
	}
	for path, why := range map[string]string{
		"shop/b": "nobody has judged it yet", "till/c": "was killed", "torn": "manifest", "mixed": `verdict is "FINE"`, "older": "schema 1", "pipe": "named pipe",
	} {
		if r := said[path]; r.Verdict != "" || !strings.Contains(r.Unread, why) || r.Page != "" {
			t.Errorf("%s: %+v, want %q", path, r, why)
		}
	}
	if _, err := List(t.Context(), filepath.Join(dir, "no"), "report.html"); !errors.Is(err, runlog.ErrNoRun) {
		t.Errorf("of a directory without runs: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := List(over, dir, "report.html"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v", err)
	}
}

// However many runs there are, and however long their texts, an index keeps little of each.
func TestAnIndexIsBounded(t *testing.T) {
	x := &result.Index{Runs: make([]result.IndexRun, mostListed+3)}
	x.Runs[mostListed+2].Path = "the last path of all"
	if left := newestFirst(x); left != 3 || len(x.Runs) != mostListed || x.Runs[0].Path == "" {
		t.Errorf("%d left out, %d stay, the first is %q", left, len(x.Runs), x.Runs[0].Path)
	}
	long := strings.Replace(judgedRun, "shop", strings.Repeat("x", 60_000), 1)
	dir := resultsOf(t, map[string]string{"a/run.json": manifestOne, "a/summary.json": long})
	x, err := List(t.Context(), dir, "report.html")
	if err != nil || len(x.Runs[0].Name) > listedRunes+len("…") || x.Runs[0].Verdict == "" {
		t.Errorf("%v: %.300v", err, x)
	}
}

// Of many targets the last is there: of a comparison that is the candidate.
func TestAnIndexHasTheLastTarget(t *testing.T) {
	var all []result.KeyFigures
	for i := range listedTargets + 3 {
		all = append(all, result.KeyFigures{Target: string(rune('a' + i))})
	}
	for n := range len(all) + 1 {
		got := shortKeys(all[:n])
		if len(got) != min(n, listedTargets) || n > 0 && (got[0].Target != "a" || got[len(got)-1].Target != all[n-1].Target) {
			t.Errorf("of %d targets there are %v", n, got)
		}
	}
}
