package control

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/store"
)

// ErrNoLab says that this server has no system of its own to load.
var ErrNoLab = errors.New("this server has no lab")

// exampleSource is the scenario of the example: what `stress demo` runs. A test with exactly that text
// is the example, and gets the addresses of the lab that is up when it runs.
func exampleSource() string {
	demo, _ := scenarios.InCatalogue("demo") // it is part of this program
	return demo.Source
}

// Try runs the example, which it keeps where it is not kept yet, against a lab that it starts.
func (c *Control) Try(ctx context.Context) (store.Test, store.Run, error) {
	if c.Lab == nil {
		return store.Test{}, store.Run{}, ErrNoLab
	}
	t, err := c.example(ctx)
	if err != nil {
		return t, store.Run{}, err
	}
	r, err := c.Run(ctx, t, store.ByPage)
	return t, r, err
}

func (c *Control) example(ctx context.Context) (store.Test, error) {
	all, err := c.Store.Tests(ctx, true)
	if err != nil {
		return store.Test{}, err
	}
	if i := slices.IndexFunc(all, func(t store.Test) bool { return t.Scenario == exampleSource() }); i >= 0 {
		return all[i], nil
	}
	addresses, err := c.Lab(ctx)
	if err != nil {
		return store.Test{}, err
	}
	t := store.Test{ID: store.NewID(), Token: store.NewID(), Created: time.Now(), Scenario: exampleSource(), Secrets: addresses, Tags: []string{"example"},
		Notes: "Every part of it is on this machine: a page alone, and three of it behind a balancer, which write a row for each request."}
	sc, err := Scenario(t)
	if err != nil {
		return t, err
	}
	t.Name = sc.Name
	h, err := c.AddHost(ctx, route.OriginOf(sc.Targets[0].URL).Name())
	if err != nil {
		return t, err
	}
	t.Host = h.ID
	return t, c.Store.AddTest(ctx, t, By(ctx))
}

// located is a test as it runs now: the lab of the example has other addresses after every start.
func (c *Control) located(ctx context.Context, t store.Test) (store.Test, error) {
	if c.Lab == nil || t.Scenario != exampleSource() {
		return t, nil
	}
	addresses, err := c.Lab(ctx)
	t.Secrets = addresses
	return t, err
}
