// Package runlogtest quickly writes run directories of any size with invented content, for tests and
// benchmarks of their readers.
package runlogtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// Shape says how large a run is. The same shape gives the same bytes.
type Shape struct {
	// Targets take turns in each of Rounds rounds; a leg lasts Seconds seconds of
	// PerSecond requests each. All are at least 1.
	Targets, Rounds, Seconds, PerSecond int
	// Requests is how many requests a pass has; 0 is 1.
	Requests int
}

// different is how many seconds are made up; a leg repeats them.
const different = 64

// epoch is when every leg began.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Write makes the run of an open load in dir, sealed and without faults: one line per
// tag for every second, whatever [runlog.LegWriter] would join.
func Write(dir string, s Shape) error {
	s.Requests = max(1, s.Requests)
	seconds, err := s.seconds()
	if err != nil {
		return err
	}
	m := s.manifest()
	for round := range s.Rounds {
		for target := range s.Targets {
			l := runlog.Leg{
				Dir: fmt.Sprintf("legs/%02d-%s", len(m.Legs)+1, name(target)), Target: name(target), Round: round + 1, Started: epoch,
				Planned: uint64(s.Seconds) * uint64(s.PerSecond), DurationS: float64(s.Seconds), Complete: true,
			}
			if err := s.leg(filepath.Join(dir, filepath.FromSlash(l.Dir)), seconds, len(m.Legs)); err != nil {
				return err
			}
			m.Legs = append(m.Legs, l)
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, runlog.ManifestFile), text, 0o644)
}

func name(target int) string { return "target-" + strconv.Itoa(target+1) }

func (s Shape) manifest() runlog.Manifest {
	m := runlog.Manifest{
		Schema: runlog.Schema, Tool: runlog.Tool{Version: "v0.0.0-test", Go: "go1.26"}, Name: "a large run", Source: "large.yaml",
		Started: epoch, Machine: runlog.Machine{OS: "linux", Arch: "amd64", CPUs: 2}, Scenario: json.RawMessage(`{}`), Engine: "rawhttp",
		Load:    runlog.Load{Type: "rate", Words: fmt.Sprintf("%d/s for %ds", s.PerSecond, s.Seconds), Open: true, DurationS: float64(s.Seconds), TimeoutS: 10},
		Success: "status 200", Thresholds: []string{"p95 < 500ms", "error_rate < 1%"}, Sealed: true,
	}
	for i := range s.Requests {
		m.Requests = append(m.Requests, "GET /"+strconv.Itoa(i))
	}
	for i := range s.Targets {
		m.Targets = append(m.Targets, runlog.Target{Name: name(i), URL: "http://127.0.0.1:8080"})
	}
	if s.Targets > 1 {
		m.Compare = &runlog.Compare{Baseline: name(0), Candidate: name(1), Rounds: s.Rounds}
	}
	return m
}

// second is a second of a leg without its time.
type second struct {
	runlog.Second
	lines []line
}

// line is a line of the log without its time: the text before and after it.
type line struct{ tag, rest string }

func (s Shape) seconds() ([]second, error) {
	rng := rand.New(rand.NewPCG(7, 11))
	hists := map[string]*hist.Histogram{}
	tags := []string{runlog.TagResponse, runlog.TagService, runlog.TagLag, runlog.TagFailed, runlog.TagQueue, runlog.TagUserSpace}
	if s.Requests > 1 {
		for i := range s.Requests {
			tags = append(tags, runlog.TagRequest+strconv.Itoa(i), runlog.TagRequestService+strconv.Itoa(i))
		}
	}
	for _, tag := range tags {
		hists[tag] = hist.NewSparse()
	}
	out := make([]second, different)
	for i := range out {
		for _, h := range hists {
			h.Reset()
		}
		out[i].Second = s.draw(rng, hists)
		for _, tag := range tags {
			l, err := lineOf(tag, hists[tag])
			if err != nil {
				return nil, err
			}
			if l != (line{}) {
				out[i].lines = append(out[i].lines, l)
			}
		}
	}
	return out, nil
}

// draw makes up the requests of one second.
func (s Shape) draw(rng *rand.Rand, hists map[string]*hist.Histogram) runlog.Second {
	n := uint64(s.PerSecond)
	sec := runlog.Second{
		Due: n, Sent: n, Done: n, BytesSent: 100 * n, BytesReceived: 300 * n, Connects: 1, Stamped: n, Active: 50, InFlight: 20, CPU: 0.2,
	}
	micro := func(mean float64) time.Duration { return time.Duration(mean * 1e3 * rng.ExpFloat64()) }
	level := 20e3 * (0.9 + 0.2*rng.Float64())
	for i := range s.PerSecond {
		service, lag, queue := 2*time.Millisecond+(micro(level)+micro(level))/2, micro(60), micro(30)
		hists[runlog.TagResponse].Record(lag + service)
		hists[runlog.TagService].Record(service)
		hists[runlog.TagLag].Record(lag)
		hists[runlog.TagQueue].Record(queue)
		hists[runlog.TagUserSpace].Record(service + queue)
		class := runlog.Success
		if rng.IntN(1000) == 0 {
			class = runlog.HTTP5xx
			hists[runlog.TagFailed].Record(lag + service)
		}
		sec.Add(class, 1)
		if s.Requests > 1 {
			request := i % s.Requests
			hists[runlog.TagRequest+strconv.Itoa(request)].Record(lag + service)
			hists[runlog.TagRequestService+strconv.Itoa(request)].Record(service)
			if sec.Requests == nil {
				sec.Requests = map[string]runlog.RequestCounts{}
			}
			o := sec.Requests["GET /"+strconv.Itoa(request)]
			o.Add(class, 1)
			sec.Requests["GET /"+strconv.Itoa(request)] = o
		}
	}
	return sec
}

// lineOf encodes a histogram with the writer of real logs. It returns the zero line for an empty one.
func lineOf(tag string, h *hist.Histogram) (line, error) {
	if h.N() == 0 {
		return line{}, nil
	}
	var b bytes.Buffer
	w, err := hist.NewLogWriter(&b, epoch)
	if err != nil {
		return line{}, err
	}
	b.Reset() // of the log's head
	if err := w.Write(hist.Interval{Tag: tag, Length: time.Second, Hist: h}); err != nil {
		return line{}, err
	}
	before, rest, found := bytes.Cut(b.Bytes(), []byte(",0.000000,1.000000,"))
	if !found {
		return line{}, fmt.Errorf("no interval of a second: %s", b.Bytes())
	}
	return line{string(before), string(rest)}, nil
}

// leg writes the files of a leg; offset is where in the made-up seconds it begins.
func (s Shape) leg(dir string, seconds []second, offset int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var latency, timeline bytes.Buffer
	if _, err := hist.NewLogWriter(&latency, epoch); err != nil {
		return err
	}
	flush := func() error {
		return errors.Join(appendTo(filepath.Join(dir, runlog.LatencyFile), &latency), appendTo(filepath.Join(dir, runlog.TimelineFile), &timeline))
	}
	for t := range s.Seconds {
		sec := seconds[(t+offset)%different]
		for _, l := range sec.lines {
			fmt.Fprintf(&latency, "%s,%d.000000,1.000000,%s", l.tag, t, l.rest)
		}
		sec.T = t
		text, err := json.Marshal(sec.Second)
		if err != nil {
			return err
		}
		timeline.Write(append(text, '\n'))
		if latency.Len() > 1<<20 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func appendTo(path string, b *bytes.Buffer) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = b.WriteTo(f)
	return errors.Join(err, f.Close())
}
