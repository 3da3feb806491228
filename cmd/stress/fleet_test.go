package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/runlog"
)

// A lead that is killed leaves agents that stop by themselves, and a run that another process ends with what they
// kept: with an exact account, and a verdict that tells.
func TestAKilledLead(t *testing.T) {
	var came atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { came.Add(1) }))
	defer target.Close()
	b, err := broker.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	dir := t.TempDir()
	password, out := filepath.Join(dir, "password"), filepath.Join(dir, "run")
	if err := os.WriteFile(password, []byte(b.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		cmd, said := command(t, nil, "agent", "--nats", b.URL(), "--name", fmt.Sprintf("n%d", i+1), "--user", b.User, "--password-file", password)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			if r := wait(t, cmd.Wait(), said); r.code != exitPass {
				t.Errorf("an agent ended with %d: %s", r.code, r.stderr)
			}
		}()
	}
	url := strings.Replace(b.URL(), "nats://", "nats://"+b.User+":"+b.Password+"@", 1)
	env := []string{"BROKER=" + url}
	killed, said := command(t, env, "run", target.URL, "--type", "rate", "--rate", "100", "--duration", "60s", "--agents", "2", "--nats", "${BROKER}", "--out", out)
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); came.Load() < 300; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no load: %s", said.stderr.String())
		}
	}
	if r := stress(t, env, "run", "--resume", out, "--nats", url); r.code != exitUnable || !strings.Contains(r.stderr, lead.ErrUnderWay.Error()) {
		t.Errorf("a run under way: exit %d, %s", r.code, r.stderr)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	time.Sleep(wire.Silence + 2*time.Second) // they have not heard their lead for so long
	stopped := came.Load()
	r := stress(t, nil, "run", "--resume", out, "--nats", url)
	if now := came.Load(); now != stopped {
		t.Errorf("%d requests came when the agents were to have stopped", now-stopped)
	}
	if r.code == exitPass || strings.Contains(r.stderr+r.stdout, b.Password) {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	run, err := runlog.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	leg := run.Legs[0]
	var sent, dropped uint64
	for _, a := range leg.Agents {
		sent, dropped = sent+a.Sent, dropped+a.Dropped
		if !strings.Contains(a.Lost, "has not heard its lead") || a.Unsure != 0 {
			t.Errorf("%+v", a)
		}
	}
	if !run.Sealed || run.Stopped != lead.Collected || !leg.Complete || leg.Planned != 6000 || sent+dropped != 6000 || leg.Dropped != dropped || int64(sent) < stopped || int64(sent) > stopped+50 {
		t.Errorf("sealed %v, %q; planned %d, sent %d, dropped %d, came %d", run.Sealed, run.Stopped, leg.Planned, sent, dropped, stopped)
	}
	if r := stress(t, nil, "run", "--resume", out); r.code != exitUsage || !strings.Contains(r.stderr, "came to its end") {
		t.Errorf("again: exit %d, %s", r.code, r.stderr)
	}
	if r := stress(t, nil, "report", out); r.code == exitUsage || r.code == exitUnable {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
}
