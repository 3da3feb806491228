package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/store"
)

// Keep keeps a scenario as a test of the host that it loads; t holds what else is to be kept of it,
// among that the secrets of a test that it was made from. Its host is added where it is new, and
// proved.
func (c *Control) Keep(ctx context.Context, f scenarios.File, t store.Test) (store.Test, store.Host, error) {
	t, sc, err := c.drafted(f, t)
	if err != nil {
		return t, store.Host{}, &InvalidError{Err: err}
	}
	t.ID, t.Token, t.Created = store.NewID(), store.NewID(), time.Now()
	h, err := c.AddHost(ctx, route.OriginOf(sc.Targets[0].URL).Name())
	if err != nil {
		return t, h, err
	}
	if h.Verified.IsZero() {
		h, _ = c.Prove(ctx, h) // it says whether it was
	}
	t.Host = h.ID
	return t, h, c.Store.AddTest(ctx, t, By(ctx))
}

// Draft is what [Control.Keep] would keep and run, and keeps nothing. The error is of
// [scenarios.Faults] where the scenario has some.
func (c *Control) Draft(f scenarios.File, t store.Test) (*scenarios.Scenario, error) {
	_, sc, err := c.drafted(f, t)
	return sc, err
}

func (c *Control) drafted(f scenarios.File, t store.Test) (store.Test, *scenarios.Scenario, error) {
	if err := errors.Join(allowed(f), checkCallback(t.Callback)); err != nil {
		return t, nil, err
	}
	text, _ := f.YAML()
	t.Scenario = string(text)
	secrets := f.Secrets()
	for name, value := range t.Secrets {
		fresh, both := secrets[name]
		if both && fresh != value && strings.Count(t.Scenario, "${"+name+"}") > 1 {
			return t, nil, fmt.Errorf("%s stands for a secret of the test that this one was made from, and for another one here: write that one anew wherever it is meant", name)
		}
	}
	merged := maps.Clone(t.Secrets)
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, secrets)
	t.Secrets = merged
	sc, err := c.scenario(t)
	if err != nil {
		return t, nil, err
	}
	for _, target := range sc.Targets {
		if target.Socket != "" {
			return t, nil, fmt.Errorf("target %s is a socket of the server's machine: run this scenario with `stress run`", target.Name)
		}
	}
	t.Secrets = map[string]string{} // those that it needs no longer are not kept
	for _, name := range sc.Variables {
		if value, known := merged[name]; known {
			t.Secrets[name] = value
		}
	}
	return t, sc, nil
}

// allowed says what a test of a server cannot have: it may be of somebody who may not read this
// machine's files, nor change its cluster.
func allowed(f scenarios.File) error {
	const files = "names a file of the server's machine"
	for _, feed := range f.Feeds {
		if feed.File != "" {
			return fmt.Errorf("file of feed %s %s: give the url of the data, or run this scenario with `stress run`", feed.Name, files)
		}
	}
	for i, r := range append(f.Requests, one(f.Request)...) {
		if r.BodyFile != "" {
			return fmt.Errorf("body_file of request %d %s: write the body itself", i+1, files)
		}
	}
	for _, t := range f.Targets {
		if t.TLS != nil && (t.TLS.CA != "" || t.TLS.Cert != "" || t.TLS.Key != "") {
			return fmt.Errorf("tls of target %s %s: run this scenario with `stress run`", t.Name, files)
		}
	}
	switch {
	case f.Cluster != nil || len(f.Faults) > 0:
		return errors.New("cluster and faults are for whoever may change the cluster: run this scenario with `stress run`")
	case f.Capacity != nil:
		return errors.New("a search for a capacity is no test: run this scenario with `stress capacity`")
	}
	return nil
}

func one[T any](v *T) []T {
	if v == nil {
		return nil
	}
	return []T{*v}
}

// Scenario is what a test runs.
func Scenario(t store.Test) (*scenarios.Scenario, error) { return document(t).Parse(secretsOf(t)) }

// scenario is what a test runs on this server. Whether it may is asked anew before each run: the server may have been
// started otherwise since the test was kept, and of an imported one nobody has asked.
func (c *Control) scenario(t store.Test) (*scenarios.Scenario, error) {
	sc, err := Scenario(t)
	if err == nil {
		err = c.Fleet.allowed(sc.Generators)
	}
	return sc, err
}

func document(t store.Test) scenarios.Document {
	return scenarios.Document{File: "test " + t.ID, Source: []byte(t.Scenario)}
}

// secretsOf are what a test's variables stand for.
func secretsOf(t store.Test) scenarios.Options {
	return scenarios.Options{Lookup: func(name string) (string, bool) {
		value, ok := t.Secrets[name] // never this process's own environment: tests come from others
		return value, ok
	}}
}
