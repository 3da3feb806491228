package outfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A file that is there stays as it is, also behind a link; a pipe takes what it is given,
// and so does the standard output where it is a file.
func TestCreateLeavesWhatIsThere(t *testing.T) {
	dir := tempDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.WriteFile(at("file"), []byte("old"), 0o644))
	must(t, os.Symlink("file", at("link")))
	must(t, os.Symlink("new", at("dangling")))
	for _, name := range []string{"file", "link"} {
		if err := Create(at(name), []byte("new"), 0o644); !errors.Is(err, ErrExists) || read(t, at("file")) != "old" {
			t.Errorf("%s: error %v, content %q", name, err, read(t, at("file")))
		}
	}
	must(t, Create(at("dangling"), []byte("new"), 0o644))
	if got := read(t, at("new")); got != "new" {
		t.Errorf("through a link that led nowhere: %q", got)
	}
	f, err := os.OpenFile(at("file"), os.O_RDWR|os.O_APPEND, 0)
	must(t, err)
	defer f.Close()
	must(t, Create("/dev/fd/"+fdOf(f), []byte(", and more"), 0o644))
	if got := read(t, at("file")); got != "old, and more" {
		t.Errorf("as a descriptor: %q", got)
	}
	alone(t, dir, "dangling", "file", "link", "new")
}

func TestSame(t *testing.T) {
	dir := tempDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.Mkdir(at("a"), 0o755))
	must(t, os.Symlink("a/new", at("link")))
	must(t, syscall.Mkfifo(at("pipe"), 0o600))
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{at("a/new"), at("a/new"), true},
		{at("a/new"), dir + "/a/../a/new", true},
		{at("a/new"), at("link"), true},
		{at("a/new"), at("a/old"), false},
		{at("pipe"), at("pipe"), false},
		{at("nowhere/x"), at("nowhere/x"), false}, // an error of its own
	} {
		if got := Same(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

// A program that ends at once, in the middle of a file, leaves nothing of it behind.
func TestAbandonRemovesWhatIsOnItsWay(t *testing.T) {
	dir := tempDir(t)
	t.Setenv("TMPDIR", dir)
	names := pending.names
	t.Cleanup(func() { pending.names = names; pending.Unlock() })
	half, err := os.Create(filepath.Join(dir, ".half"))
	must(t, err)
	addPending(half.Name())
	must(t, Write(filepath.Join(dir, "whole"), []byte("x"), 0o644))
	Abandon()
	alone(t, dir, "whole")
	if _, err := half.Seek(0, io.SeekStart); err != nil {
		t.Errorf("whoever is writing is in trouble: %v", err)
	}
}
