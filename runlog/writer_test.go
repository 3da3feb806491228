package runlog_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
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

// Of all that begin at once in one directory exactly one has it, and only its manifest is
// there.
func TestOneDirectoryHasOneRun(t *testing.T) {
	for range 50 {
		dir := filepath.Join(t.TempDir(), "run")
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = runlog.Create(dir, runlog.Manifest{Name: strconv.Itoa(i)}) })
		}
		wg.Wait()
		won := ""
		for i, err := range errs {
			switch {
			case err == nil && won != "":
				t.Fatalf("%s and %d have the same directory", won, i)
			case err == nil:
				won = strconv.Itoa(i)
			case !errors.Is(err, runlog.ErrExists):
				t.Fatal(err)
			}
		}
		if r, err := runlog.Open(dir); err != nil || r.Name != won {
			t.Fatalf("the manifest is %q's, the directory %q's: %v", r.Name, won, err)
		}
	}
}

func TestNewDirectoriesAreNobodyElses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "run")
	names := make([]string, 8)
	var wg sync.WaitGroup
	for i := range names {
		wg.Go(func() {
			if w, err := runlog.CreateNew(dir, manifest()); err == nil {
				names[i] = w.Dir()
			}
		})
	}
	wg.Wait()
	slices.Sort(names)
	want := []string{dir}
	for i := 2; i <= len(names); i++ {
		want = append(want, dir+"-"+strconv.Itoa(i))
	}
	if !slices.Equal(names, want) {
		t.Errorf("directories %q, want %q", names, want)
	}
}

// Whatever a run would write into is its own: legs of another, and links that lead out of
// the directory, are refused and left as they are.
func TestARunWritesIntoNothingThatWasThere(t *testing.T) {
	for name, make := range map[string]func(dir, elsewhere string) error{
		"stale legs": func(dir, _ string) error { return os.MkdirAll(filepath.Join(dir, "legs", "01-t"), 0o755) },
		"a link for the legs": func(dir, elsewhere string) error {
			return os.Symlink(elsewhere, filepath.Join(dir, "legs"))
		},
		"a link for the manifest": func(dir, elsewhere string) error {
			return os.Symlink(filepath.Join(elsewhere, "new"), filepath.Join(dir, runlog.ManifestFile))
		},
	} {
		dir, elsewhere := t.TempDir(), t.TempDir()
		must(t, make(dir, elsewhere))
		if _, err := runlog.Create(dir, manifest()); !errors.Is(err, runlog.ErrExists) {
			t.Errorf("%s: error %v", name, err)
		}
		if there, err := os.ReadDir(elsewhere); err != nil || len(there) > 0 {
			t.Errorf("%s: written elsewhere: %v, %v", name, there, err)
		}
	}
	dir := t.TempDir()
	w, err := runlog.Create(dir, manifest())
	must(t, err)
	must(t, os.Mkdir(filepath.Join(dir, "legs", "01-t"), 0o755))
	if _, err := w.StartLeg(runlog.Leg{Target: "t", Round: 1, Started: began}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a leg's directory that was there: %v", err)
	}
}

func TestTargetNamesCannotLeaveTheRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := runlog.Create(dir, manifest())
	must(t, err)
	for _, name := range []string{"../../../x", "a/b", `a\b`, "a\x00b"} {
		if _, err := w.StartLeg(runlog.Leg{Target: name, Round: 1, Started: began}); err == nil {
			t.Errorf("target %q got a directory", name)
		}
	}
	if run, err := runlog.Open(dir); err != nil || len(run.Legs) != 0 {
		t.Error("a refused leg is in the manifest")
	}
	lw, err := w.StartLeg(runlog.Leg{Target: "..", Round: 1, Started: began})
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
	lw, err := w.StartLeg(runlog.Leg{Target: "single", Round: 1, Started: began})
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
func TestWarmUps(t *testing.T) {
	dir := t.TempDir()
	w, err := runlog.Create(dir, manifest())
	must(t, err)
	for _, warmUp := range []bool{true, false} {
		lw, err := w.StartLeg(runlog.Leg{Target: "single", Round: 1, WarmUp: warmUp, Planned: 5, Started: began})
		must(t, err)
		must(t, lw.Close(), w.EndLeg(5, 0, time.Second, ""))
	}
	r, err := runlog.Open(dir)
	must(t, err)
	warm, leg := records(t, r)[0].Leg, records(t, r)[1].Leg
	if !warm.WarmUp || warm.Dir != "legs/01-single-warm-up" || warm.Round != 1 || warm.Planned != 5 || !warm.Complete {
		t.Errorf("warm-up is %+v", warm)
	}
	if leg.WarmUp || leg.Dir != "legs/02-single" {
		t.Errorf("leg is %+v", leg)
	}
}

// Events of the run as a whole stand beside its manifest, and only where there are any.
func TestEventsOfTheRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := runlog.Create(dir, manifest())
	must(t, err)
	r, err := runlog.Open(dir)
	must(t, err)
	if _, err := os.Stat(filepath.Join(dir, runlog.EventsFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of no events: %v", err)
	}
	want := []runlog.Event{{At: 1, Kind: "a"}, {At: 2, Kind: "b", Text: "c", Attrs: map[string]string{"d": "e"}}}
	for _, e := range want {
		must(t, w.Event(e))
	}
	if got, err := r.Events(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, %v; want %v", got, err, want)
	}
	many := runlog.Event{Attrs: map[string]string{}}
	for i := range runlog.MaxAttrs + 1 {
		many.Attrs[strconv.Itoa(i)] = ""
	}
	if err := w.Event(many); !errors.Is(err, untrusted.ErrBounds) {
		t.Errorf("more attributes than are read: %v", err)
	}
}
