package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// dialTimeout bounds the look whether a target is there at all.
const dialTimeout = 5 * time.Second

// prepare makes sure that a run can begin: its directory is free, the targets may be loaded
// and are there, and the database answers. Nothing is created and no request is sent.
func (r *runner) prepare(ctx context.Context) error {
	if !r.o.Numbered {
		if err := runlog.Free(r.o.Dir); err != nil {
			return err
		}
	}
	for _, t := range r.targets {
		if err := r.ready(ctx, t); err != nil {
			return err
		}
	}
	var err error
	r.ledger, err = OpenLedger(ctx, r.sc)
	return cmp.Or(err, ctx.Err())
}

// OpenLedger connects to the scenario's database and counts the table once; nil without
// one in the scenario.
func OpenLedger(ctx context.Context, sc *scenarios.Scenario) (*ledger.Counter, error) {
	if sc.Ledger == nil {
		return nil, nil
	}
	c, err := ledger.Open(ctx, ledger.Config{
		DSN: sc.Ledger.DSN, Table: sc.Ledger.Table, Column: sc.Ledger.Column, Timeout: sc.Ledger.Timeout,
		Control: route.RefuseMetadata,
	})
	if err != nil {
		return nil, &UnreachableError{What: "ledger", Err: err}
	}
	return c, nil
}

// ready makes sure that this process may do what is asked, and of all that a target's requests
// lead to: that it may be loaded, and that it is there. A connection is opened and closed again:
// no request is sent, for on this kind of
// page a request already writes a row.
func (r *runner) ready(ctx context.Context, t scenarios.Target) error {
	job := r.job(t)
	if err := cmp.Or(wire.EnoughFiles(&job), wire.EnoughPorts(&job)); err != nil {
		return err
	}
	requests, err := wire.Prepare(job, "")
	if err != nil {
		return fmt.Errorf("target %s: %w", t.Name, err)
	}
	origins := []route.Origin{route.OriginOf(t.URL)}
	for i, m := range requests {
		if o := route.OriginOf(m.URL); !slices.Contains(origins, o) {
			origins = append(origins, o)
		}
		if len(m.Withheld) > 0 {
			r.withheld = append(r.withheld, fmt.Sprintf("request %s leads away from target %s: %s not sent with it",
				job.Requests[i].Name, t.Name, strings.Join(m.Withheld, ", ")))
		}
	}
	// What must not be loaded is said before what is not there.
	for _, look := range []func(context.Context, *attack.Job, route.Origin) error{judge, reach} {
		for _, o := range origins {
			if err := look(ctx, &job, o); err != nil {
				return unreachable(t, o, err)
			}
		}
	}
	return nil
}

// local reports that an origin is behind the job's unix socket, which leads to no address.
func local(job *attack.Job, o route.Origin) bool {
	return job.Socket != "" && o == route.OriginOf(job.Target)
}

func judge(ctx context.Context, job *attack.Job, o route.Origin) error {
	if local(job, o) {
		return nil
	}
	return job.Ask(ctx, o)
}

func reach(ctx context.Context, job *attack.Job, o route.Origin) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var conn net.Conn
	var err error
	if local(job, o) {
		conn, err = new(net.Dialer).DialContext(ctx, "unix", job.Socket)
	} else {
		conn, _, err = job.Dial(ctx, o, nil)
	}
	if err != nil {
		return err
	}
	return conn.Close()
}

// unreachable says what a target's requests lead to in vain.
func unreachable(t scenarios.Target, o route.Origin, err error) *UnreachableError {
	what := "target " + t.Name
	if o != route.OriginOf(t.URL) {
		what += ", requests to " + o.String()
	}
	var refused *route.RefusedError
	if !errors.As(err, &refused) {
		err = fmt.Errorf("%w: is it up? `stress lab` starts a system to try with", err)
	}
	return &UnreachableError{What: what, Err: err}
}

func (r *runner) job(t scenarios.Target) attack.Job {
	job := attack.Job{
		Plan: r.plan, Target: t.URL, Socket: t.Socket, Routes: r.routes, Requests: r.sc.Requests,
		Timeout: r.sc.Load.Timeout, Connections: r.sc.Load.Connections, MaxConnections: r.sc.Load.MaxConnections,
		Pacing: r.sc.Load.Pacing, LocalAddresses: r.sc.Load.LocalAddresses,
		ConnectTo: t.ConnectTo, Proxy: t.Proxy,
		Insecure: t.Insecure, Roots: t.Roots, ServerName: t.ServerName, Certificate: t.Certificate, HTTP2: t.HTTP2,
	}
	hop := job.Hop
	job.MayFollow = func(u *url.URL) error { return r.mayFollow(u, hop) }
	return job
}

// errElsewhere says that a redirect leads to none of the scenario's targets.
var errElsewhere = errors.New("no target of this scenario")

// mayFollow lets a redirect lead to the hosts of the scenario's own targets, as far as
// their addresses may be dialled, and to no other: what a target names is not what the
// user asked to load.
func (r *runner) mayFollow(u *url.URL, hop func(route.Origin) route.Hop) error {
	if !slices.ContainsFunc(r.targets, func(t scenarios.Target) bool { return wire.SameHost(u, t.URL) }) {
		return errElsewhere
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	return r.routes.Ask(ctx, hop(route.OriginOf(u)))
}

// before counts the rows before a leg; nil without a ledger. When the database has
// died since the run began, the leg goes on and its ledger says so.
func (r *runner) before(ctx context.Context) *runlog.Ledger {
	if r.ledger == nil {
		return nil
	}
	led, err := r.ledger.Before(ctx)
	if err != nil {
		led.Error = r.sc.Secrets().Blot("rows before the leg: " + err.Error())
	}
	return &led
}

// after counts the rows once they have settled. A run that is asked to end still wants
// its rows, and the wait is bounded by the counter; one whose context ends does not wait.
func (r *runner) after(ctx context.Context, led *runlog.Ledger) {
	if led.Before == nil {
		return
	}
	r.feed.tell(Waiting{"for the rows to settle"})
	if ctx.Err() == nil {
		r.ledger.After(ctx, led)
	}
	if ctx.Err() != nil && led.After == nil {
		led.Error = "rows after the leg are missing: the run was interrupted before they were counted"
	}
	led.Error = r.sc.Secrets().Blot(led.Error)
}

func (r *runner) manifest(started time.Time) runlog.Manifest {
	sc, load := r.sc, r.plan.Load()
	m := runlog.Manifest{
		Tool: r.o.Tool, Name: sc.Name, Source: sc.Source, Started: started, Machine: Machine(),
		Scenario: sc.Redacted(),
		Load: runlog.Load{
			Type: string(load.Type), Words: r.plan.Words(), Open: r.plan.Open(), Arrivals: string(load.Arrivals),
			Seed: load.Seed, Clients: load.Clients, RatePerS: load.Rate, DurationS: r.plan.Duration().Seconds(),
			TimeoutS: sc.Load.Timeout.Seconds(), ErrorThreshold: sc.Load.ErrorThreshold, Connections: string(sc.Load.Connections),
			MaxConnections: r.maxConnections(), Pacing: r.pacing(),
		},
		Engine: r.engines.words, Requests: requestNames(sc.Requests),
		Success: sc.SuccessWords(), Compare: r.comparison(), Thresholds: sc.Thresholds, Gate: sc.Gate, Notes: slices.Concat(sc.Notes, r.engines.notes, r.withheld),
	}
	for _, t := range r.targets {
		m.Targets = append(m.Targets, runlog.Target{
			Name: t.Name, URL: t.Address(), Way: t.Way(), Replicas: t.Replicas, Engine: r.engines.byTarget[t.Name].Name(),
		})
	}
	if r.ledger != nil {
		m.Ledger = &runlog.LedgerSource{Address: r.ledger.Address(), Table: sc.Ledger.Table, Column: sc.Ledger.Column}
	}
	if hosts := r.o.Guard.Overridden(); len(hosts) > 0 {
		m.Notes = append(m.Notes, "asserted with --i-own-this-target, not proved: the ownership of "+strings.Join(hosts, ", "))
	}
	return m
}

// comparison says who is held against whom, unless one of them was left out, and how
// they take turns; nil where the scenario has neither.
func (r *runner) comparison() *runlog.Compare {
	if r.sc.Compare == nil {
		return nil
	}
	c := r.compare
	out := &runlog.Compare{
		Rounds: r.allowance.most, Seed: c.Seed,
		CoolDownS: c.CoolDown.Seconds(), WarmUpS: c.WarmUp.Seconds(), BudgetS: c.Budget.Seconds(),
	}
	if r.has(c.Baseline) && r.has(c.Candidate) {
		out.Baseline, out.Candidate = c.Baseline, c.Candidate
	}
	return out
}

// pacing is that of an open load, "" for a closed one.
func (r *runner) pacing() string {
	if !r.plan.Open() {
		return ""
	}
	return string(r.sc.Load.Pacing)
}

// maxConnections is how many connections a shared pool may hold, 0 without one.
func (r *runner) maxConnections() int {
	if r.sc.Load.Connections != attack.Shared {
		return 0
	}
	return wire.MaxConnections(&attack.Job{MaxConnections: r.sc.Load.MaxConnections})
}

func (r *runner) has(target string) bool {
	for _, t := range r.targets {
		if t.Name == target {
			return true
		}
	}
	return false
}
