package run

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Finding is one thing looked at before a run.
type Finding struct {
	What string
	// Err is nil when all is well; an [*UnreachableError] or an
	// [*ownership.UnverifiedError] means that a run could not begin.
	Err  error
	Text string
}

// Check looks at everything a run needs. It sends no load: each target gets a few
// requests one after the other, every one on a new connection so that a balancer
// has to choose anew; on a page that writes, each of them writes a row, and the
// ledger is asked which hosts wrote.
func Check(ctx context.Context, sc *scenarios.Scenario, guard *ownership.Guard) []Finding {
	c := &checker{sc: sc, guard: guard}
	c.scenario()
	c.ledger(ctx)
	for _, t := range sc.Targets {
		c.target(ctx, t)
	}
	if c.counter != nil {
		c.counter.Close()
	}
	return c.found
}

type checker struct {
	sc      *scenarios.Scenario
	guard   *ownership.Guard
	counter *ledger.Counter
	found   []Finding
}

func (c *checker) say(what string, err error, format string, args ...any) {
	c.found = append(c.found, Finding{What: what, Err: err, Text: fmt.Sprintf(format, args...)})
}

func (c *checker) scenario() {
	p, err := plan.New(c.sc.Load.Load)
	if err != nil {
		c.say("scenario", err, "")
		return
	}
	n, ok := attack.Planned(p, len(c.sc.Requests))
	if !ok {
		c.say("scenario", nil, "%s, on each target%s", p.Words(), roundsWords(c.sc.Compare))
		return
	}
	c.say("scenario", nil, "%s: %d requests on each target%s", p.Words(), n, roundsWords(c.sc.Compare))
}

// roundsWords end a sentence about what a target gets; "" for a single round.
func roundsWords(c *scenarios.Compare) string {
	switch {
	case c.MostRounds() == 1:
		return ""
	case c.Budget == 0:
		return fmt.Sprintf(" in each of %d rounds", c.Rounds)
	case c.Rounds == 0:
		return fmt.Sprintf(" in each round, as many as fit in %v", c.Budget)
	}
	return fmt.Sprintf(" in each of at most %d rounds, as many as fit in %v", c.Rounds, c.Budget)
}

func (c *checker) ledger(ctx context.Context) {
	counter, err := OpenLedger(ctx, c.sc)
	switch {
	case err != nil:
		c.say("ledger", err, "")
	case counter == nil:
		c.say("ledger", nil, "none: answers will not be held against rows")
	default:
		c.counter = counter
		c.say("ledger", nil, "%s.%s at %s can be read", c.sc.Ledger.Table, c.sc.Ledger.Column, counter.Address())
	}
}

func (c *checker) target(ctx context.Context, t scenarios.Target) {
	what := "target " + t.Name
	if t.Socket == "" {
		if err := c.guard.Check(ctx, t.URL); err != nil {
			c.say(what, err, "")
			return
		}
	}
	if err := Reach(ctx, t); err != nil {
		c.say(what, err, "")
		return
	}
	before := c.rows(ctx)
	probes := max(2, 2*t.Replicas)
	for i := range c.sc.Requests {
		c.probe(ctx, t, &c.sc.Requests[i], probes)
	}
	c.wrote(ctx, t, before, probes)
}

func (c *checker) rows(ctx context.Context) map[string]int64 {
	if c.counter == nil {
		return nil
	}
	rows, err := c.counter.Count(ctx)
	if err != nil {
		return nil
	}
	return rows
}

// probe sends a request several times and holds the answers against what is
// expected and against each other.
func (c *checker) probe(ctx context.Context, t scenarios.Target, r *attack.Request, times int) {
	what := fmt.Sprintf("target %s, %s", t.Name, r.Name)
	bodies := map[[sha256.Size]byte]int{}
	statuses := map[int]int{}
	for range times {
		status, header, body, err := get(ctx, t, r, c.sc.Load.Timeout)
		if err != nil {
			c.say(what, &UnreachableError{What: what, Err: err}, "")
			return
		}
		j := r.Expect.Judge(status, header)
		j.Write(body)
		if class, reason := j.Verdict(); class != runlog.Success {
			c.say(what, fmt.Errorf("not as expected: %s: the body begins %q", reason, head(body)), "")
			return
		}
		bodies[sha256.Sum256(body)]++
		statuses[status]++
	}
	if len(bodies) > 1 {
		c.say(what, nil, "%d answers, all as expected, with %d different bodies: replicas may not serve the same content", times, len(bodies))
		return
	}
	c.say(what, nil, "%d answers, all as expected, with the same body", times)
}

// wrote says which hosts the probes reached, by the rows they wrote.
func (c *checker) wrote(ctx context.Context, t scenarios.Target, before map[string]int64, probes int) {
	if before == nil {
		return
	}
	var hosts []string
	var total int64
	for h, n := range c.rows(ctx) {
		if d := n - before[h]; d > 0 {
			hosts, total = append(hosts, h), total+d
		}
	}
	slices.Sort(hosts)
	what := fmt.Sprintf("target %s, hosts", t.Name)
	if len(hosts) == 0 {
		c.say(what, nil, "%d requests wrote no row: is this the table that the page writes?", probes)
		return
	}
	text := fmt.Sprintf("%d rows from %d hosts: %s", total, len(hosts), strings.Join(hosts, ", "))
	if t.Replicas > 0 && len(hosts) < t.Replicas {
		c.say(what, fmt.Errorf("%s; the scenario says %d replicas", text, t.Replicas), "")
		return
	}
	c.say(what, nil, "%s", text)
}

// probeBody bounds what is read of a probe's answer, in bytes.
const probeBody = 8 << 20

// get sends one request on a connection of its own.
func get(ctx context.Context, t scenarios.Target, r *attack.Request, timeout time.Duration) (int, http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	u, err := wire.Resolve(t.URL, r.Path)
	if err != nil {
		return 0, nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return 0, nil, nil, err
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if h := req.Header.Get("Host"); h != "" {
		req.Host = h
	}
	if r.User != "" {
		req.SetBasicAuth(r.User, r.Password)
	}
	resp, err := probeClient(t, r.Follow).Do(req)
	if err != nil {
		return 0, nil, nil, errors.Unwrap(err) // the address stands in the finding already
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, probeBody))
	return resp.StatusCode, resp.Header, body, err
}

func probeClient(t scenarios.Target, follow int) *http.Client {
	tr := &http.Transport{DisableKeepAlives: true, ForceAttemptHTTP2: t.HTTP2, TLSClientConfig: &tls.Config{InsecureSkipVerify: t.Insecure}}
	if t.Socket != "" {
		tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", t.Socket)
		}
	}
	return &http.Client{Transport: tr, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		if len(via) > follow || !sameHost(to.URL, t.URL) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func sameHost(a, b *url.URL) bool { return strings.EqualFold(a.Hostname(), b.Hostname()) }

// head is the beginning of a body, for a person.
func head(body []byte) string { return string(body[:min(len(body), 160)]) }
