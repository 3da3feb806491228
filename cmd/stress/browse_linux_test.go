package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What opens a page gets its address as one word, in which no sign has a meaning for a shell.
func TestABrowserGetsAnAddress(t *testing.T) {
	dir := t.TempDir()
	opener := filepath.Join(dir, "xdg-open")
	asked := filepath.Join(dir, "asked")
	if err := os.WriteFile(opener, []byte("#!/bin/sh\nprintf '%s|' \"$#\" \"$@\" > "+asked+"\nexit \"$FAILS\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(dir, `a run; $(touch x) "&' `)
	if err := os.CopyFS(run, os.DirFS("../../runlog/testdata/v1/sealed")); err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "DISPLAY=:9"}
	r := stress(t, append(env, "FAILS=0"), "report", run, "--open")
	r.wantCode(t, exitPass)
	got, err := os.ReadFile(asked)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.stderr)
	}
	if want := "1|file://" + dir + "/a%20run%3B%20%24%28touch%20x%29%20%22%26%27%20/report.html|"; string(got) != want {
		t.Errorf("asked to open %q, want %q", got, want)
	}
	if r.stderr != "" {
		t.Errorf("it says %q", r.stderr)
	}
	r = stress(t, append(env, "FAILS=3"), "report", run, "--open")
	r.wantCode(t, exitPass)
	if !strings.Contains(r.stderr, "cannot open a browser (exit status 3): the page is ") {
		t.Errorf("of a browser that fails it says %q", r.stderr)
	}
}
