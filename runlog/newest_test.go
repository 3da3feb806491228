package runlog_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stress-tool/stress/runlog"
)

// What a run says of its start decides, not its name nor the time of its files; links
// are not followed.
func TestNewest(t *testing.T) {
	dir := t.TempDir()
	for path, manifest := range map[string]string{
		"shop/a":        `{"schema": 1, "started": "2026-01-01T10:00:00Z"}`,
		"shop/b":        `{"schema": 1, "started": "2025-01-01T10:00:00Z"}`,
		"other/one/x":   `{"schema": 1, "started": "2026-01-01T12:00:00+03:00"}`,
		"broken":        `{"sche`,
		"too/deep/to/x": `{"schema": 1, "started": "2030-01-01T10:00:00Z"}`,
	} {
		if err := os.MkdirAll(filepath.Join(dir, path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path, runlog.ManifestFile), []byte(manifest), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "too"), filepath.Join(dir, "shop", "link")); err != nil {
		t.Fatal(err)
	}
	for below, want := range map[string]string{"": "shop/a", "shop": "shop/a", "other": "other/one/x", "shop/b": "shop/b", "broken": "broken"} {
		got, err := runlog.Newest(filepath.Join(dir, below))
		if err != nil || got != filepath.Join(dir, want) {
			t.Errorf("newest below %q: %s, %v; want %s", below, got, err, want)
		}
	}
	if _, err := runlog.Newest(t.TempDir()); !errors.Is(err, runlog.ErrNoRun) {
		t.Errorf("got %v of an empty directory", err)
	}
	if all := slices.Collect(runlog.Runs(dir)); len(all) != 4 {
		t.Errorf("the runs are %q", all)
	}
}
