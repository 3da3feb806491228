package lead_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// A broker whose disk is full in the middle of a run takes no seconds and renews no leases: the agents stop, the run
// ends by itself and says that they were lost, and the account balances.
func TestABrokerOnAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("LEFT OUT, only root may mount a small disk")
	}
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("LEFT OUT, this system mounts no small disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: disk, JetStreamMaxStore: 1 << 30, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the broker does not begin")
	}
	target := newCounting(t)
	f := &fleet{t: t, to: link.Options{URL: s.ClientURL()}}
	for _, name := range []string{"n1", "n2"} {
		conn, err := link.Dial(f.Link(name))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() {
			ended <- agent.Run(ctx, agent.Config{Name: name, Conn: conn, Guard: func() *ownership.Guard { return offline(t) }, Tool: runlog.Tool{Version: "test"}})
		}()
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil && !strings.Contains(err.Error(), "or the broker's disk is full") {
				t.Error(err)
			}
			conn.Close()
		})
	}
	var full time.Time
	_, recs := f.measure(steady(target.URL, 20), 2, func(*run.Running) {
		target.await(250)
		fill, err := os.Create(filepath.Join(disk, "fill"))
		if err != nil {
			t.Error(err)
			return
		}
		defer fill.Close()
		for err == nil {
			_, err = fill.Write(make([]byte, 4096))
		}
		full = time.Now()
	})
	t.Logf("the run ended %v after the disk was full, %d requests came", time.Since(full), target.arrived)
	holds(t, recs[0], target)
	if target.arrived > 1500 {
		t.Errorf("%d requests came of 2000: the agents put on load without their leases", target.arrived)
	}
	for _, a := range recs[0].Agents {
		t.Logf("agent %s: sent %d of %d, unsure %d, lost %q", a.Name, a.Sent, a.Planned, a.Unsure, a.Lost)
		if !strings.Contains(a.Lost, "look whether the broker's disk is full") && !strings.Contains(a.Lost, "did not renew its lease") {
			t.Errorf("agent %s: %q", a.Name, a.Lost)
		}
	}
}
