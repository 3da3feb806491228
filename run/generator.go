package run

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/secret"
)

// Generator is a scenario made ready to be loaded from this machine: the engines of its targets, the data of
// its requests, and the addresses that they may lead to. A run has one; so has every machine that puts on a
// part of another's run.
type Generator struct {
	sc       *scenarios.Scenario
	guard    *ownership.Guard
	loads    []Load
	targets  []scenarios.Target
	engines  *engines
	routes   *route.Table
	data     feeds
	withheld []string // which requests lead away from the target, and so lack headers
}

// GeneratorOptions are how to make a generator. Guard must be given.
type GeneratorOptions struct {
	// Targets are the names of those that are to be loaded; empty is all.
	Targets []string
	// Guard decides which addresses may be dialled from here.
	Guard *ownership.Guard
	// Resolver is asked for the addresses of names; nil is the system's.
	Resolver route.Resolver
	// Version is that of this program, for targets.
	Version string
	// Open opens the data of a feed; nil is its file.
	Open func(scenarios.Feed) (io.ReadCloser, error)
}

// NewGenerator makes a scenario ready: it reads the feeds, and makes sure that everything which requests lead
// to may be loaded from here and is there. It sends no request. The errors are those of [Start], without
// secrets.
func NewGenerator(ctx context.Context, sc *scenarios.Scenario, o GeneratorOptions) (*Generator, error) {
	g, err := newGenerator(sc, o)
	if err == nil {
		err = g.open(ctx)
	}
	if err != nil {
		return nil, withoutSecrets(sc, err)
	}
	return g, nil
}

func (g *Generator) open(ctx context.Context) error {
	err := g.openFeeds(ctx)
	for _, t := range g.targets {
		if err == nil {
			err = g.checkTarget(ctx, t)
		}
	}
	if err != nil {
		g.data.close()
	}
	return err
}

func newGenerator(sc *scenarios.Scenario, o GeneratorOptions) (*Generator, error) {
	loads, err := loadsOf(sc)
	if err != nil {
		return nil, err
	}
	targets, err := choose(sc.Targets, o.Targets)
	if err != nil {
		return nil, err
	}
	g := &Generator{
		sc: sc, guard: o.Guard, loads: loads, targets: targets, data: feeds{sources: sc.Feeds, open: o.Open},
		routes: &route.Table{Resolver: o.Resolver, ResolveEvery: sc.Loads[0].ResolveEvery},
	}
	g.routes.Judge = g.judge
	g.engines, err = newEngines(sc, targets, o.Version)
	return g, err
}

// Close gives up the data of the feeds.
func (g *Generator) Close() { g.data.close() }

// Secrets are those of the scenario, which nobody may read.
func (g *Generator) Secrets() *secret.Set { return g.sc.Secrets() }

// target is one of those that are to be loaded.
func (g *Generator) target(name string) (scenarios.Target, error) {
	chosen, err := choose(g.targets, []string{name})
	if err != nil {
		return scenarios.Target{}, err
	}
	return chosen[0], nil
}

// written is what a target is called where the scenario was written: other machines read it from there.
func (g *Generator) written(target string) string {
	t, err := g.target(target)
	if err != nil || t.Twin == "" {
		return target
	}
	return t.Twin
}

// Order is a leg's job in plain values: generators of one scenario make the same job of it, each on its
// machine.
type Order struct {
	Target   string          `json:"target"`
	Load     plan.Load       `json:"load"`
	Settings attack.Settings `json:"settings"`
	// Timeout, Every and NoKeepAlive are those of Settings, which have no JSON form there.
	Timeout     time.Duration `json:"timeout_ns"`
	Every       time.Duration `json:"every_ns,omitempty"`
	NoKeepAlive bool          `json:"no_keep_alive,omitempty"`
	// WarmUp, if above 0, is where the load is cut.
	WarmUp time.Duration `json:"warm_up_ns,omitempty"`
	// Seed is that of random values in requests.
	Seed uint64 `json:"seed"`
	// FirstRow is the row of the first pass in feeds whose rows are unique.
	FirstRow uint64 `json:"first_row,omitempty"`
	// Names are in the names of requests what those of the leg have in common; "" where they have none.
	Names string `json:"names,omitempty"`
}

// NewOrder is the order of a load on a target.
func NewOrder(target string, l *Load) Order {
	return Order{
		Target: target, Load: l.Plan.Load(), Settings: l.Settings,
		Timeout: l.Timeout, Every: l.Every, NoKeepAlive: l.NoKeepAlive,
	}
}

// errSettings says that an order has settings that no scenario can ask for.
var errSettings = errors.New("an order with settings that no scenario has")

// load is what the order puts on its target. Orders may come from other machines, so it is checked.
func (o *Order) load() (Load, error) {
	s := &o.Settings
	if o.Timeout <= 0 || o.Timeout > attack.MaxTimeout || o.Every < 0 || o.WarmUp < 0 || s.MaxConnections < 0 || s.RequestsPerConnection < 0 || o.Names != "" && !claim.IsLeg(o.Names) {
		return Load{}, errSettings
	}
	p, err := plan.New(o.Load)
	l := Load{Plan: p, Settings: o.Settings}
	l.Timeout, l.Every, l.NoKeepAlive = o.Timeout, o.Every, o.NoKeepAlive
	return l, err
}

// Job is the whole job of an order, and the engine for it here.
func (g *Generator) Job(o Order) (attack.Engine, attack.Job, error) {
	t, err := g.target(o.Target)
	if err != nil {
		return nil, attack.Job{}, err
	}
	l, err := o.load()
	if err != nil {
		return nil, attack.Job{}, err
	}
	job := g.job(t, &l)
	job.Seed = o.Seed
	if o.Names != "" {
		job.Names = g.names(o.Names)
	}
	if o.WarmUp > 0 {
		job.Plan = job.Plan.Cut(o.WarmUp)
	}
	if o.FirstRow > 0 {
		job.Values, job.Requests = g.values(o.FirstRow)
	}
	return g.engines.byTarget[t.Name], job, nil
}

// names are those of the requests of a leg; nil where rows have none.
func (g *Generator) names(leg string) *claim.Names {
	if g.sc.Ledger == nil || g.sc.Ledger.Claim == nil {
		return nil
	}
	return &claim.Names{Place: g.sc.Ledger.Claim.Place, Leg: leg}
}
