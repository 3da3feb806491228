package run_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/report/figure"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// crafted is a run directory in memory: what each file holds, by its path.
type crafted map[string][]byte

// healthy is a run as the program writes it, with every file. Of two targets the second
// is held against the first; a run of one is as small as it can be.
func healthy(tb testing.TB, rounds, targets int) crafted {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "run")
	started := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m := runlog.Manifest{
		Tool: runlog.Tool{Version: "v0"}, Name: "a run", Source: "a.yaml", Started: started, Machine: runlog.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
		Scenario: json.RawMessage(`{}`), Load: runlog.Load{Type: "rate", Words: "4 requests/s for 3s", Open: true, Arrivals: "even", RatePerS: 4, DurationS: 3, TimeoutS: 10},
		Engine: "rawhttp", Requests: []string{"GET /", "GET /b"}, Success: "status below 400",
		Targets: []runlog.Target{{Name: "single", URL: "http://127.0.0.1:1", Replicas: 1}, {Name: "cluster", URL: "http://127.0.0.1:2", Replicas: 3}},
		Ledger:  &runlog.LedgerSource{Address: "tcp(db)/x", Table: "dados", Column: "Host"},
		Compare: &runlog.Compare{Rounds: rounds}, Thresholds: []string{"p95 < 500ms", "lost == 0"},
		Notes: []string{"a note"},
	}
	if targets == 2 {
		m.Compare.Baseline, m.Compare.Candidate = "single", "cluster"
	}
	w, err := runlog.Create(dir, m)
	must(tb, err)
	for round := range rounds {
		for _, target := range []string{"single", "cluster"}[:targets] {
			leg(tb, w, target, round+1, started, 2*targets-1)
		}
	}
	must(tb, w.Event(runlog.Event{At: 2, Kind: "note", Text: "something else"}))
	must(tb, w.Seal(started.Add(time.Minute), ""))
	c := crafted{}
	must(tb, fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		c[path], err = os.ReadFile(filepath.Join(dir, path))
		return err
	}))
	return c
}

func leg(tb testing.TB, w *runlog.Writer, target string, round int, started time.Time, seconds int) {
	l, err := w.StartLeg(runlog.Leg{Target: target, Round: round, Planned: 12, Started: started})
	must(tb, err)
	for second := range seconds {
		h := hist.New()
		for i := range 4 {
			h.Record(time.Duration(10+3*i+second) * time.Millisecond)
		}
		o := runlog.Outcomes{Success: 3, HTTP5xx: 1}
		s := runlog.Second{T: second, Due: 4, Sent: 4, Done: 4, Outcomes: o, Requests: map[string]runlog.RequestCounts{"GET /": {Outcomes: o}}, Connects: 4, CPU: 0.1, Active: 4}
		var ivs []hist.Interval
		for _, tag := range []string{runlog.TagResponse, runlog.TagService, runlog.TagLag, runlog.TagConnect, runlog.TagRequest + "0"}[:min(5, 2*seconds)] {
			ivs = append(ivs, hist.Interval{Tag: tag, Start: time.Duration(second) * time.Second, Length: time.Second, Hist: h})
		}
		must(tb, l.Second(s, ivs...))
	}
	must(tb, l.Failures([]runlog.Failure{{At: 1, Request: "GET /", Class: runlog.HTTP5xx, Status: 500, Reason: "status 500", Excerpt: "oops", Count: 3}}))
	must(tb, l.Event(runlog.Event{At: 1, Kind: "note", Text: "something", Attrs: map[string]string{"node": "n1"}}))
	must(tb, l.Ledger(runlog.Ledger{Table: "dados", Column: "Host", Before: map[string]int64{"a": 1}, After: map[string]int64{"a": 5, "b": 4, "c": 1}, Settled: true}))
	must(tb, l.Close())
	must(tb, w.EndLeg(12, 0, 3*time.Second, ""))
}

// write makes the directory.
func (c crafted) write(tb testing.TB, dir string) {
	tb.Helper()
	for name, text := range c {
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(tb, os.MkdirAll(filepath.Dir(path), 0o755))
		must(tb, os.WriteFile(path, text, 0o644))
	}
}

// names are the files in order.
func (c crafted) names() []string { return slices.Sorted(maps.Keys(c)) }

// replace puts one text for another, which must be there.
func (c crafted) replace(tb testing.TB, name, old, text string) {
	tb.Helper()
	if !bytes.Contains(c[name], []byte(old)) {
		tb.Fatalf("%s does not hold %q:\n%s", name, old, c[name])
	}
	c[name] = bytes.Replace(c[name], []byte(old), []byte(text), 1)
}

// show takes a directory through everything that is made of one: every format and
// every plot. What cannot be read is an error, which is returned; what can be read can
// be shown.
func show(tb testing.TB, dir string) error {
	tb.Helper()
	a, err := run.Read(context.Background(), dir)
	if err != nil {
		return err
	}
	for _, s := range showings(a) {
		s.in(tb)
	}
	return nil
}

// showing is one thing that is made of an analysis.
type showing struct {
	name string
	make func(io.Writer) error
}

func (s showing) in(tb testing.TB) {
	tb.Helper()
	if err := s.make(io.Discard); err != nil {
		tb.Errorf("%s: %v", s.name, err)
	}
}

// showings are every format and every plot, in an order that does not change.
func showings(a *result.Analysis) []showing {
	var all []showing
	for _, name := range slices.Sorted(maps.Keys(report.Formats)) {
		all = append(all, showing{name, func(w io.Writer) error { return report.Formats[name](w, a, report.Options{Full: true}) }})
	}
	for _, p := range figure.Of(a) {
		all = append(all, showing{"plot " + p.Name, func(w io.Writer) error { return p.Draw(w, "svg") }})
	}
	return all
}

func must(tb testing.TB, errs ...error) {
	tb.Helper()
	if err := errors.Join(errs...); err != nil {
		tb.Fatal(err)
	}
}
