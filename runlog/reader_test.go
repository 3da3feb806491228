package runlog_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/runlog"
)

// Whatever byte the writer died at, the run opens, nothing whole is lost, and at
// most one line a file is torn.
func TestTruncatedAnywhere(t *testing.T) {
	dir := t.TempDir()
	_, l := small(t, dir)
	for _, name := range []string{runlog.TimelineFile, runlog.FailuresFile, runlog.EventsFile, runlog.RowsFile, runlog.LatencyFile} {
		path := filepath.Join(dir, "legs/01-single", name)
		whole, err := os.ReadFile(path)
		must(t, err)
		for n := range whole {
			must(t, os.WriteFile(path, whole[:n], 0o644))
			r, err := runlog.Open(dir)
			must(t, err)
			if !r.Partial() {
				t.Fatal("not sealed, yet not partial")
			}
			rec, least, lines := records(t, r)[0], l, strings.Count(string(whole[:n]), "\n")
			switch name {
			case runlog.TimelineFile:
				least.seconds = l.seconds[:lines]
			case runlog.FailuresFile:
				least.failures = l.failures[:lines]
			case runlog.EventsFile:
				least.events = l.events[:lines]
			case runlog.RowsFile:
				least.rows = l.rows[:lines]
			case runlog.LatencyFile:
				least.intervals = l.intervals[:max(0, lines-3)] // below the head
				isStartOfLatency(t, rec, l, least)
			}
			isStart(t, rec, l, least)
			torn := n > 0 && whole[n-1] != '\n' && name != runlog.LatencyFile
			if rec.Torn > 1 || (rec.Torn == 1) != torn {
				t.Fatalf("%s cut at %d: %d torn", name, n, rec.Torn)
			}
		}
		must(t, os.WriteFile(path, whole, 0o644))
	}
}

// A lost byte, or a line of something else, is only forgiven at the very end.
func TestDamageIsAnError(t *testing.T) {
	dir := t.TempDir()
	small(t, dir)
	for _, name := range []string{runlog.TimelineFile, runlog.FailuresFile, runlog.EventsFile, runlog.RowsFile, runlog.LatencyFile} {
		path := filepath.Join(dir, "legs/01-single", name)
		whole, err := os.ReadFile(path)
		must(t, err)
		lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
		last := len(lines) - 1
		for what, damaged := range map[string][]string{
			"line cut short":  slices.Replace(slices.Clone(lines), last-1, last, lines[last-1][:len(lines[last-1])/2]+"\n"),
			"line merged":     slices.Replace(slices.Clone(lines), last-1, last, strings.TrimSuffix(lines[last-1], "\n")),
			"zeros":           append(slices.Clone(lines[:last]), "\x00\x00\x00\n", lines[last]),
			"empty line":      append(slices.Clone(lines[:last]), "\n", lines[last]),
			"whole last line": append(slices.Clone(lines[:last]), "{]\n"),
		} {
			must(t, os.WriteFile(path, []byte(strings.Join(damaged, "")+"\n"), 0o644))
			if err := readAll(dir); err == nil {
				t.Errorf("%s: %s went unnoticed", name, what)
			}
		}
		must(t, os.WriteFile(path, whole, 0o644))
	}
	must(t, os.WriteFile(filepath.Join(dir, "legs/01-single", runlog.LedgerFile), []byte(`{"table": "da`), 0o644))
	if err := readAll(dir); err == nil || !strings.Contains(err.Error(), runlog.LedgerFile) {
		t.Errorf("half a ledger: %v", err)
	}
}

func TestMissingFilesAreEmpty(t *testing.T) {
	dir := t.TempDir()
	small(t, dir)
	must(t, os.RemoveAll(filepath.Join(dir, "legs")))
	r, err := runlog.Open(dir)
	must(t, err)
	isStart(t, records(t, r)[0], leg{}, leg{})
	isStartOfLatency(t, records(t, r)[0], leg{}, leg{})
	if records(t, r)[0].Ledger != nil {
		t.Error("a ledger from nowhere")
	}
}

func TestPartial(t *testing.T) {
	for stopped, want := range map[string]bool{"": false, "interrupted": true} {
		dir := t.TempDir()
		w, _ := small(t, dir)
		r, err := runlog.Open(dir)
		must(t, err)
		if !r.Partial() || records(t, r)[0].Complete {
			t.Error("a run under way is not partial")
		}
		must(t, w.EndLeg(3, 0, 3*time.Second, stopped), w.Seal(began, stopped))
		r, err = runlog.Open(dir)
		must(t, err)
		if r.Partial() != want || !records(t, r)[0].Complete || records(t, r)[0].Stopped != stopped {
			t.Errorf("stopped %q: partial %v", stopped, r.Partial())
		}
	}
}

func TestWhatIsNoRun(t *testing.T) {
	dir := t.TempDir()
	if _, err := runlog.Open(dir); !errors.Is(err, runlog.ErrNoRun) {
		t.Errorf("empty directory: %v", err)
	}
	if _, err := runlog.Open(filepath.Join(dir, "none")); !errors.Is(err, runlog.ErrNoRun) {
		t.Errorf("no directory: %v", err)
	}
	must(t, os.Mkdir(filepath.Join(dir, runlog.ManifestFile), 0o755))
	if _, err := runlog.Open(dir); err == nil || errors.Is(err, runlog.ErrNoRun) {
		t.Errorf("a directory for a manifest: %v", err)
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema": 2, "legs": "another shape"}`: "run.json has schema 2, this program reads 1",
		`{}`:                                     "it names no schema",
		`{"schema": 1, "legs": [{"dir": "../x"}]}`: "lies outside the run",
		`{"schema": 1, "legs": [{"dir": "/etc"}]}`: "lies outside the run",
		`{"schema": 1, "legs": [{"dir": ""}]}`:     "lies outside the run",
		`{"schema": 1, "legs": "none"}`:            "manifest",
		`{"schema": 1`:                             "manifest",
		``:                                         "manifest",
	} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, runlog.ManifestFile), []byte(text), 0o644))
		if _, err := runlog.Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
