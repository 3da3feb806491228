package runlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func manifest() runlog.Manifest {
	return runlog.Manifest{
		Tool: runlog.Tool{Version: "v0.0.0-test", Go: "go1.26"}, Name: "a run", Source: "cluster", Started: began,
		Scenario: json.RawMessage(`{"load": {"clients": 50}}`),
		Load:     runlog.Load{Type: "clients-per-test", Words: "50 clients spread evenly over 1m0s", Open: true, Arrivals: "even", Clients: 50, DurationS: 60, TimeoutS: 10, ErrorThreshold: 0.5},
		Engine:   "nethttp", Requests: []string{"GET /"}, Success: "status below 400",
		Targets:    []runlog.Target{{Name: "single", URL: "http://127.0.0.1:8080", Replicas: 1}},
		Ledger:     &runlog.LedgerSource{Address: "tcp 127.0.0.1:3306", Table: "dados", Column: "Host"},
		Compare:    &runlog.Compare{Baseline: "single", Candidate: "cluster", Rounds: 1},
		Thresholds: []string{"p95 < 500ms"},
	}
}

// leg is what a test writes of one leg, and expects to read.
type leg struct {
	seconds   []runlog.Second
	intervals []hist.Interval
	failures  []runlog.Failure
	events    []runlog.Event
	rows      []runlog.Rows
}

func drawLeg(t *rapid.T) leg {
	var l leg
	count := rapid.Uint64Range(0, 1<<40)
	text := rapid.String()
	for i := range rapid.IntRange(0, 4).Draw(t, "seconds") {
		s := runlog.Second{T: i, Due: count.Draw(t, "due"), Sent: count.Draw(t, "sent"), Done: count.Draw(t, "done"),
			BytesSent: count.Draw(t, "out"), Active: -1, CPU: rapid.Float64Range(-1, 1).Draw(t, "cpu")}
		for c := runlog.Success; c <= runlog.Cut; c++ {
			s.Add(c, count.Draw(t, c.String()))
		}
		if rapid.Bool().Draw(t, "by request") {
			drained := s.Outcomes
			s.Requests = map[string]runlog.RequestCounts{text.Draw(t, "request"): {Outcomes: s.Outcomes, Drained: &drained, Skipped: count.Draw(t, "skipped")}}
		}
		l.seconds = append(l.seconds, s)
		h := hist.New()
		for range rapid.IntRange(1, 5).Draw(t, "records") {
			h.Record(time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "time")))
		}
		l.intervals = append(l.intervals, hist.Interval{Tag: runlog.TagResponse, Start: time.Duration(i) * time.Second, Length: time.Second, Hist: h})
	}
	for range rapid.IntRange(0, 3).Draw(t, "failures") {
		l.failures = append(l.failures, runlog.Failure{At: 0.5, Request: text.Draw(t, "name"),
			Class: runlog.Class(rapid.IntRange(1, int(runlog.Cut)).Draw(t, "class")), Reason: text.Draw(t, "reason"), Excerpt: text.Draw(t, "excerpt"), Count: 1})
	}
	for range rapid.IntRange(0, 3).Draw(t, "events") {
		l.events = append(l.events, runlog.Event{At: 1.25, Kind: runlog.EventKind(text.Draw(t, "kind")), Text: text.Draw(t, "text")})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "counts") {
		l.rows = append(l.rows, runlog.Rows{AtS: float64(i), TookS: 0.5, Hosts: map[string]int64{text.Draw(t, "host"): 7}})
	}
	return l
}

type fataler interface {
	Helper()
	Fatal(...any)
}

func must(t fataler, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func write(t fataler, w *runlog.LegWriter, l leg) {
	t.Helper()
	for i, s := range l.seconds {
		must(t, w.Second(s, l.intervals[i], hist.Interval{Tag: runlog.TagFailed, Hist: hist.New()}))
	}
	for _, f := range l.failures {
		must(t, w.Failure(f))
	}
	for _, e := range l.events {
		must(t, w.Event(e))
	}
	for _, r := range l.rows {
		must(t, w.Rows(r))
	}
}

func collect(r *runlog.Record) (ivs []hist.Interval, err error) {
	for iv, err := range r.Intervals() {
		if err != nil {
			return ivs, err
		}
		h := hist.New()
		h.Add(iv.Bars)
		ivs = append(ivs, hist.Interval{Tag: iv.Tag, Start: iv.Start, Length: iv.Length, Hist: h})
	}
	return ivs, nil
}

// records are all of a run.
func records(t fataler, r *runlog.Run) (all []*runlog.Record) {
	t.Helper()
	for rec, err := range r.Records(context.Background()) {
		must(t, err)
		all = append(all, rec)
	}
	return all
}

// readAll reads all there is in a run, and says what is wrong with it.
func readAll(dir string) error {
	r, err := runlog.Open(dir)
	if err != nil {
		return err
	}
	for rec, err := range r.Records(context.Background()) {
		if err != nil {
			return err
		}
		if _, err := collect(rec); err != nil {
			return err
		}
	}
	return nil
}

// isStart checks that a record is the beginning of a leg, not less than least of
// it.
func isStart(t fataler, got *runlog.Record, want, least leg) {
	t.Helper()
	prefix := func(name string, got, want any, least int) {
		g, w := reflect.ValueOf(got), reflect.ValueOf(want)
		if g.Len() < least || g.Len() > w.Len() || g.Len() > 0 && !reflect.DeepEqual(got, w.Slice(0, g.Len()).Interface()) {
			t.Fatal(name, "read", got, "wrote", want, "need at least", least)
		}
	}
	seconds, byRequest := slices.Clone(want.seconds), map[string]*runlog.RequestRecord{}
	for i := range seconds {
		if i < len(got.Seconds) {
			for name, c := range seconds[i].Requests {
				if byRequest[name] == nil {
					byRequest[name] = &runlog.RequestRecord{}
				}
				r, few := byRequest[name], func(n uint64) uint32 { return uint32(min(n, math.MaxUint32)) }
				r.Merge(c.Outcomes)
				r.Skipped += c.Skipped
				if c.Success+c.Failed() > 0 {
					r.Seconds = append(r.Seconds, runlog.RequestSecond{T: i, Success: few(c.Success), Failed: few(c.Failed()), Drained: c.Drained})
				}
			}
		}
		seconds[i].Requests = nil
	}
	prefix("seconds", got.Seconds, seconds, len(least.seconds))
	if len(got.Requests) != len(byRequest) || len(byRequest) > 0 && !reflect.DeepEqual(got.Requests, byRequest) {
		t.Fatal("by request", got.Requests, "wrote", byRequest)
	}
	prefix("failures", got.Failures, want.failures, len(least.failures))
	prefix("events", got.Events, want.events, len(least.events))
	prefix("rows", got.Rows, want.rows, len(least.rows))
}

// isStartOfLatency does the same for the distributions.
func isStartOfLatency(t fataler, got *runlog.Record, want, least leg) {
	t.Helper()
	ivs, err := collect(got)
	must(t, err)
	if len(ivs) < len(least.intervals) || len(ivs) > len(want.intervals) {
		t.Fatal("intervals", len(ivs), "of", len(want.intervals), "need at least", len(least.intervals))
	}
	for i, iv := range ivs {
		w := want.intervals[i]
		if iv.Tag != w.Tag || iv.Start != w.Start || iv.Length != w.Length || iv.Hist.N() != w.Hist.N() || iv.Hist.Rank(1) != w.Hist.Rank(1) {
			t.Fatal("interval", i, "read", iv, "wrote", w)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(base, "run-*")
		must(t, err)
		m := manifest()
		m.Name = rapid.String().Draw(t, "name")
		w, err := runlog.Create(dir, m)
		must(t, err)
		var legs []leg
		for i, target := range []string{"single", "cluster"}[:rapid.IntRange(0, 2).Draw(t, "legs")] {
			l := drawLeg(t)
			lw, err := w.StartLeg(runlog.Leg{Target: target, Round: i + 1, Planned: 50, Started: began})
			must(t, err)
			write(t, lw, l)
			for i := range l.failures {
				l.failures[i].Count += 7
			}
			must(t, lw.Failures(l.failures))
			must(t, lw.Ledger(runlog.Ledger{Table: "dados", Before: map[string]int64{}, After: map[string]int64{target: 50}, AfterAt: began, Settled: true}))
			must(t, lw.Close(), w.EndLeg(50, uint64(i), 1500*time.Millisecond, ""))
			legs = append(legs, l)
		}
		must(t, w.Seal(began.Add(time.Minute), ""))

		r, err := runlog.Open(dir)
		must(t, err)
		if r.Partial() || r.Name != m.Name || !reflect.DeepEqual(r.Load, m.Load) || !reflect.DeepEqual(r.Targets, m.Targets) || !r.Ended.Equal(began.Add(time.Minute)) {
			t.Fatalf("read %+v", r.Manifest)
		}
		for i, rec := range records(t, r) {
			isStart(t, rec, legs[i], legs[i])
			isStartOfLatency(t, rec, legs[i], legs[i])
			if rec.Torn != 0 || !rec.Complete || rec.Round != i+1 || rec.Dropped != uint64(i) || rec.DurationS != 1.5 || rec.Ledger.After[rec.Target] != 50 {
				t.Fatalf("read %+v, %+v", rec.Leg, rec.Ledger)
			}
		}
	})
}

// small writes a run with one leg and returns what is in it.
func small(t *testing.T, dir string) (*runlog.Writer, leg) {
	t.Helper()
	w, err := runlog.Create(dir, manifest())
	must(t, err)
	lw, err := w.StartLeg(runlog.Leg{Target: "single", Round: 1, Planned: 3, Started: began})
	must(t, err)
	var l leg
	for i := range 3 {
		h := hist.New()
		h.Record(time.Duration(i+1) * time.Millisecond)
		l.seconds = append(l.seconds, runlog.Second{T: i, Due: 1, Sent: 1, Done: 1, Outcomes: runlog.Outcomes{HTTP5xx: 1}})
		l.intervals = append(l.intervals, hist.Interval{Tag: runlog.TagResponse, Start: time.Duration(i) * time.Second, Length: time.Second, Hist: h})
	}
	l.failures = []runlog.Failure{{Class: runlog.HTTP5xx, Status: 500, Reason: "status 500, want 200", Excerpt: "line\nbreak", Count: 1}, {Class: runlog.Network, Reason: "connection refused", Count: 1}}
	l.events = []runlog.Event{{At: 1, Kind: runlog.EventAbort, Text: "too many errors"}, {At: 2, Kind: runlog.EventInterrupt, Text: "1"}}
	l.rows = []runlog.Rows{{AtS: 1, TookS: 0.01, Hosts: map[string]int64{"web": 3}}, {AtS: 2, TookS: 0.01, Hosts: map[string]int64{}}}
	write(t, lw, l)
	must(t, lw.Close())
	return w, l
}

func TestOutcomes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o, p runlog.Outcomes
		var total uint64
		for c := runlog.Success; c <= runlog.Cut; c++ {
			n := rapid.Uint64Range(0, 1<<40).Draw(t, c.String())
			o.Add(c, n)
			total += n
			if o.Of(c) != n {
				t.Fatalf("%v: %d, want %d", c, o.Of(c), n)
			}
			var back runlog.Class
			b, err := c.MarshalText()
			must(t, err, back.UnmarshalText(b))
			if back != c {
				t.Fatalf("%v came back as %v", c, back)
			}
		}
		if o.Ended() != total || o.Completed()+o.Timeout+o.Network+o.Cut != total || o.Success+o.Failed()+o.Cut != total {
			t.Fatalf("%+v does not add up", o)
		}
		p.Merge(o)
		p.Merge(o)
		if p.Ended() != 2*total {
			t.Fatalf("%+v merged twice is %+v", o, p)
		}
	})
	var c runlog.Class
	var unknown *runlog.UnknownClassError
	if err := c.UnmarshalText([]byte("fine")); !errors.As(err, &unknown) || unknown.Name != "fine" {
		t.Error(err)
	}
}

func TestAClassThatThereIsNotIsToldByItsNumber(t *testing.T) {
	if got := runlog.Class(200).String(); got != "class 200" {
		t.Errorf("got %q", got)
	}
}
