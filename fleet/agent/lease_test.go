package agent

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/fleet/link"
)

// A lease that was over when it was renewed is the agent's again, and the part under way sends nothing more, though
// nobody asked meanwhile whether it may: its lead takes the agent for lost since then.
func TestALeaseThatWasOverEndsThePart(t *testing.T) {
	b, err := broker.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	conn, err := link.Dial(b.Link("n1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	a := &agent{Config: Config{Name: "n1", Conn: conn, Say: func(string) {}}, instance: "x", epoch: time.Now()}
	if a.js, err = jetstream.New(conn); err != nil {
		t.Fatal(err)
	}
	if a.leases, a.started, err = link.Buckets(t.Context(), a.js); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.keepLease(ctx) }()
	part := func() *leg { // one that may send, which takes a lease
		t.Helper()
		for until := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			a.heard.Store(int64(a.now()))
			l := &leg{work: &work{agent: a, run: "run"}}
			if why := l.mayNot(); why == "" {
				return l
			} else if time.Now().After(until) {
				t.Fatal(why)
			}
		}
	}
	l := part()
	a.performing.Store(l)
	a.lease.Store(0)
	part() // the lease is held again
	if why := l.mayNot(); !strings.Contains(why, "lost its lease") {
		t.Errorf("it may send again: %q", why)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
