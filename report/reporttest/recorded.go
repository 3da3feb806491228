package reporttest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Recorded judges the run directories in dir, by their names. They were recorded on the
// embedded lab in testdata/runs of package report:
//
//   - pair: single against cluster, closed load, with a ledger and thresholds
//   - rounds: the same in six rounds
//   - requests: an open load of three requests a pass, on one target
//   - lost: the lab dropped 5 % of its writes
//   - failures: the lab's database refused most connections
//   - overload: an open load that was too much for the generator, so it is INVALID
//   - loads: fifty requests, and then clients maintained, in one run
//   - killed: the process was killed in the second leg
//   - two-agents: clients divided between two agents, processes of one machine
//   - three-agents: an open load divided among three agents
//   - witness: the same, the last of them a witness
//   - agent-lost: the same, the last of them killed after three seconds
//   - agent-limited: the same, one of them with a twentieth of a processor
func Recorded(t testing.TB, dir string) map[string]*result.Analysis {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recorded runs in %s: %v", dir, err)
	}
	runs := map[string]*result.Analysis{}
	for _, path := range paths {
		runs[filepath.Base(path)] = judged(t, path)
	}
	return runs
}

// Stolen is the recorded pair as it would have been had a hypervisor given a part of the
// machine to others, so that it is INVALID.
func Stolen(t testing.TB, dir string) *result.Analysis {
	t.Helper()
	stolen := t.TempDir()
	if err := os.CopyFS(stolen, os.DirFS(filepath.Join(dir, "pair"))); err != nil {
		t.Fatal(err)
	}
	steal := regexp.MustCompile(`"steal":[^,}]+`)
	for leg, share := range map[string]string{"01-single": "0.13", "02-cluster": "0.14"} {
		path := filepath.Join(stolen, "legs", leg, "timeline.jsonl")
		seconds, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, steal.ReplaceAll(seconds, []byte(`"steal":`+share)), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return judged(t, stolen)
}

func judged(t testing.TB, path string) *result.Analysis {
	t.Helper()
	run, err := runlog.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := analyze.Analyze(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
