package lead_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// An agent keeps to its own rules, whatever it is asked, and says which of them forbids it. Nothing is sent then.
func TestAnAgentKeepsToItsOwnRules(t *testing.T) {
	const scenario = `
load: {type: clients-per-second, clients: 100, duration: 2s}
request: {path: /}
targets: [{name: a, url: %q}]
thresholds: []
`
	for what, c := range map[string]struct {
		yaml string
		url  string // "" is the target
		with func(*agent.Config)
		want string
	}{
		"a rate beyond its own": {scenario, "", func(c *agent.Config) { c.Limits.MaxRate = 49 }, "its part is 50 requests/s at most, and it was started with --max-rate 49"},
		"clients beyond its own": {strings.Replace(scenario, "clients-per-second", "maintain-client-load", 1), "", func(c *agent.Config) { c.Limits.MaxClients = 49 },
			"its part is 50 clients at most, and it was started with --max-clients 49"},
		"a network that is not its own": {scenario, "", func(c *agent.Config) {
			c.Guard = func() *ownership.Guard {
				return &ownership.Guard{Within: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
			}
		}, "outside the networks to which this program was limited"},
		"a public address without its token": {scenario, "http://203.0.113.7/", nil, "203.0.113.7"},
		"a socket of its machine":            {scenario, "unix:/var/run/docker.sock", nil, "target a is a unix socket, and those of an agent's machine are not loaded"},
		"a target that is not there":         {scenario, "http://127.0.0.1:1/", nil, "agent n"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			target, f := newCounting(t), newFleet(t)
			f.agent("n1", c.with)
			f.agent("n2", nil)
			url := c.url
			if url == "" {
				url = target.URL
			}
			l, sc, err := f.assemble(fmt.Sprintf(c.yaml, url), 2)
			if err == nil {
				r, starting := run.Start(t.Context(), sc, run.Options{Dir: filepath.Join(t.TempDir(), "run"), Guard: offline(t), Performer: l})
				if err = starting; err == nil {
					_, err = r.Wait()
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || target.arrived > 0 {
				t.Errorf("%v, %d requests came; want %q", err, target.arrived, c.want)
			}
		})
	}
}

// A closed load has no rate beforehand: an agent that sends more than it may ends its part, and says so.
func TestAnAgentThatWouldSendTooMuchEnds(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", func(c *agent.Config) { c.Limits.MaxRate = 20 })
	f.agent("n2", nil)
	_, recs := f.measure(fmt.Sprintf(`
load: {type: maintain-client-load, clients: 4, duration: 5s, pause: 10ms}
request: {path: /}
targets: [{name: a, url: %q}]
thresholds: []
`, target.URL), 2, nil)
	holds(t, recs[0], target)
	if a := agentOf(t, recs[0], "n1"); !strings.Contains(a.Lost, "and was started with --max-rate 20") || a.LostS > 4 {
		t.Errorf("%+v", a)
	}
	if a := agentOf(t, recs[0], "n2"); a.Lost != "" || a.Sent < 50 {
		t.Errorf("%+v", a)
	}
}

// An agent of another protocol is named with both versions, and nothing is told to it.
func TestAnotherProtocolIsRefused(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.agent("n1", nil)
	leases, _, err := link.Buckets(t.Context(), f.jetStream("later"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := wire.Encode(wire.Hello{Name: "n0", Instance: "x", Oldest: wire.Protocol + 1, Newest: wire.Protocol + 2, Version: "9"})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			_, _ = leases.Put(t.Context(), wire.AgentKey("n0"), b)
			select {
			case <-stop:
				return
			case <-time.After(wire.Renew):
			}
		}
	}()
	f.present("n0", "n1")
	_, _, err = f.assembleWithin("load: {type: rate, rate: 1, duration: 1s}\nrequest: {path: /}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}]\n", 2, 3*time.Second)
	if err == nil || !strings.Contains(err.Error(), "agent n0 speaks protocol 2 to 3, and this program 1") || !strings.Contains(err.Error(), "free were n1") {
		t.Errorf("%v", err)
	}
}

// A part that was started is started by no other process of the name, and no agent works for two runs at once.
func TestNothingIsStartedTwice(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	l, sc, err := f.assemble(steady(target.URL, 2), 1)
	if err != nil {
		t.Fatal(err)
	}
	_, started, err := link.Buckets(t.Context(), f.jetStream("other"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := started.Create(t.Context(), wire.StartedKey(l.Run, 1, "n1"), []byte("another process")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	r, err := run.Start(t.Context(), sc, run.Options{Dir: dir, Guard: offline(t), Performer: l})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Wait(); err != nil {
		t.Fatal(err)
	}
	_, recs := stored(t, dir)
	if a := recs[0].Agents[0]; !strings.Contains(a.Lost, "was begun by another process named n1") || a.Sent != 0 || a.Dropped != 200 || target.arrived != 0 {
		t.Errorf("%+v, %d requests came", a, target.arrived)
	}
	if _, _, err := f.assembleWithin(steady(target.URL, 2), 1, 2*time.Second); err == nil || !strings.Contains(err.Error(), "agent n1 is at work for") {
		t.Errorf("a second run: %v", err)
	}
}

// What a scenario is made of comes to the agents whole, its feeds, bodies and variables too; and a file that it
// does not name comes to nobody.
func TestFilesTravel(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	f.agent("n2", nil)
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("n\n")
	for i := range 100_000 { // more than one chunk
		fmt.Fprintf(&rows, "%d\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	_, recs := f.measure(fmt.Sprintf(`
load: {type: clients-per-second, clients: 100, duration: 2s}
feeds: [{name: rows, file: %s, order: unique}]
request: {path: "/?n={{n}}"}
targets: [{name: a, url: %q}]
thresholds: []
`, filepath.Join(dir, "rows.csv"), target.URL), 2, nil)
	holds(t, recs[0], target)
	for i := range 200 {
		if path := fmt.Sprintf("/?n=%d", i); target.paths[path] != 1 {
			t.Fatalf("%s came %d times", path, target.paths[path])
		}
	}
	l, _, err := f.assemble(steady(target.URL, 1), 2)
	if err != nil {
		t.Fatal(err)
	}
	ask, err := wire.Encode(wire.Fetch{Name: "/etc/hostname"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := l.Conn.Request(wire.FetchSubject(l.Run), ask, 5*time.Second)
	if err != nil || m.Header.Get(wire.ErrorHeader) == "" || len(m.Data) > 0 {
		t.Errorf("%q, %v", m.Data, err)
	}
}

// A leg that is ended in order awaits its answers, one that is ended at once cuts them, and both say so.
func TestALegIsEndedFromOutside(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	f.agent("n2", nil)
	_, recs := f.measure(steady(target.URL, 30), 2, func(r *run.Running) {
		target.await(150)
		r.Drain()
	})
	sum := holds(t, recs[0], target)
	if recs[0].Stopped != attack.WasDrained || sum.Cut > 0 || recs[0].Dropped == 0 || recs[0].DurationS > 15 || len(recs[0].Events) != 1 || recs[0].Events[0].Kind != runlog.EventInterrupt {
		t.Errorf("%q, %+v, %v s, %+v", recs[0].Stopped, sum.Outcomes, recs[0].DurationS, recs[0].Events)
	}
	for _, a := range recs[0].Agents {
		if a.Lost != "" {
			t.Errorf("%+v", a)
		}
	}
}

// An agent that makes another job of the scenario than its lead does, be it another version or a scenario that was
// changed on the way by whoever can change its digest too, is refused by name before any load.
func TestAnotherJobIsRefused(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	parse := func(path string) (*scenarios.Scenario, scenarios.Bundle) {
		sc, b, err := scenarios.Document{File: filepath.Join(t.TempDir(), "test.yaml"), Source: fmt.Appendf(nil,
			"load: {type: rate, rate: 10, duration: 1s}\nrequest: {path: %s}\ntargets: [{name: a, url: %q}]\nthresholds: []\n", path, target.URL)}.Bundle(scenarios.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return sc, b
	}
	sc, _ := parse("/mine")
	_, other := parse("/another")
	conn, err := link.Dial(f.Link("lead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	l, err := lead.Assemble(t.Context(), lead.Config{Conn: conn, Run: fmt.Sprint("run-", time.Now().UnixNano()), Agents: 1, Wait: 10 * time.Second, Scenario: sc, Bundle: other})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	r, err := run.Start(t.Context(), sc, run.Options{Dir: filepath.Join(t.TempDir(), "run"), Guard: offline(t), Performer: l})
	if err == nil {
		_, err = r.Wait()
	}
	if err == nil || !strings.Contains(err.Error(), "agent n1: its version, test, makes another job of the scenario") || target.arrived > 0 {
		t.Errorf("%v, %d requests came", err, target.arrived)
	}
}

// names answers with addresses that may change from question to question.
type names func(asked int) string

// resolver counts the questions.
type resolver struct {
	names
	asked atomic.Int64
}

func (r *resolver) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	a, err := netip.ParseAddr(r.names(int(r.asked.Add(1))))
	return []netip.Addr{a}, err
}

// A name is looked up and judged where the load comes from, before the run and at every look-up after: what it is at
// the lead counts for nothing.
func TestNamesAreJudgedByTheAgent(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(target.URL, "http://"), ":")
	here := &resolver{names: func(int) string { return "127.0.0.1" }}
	elsewhere := &resolver{names: func(int) string { return "203.0.113.7" }}
	// Once a run has begun, the name leads to an address that the agent must not load.
	rebound := &resolver{names: func(n int) string {
		if n > 1 {
			return "203.0.113.7"
		}
		return "127.0.0.1"
	}}
	scenario := fmt.Sprintf(`
load: {type: clients-per-second, clients: 10, duration: 3s, resolve_every: 1s, error_threshold: 0%%, timeout: 1s}
request: {path: /}
targets: [{name: a, url: "http://shop.test:%s"}]
thresholds: []
`, port)
	start := func(agents *resolver, name string) ([]*runlog.Record, error) {
		end := f.agent(name, func(c *agent.Config) {
			c.Resolver = agents
			c.Guard = func() *ownership.Guard {
				g := offline(t)
				g.Dial = func(context.Context, netip.AddrPort) (net.Conn, error) {
					return nil, errors.New("nobody serves a token")
				}
				return g
			}
		})
		defer end()
		l, sc, err := f.assemble(scenario, 1)
		if err != nil {
			return nil, err
		}
		defer l.Close()
		dir := filepath.Join(t.TempDir(), "run")
		r, err := run.Start(t.Context(), sc, run.Options{Dir: dir, Guard: offline(t), Performer: l, Resolver: here})
		if err != nil {
			return nil, err
		}
		if _, err := r.Wait(); err != nil {
			return nil, err
		}
		_, recs := stored(t, dir)
		return recs, nil
	}
	if _, err := start(elsewhere, "n1"); err == nil || !strings.Contains(err.Error(), "agent n1: target a: shop.test:"+port+" is public and does not prove that you own it (asked at 203.0.113.7)") || target.arrived > 0 {
		t.Errorf("%v, %d requests came", err, target.arrived)
	}
	recs, err := start(rebound, "n2")
	if err != nil {
		t.Fatal(err)
	}
	sum := holds(t, recs[0], target)
	if sum.Success == 0 || sum.Network == 0 || rebound.asked.Load() < 2 {
		t.Errorf("%+v after %d look-ups", sum.Outcomes, rebound.asked.Load())
	}
	said := false
	for _, f := range recs[0].Failures {
		said = said || strings.Contains(f.Reason, "the name leads to an address that must not be loaded")
	}
	if !said {
		t.Errorf("no failure says why: %+v", recs[0].Failures)
	}
}
