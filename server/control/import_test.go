package control_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/runlog/runlogtest"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// Of a directory that comes from anyone a run's own files are copied, and nothing else that is in it; what a copy that
// was killed left is gone at the next start.
func TestAnImportTakesTheRunAlone(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(runlogtest.Write(dir, runlogtest.Shape{Targets: 1, Rounds: 1, Seconds: 20, PerSecond: 20}))
	secret := filepath.Join(t.TempDir(), "secret.json")
	must(os.WriteFile(secret, []byte("of another"), 0o600))
	must(os.Symlink(secret, filepath.Join(dir, "report.html")))
	must(os.Symlink(secret, filepath.Join(dir, "legs", "link.json")))
	must(os.Symlink("/", filepath.Join(dir, "legs", "root")))
	must(syscall.Mkfifo(filepath.Join(dir, "pipe.json"), 0o644))
	must(os.WriteFile(filepath.Join(dir, "large"), nil, 0o644))
	must(os.Truncate(filepath.Join(dir, "large"), 1<<40))
	left := filepath.Join(data, store.RunsDir, "test", "2026-01-02T03-04-05Z-01234567"+store.PartSuffix, "legs")
	must(os.MkdirAll(left, 0o700))

	s, err := store.Open(t.Context(), data)
	must(err)
	t.Cleanup(func() { s.Close() })
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("what was left of a copy is still there: %v", err)
	}
	keys := filepath.Join(t.TempDir(), "ownership.key")
	c := control.Control{Store: s, Guard: func() *ownership.Guard { return &ownership.Guard{KeyFile: keys} }}
	r, err := c.Import(t.Context(), dir)
	if err != nil || r.Verdict() == "" {
		t.Fatalf("%v, %v", r.Verdict(), err)
	}
	if kept, err := s.Run(t.Context(), r.ID); err != nil || kept.Verdict() != r.Verdict() || time.Since(kept.Ended) < 0 {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	must(filepath.WalkDir(s.Dir(r), func(path string, e fs.DirEntry, err error) error {
		info, ierr := e.Info()
		if err != nil || ierr != nil {
			t.Error(err, ierr)
		} else if !e.IsDir() && (!info.Mode().IsRegular() || info.Size() > 8<<20) {
			t.Errorf("%s was copied", path)
		}
		return nil
	}))
	if text, err := os.ReadFile(secret); err != nil || string(text) != "of another" {
		t.Errorf("what a link led to is %q, %v", text, err)
	}
}
