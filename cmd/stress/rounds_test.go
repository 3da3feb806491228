package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// A run that is interrupted during a cool-down ends at once and keeps what it has measured.
func TestInterruptWhileCoolingDown(t *testing.T) {
	url, hits := page(t, time.Millisecond)
	dir := filepath.Join(t.TempDir(), "run")
	cmd, out := command(t, nil, "run", scenario(t, url, "{type: maintain-client-load, clients: 2, duration: 1s}"),
		"--rounds", "2", "--cool-down", "1h", "--out", dir, "--json")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first leg's end", func() bool { return manifestSays(dir, `"complete": true`) })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	r := wait(t, cmd.Wait(), out)
	r.wantCode(t, exitInterrupted)
	a := r.summary(t)
	if len(a.Legs) != 1 || a.Legs[0].Stopped != "" || int64(a.Legs[0].Sent) != hits.Load() || a.Run.Stopped != "interrupted" {
		t.Errorf("stopped %q, legs %+v, the server saw %d", a.Run.Stopped, a.Legs, hits.Load())
	}
	if turns := a.Run.Turns; turns == nil || turns.Rounds != 2 || turns.CoolDownS != 3600 || turns.Seed == 0 {
		t.Errorf("turns are %+v", turns)
	}
}

// A run that is interrupted during its first warm-up has measured nothing, and says so.
func TestInterruptDuringAWarmUp(t *testing.T) {
	url, hits := page(t, time.Millisecond)
	dir := filepath.Join(t.TempDir(), "run")
	cmd, out := command(t, nil, "run", scenario(t, url, "{type: maintain-client-load, clients: 2, duration: 60s}"),
		"--warm-up", "30s", "--out", dir, "--json")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a request", func() bool { return hits.Load() > 0 })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	r := wait(t, cmd.Wait(), out)
	r.wantCode(t, exitInterrupted)
	if a := r.summary(t); len(a.Legs) != 0 || a.Verdict != result.Inconclusive || !a.Run.Partial {
		t.Errorf("verdict %s of %d legs, partial %v", a.Verdict, len(a.Legs), a.Run.Partial)
	}
	if !manifestSays(dir, `legs/01-page-warm-up`) || manifestSays(dir, `legs/02-page`) {
		t.Error("the run directory does not hold a warm-up and nothing else")
	}
}

func manifestSays(dir, text string) bool {
	b, _ := os.ReadFile(filepath.Join(dir, "run.json"))
	return bytes.Contains(b, []byte(text))
}
