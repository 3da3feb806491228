package run

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/history"
)

// The files in testdata/kept were written by earlier versions. A program that reads their
// schemas reads them for ever: a field that is renamed leaves one of these figures at 0. Run
// directories are kept in runlog/testdata.
func TestKeptFilesAreRead(t *testing.T) {
	kept := func(name string) string { return filepath.Join("testdata", "kept", name) }

	a, err := Stored(t.Context(), kept("summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Legs) != 2 || a.Verdict != result.Pass || a.Findings[0].Code != result.CodeThresholdsMet || len(a.Thresholds) != 6 {
		t.Errorf("the summary: %d legs, %s, %+v, %d thresholds", len(a.Legs), a.Verdict, a.Findings, len(a.Thresholds))
	}
	for _, l := range a.Legs {
		if l.Sent == 0 || l.Response.N == 0 || l.RateRPS == 0 || l.Spread.Hosts == 0 || l.Reconcile.Rows == 0 || len(l.Response.Intervals) == 0 {
			t.Errorf("the summary: something is missing of %s: %+v", l.Target, l)
		}
	}
	if c := a.Comparison; c.Baseline != "single" || len(c.Metrics) == 0 || c.Metrics[0].Ratio == 0 {
		t.Errorf("the summary's comparison: %+v", c)
	}

	b, err := history.Read(kept("baseline.json"))
	if err != nil {
		t.Fatal(err)
	}
	if b.Run.Label != "v1.0" || b.Machine != "example-cpu-2-60ghz-2-cpus-linux-amd64" || b.Run.LastRound() != 6 {
		t.Errorf("the baseline: %q on %s, %d rounds", b.Run.Label, b.Machine, b.Run.LastRound())
	}

	noises, err := history.ReadNoises(kept("noise.json"))
	if err != nil {
		t.Fatal(err)
	}
	if n := noises.Of("single container against the cluster", b.Machine, false); n == nil || n.Rounds == 0 || len(n.Floors) == 0 {
		t.Errorf("the noise: %+v", noises)
	}

	// No command reads gate.json: programs of others do.
	var g result.Gate
	text, err := os.ReadFile(kept("gate.json"))
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	if g.Schema != result.GateSchema || g.Verdict == "" || len(g.Findings) == 0 || len(g.Checks) == 0 || g.Checks[0].Metric.Candidate == 0 {
		t.Errorf("the gate: %+v", g)
	}
}
