//go:build unix

package main

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// A suspended process is like a paused virtual machine. The page answers at once all the time,
// so that nothing is the target's fault.
func TestASuspendedGenerator(t *testing.T) {
	url, _ := page(t, 5*time.Millisecond)
	for _, load := range []string{
		"{type: rate, rate: 100/s, duration: 6s}",
		"{type: maintain-client-load, clients: 4, duration: 6s}",
	} {
		dir := filepath.Join(t.TempDir(), "run")
		cmd, out := command(t, nil, "run", scenario(t, url, load), "--set", "thresholds=[p95 < 500ms]", "--out", dir, "--json")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a second on disk", func() bool { return seconds(dir) >= 1 })
		for _, signal := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if signal == syscall.SIGSTOP {
				time.Sleep(2 * time.Second) // how long the program stands still: longer than the machine may by itself
			}
		}
		r := wait(t, cmd.Wait(), out)
		r.wantCode(t, exitInvalid)
		r.wantLimited(t, "the generator stood still")
		a := r.summary(t)
		if g := a.Legs[0].Generator; g.StandstillS < 1.9 || g.LongestStandstill.From < 0.9 {
			t.Errorf("%s: %+v", load, g)
		}
		for _, f := range a.Findings {
			if f.Verdict == result.Fail || f.Code == result.CodeAccounting {
				t.Errorf("%s: the target is blamed, or the counts: %v", load, f)
			}
		}
		if threshold := a.Thresholds[0]; threshold.Code != result.CodeNotJudged {
			t.Errorf("%s: %s", load, fmt.Sprint(threshold))
		}
	}
}
