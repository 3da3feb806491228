package runlog_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/runlog"
)

func TestCreateRefusesADirectoryWithARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	_, err := runlog.Create(dir, manifest())
	must(t, err)
	before, err := os.ReadFile(filepath.Join(dir, runlog.ManifestFile))
	must(t, err)
	if _, err := runlog.Create(dir, runlog.Manifest{Name: "other"}); !errors.Is(err, runlog.ErrExists) {
		t.Errorf("second run: %v", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, runlog.ManifestFile))
	must(t, err)
	if string(before) != string(after) {
		t.Error("the refusal changed the manifest")
	}

	other := t.TempDir()
	must(t, os.WriteFile(filepath.Join(other, "notes"), []byte("mine"), 0o644))
	_, err = runlog.Create(other, manifest())
	must(t, err)
	if b, err := os.ReadFile(filepath.Join(other, "notes")); err != nil || string(b) != "mine" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := runlog.Create(filepath.Join(other, "notes", "run"), manifest()); err == nil {
		t.Error("made a directory below a file")
	}
}

func TestTargetNamesCannotLeaveTheRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := runlog.Create(dir, manifest())
	must(t, err)
	for _, name := range []string{"../../../x", "a/b", `a\b`, "a\x00b"} {
		if _, err := w.StartLeg(name, 1, 0, began); err == nil {
			t.Errorf("target %q got a directory", name)
		}
	}
	if len(w.Manifest().Legs) != 0 {
		t.Error("a refused leg is in the manifest")
	}
	lw, err := w.StartLeg("..", 1, 0, began)
	must(t, err)
	must(t, lw.Close())
	if _, err := runlog.Open(dir); err != nil {
		t.Error(err)
	}
}

// A reader sees the manifest before a change or after it, never between.
func TestManifestIsReplacedAtOnce(t *testing.T) {
	dir := t.TempDir()
	w, _ := small(t, dir)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		for planned := uint64(4); planned < 200; planned++ {
			if err := w.EndLeg(planned, 0, time.Second, strings.Repeat("x", int(planned)*100)); err != nil {
				t.Error(err)
			}
		}
	})
	for last := uint64(3); ; {
		r, err := runlog.Open(dir)
		must(t, err)
		if r.Legs[0].Planned < last {
			t.Fatalf("planned went from %d back to %d", last, r.Legs[0].Planned)
		}
		last = r.Legs[0].Planned
		select {
		case <-done:
			wg.Wait()
			if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
			return
		default:
		}
	}
}

func TestRecordingIsFlushedEverySecond(t *testing.T) {
	dir := t.TempDir()
	w, err := runlog.Create(dir, manifest())
	must(t, err)
	lw, err := w.StartLeg("single", 1, 0, began)
	must(t, err)
	rec, err := lw.Recording()
	must(t, err)
	path := filepath.Join(dir, "legs/01-single", runlog.RecordFile)
	for i, end := range []func() error{func() error { return lw.Second(runlog.Second{}) }, lw.Close} {
		_, err := io.WriteString(rec, "result")
		must(t, err, end())
		if b, err := os.ReadFile(path); err != nil || string(b) != strings.Repeat("result", i+1) {
			t.Errorf("on disk: %q, %v", b, err)
		}
	}
	if err := lw.Event(runlog.Event{}); err == nil {
		t.Error("wrote after Close")
	}
}

// A warm-up lies beside the legs, in order, and is marked in the manifest.
func TestStartWarmUp(t *testing.T) {
	dir := t.TempDir()
	w, err := runlog.Create(dir, manifest())
	must(t, err)
	for _, start := range []func(string, int, uint64, time.Time) (*runlog.LegWriter, error){w.StartWarmUp, w.StartLeg} {
		lw, err := start("single", 1, 5, began)
		must(t, err)
		must(t, lw.Close(), w.EndLeg(5, 0, time.Second, ""))
	}
	r, err := runlog.Open(dir)
	must(t, err)
	warm, leg := r.Records[0].Leg, r.Records[1].Leg
	if !warm.WarmUp || warm.Dir != "legs/01-single-warm-up" || warm.Round != 1 || warm.Planned != 5 || !warm.Complete {
		t.Errorf("warm-up is %+v", warm)
	}
	if leg.WarmUp || leg.Dir != "legs/02-single" {
		t.Errorf("leg is %+v", leg)
	}
}
