package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

var (
	morning = time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)
	epyc    = runlog.Machine{OS: "linux", Arch: "amd64", CPU: "AMD EPYC 7763 64-Core Processor", CPUs: 4}
	xeon    = runlog.Machine{OS: "linux", Arch: "amd64", CPU: "Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz", CPUs: 4}
)

// judged is a run that may be a baseline.
func judged(name string, m runlog.Machine, started time.Time) *result.Analysis {
	return &result.Analysis{
		Schema: result.SummarySchema, Name: name, Verdict: result.Pass, Headline: "fine", Findings: []result.Finding{{Verdict: result.Pass, Code: result.CodeNoThreshold, Text: "it came to its end"}},
		Run:  result.RunInfo{Started: started, Machine: m, Measure: "service time"},
		Legs: []result.Leg{{Target: "single", Round: 1, Complete: true, Service: result.Latency{N: 100, Quantiles: map[string]float64{"p95": 12}}}},
	}
}

func mustSave(t *testing.T, s Store, a *result.Analysis, label string) string {
	t.Helper()
	path, err := s.Save(a, label, false)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMachine(t *testing.T) {
	for want, m := range map[string]runlog.Machine{
		"amd-epyc-7763-64-core-processor-4-cpus-linux-amd64":       epyc,
		"intel-xeon-platinum-8370c-cpu-2-80ghz-4-cpus-linux-amd64": xeon,
		"unknown-8-cpus-darwin-arm64":                              {OS: "darwin", Arch: "arm64", CPUs: 8},
		"unknown-0-cpus-unknown-unknown":                           {},
		"etc-passwd-2-cpus-linux-amd64":                            {OS: "../linux", Arch: "amd64", CPU: "../../etc/passwd", CPUs: 2},
	} {
		if got := Machine(m); got != want {
			t.Errorf("%+v is %q, want %q", m, got, want)
		}
	}
	other := epyc
	other.Kernel, other.MemoryMB = "6.12.1", 16000
	if Machine(other) != Machine(epyc) {
		t.Error("a new kernel makes a new machine")
	}
}

func TestASavedRunComesBack(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "not yet there")}
	a := judged("One page", epyc, morning)
	path := mustSave(t, s, a, "v1.3")
	want := filepath.Join(s.Dir, "one-page", "amd-epyc-7763-64-core-processor-4-cpus-linux-amd64", "2026-01-02T03-04-05Z-")
	if !strings.HasPrefix(path, want) {
		t.Errorf("saved as %s, not %s…", path, want)
	}
	if a.Label != "" {
		t.Error("saving labelled the caller's run")
	}
	e, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if e.Run.Label != "v1.3" || e.Run.Name != "One page" || e.Machine != Machine(epyc) || e.Run.Legs[0].Service.At(metric.P95) != 12 || !e.Run.Run.Started.Equal(morning) {
		t.Errorf("%+v", e.Run)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(e.Run); err != nil || !bytes.Equal(b.Bytes(), text) {
		t.Errorf("the file is not the summary: %v\n%s", err, text)
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	s := Store{t.TempDir()}
	a := judged("page", epyc, morning)
	path := mustSave(t, s, a, "v1")
	before, _ := os.ReadFile(path)
	if _, err := s.Save(a, "v2", true); !errors.Is(err, ErrKept) || !strings.Contains(err.Error(), path) {
		t.Errorf("saved again: %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file changed")
	}
	later := judged("page", epyc, morning.Add(time.Millisecond))
	if other := mustSave(t, s, later, ""); other == path {
		t.Error("two runs of one second have one file")
	}
}

func TestWhatIsNoBaseline(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*result.Analysis)
		force bool
		want  string
	}{
		{"invalid", func(a *result.Analysis) {
			a.Verdict, a.Findings = result.Invalid, []result.Finding{{Verdict: result.Invalid, Code: result.CodeGeneratorLimited, Text: "it was late"}}
		}, true, "INVALID: it was late"},
		{"partial", func(a *result.Analysis) { a.Run.Partial = true }, true, "partial"},
		{"empty", func(a *result.Analysis) { a.Legs = nil }, true, "nothing was measured"},
		{"no answers", func(a *result.Analysis) { a.Legs[0].Service.N = 0 }, true, "single had no answer in round 1"},
		{"failed", func(a *result.Analysis) {
			a.Verdict, a.Findings = result.Fail, []result.Finding{{Verdict: result.Fail, Code: result.CodeThresholdNotMet, Text: "p95 was 3 s"}}
		}, false, "p95 was 3 s"},
		{"no start", func(a *result.Analysis) { a.Run.Started = time.Time{} }, true, "when it began"},
		{"two lines", func(a *result.Analysis) { a.Label = "v1\nv2" }, true, "one line"},
		{"a message", func(a *result.Analysis) { a.Label = strings.Repeat("v", 61) }, true, "60 characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Store{filepath.Join(t.TempDir(), "b")}
			a := judged("page", epyc, morning)
			c.spoil(a)
			_, err := s.Save(a, "", c.force)
			var refused *RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if _, err := os.Stat(s.Dir); !errors.Is(err, fs.ErrNotExist) {
				t.Error("something was created")
			}
		})
	}
	a := judged("page", epyc, morning)
	a.Verdict = result.Fail
	if _, err := (Store{t.TempDir()}).Save(a, "", true); err != nil {
		t.Errorf("forced: %v", err)
	}
}

func TestAFileThatHoldsNoRunIsNamedAndStays(t *testing.T) {
	s := Store{t.TempDir()}
	path := mustSave(t, s, judged("page", epyc, morning), "")
	bad := filepath.Join(filepath.Dir(path), "half.json")
	for text, what := range map[string]string{"{": "cut short", `{"schema": 2}`: "no run", "": "empty"} {
		if err := os.WriteFile(bad, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		entries, broken, err := s.List()
		if err != nil || len(entries) != 1 || len(broken) != 1 || broken[0].Path != bad {
			t.Errorf("%s: %d entries, %v, %v", what, len(entries), broken, err)
		}
		// It might be newer than what is there.
		_, _, err = Latest(s.Dir, judged("page", epyc, morning.Add(time.Hour)))
		var b *BrokenError
		if !errors.As(err, &b) || b.Path != bad {
			t.Errorf("%s: the latest: %v", what, err)
		}
		if _, err := os.Stat(bad); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := Latest(s.Dir, judged("other", epyc, morning)); !errors.Is(err, ErrNone) {
		t.Errorf("another scenario's file is in the way: %v", err)
	}
}

func TestLatest(t *testing.T) {
	s := Store{t.TempDir()}
	for i, label := range []string{"v1", "v2", "v3"} {
		mustSave(t, s, judged("page", epyc, morning.Add(time.Duration(i)*time.Hour)), label)
	}
	mustSave(t, s, judged("page", xeon, morning.Add(5*time.Hour)), "x")
	// The same place in the directory, another scenario.
	mustSave(t, s, judged("PAGE!", epyc, morning.Add(6*time.Hour)), "other")

	for after, want := range map[time.Duration]string{30 * time.Minute: "v1", time.Hour: "v1", 90 * time.Minute: "v2", 24 * time.Hour: "v3"} {
		a, path, err := Latest(s.Dir, judged("page", epyc, morning.Add(after)))
		if err != nil || a.Label != want {
			t.Errorf("after %v: %v, %v, want %s", after, a, err, want)
		} else if e, err := Read(path); err != nil || e.Run.Label != want {
			t.Errorf("after %v the path is %s", after, path)
		}
	}
	_, _, err := Latest(s.Dir, judged("page", epyc, morning))
	if !errors.Is(err, ErrNone) {
		t.Fatal(err)
	}
	for _, w := range []string{`"page" on amd-epyc-7763-64-core-processor-4-cpus-linux-amd64 (3)`, `"page" on intel`, `"PAGE!" on`, "2026-01-02T03:04:05Z"} {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is not in: %v", w, err)
		}
	}
	if _, _, err := Latest(filepath.Join(s.Dir, "nowhere"), judged("page", epyc, morning)); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	s := Store{t.TempDir()}
	first := mustSave(t, s, judged("page", epyc, morning), "v1")
	mustSave(t, s, judged("page", epyc, morning.Add(time.Hour)), "twice")
	mustSave(t, s, judged("page", xeon, morning.Add(2*time.Hour)), "twice")
	entries, _, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	name := entries[0].Name
	for _, what := range []string{"v1", name, name[len(name)-8:], first, filepath.Join(filepath.Dir(first), ".", filepath.Base(first))} {
		if e, err := Find(entries, what); err != nil || e.Path != first {
			t.Errorf("%q: %v, %v", what, e.Path, err)
		}
	}
	if _, err := Find(entries, "twice"); !errors.Is(err, ErrMany) || !strings.Contains(err.Error(), entries[1].Name) {
		t.Error(err)
	}
	for _, what := range []string{"v2", ""} {
		if e, err := Find(entries, what); !errors.Is(err, ErrNone) {
			t.Errorf("%q: %v, %v", what, e, err)
		}
	}
}

func TestOfScenarioAndMachine(t *testing.T) {
	s := Store{t.TempDir()}
	mustSave(t, s, judged("One page", epyc, morning), "")
	mustSave(t, s, judged("One page", xeon, morning.Add(time.Hour)), "")
	mustSave(t, s, judged("two", epyc, morning), "")
	entries, _, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"One page", "one-page"} {
		if got, err := OfScenario(entries, name); err != nil || len(got) != 2 {
			t.Errorf("%q: %d, %v", name, len(got), err)
		}
	}
	if _, err := OfScenario(entries, "three"); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), `"two" on amd`) {
		t.Error(err)
	}
	pages, _ := OfScenario(entries, "One page")
	chosen, others, err := OfMachine(pages, "")
	if err != nil || len(chosen) != 1 || chosen[0].Machine != Machine(xeon) || !slices.Equal(others, []string{Machine(epyc)}) {
		t.Errorf("%v, %v, %v", chosen, others, err)
	}
	if _, _, err := OfMachine(pages, "abacus"); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	mustSave(t, s, judged("one PAGE", epyc, morning.Add(time.Minute)), "")
	entries, _, _ = s.List()
	if _, err := OfScenario(entries, "one-page"); !errors.Is(err, ErrMany) {
		t.Error(err)
	}
}

// Whatever is kept: pruning leaves the newest of each kind, no more than were asked
// for, and nothing else changes.
func TestSurplusLeavesTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "n")
		entries := make([]result.Entry, n)
		for i := range entries {
			name := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "scenario")
			machine := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "machine")
			entries[i] = result.Entry{Name: fmt.Sprint(i), Path: fmt.Sprint(i), Machine: machine, Run: judged(name, epyc, morning.Add(time.Duration(i)))}
		}
		keep := rapid.IntRange(1, 5).Draw(t, "keep")
		gone := map[string]bool{}
		for _, e := range Surplus(entries, keep) {
			gone[e.Path] = true
		}
		left := map[string]int{}
		for _, e := range slices.Backward(entries) {
			kind := e.Run.Name + e.Machine
			if left[kind] < keep == gone[e.Path] {
				t.Fatalf("%s of %s: gone %v after %d newer ones, keep %d", e.Name, kind, gone[e.Path], left[kind], keep)
			}
			left[kind]++
		}
		if got := Grouped(entries); len(got) != n {
			t.Fatalf("%d of %d are left when grouped", len(got), n)
		}
	})
}
