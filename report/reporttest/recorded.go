package reporttest

import (
	"path/filepath"
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
//   - killed: the process was killed in the second leg
func Recorded(t testing.TB, dir string) map[string]*result.Analysis {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recorded runs in %s: %v", dir, err)
	}
	runs := map[string]*result.Analysis{}
	for _, path := range paths {
		run, err := runlog.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		a, err := analyze.Analyze(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		runs[filepath.Base(path)] = a
	}
	return runs
}
