package outfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The old content survives a disk that is full.
func TestAFullDiskLeavesTheOldContent(t *testing.T) {
	dir := tempDir(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("mounting a small disk: ", err)
	}
	defer syscall.Unmount(dir, 0)
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, []byte("old"), 0o644))
	for _, write := range []func(string, []byte, fs.FileMode) error{Write, Replace} {
		if err := write(file, make([]byte, 1<<20), 0o644); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("error %v", err)
		}
		if got := read(t, file); got != "old" {
			t.Errorf("content %q", got)
		}
		alone(t, dir, "file")
	}
}
