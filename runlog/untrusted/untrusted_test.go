//go:build unix

package untrusted

import (
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Nothing but a regular file is opened, and nothing of it blocks or never ends.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.WriteFile(at("file"), []byte("text"), 0o644))
	must(t, os.Mkdir(at("folder"), 0o755))
	must(t, syscall.Mkfifo(at("pipe"), 0o644))
	must(t, os.Symlink("file", at("link")))
	must(t, os.Symlink("pipe", at("link-to-pipe")))
	must(t, os.Symlink("/dev/zero", at("link-to-device")))
	must(t, os.Symlink("loop", at("loop")))
	socket, err := net.Listen("unix", at("socket"))
	must(t, err)
	defer socket.Close()
	for name, want := range map[string]string{
		"file": "", "link": "",
		"folder": "a directory", "pipe": "a named pipe", "link-to-pipe": "a named pipe",
		"link-to-device": "a device", "loop": "too many levels", "socket": "no such device", "none": "no such file",
	} {
		f, err := Open(at(name))
		says(t, name, err, want)
		if err == nil {
			f.Close()
		}
	}
}

// What lies below a directory is not reached by a path or a link out of it.
func TestNothingOutsideIsOpened(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "run")
	must(t, os.Mkdir(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(above, "secret"), []byte("text"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "file"), []byte("text"), 0o644))
	must(t, os.Symlink("../secret", filepath.Join(dir, "link")))
	must(t, os.Symlink(above, filepath.Join(dir, "folder")))
	must(t, os.Symlink("file", filepath.Join(dir, "inside")))
	must(t, syscall.Mkfifo(filepath.Join(above, "pipe"), 0o644))
	for name, want := range map[string]string{
		"file": "", "inside": "",
		"../secret": "escapes", "link": "escapes", "folder/secret": "escapes", "/etc/passwd": "escapes", "none": "no such file",
	} {
		f, err := OpenIn(dir, name)
		says(t, name, err, want)
		if err == nil {
			f.Close()
		}
	}
	_, err := OpenIn(filepath.Join(above, "pipe"), "file")
	says(t, "a pipe for the directory", err, "not a directory")
}

func TestFilesAreReadOnlySoFar(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long")
	must(t, os.WriteFile(path, nil, 0o644))
	must(t, os.Truncate(path, 1<<40)) // takes no room on the disk
	f, err := Open(path)
	must(t, err)
	defer f.Close()
	_, err = ReadAll(f)
	says(t, "1 TiB", err, "longer than 64 MiB")
}

func TestCheckNamesThePlace(t *testing.T) {
	type inner struct {
		Text  string         `json:"text"`
		Rates []float64      `json:"rates"`
		Rows  map[string]int `json:"rows,omitempty"`
		Share *float64       `json:"share"`
	}
	type outer struct {
		inner
		Legs  []inner `json:"legs"`
		Count uint64  `json:"count"`
		Raw   []byte  `json:"raw"`
	}
	huge := 1e308
	for _, c := range []struct {
		v    outer
		want string
	}{
		{outer{Count: math.MaxUint64, Raw: make([]byte, MaxText+1), inner: inner{Text: strings.Repeat("x", MaxText), Rates: []float64{math.NaN(), -1e15}}}, ""},
		{outer{inner: inner{Text: strings.Repeat("x", MaxText+1)}}, "text: cannot be a text of 65537 bytes"},
		{outer{Legs: []inner{{}, {Rates: []float64{1, 1e308}}}}, "legs.1.rates.1: cannot be 1e+308"},
		{outer{Legs: []inner{{Share: &huge}}}, "legs.0.share: cannot be 1e+308"},
		{outer{Legs: []inner{{Rows: map[string]int{"a": -1 << 60}}}}, `legs.0.rows."a": cannot be -1152921504606846976`},
		{outer{Legs: []inner{{Rows: map[string]int{strings.Repeat("x", MaxText+1): 1}}}}, `legs.0.rows."xxx`},
		{outer{Legs: make([]inner, MaxList+1)}, "legs: cannot be a list of 16385"},
	} {
		err := Check(&c.v)
		says(t, c.want, err, c.want)
		if err != nil && !errors.Is(err, ErrBounds) {
			t.Errorf("%v is no ErrBounds", err)
		}
	}
}

func says(t *testing.T, what string, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %.200v, want %q", what, err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
