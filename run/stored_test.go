package run

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// A path means its own run, or the newest below it; what it means is a judged run, from its
// directory or from its summary alone.
func TestWhatAPathMeans(t *testing.T) {
	dir := t.TempDir()
	sealed := filepath.Join(dir, "shop", "sealed")
	if err := os.CopyFS(sealed, os.DirFS("../runlog/testdata/v1/sealed")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, want string
		err        error
	}{
		{sealed, sealed, nil},
		{dir, sealed, nil},
		{filepath.Join(dir, "none"), filepath.Join(dir, "none"), nil}, // who reads it says so
		{t.TempDir(), "", runlog.ErrNoRun},
	} {
		if got, err := Find(c.path); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s is %q, %v; want %q, %v", c.path, got, err, c.want, c.err)
		}
	}
	if Holds(dir) || !Holds(sealed) {
		t.Error("a directory of runs is no run, and a run is one")
	}
	a, err := Stored(t.Context(), sealed)
	if err != nil || len(a.Legs) == 0 {
		t.Fatalf("%+v, %v", a, err)
	}
}

func TestStoredRefuses(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, result.SummaryFile)
	if err := os.WriteFile(other, []byte("none"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		filepath.Join(dir, "none"): ErrNone,
		other:                      result.ErrNoSummary,
		dir:                        result.ErrNoSummary,
		t.TempDir():                runlog.ErrNoRun,
	} {
		if a, err := Stored(t.Context(), path); a != nil || !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}
