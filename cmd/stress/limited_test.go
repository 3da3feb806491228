package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// wantLimited requires the verdict INVALID, for a reason that holds the words.
func (r ran) wantLimited(t *testing.T, words string) {
	t.Helper()
	a := r.summary(t)
	why := fmt.Sprint(a.Legs[0].Generator.Why)
	if a.Verdict != result.Invalid || !strings.Contains(why, words) {
		t.Errorf("%s, because %q; want INVALID because of %q\n%+v", a.Verdict, why, words, a.Legs[0].Generator)
	}
}

func TestAHealthyGeneratorIsNotTheLimit(t *testing.T) {
	url, _ := page(t, 5*time.Millisecond)
	for _, load := range []string{
		"{type: rate, rate: 100/s, duration: 2s}",
		"{type: maintain-client-load, clients: 4, duration: 2s}",
	} {
		out := filepath.Join(t.TempDir(), "run")
		r := undisturbed(t, func() ran { return stress(t, nil, "run", scenario(t, url, load), "--out", out, "--json") }, out)
		if a := r.summary(t); a.Verdict == result.Invalid {
			t.Fatalf("%s: %v\n%+v", load, a.Findings, a.Legs[0].Generator)
		}
	}
}

func TestTooFewConnections(t *testing.T) {
	url, _ := page(t, 20*time.Millisecond)
	r := stress(t, nil, "run", scenario(t, url, "{type: rate, rate: 100/s, duration: 2s, connections: shared, max_connections: 1}"),
		"--out", filepath.Join(t.TempDir(), "run"), "--json")
	r.wantCode(t, exitInvalid)
	r.wantLimited(t, "connections was free: max_connections allows 1")
}

// Every client waits for its answer, so that more connections are needed than this process may
// have files.
func TestTooFewOpenFiles(t *testing.T) {
	url, _ := page(t, time.Second)
	for _, engine := range []string{"rawhttp", "nethttp"} {
		cmd, out := command(t, nil, "run", scenario(t, url, "{type: clients-per-test, clients: 200, duration: 2s}"),
			"--set", "engine="+engine, "--out", filepath.Join(t.TempDir(), "run"), "--json")
		program := cmd.Path
		cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `ulimit -n 48 && exec "$0" "$@"`, program}, cmd.Args[1:]...)
		r := wait(t, cmd.Run(), out)
		r.wantCode(t, exitInvalid)
		r.wantLimited(t, "at a limit of the generator's own, not at the target: too many open files (this process may have 48: raise `ulimit -n`)")
	}
}

// No machine sends two million requests a second. To send the rest would take minutes, so the
// test interrupts the run.
func TestARateThatNoMachineReaches(t *testing.T) {
	url, _ := page(t, 0)
	dir := filepath.Join(t.TempDir(), "run")
	cmd, out := command(t, nil, "run", scenario(t, url, "{type: rate, rate: 2000000/s, duration: 10s, connections: shared, max_connections: 50}"), "--out", dir, "--json")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two seconds on disk", func() bool { return seconds(dir) >= 2 })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	wait(t, cmd.Wait(), out).wantLimited(t, "late or more")
}
