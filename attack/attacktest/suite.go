// Package attacktest is what every engine must do, as a test suite against servers
// of known behaviour. The servers are written on the bare socket where net/http's
// own server is too well behaved to misbehave.
//
// Nothing here asserts that anything is fast: a busy machine must not fail it. What
// is asserted of time are lower bounds and orders, which no scheduler can break.
package attacktest

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// Sizes of response heads, in bytes: every engine must take one of AcceptedHead,
// and count one of RefusedHead as a failure of class network instead of filling its
// memory.
const (
	AcceptedHead = 200 << 10
	RefusedHead  = 4 << 20
)

// patient is a timeout that no healthy case comes near.
const patient = 20 * time.Second

// Run holds an engine to its contract, [attack.Engine] and the package comment of
// attack. newEngine is called once per case.
func Run(t *testing.T, newEngine func() attack.Engine) {
	t.Run("http", func(t *testing.T) { runAll(t, suite{newEngine: newEngine}, groups) })
	for name, config := range secured(t) {
		t.Run(name, func(t *testing.T) {
			runAll(t, suite{newEngine, config}, append(groups, group{"tls", tlsCases}, group{"records", recordCases}))
		})
	}
}

type group struct {
	name  string
	cases map[string]func(*testing.T, suite)
}

var groups = []group{
	{"time", timeCases},
	{"pacing", pacingCases},
	{"pauses", pauseCases},
	{"stall", stallCases},
	{"queue", queueCases},
	{"wire", wireCases},
	{"connections", connectionCases},
	{"keep-alive", keepAliveCases},
	{"limits", limitCases},
	{"requests", requestCases},
	{"values", valueCases},
	{"mixes", mixCases},
	{"captures", captureCases},
	{"answers", answerCases},
	{"conditions", conditionCases},
	{"redirects", redirectCases},
	{"names", nameCases},
	{"ways", wayCases},
	{"hosts", hostCases},
	{"end", endCases},
}

func runAll(t *testing.T, s suite, groups []group) {
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for name, c := range group.cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					c(t, s)
				})
			}
		})
	}
}

// suite runs legs with the engine under test.
type suite struct {
	newEngine func() attack.Engine
	// tls is how the servers are secured; nil is plain HTTP.
	tls *tls.Config
}

// scheme is that of the servers' addresses.
func (s suite) scheme() string {
	if s.tls != nil {
		return "https"
	}
	return "http"
}

// leg is what came out of one leg.
type leg struct {
	attack.Totals
	start    time.Time
	outcomes []attack.Outcome
	seconds  []runlog.Second
}

// run performs a job to its end, requires that the account balances, and checks what
// must hold of every outcome whatever the server did.
func (s suite) run(t *testing.T, job attack.Job) leg {
	t.Helper()
	l, err := s.perform(t.Context(), job, nil, nil)
	if err != nil {
		t.Fatalf("leg: %v", err)
	}
	l.check(t, job)
	return l
}

// whole is run for a timeout so short that a busy machine can stand still for longer: what
// is late by it is dropped and never sent. Then the load is put on once more.
func (s suite) whole(t *testing.T, job attack.Job) leg {
	t.Helper()
	for again := 10; ; again-- {
		l := s.run(t, job)
		if l.Dropped == 0 || again == 0 {
			return l
		}
	}
}

// loop is run with a closed load of n clients, which is drained when each of them
// has sent that many requests. It takes as long as it takes.
func (s suite) loop(t *testing.T, n, each int, job attack.Job) leg {
	t.Helper()
	job.Plan = loops(t, n, time.Hour)
	drain, sent, ready := make(chan struct{}), make(map[uint64]int), 0
	l, err := s.perform(t.Context(), job, drain, func(o *attack.Outcome) {
		if sent[o.Client]++; sent[o.Client] == each {
			if ready++; ready == n {
				close(drain)
			}
		}
	})
	if err != nil {
		t.Fatalf("leg: %v", err)
	}
	l.check(t, job)
	return l
}

// perform runs a leg; drain and seen may be nil.
func (s suite) perform(ctx context.Context, job attack.Job, drain <-chan struct{}, seen func(*attack.Outcome)) (leg, error) {
	if job.Timeout == 0 {
		job.Timeout = patient
	}
	job.Insecure = job.Roots == nil // the servers have signed their certificates themselves
	l := leg{start: time.Now()}
	names := make([]string, len(job.Requests))
	for i, r := range job.Requests {
		names[i] = r.Name
	}
	var err error
	l.Totals, err = attack.Perform(ctx, s.newEngine(), job, l.start, attack.MeterConfig{
		Sink: sink{&l.seconds}, Requests: names, Drain: drain,
		OnDone: func(o *attack.Outcome) {
			kept := *o
			kept.Excerpt = slices.Clone(o.Excerpt)
			l.outcomes = append(l.outcomes, kept)
			if seen != nil {
				seen(o)
			}
		},
	})
	return l, err
}

func (l leg) check(t *testing.T, job attack.Job) {
	t.Helper()
	if uint64(len(l.outcomes)) != l.Sent {
		t.Errorf("%d requests sent, %d outcomes", l.Sent, len(l.outcomes))
	}
	type once struct {
		client  uint64
		request int
	}
	seen := make(map[once]bool)
	numbers := make(map[uint64]bool)
	skipped := uint64(0)
	for _, o := range l.outcomes {
		skipped += uint64(o.Skipped)
		if numbers[o.Number] || o.Number >= l.Sent {
			t.Errorf("request %d of %d: that number is another's, or none", o.Number, l.Sent)
		}
		numbers[o.Number] = true
		if o.Sent < o.Due || o.Done < o.Sent {
			t.Errorf("due %v, sent %v, done %v: not in this order", o.Due, o.Sent, o.Done)
		}
		if o.Stamped && (o.Read < o.Done || o.Class == runlog.Cut || o.Class == runlog.Timeout) {
			t.Errorf("%v: done %v by the kernel's clock, read %v", o.Class, o.Done, o.Read)
		}
		if o.FirstByte != 0 && o.FirstByte < o.Sent || o.FirstByte > o.Done || o.FirstByte == 0 && o.Class.Completed() {
			t.Errorf("%v: sent %v, first byte %v, done %v", o.Class, o.Sent, o.FirstByte, o.Done)
		}
		if (o.Class == runlog.Success) != (o.Reason == "") {
			t.Errorf("class %v with reason %q", o.Class, o.Reason)
		}
		if port := job.Target.Port(); port != "" && strings.Contains(o.Reason, port) {
			t.Errorf("reason %q holds a port: equal failures would not count as one", o.Reason)
		}
		if k := (once{o.Client, o.Request}); job.Plan.Open() {
			if seen[k] {
				t.Errorf("client %d sent request %d twice in one pass", o.Client, o.Request)
			}
			seen[k] = true
		}
	}
	if l.Skipped != skipped || l.Planned != l.Sent+l.Dropped+l.Skipped {
		t.Errorf("planned %d, sent %d, dropped %d, skipped %d; outcomes say %d skipped", l.Planned, l.Sent, l.Dropped, l.Skipped, skipped)
	}
}

// all requires that every request of a planned number came to the same end.
func (l leg) all(t *testing.T, class runlog.Class, n uint64) {
	t.Helper()
	if got := l.Outcomes.Of(class); got != n || l.Sent != n {
		t.Errorf("%d of %d requests were %v, want %d of %d; outcomes %+v, failures %+v",
			got, l.Sent, class, n, n, l.Outcomes, l.Failures)
	}
}

// reason is the one reason that all outcomes share.
func (l leg) reason(t *testing.T) string {
	t.Helper()
	for _, o := range l.outcomes {
		if o.Reason != l.outcomes[0].Reason {
			t.Fatalf("reasons %q and %q for the same failure", o.Reason, l.outcomes[0].Reason)
		}
	}
	return l.outcomes[0].Reason
}

// clients is a plan of n clients evenly over a time; open.
func clients(t *testing.T, n int, over time.Duration) plan.Plan {
	t.Helper()
	return newPlan(t, plan.Load{Type: plan.ClientsPerTest, Clients: n, Duration: over})
}

// loops is a plan of n clients that loop for a time; closed.
func loops(t *testing.T, n int, d time.Duration) plan.Plan {
	t.Helper()
	return newPlan(t, plan.Load{Type: plan.MaintainClientLoad, Clients: n, Duration: d})
}

func newPlan(t *testing.T, l plan.Load) plan.Plan {
	t.Helper()
	p, err := plan.New(l)
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	return p
}

// get is a pass of GET requests.
func get(paths ...string) []attack.Request {
	rs := make([]attack.Request, len(paths))
	for i, p := range paths {
		rs[i] = attack.Request{Name: p, Method: http.MethodGet, Path: p}
	}
	return rs
}

func mustParse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// sink keeps the seconds of a leg.
type sink struct{ seconds *[]runlog.Second }

func (s sink) Second(sec runlog.Second, _ ...hist.Interval) error {
	*s.seconds = append(*s.seconds, sec)
	return nil
}
func (sink) Failure(runlog.Failure) error { return nil }
func (sink) Event(runlog.Event) error     { return nil }
