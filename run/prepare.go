package run

import (
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
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// dialTimeout bounds the look whether a target is there at all.
const dialTimeout = 5 * time.Second

// prepare makes sure that a run can begin: its directory is free, the targets may be loaded
// and are there, and the database answers. Nothing is created and no request is sent.
func (r *runner) prepare(ctx context.Context) error {
	if !r.o.Numbered {
		if err := runlog.CheckFree(r.o.Dir); err != nil {
			return err
		}
	}
	if err := r.openFeeds(ctx); err != nil {
		return err
	}
	if err := r.o.Performer.Open(ctx); err != nil {
		return err
	}
	for _, t := range r.targets {
		if err := r.able(t); err != nil {
			return err
		}
		if err := r.checkTarget(ctx, t); err != nil {
			return err
		}
	}
	if err := r.openLedger(ctx); err != nil {
		return err
	}
	if err := r.openChanges(ctx); err != nil {
		return err
	}
	return r.openCluster()
}

// Rows counts the rows per host of the scenario's ledger, and says where they are. The error
// holds no secret of the scenario.
func Rows(ctx context.Context, sc *scenarios.Scenario) (rows map[string]int64, address string, err error) {
	c, err := OpenLedger(ctx, sc)
	if err != nil {
		return nil, "", withoutSecrets(sc, err)
	}
	defer c.Close()
	if rows, err = c.Count(ctx); err != nil {
		return nil, "", withoutSecrets(sc, fmt.Errorf("counting rows: %w", err))
	}
	return rows, c.Address(), nil
}

// able makes sure that the performer can put every load on a target.
func (r *runner) able(t scenarios.Target) error {
	for i := range r.loads {
		job := r.job(t, &r.loads[i])
		if err := r.o.Performer.Able(r.engines.byTarget[t.Name], &job); err != nil {
			return err
		}
	}
	return nil
}

// checkTarget makes sure that everything which a target's requests lead to may be loaded and
// accepts a connection. It sends no request: on this kind of page a request already writes a row.
func (g *Generator) checkTarget(ctx context.Context, t scenarios.Target) error {
	job := g.job(t, &g.loads[0])
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
			g.withheld = append(g.withheld, fmt.Sprintf("request %s leads away from target %s: %s not sent with it",
				job.Requests[i].Name, t.Name, strings.Join(m.Withheld, ", ")))
		}
	}
	// An address that must not be loaded is reported before one that does not answer.
	for _, look := range []func(context.Context, *attack.Job, route.Origin) error{judge, connect} {
		for _, o := range origins {
			if err := look(ctx, &job, o); err != nil {
				return unreachable(t, o, err)
			}
		}
	}
	if err := g.settleProtocol(ctx, t, &job); err != nil {
		return unreachable(t, origins[0], err)
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
	return job.Resolve(ctx, o)
}

func connect(ctx context.Context, job *attack.Job, o route.Origin) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := dial(ctx, job, o)
	if err != nil {
		return err
	}
	return conn.Close()
}

// dial opens a connection to an origin, or to the job's proxy.
func dial(ctx context.Context, job *attack.Job, o route.Origin) (net.Conn, error) {
	if local(job, o) {
		return new(net.Dialer).DialContext(ctx, "unix", job.Socket)
	}
	conn, _, err := job.Dial(ctx, o, nil)
	return conn, err
}

// unreachable is the error of an origin that a target's requests lead to and that cannot be
// loaded.
func unreachable(t scenarios.Target, o route.Origin, err error) *UnreachableError {
	what := "target " + t.Name
	if o != route.OriginOf(t.URL) {
		what += ", requests to " + o.String()
	}
	answered := errors.As(err, new(*route.RefusedError)) || errors.As(err, new(*HandshakeError))
	return &UnreachableError{What: what, Err: err, Silent: !answered}
}

func (g *Generator) job(t scenarios.Target, load *Load) attack.Job {
	job := attack.Job{
		Plan: load.Plan, Target: t.URL, Socket: t.Socket, Routes: g.routes,
		Settings: load.Settings,
		Host:     t.Host, ConnectTo: t.ConnectTo, Proxy: t.Proxy, HostFrom: t.HostFrom,
		Insecure: t.Insecure, Roots: t.Roots, ServerName: t.ServerName, Certificate: t.Certificate, MinVersion: t.MinVersion, Resume: t.TLS.Resume,
		HTTP2: t.HTTP2 != nil && *t.HTTP2 || g.engines.http2[t.Name],
	}
	job.Values, job.Requests = g.values(0)
	hop := job.Hop
	job.MayFollow = func(u *url.URL) error { return g.mayFollow(u, hop) }
	return job
}

// errElsewhere says that a redirect leads to none of the scenario's targets.
var errElsewhere = errors.New("no target of this scenario")

// mayFollow allows a redirect to the hosts of the scenario's own targets, if their addresses
// may be dialled, and to no other host: the user did not ask to load what a target names.
func (g *Generator) mayFollow(u *url.URL, hop func(route.Origin) route.Hop) error {
	if !slices.ContainsFunc(g.targets, func(t scenarios.Target) bool { return wire.SameHost(u, t.URL) }) {
		return errElsewhere
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	return g.routes.Resolve(ctx, hop(route.OriginOf(u)))
}
