package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What cannot be written whole leaves a file as it was.
func TestAFileIsTheOldOneUntilTheNewOneIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.md")
	for _, c := range []struct {
		text string
		fail error
		want string
	}{{"first", nil, "first"}, {"half of the sec", os.ErrClosed, "first"}, {"second", nil, "second"}} {
		err := writeFile(environment{}, path, func(w io.Writer) error {
			_, err := io.WriteString(w, c.text)
			return errors.Join(err, c.fail)
		})
		if !errors.Is(err, c.fail) {
			t.Fatalf("%v, want %v", err, c.fail)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != c.want {
			t.Errorf("after %q the file holds %q (%v), want %q", c.text, got, err, c.want)
		}
	}
}

// A run directory that cannot be written is still a report to read, and so is one on a
// full disk.
func TestAReportIsPrintedBeforeItIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS("../../runlog/testdata/v1/sealed")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "summary.json"), 0o755); err != nil { // root may write everything else
		t.Fatal(err)
	}
	r := stress(t, nil, "report", dir)
	r.wantCode(t, exitUnable)
	if !strings.Contains(r.stdout, "How it was measured") || !strings.Contains(r.stderr, "summary.json: there is a directory of that name") {
		t.Errorf("stdout: %s\nstderr: %s", r.stdout, r.stderr)
	}
}

// A reader that goes away is no error of the report's, and its files are written.
func TestAReaderThatLeavesIsNoFault(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS("../../runlog/testdata/v1/sealed")); err != nil {
		t.Fatal(err)
	}
	cmd, out := command(t, nil, "report", dir)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	cmd.Stdout = write
	r := wait(t, cmd.Run(), out)
	write.Close()
	r.wantCode(t, exitInterrupted)
	if r.stderr != "" {
		t.Errorf("stderr: %s", r.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "summary.json")); err != nil {
		t.Error(err)
	}
}

func TestAFullStandardOutputIsAnError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no device that is always full: ", err)
	}
	defer full.Close()
	for _, args := range [][]string{{"version"}, {"schema"}, {"help"}} {
		cmd, out := command(t, nil, args...)
		cmd.Stdout = full
		r := wait(t, cmd.Run(), out)
		r.wantCode(t, exitUnable)
		if !strings.Contains(r.stderr, "no space left on device") {
			t.Errorf("%s: stderr: %s", args[0], r.stderr)
		}
	}
}
