// Package control is what a server does with its hosts, tests and runs, whoever asks for it.
package control

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server/notify"
	"github.com/stress-tool/stress/server/queue"
	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/store"
)

// Control does what it is asked for. Its fields are set before it is used.
type Control struct {
	Store *store.Store
	Queue *queue.Queue
	// Guard makes what judges addresses: a new one for each proof and each run, because what it has
	// found is not kept.
	Guard func() *ownership.Guard
	// Lab starts a system to load on this machine, where it is not up, and returns what the variables of
	// the catalogue's scenarios stand for there; nil is none.
	Lab func(ctx context.Context) (map[string]string, error)
	// Tool names this program in what runs keep.
	Tool runlog.Tool
	// Alone refuses a run while another is queued or running, as loader.io does, where without it
	// runs wait for each other.
	Alone bool
	// Mailers send mail; nil sends none.
	Mailers *notify.Mailers
	// Within are the networks from which tests may fetch the data of their requests, beside public addresses.
	Within reach.Networks

	watchers watchers
}

// InvalidError says what is wrong with what was asked for.
type InvalidError struct {
	Field string // that it is of; "" is the whole
	Err   error
}

func (e *InvalidError) Error() string {
	if e.Field == "" {
		return e.Err.Error()
	}
	return e.Field + ": " + e.Err.Error()
}
func (e *InvalidError) Unwrap() error { return e.Err }

// ErrUnverified says that a host has not proved whose it is.
var ErrUnverified = errors.New("the host is not verified")

// Run queues a run of a test whose host is verified.
func (c *Control) Run(ctx context.Context, t store.Test, by store.Source) (store.Run, error) {
	h, err := c.Store.Host(ctx, t.Host)
	if err != nil {
		return store.Run{}, err
	}
	if h.Verified.IsZero() {
		if h, err = c.Prove(ctx, h); h.Verified.IsZero() {
			return store.Run{}, fmt.Errorf("%w: %w", ErrUnverified, err)
		}
	}
	r, err := c.Store.Ask(ctx, t.ID, by, time.Now(), c.Alone)
	if err == nil {
		c.Queue.Wake()
	}
	return r, err
}

// Stop ends the run of a test that has not ended. Without one the error is [store.ErrNotFound].
func (c *Control) Stop(ctx context.Context, t store.Test) (store.Run, error) {
	waiting, err := c.Store.Waiting(ctx)
	if err != nil {
		return store.Run{}, err
	}
	i := slices.IndexFunc(waiting, func(r store.Run) bool { return r.Test == t.ID })
	if i < 0 {
		return store.Run{}, store.ErrNotFound
	}
	return waiting[i], c.Queue.Stop(ctx, waiting[i].ID)
}

// Begin begins a run; it is the queue's.
func (c *Control) Begin(ctx context.Context, t store.Test, r store.Run) (*run.Running, error) {
	t, err := c.located(ctx, t)
	if err != nil {
		return nil, err
	}
	sc, err := Scenario(t)
	if err != nil {
		return nil, err
	}
	show := c.Queue.Live.Begin(r.ID, sc)
	return run.Start(ctx, sc, run.Options{Dir: c.Store.Dir(r), Guard: c.Guard(), Data: c.data, Tool: c.Tool, Sinks: []run.Sink{show}})
}

// data judges where the data of a test's requests are fetched: whoever may make a test must not read through
// this server what only its machine reaches.
func (c *Control) data(_ context.Context, _ route.Origin, to netip.AddrPort) error {
	return c.Within.Judge(to.Addr())
}
