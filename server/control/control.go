// Package control is what a server does with its hosts, tests and runs, whoever asks for it.
package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stress-tool/stress/attack/ownership"
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
	// MostPayload bounds those data, in bytes of a run; 0 is [MostPayload].
	MostPayload int64
	// Fleet is where tests get agents; nil is nowhere.
	Fleet *Fleet

	watchers    watchers
	calibration calibration
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
func (c *Control) Begin(ctx context.Context, t store.Test, r store.Run) (_ *run.Running, _ func(), err error) {
	if t, err = c.located(ctx, t); err != nil {
		return nil, nil, err
	}
	sc, err := c.scenario(t)
	if err != nil {
		return nil, nil, err
	}
	var agents Agents
	end := func() {
		if agents != nil {
			agents.Close()
		}
		c.dropPayload(r)
	}
	defer func() {
		if err != nil {
			end()
		}
	}()
	show := c.Queue.Live.Begin(r.ID, sc)
	o := run.Options{Dir: c.Store.Dir(r), Guard: c.Guard(), Tool: c.Tool, Sinks: []run.Sink{show}}
	if err := c.fetchPayload(ctx, r, sc, 1+c.Fleet.local(sc.Generators)); err != nil {
		return nil, nil, err
	}
	if agents, err = c.agents(ctx, t, r, sc); err != nil {
		return nil, nil, err
	}
	if agents != nil {
		o.Performer = agents
	}
	running, err := run.Start(ctx, sc, o)
	if err == nil && agents != nil {
		if unkept := agents.Keep(running.Dir); unkept != nil {
			c.Queue.Live.Heard(r.ID, run.Noted{Event: runlog.Event{Kind: runlog.EventSink, Text: "should the server be killed, nobody can collect what agents keep: " + unkept.Error()}})
		}
	}
	return running, end, err
}

// Collect ends a run whose server was killed with what its agents kept; it is the queue's. It reports whether
// there was a run of agents.
func (c *Control) Collect(ctx context.Context, dir string) (bool, error) {
	if c.Fleet == nil || c.Fleet.Collect == nil {
		return false, nil
	}
	return c.Fleet.Collect(ctx, dir)
}
