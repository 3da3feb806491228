package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// A run directory and the summary it left are the same run to a comparison, within the
// run and against another.
func TestCompareReadsRunsAndSummaries(t *testing.T) {
	quick, _ := page(t, 2*time.Millisecond)
	slow, _ := page(t, 20*time.Millisecond)
	dir := t.TempDir()
	file := filepath.Join(dir, "pair.yaml")
	src := fmt.Sprintf("name: two pages\nload: {type: maintain-client-load, clients: 4, duration: 1s}\nrequest: {path: /}\n"+
		"targets:\n  - {name: slow, url: %q}\n  - {name: quick, url: %q}\ncompare: {baseline: slow, candidate: quick, rounds: 2}\n", slow, quick)
	if err := os.WriteFile(file, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	for _, out := range []string{first, second} {
		undisturbed(t, func() ran { return stress(t, nil, "run", file, "--out", out, "--quiet") }, out).wantCode(t, exitPass)
	}

	within := compareJSON(t, first)
	if len(within) != 1 || within[0].Candidate != "quick" || within[0].Metrics[0].Verdict != result.Better {
		t.Errorf("within the run: %+v", within)
	}
	back := compareJSON(t, first, "--baseline", "quick", "--candidate", "slow")
	if back[0].Candidate != "slow" || back[0].Metrics[0].Verdict != result.Worse {
		t.Errorf("the other way round: %+v", back)
	}

	summaries := []string{filepath.Join(first, "summary.json"), filepath.Join(second, "summary.json")}
	if fromFile := compareJSON(t, summaries[0]); !reflect.DeepEqual(fromFile, within) {
		t.Errorf("from the summary: %+v\nfrom the directory: %+v", fromFile, within)
	}
	dirs, files := compareJSON(t, first, second), compareJSON(t, summaries...)
	if len(dirs) != 2 || dirs[0].Target == dirs[1].Target {
		t.Fatalf("two targets shared: %+v", dirs)
	}
	for i := range dirs {
		files[i].Baseline, files[i].Candidate, files[i].Runs = dirs[i].Baseline, dirs[i].Candidate, dirs[i].Runs
	}
	if !reflect.DeepEqual(files, dirs) {
		t.Errorf("from summaries: %+v\nfrom directories: %+v", files, dirs)
	}
	if one := compareJSON(t, first, second, "--target", "quick"); len(one) != 1 || one[0].Target != "quick" || !strings.Contains(one[0].Metrics[0].Words, "it takes") {
		t.Errorf("one target, two rounds: %+v", one)
	}
}

// compare is what `stress compare --format json` answers. Open ends of intervals, which
// equal nothing, are left out.
func compareJSON(t *testing.T, args ...string) []*result.Comparison {
	t.Helper()
	r := stress(t, nil, append([]string{"compare", "--format", "json"}, args...)...)
	r.wantCode(t, exitPass)
	var out struct{ Comparisons []*result.Comparison }
	if err := json.Unmarshal([]byte(r.stdout), &out); err != nil {
		t.Fatalf("%v\n%s", err, r.stdout)
	}
	for _, c := range out.Comparisons {
		for i := range c.Metrics {
			m := &c.Metrics[i]
			for _, b := range []*result.Bound{&m.Ratio, &m.Lo, &m.Hi} {
				if !b.Finite() {
					*b = 0
				}
			}
		}
	}
	return out.Comparisons
}
