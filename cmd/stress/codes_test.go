package main

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// codeScenario is one that passes, changed by replacements of its text.
func codeScenario(t *testing.T, url string, replace ...string) string {
	t.Helper()
	src := "name: a page\n" +
		"load: {type: rate, rate: 50, duration: 200ms}\n" +
		"request: {path: /, expect: {body: New record}}\n" +
		"targets: [{name: page, url: \"" + url + "\"}]\n"
	file := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(file, []byte(strings.NewReplacer(replace...).Replace(src)), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// Every row of the table of exit codes in docs/architecture.md, by the program itself. That
// of signals is held by theirs.
func TestEveryExitCode(t *testing.T) {
	url, _ := page(t, 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	taken, none := filepath.Join(dir, "taken"), filepath.Join(dir, "none")
	if err := os.CopyFS(taken, os.DirFS("../../runlog/testdata/v1/sealed")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("no scenario, no run"), 0o644); err != nil {
		t.Fatal(err)
	}
	newer, newerRun := filepath.Join(dir, "newer.json"), filepath.Join(dir, "newer")
	if err := os.WriteFile(newer, []byte(`{"schema": 99}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(newerRun, fstest.MapFS{"run.json": {Data: []byte(`{"schema": 99}`)}}); err != nil {
		t.Fatal(err)
	}
	healthy, err := filepath.Abs("../../analyze/testdata/healthy.json")
	if err != nil {
		t.Fatal(err)
	}
	good := codeScenario(t, url)
	socket := codeScenario(t, url, `url: "`+url+`"`, `url: "unix:`+none+`"`)
	refused := codeScenario(t, url, url, "http://"+closed)
	noDB := codeScenario(t, url, "request:", "ledger: {dsn: 'u:p@unix("+none+")/d', table: t, column: h}\nrequest:")
	for _, c := range []struct {
		code int
		args []string
	}{
		{exitPass, []string{"version"}},
		{exitPass, []string{"check", good}},
		{exitPass, []string{"report", taken, "--format", "csv"}},
		{exitPass, []string{"gate", healthy, "--scenario", codeScenario(t, url, "request:", "gate: {p50: {max: 10s}}\nrequest:")}},
		{exitFail, []string{"gate", healthy, "--scenario", codeScenario(t, url, "request:", "gate: {p50: {max: 1us}}\nrequest:")}},
		{exitFail, []string{"check", codeScenario(t, url, "New record", "another text")}},
		{exitUsage, []string{"runn"}},
		{exitUsage, []string{"run", "--no-such-flag"}},
		{exitUsage, []string{"run", none}},
		{exitUsage, []string{"run", dir}},
		{exitUsage, []string{"check", none}},
		{exitUsage, []string{"run", file}},
		{exitUsage, []string{"check", codeScenario(t, url, "path: /", "path: /, method: POST, body_file: nowhere")}},
		{exitUsage, []string{"run", good, "--target", "another"}},
		{exitUsage, []string{"run", good, "--out", taken}},
		{exitUsage, []string{"run", codeScenario(t, url, "request:", "ledger: {dsn: 'no dsn', table: t, column: h}\nrequest:")}},
		{exitUsage, []string{"report", none}},
		{exitUsage, []string{"report", file}},
		{exitUsage, []string{"report", newer}},
		{exitUsage, []string{"report", newerRun}},
		{exitUsage, []string{"gate", none}},
		{exitUsage, []string{"gate", file}},
		{exitUsage, []string{"compare", taken, none}},
		{exitUsage, []string{"baseline", "list", "--dir", none}},
		{exitInconclusive, []string{"gate", healthy, "--scenario", codeScenario(t, url, "request:", "gate: {p50: {worse_by: 10%}}\nrequest:")}},
		{exitInvalid, []string{"gate", taken, "--scenario", codeScenario(t, url, "request:", "gate: {p50: {max: 10s}}\nrequest:")}},
		{exitUnable, []string{"run", refused}},
		{exitUnable, []string{"check", refused}},
		{exitUnable, []string{"run", socket}},
		{exitUnable, []string{"check", socket}},
		{exitUnable, []string{"run", noDB}},
		{exitUnable, []string{"check", noDB}},
		{exitUnable, []string{"spread", noDB}},
		{exitUnable, []string{"run", codeScenario(t, url, url, "http://192.0.2.1/")}},
		{exitUnable, []string{"run", good, "--out", filepath.Join(file, "below", "a-file")}},
		{exitUnable, []string{"report", taken, "--format", "md", "-o", filepath.Join(none, "x.md")}},
		{exitUnable, []string{"report", taken, "--format", "md", "-o", dir}},
	} {
		cmd, out := command(t, []string{"HOME=" + dir, "XDG_CONFIG_HOME="}, c.args...)
		cmd.Dir = dir
		if r := wait(t, cmd.Run(), out); r.code != c.code {
			t.Errorf("%s: exit code %d, want %d\n%s%s", c.args, r.code, c.code, r.stdout, r.stderr)
		} else if c.code == exitUsage && (r.stdout != "" || r.stderr == "") {
			t.Errorf("%s: want a message and nothing else\n%s%s", c.args, r.stdout, r.stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "results")); err == nil {
		t.Error("what could not run left a directory")
	}
}

// Exit code 2 is what the Go runtime gives a program that crashes; here it is a usage error.
func TestACrashIsNoUsageError(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the exit code of a crash is set on Linux only")
	}
	db, taken := mute(t)
	cmd, out := command(t, nil, "spread", "--dsn", "u:p@tcp("+db+")/d")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-taken
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil { // the runtime's own crash
		t.Fatal(err)
	}
	if r := wait(t, cmd.Wait(), out); r.code != exitUnable || !strings.Contains(r.stderr, "goroutine ") {
		t.Errorf("exit code %d, want %d\n%s", r.code, exitUnable, r.stderr)
	}
}
