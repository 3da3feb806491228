package gate

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// Two targets that are compared take turns with their twins in one run; the scenario of the
// caller keeps its own.
func TestTwinsWithinOneRun(t *testing.T) {
	m := &measurer{p95: []float64{100}}
	noise := filepath.Join(t.TempDir(), "kept", "noise.json")
	sc := shop("page", "page-twin")
	sc.Targets = append(sc.Targets, sc.Targets[0])
	sc.Targets[2].Name = "third"
	a, err := Twins(t.Context(), sc, Options{Measure: m.measure, Noise: noise})
	if err != nil || len(m.dirs) != 1 || a.Noise != noise || a.Dir != "results/first" {
		t.Fatalf("%+v, %v", a, err)
	}
	if got := names(m.ran[0].Targets); !slices.Equal(got, []string{"page", "page-twin-twin", "page-twin", "page-twin-twin-twin"}) {
		t.Errorf("measured %q", got)
	}
	if m.ran[0].Gate != nil || m.ran[0].Loads[0].Thresholds != nil || len(sc.Loads[0].Thresholds) != 1 || len(sc.Targets) != 3 || len(sc.Gate) != 1 || sc.Compare.Candidate != "page-twin" {
		t.Errorf("the caller's scenario became %+v", sc)
	}
	n := read(t, noise).Of("shop", history.Machine(run.Machine()), true)
	if n == nil || n.Rounds != 10 || len(n.Floors) == 0 {
		t.Errorf("kept %+v", n)
	}
	if _, err := Twins(t.Context(), sc, Options{Measure: m.measure, Noise: noise, Targets: []string{"page"}}); !errors.Is(err, ErrBothTargets) || len(m.dirs) != 1 {
		t.Errorf("one target of two: %v", err)
	}
}

// One target is measured in two runs, as a candidate and a kept baseline are. What was kept
// of others stays.
func TestTwinsOfTwoRuns(t *testing.T) {
	noise := filepath.Join(t.TempDir(), "noise.json")
	other := result.Noise{Scenario: "other", Machine: "abacus", Rounds: 4}
	if err := history.WriteNoises(noise, &result.Noises{Schema: result.NoiseSchema, Noise: []result.Noise{other}}); err != nil {
		t.Fatal(err)
	}
	m := &measurer{p95: []float64{100, 101}}
	a, err := Twins(t.Context(), shop("page"), Options{Measure: m.measure, Noise: noise})
	if err != nil || !slices.Equal(m.dirs, []string{"", "results/first-again"}) || a.Dir != "results/first-again" {
		t.Fatalf("%+v, %v, measured in %q", a, err, m.dirs)
	}
	kept := read(t, noise)
	if n := kept.Of("shop", history.Machine(run.Machine()), false); n == nil || len(kept.Noise) != 2 {
		t.Errorf("kept %+v", kept)
	}
	// The tolerance of a tenth is below what such rounds can tell: it is said at once.
	tight := 0.001
	sc := shop("page")
	sc.Gate = []runlog.Limit{{Metric: "p95", WorseBy: &tight}}
	if a, err = Twins(t.Context(), sc, Options{Measure: m.measure, Noise: noise}); err != nil ||
		!slices.ContainsFunc(a.Gate.Warnings, func(w string) bool { return strings.HasPrefix(w, "a gate of this scenario will be refused: ") }) {
		t.Errorf("%+v, %v", a, err)
	}
}

// Of a measurement that did not come to its end nothing is kept.
func TestTwinsThatEndEarly(t *testing.T) {
	drain := make(chan struct{})
	m := &measurer{p95: []float64{100}, begun: func() { close(drain) }}
	noise := filepath.Join(t.TempDir(), "noise.json")
	if a, err := Twins(t.Context(), shop("page"), Options{Measure: m.measure, Noise: noise, Drain: drain}); a != nil || err != ErrInterrupted || len(m.dirs) != 1 {
		t.Errorf("interrupted between the runs: %+v, %v", a, err)
	}
	full := errors.New("no space left on device")
	m = &measurer{p95: []float64{100}, err: full}
	if a, err := Twins(t.Context(), shop("page"), Options{Measure: m.measure, Noise: noise}); a != nil || err != full {
		t.Errorf("the first of two runs went wrong: %+v, %v", a, err)
	}
	m = &measurer{p95: []float64{100}, err: full}
	if a, err := Twins(t.Context(), shop("page", "next"), Options{Measure: m.measure, Noise: noise}); a == nil || err != full {
		t.Errorf("the run of both went wrong: %+v, %v", a, err)
	}
	if _, err := os.Stat(noise); err == nil {
		t.Error("noise was kept")
	}
}

func read(t *testing.T, file string) *result.Noises {
	t.Helper()
	n, err := history.ReadNoises(file)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
