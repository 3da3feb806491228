// Package control is what a server does with its hosts, tests and runs, whoever asks for it.
package control

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/queue"
	"github.com/stress-tool/stress/server/store"
)

// Control does what it is asked for. Its fields are set before it is used.
type Control struct {
	Store *store.Store
	Queue *queue.Queue
	// Guard makes what judges addresses: a new one for each proof and each run, because what it has
	// found is not kept.
	Guard func() *ownership.Guard
	// Tool names this program in what runs keep.
	Tool runlog.Tool
	// Alone refuses a run while another is queued or running, as loader.io does, where without it
	// runs wait for each other.
	Alone bool
}

// InvalidError says what is wrong with what was asked for.
type InvalidError struct{ Err error }

func (e *InvalidError) Error() string { return e.Err.Error() }
func (e *InvalidError) Unwrap() error { return e.Err }

// AddHost keeps a host, by the name of its address: with a port where that is not the usual one.
// One that is kept already stays as it is.
func (c *Control) AddHost(ctx context.Context, name string) (store.Host, error) {
	origins, err := originsOf(name)
	if err != nil {
		return store.Host{}, &InvalidError{err}
	}
	name = origins[0].Name()
	token, err := c.Guard().Token(origins[0])
	if err != nil {
		return store.Host{}, err
	}
	h := store.Host{ID: strings.TrimPrefix(token, ownership.TokenPrefix), Name: name, Created: time.Now()}
	if err := c.Store.AddHost(ctx, h); err != nil {
		return store.Host{}, err
	}
	return c.Store.HostNamed(ctx, name)
}

// originsOf are where a host of that name answers: by plain HTTP, or by HTTPS.
func originsOf(name string) ([]route.Origin, error) {
	var origins []route.Origin
	for _, scheme := range []string{"http", "https"} {
		u, err := url.Parse(scheme + "://" + name)
		if err != nil || u.Host != name || u.Hostname() == "" {
			return nil, fmt.Errorf("%q is no host: want a name or an address, with a port where it is not the usual one", name)
		}
		if _, err := route.Host(u); err != nil {
			return nil, err
		}
		origins = append(origins, route.OriginOf(u))
	}
	return origins, nil
}

// Prove looks whether a host may be loaded, and keeps the answer. The error says why it may not, or
// why that cannot be kept.
func (c *Control) Prove(ctx context.Context, h store.Host) (store.Host, error) {
	origins, err := originsOf(h.Name)
	if err != nil {
		return h, err
	}
	var unproven []error
	for _, o := range origins {
		routes := route.Table{Judge: c.Guard().Judge}
		if err := routes.Resolve(ctx, route.Hop{Origin: o}); err != nil {
			unproven = append(unproven, err)
		}
	}
	if h.Verified = (time.Time{}); len(unproven) < len(origins) {
		h.Verified, unproven = time.Now().UTC().Truncate(time.Millisecond), nil
	}
	return h, errors.Join(c.Store.Verify(ctx, h.ID, h.Verified), errors.Join(unproven...))
}

// Keep keeps a scenario as a test of the host that it loads; t holds what else is to be kept of it.
// Its host is added where it is new, and proved.
func (c *Control) Keep(ctx context.Context, f scenarios.File, t store.Test) (store.Test, store.Host, error) {
	text, _ := f.YAML()
	t.ID, t.Token, t.Created = store.NewID(), store.NewID(), time.Now()
	t.Scenario, t.Secrets = string(text), f.Secrets()
	sc, err := Scenario(t)
	if err != nil {
		return t, store.Host{}, &InvalidError{err}
	}
	h, err := c.AddHost(ctx, route.OriginOf(sc.Targets[0].URL).Name())
	if err != nil {
		return t, h, err
	}
	if h.Verified.IsZero() {
		h, _ = c.Prove(ctx, h) // it says whether it was
	}
	t.Host = h.ID
	return t, h, c.Store.AddTest(ctx, t)
}

// Scenario is what a test runs.
func Scenario(t store.Test) (*scenarios.Scenario, error) {
	return scenarios.Parse("test "+t.ID, []byte(t.Scenario), scenarios.Options{Lookup: func(name string) (string, bool) {
		value, ok := t.Secrets[name] // never this process's own environment: tests come from others
		return value, ok
	}})
}

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
func (c *Control) Begin(ctx context.Context, t store.Test, dir string) (*run.Running, error) {
	sc, err := Scenario(t)
	if err != nil {
		return nil, err
	}
	return run.Start(ctx, sc, run.Options{Dir: dir, Guard: c.Guard(), Tool: c.Tool})
}
