package runlog_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// A number, a text or a list that no run can have is named, wherever it stands.
func TestWhatNoRunHolds(t *testing.T) {
	long := strings.Repeat("x", untrusted.MaxText+1)
	for _, c := range []struct{ name, text, want string }{
		{runlog.ManifestFile, `{"schema": 1, "legs": [{"dir": "legs/a", "round": 4611686018427387904}]}`, "legs.0.round: cannot be"},
		{runlog.ManifestFile, `{"schema": 1, "legs": [{"dir": "legs/a", "round": 2}]}`, "legs.0.round: cannot be 2: there are 1 legs"},
		{runlog.ManifestFile, `{"schema": 1, "legs": [{"dir": "legs/a"}]}`, "legs.0.round: cannot be 0"},
		{runlog.ManifestFile, `{"schema": 1, "legs": [{"dir": "a", "round": 1}, {"dir": "./b/../a", "round": 1}]}`, "stands for two legs"},
		{runlog.ManifestFile, `{"schema": 1, "legs": [{"dir": "a", "round": 1, "duration_s": -1}]}`, "legs.0.duration_s: cannot be -1"},
		{runlog.ManifestFile, `{"schema": 1, "legs": [{"dir": "a", "round": 1, "duration_s": 1e9}]}`, "legs.0.duration_s: cannot be 1e+09"},
		{runlog.ManifestFile, `{"schema": 1, "legs": [{"dir": "a", "round": 1, "duration_s": 5e-324}]}`, "legs.0.duration_s: cannot be 5e-324"},
		{runlog.ManifestFile, `{"schema": 1, "targets": [{"replicas": 1099511627776}]}`, "targets.0.replicas: cannot be 1099511627776"},
		{runlog.ManifestFile, `{"schema": 1, "targets": [{"replicas": -1}]}`, "targets.0.replicas: cannot be -1"},
		{runlog.ManifestFile, `{"schema": 1, "name": "` + long + `"}`, "name: cannot be a text of 65537 bytes"},
		{runlog.ManifestFile, `{"schema": 1, "load": {"timeout_s": -1e308}}`, "load.timeout_s: cannot be -1e+308"},
		{runlog.ManifestFile, `{"schema": 1, "load": {"timeout_s": 1e999}}`, "cannot unmarshal"},
		{runlog.ManifestFile, `{"schema": 1, "requests": ["",` + strings.Repeat(`"",`, untrusted.MaxList) + `""]}`, "requests: cannot be a list of 16386"},
		{runlog.TimelineFile, `{"t": -1}`, "t: cannot be -1"},
		{runlog.TimelineFile, `{"t": 4611686018427387904}`, "t: cannot be"},
		{runlog.TimelineFile, `{"t": 3}` + "\n" + `{"t": 2}`, "timeline.jsonl:2: t: cannot be 2 after 3"},
		{runlog.TimelineFile, `{"t": 3}` + "\n" + `{"t": 3}`, "timeline.jsonl:2: t: cannot be 3 after 3"},
		{runlog.TimelineFile, `{"cpu": 1e308}`, "timeline.jsonl:1: cpu: cannot be 1e+308"},
		{runlog.TimelineFile, `{"requests": {"` + long + `": {}}}`, "requests."},
		{runlog.TimelineFile, strings.Repeat(" ", 5<<20), "timeline.jsonl:1: is a line of more than 4 MiB"},
		{runlog.FailuresFile, `{"class": "cut", "excerpt": "` + long + `"}`, "failures.jsonl:1: excerpt"},
		{runlog.EventsFile, strings.Repeat("{}\n", untrusted.MaxList) + "{}", "events.jsonl:16385: cannot be longer"},
		{runlog.LedgerFile, `{"after": {"web": -9223372036854775808}}`, `ledger.json: after."web": cannot be`},
		{runlog.LatencyFile, strings.Repeat("x", 2<<20), "latency"},
	} {
		dir := t.TempDir()
		small(t, dir)
		path := filepath.Join(dir, c.name)
		if c.name != runlog.ManifestFile {
			path = filepath.Join(dir, "legs/01-single", c.name)
		}
		must(t, os.WriteFile(path, []byte(c.text+"\n"), 0o644))
		err := readAll(dir)
		if err == nil || c.name != runlog.LatencyFile && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %.60s: %.300v, want %q", c.name, c.text, err, c.want)
		}
	}
}

// The writer stores nothing that the reader refuses: the whole run would be lost with it.
func TestALedgerBeyondTheBoundsIsNotStored(t *testing.T) {
	w, err := runlog.Create(filepath.Join(t.TempDir(), "run"), runlog.Manifest{})
	must(t, err)
	lw, err := w.StartLeg(runlog.Leg{Target: "single", Round: 1, Started: began})
	must(t, err)
	err = lw.Ledger(runlog.Ledger{Before: map[string]int64{"web": untrusted.MaxNumber + 1}})
	if !errors.Is(err, untrusted.ErrBounds) || !strings.Contains(err.Error(), `ledger.json: before."web"`) {
		t.Errorf("error %v", err)
	}
	must(t, lw.Close())
	if err := readAll(w.Dir()); err != nil {
		t.Errorf("the run cannot be read any more: %v", err)
	}
}

// A leg's folder that is a link out of the run is not followed.
func TestLinksOutOfTheRunAreNotFollowed(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	small(t, dir)
	must(t, os.RemoveAll(filepath.Join(dir, "legs/01-single")), os.Symlink(other, filepath.Join(dir, "legs/01-single")))
	if err := readAll(dir); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("%v, want that the link escapes", err)
	}
}

// What could not be read again is not written.
func TestTheWriterHoldsToTheReadersBounds(t *testing.T) {
	m := manifest()
	m.Targets[0].Replicas = 1 << 40
	if _, err := runlog.Create(filepath.Join(t.TempDir(), "run"), m); !errors.Is(err, untrusted.ErrBounds) {
		t.Errorf("a manifest that cannot be: %v", err)
	}
	_, l := open(t)
	if err := l.Second(runlog.Second{CPU: 1e308}, hist.Interval{Hist: hist.New()}); !errors.Is(err, untrusted.ErrBounds) {
		t.Errorf("a second that cannot be: %v", err)
	}
	s := runlog.Second{Requests: map[string]runlog.RequestCounts{}}
	for i := range untrusted.MaxList {
		s.Requests[fmt.Sprintf("%0200d", i)] = runlog.RequestCounts{}
	}
	if err := l.Second(s); err == nil || !strings.Contains(err.Error(), "fewer requests") {
		t.Errorf("a line too long to be read: %v", err)
	}
}

func open(t *testing.T) (*runlog.Writer, *runlog.LegWriter) {
	t.Helper()
	w, err := runlog.Create(filepath.Join(t.TempDir(), "run"), manifest())
	must(t, err)
	l, err := w.StartLeg(runlog.Leg{Target: "single", Round: 1, Started: began})
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return w, l
}
