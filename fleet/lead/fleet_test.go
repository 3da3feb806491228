package lead_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// offline is a guard that can reach nothing but private addresses.
func offline(t *testing.T) *ownership.Guard {
	return &ownership.Guard{
		KeyFile: filepath.Join(t.TempDir(), "key"),
		TXT:     func(context.Context, string) ([]string, error) { return nil, errors.New("no such record") },
	}
}

// counting is a target that counts what comes to it.
type counting struct {
	*httptest.Server
	mu      sync.Mutex
	paths   map[string]int
	arrived int
}

func newCounting(t *testing.T) *counting {
	c := &counting{paths: map[string]int{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.arrived++
		c.paths[r.URL.RequestURI()]++
		c.mu.Unlock()
		if r.URL.Path == "/fails" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintln(w, "ok")
	}))
	t.Cleanup(c.Close)
	return c
}

// await waits until so many requests have come. That is where a load is, however late its seconds are stored.
// After a minute it waits no more, and what the test then finds tells.
func (c *counting) await(n int) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		c.mu.Lock()
		came := c.arrived
		c.mu.Unlock()
		if came >= n {
			return
		}
	}
}

// fleet is a broker and agents of this process.
type fleet struct {
	t  *testing.T
	to link.Options
}

// URL is the address of the broker.
func (f *fleet) URL() string { return f.to.URL }

// Link is how to reach it.
func (f *fleet) Link(name string) link.Options {
	o := f.to
	o.Name = name
	return o
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	b, err := broker.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return &fleet{t, b.Link("")}
}

// agent starts an agent, and returns what ends it.
func (f *fleet) agent(name string, with func(*agent.Config)) (end func()) {
	f.t.Helper()
	conn, err := link.Dial(f.Link(name))
	if err != nil {
		f.t.Fatal(err)
	}
	c := agent.Config{Name: name, Conn: conn, Guard: func() *ownership.Guard { return offline(f.t) }, Tool: runlog.Tool{Version: "test"}}
	if with != nil {
		with(&c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- agent.Run(ctx, c) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			f.t.Errorf("agent %s: %v", name, err)
		}
		conn.Close()
	})
	f.t.Cleanup(end)
	return end
}

// assemble makes a fleet ready for a scenario.
func (f *fleet) assemble(yaml string, agents int) (*lead.Fleet, *scenarios.Scenario, error) {
	f.t.Helper()
	return f.assembleWithin(yaml, agents, 30*time.Second)
}

// assembleWithin is assemble with how long agents are waited for.
func (f *fleet) assembleWithin(yaml string, agents int, wait time.Duration) (*lead.Fleet, *scenarios.Scenario, error) {
	f.t.Helper()
	sc, b, err := scenarios.Document{File: filepath.Join(f.t.TempDir(), "test.yaml"), Source: []byte(yaml)}.Bundle(scenarios.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	conn, err := link.Dial(f.Link("lead"))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(conn.Close)
	c := lead.Config{Conn: conn, Run: "run-" + fmt.Sprint(time.Now().UnixNano()), Agents: agents, Wait: wait, Scenario: sc, Bundle: b}
	if sc.Generators != nil {
		c.Witness, c.ByCapacity = sc.Generators.Witness, sc.Generators.ByCapacity
	}
	l, err := lead.Assemble(f.t.Context(), c)
	if err == nil {
		f.t.Cleanup(l.Close)
	}
	return l, sc, err
}

// measure runs a scenario, and returns what its directory has.
func (f *fleet) measure(yaml string, agents int, during func(*run.Running)) (*runlog.Run, []*runlog.Record) {
	t := f.t
	t.Helper()
	l, sc, err := f.assemble(yaml, agents)
	if err != nil {
		t.Fatal(err)
	}
	dir, longest := filepath.Join(t.TempDir(), "run"), longestStandstill(t)
	r, err := run.Start(t.Context(), sc, run.Options{Dir: dir, Guard: offline(t), Performer: l})
	if err != nil {
		t.Fatal(err)
	}
	if during != nil {
		during(r)
	}
	_, err = r.Wait()
	if still := longest(); still > wire.TTL-2*wire.Renew {
		t.Skipf("!!! LEFT OUT: this machine stood still for %v, and leases last for %v: %v", still, wire.TTL, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	made, recs := stored(t, dir)
	for _, rec := range recs {
		for _, a := range rec.Agents {
			if strings.Contains(a.Lost, "at an instant that is past") {
				t.Skipf("!!! LEFT OUT: this machine stood still when a leg was to begin: %s", a.Lost)
			}
		}
	}
	return made, recs
}

// longestStandstill watches until it is asked, and then says for how long this process did not run at most.
func longestStandstill(t *testing.T) func() time.Duration {
	asked, told := make(chan struct{}), make(chan time.Duration, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		longest, last := time.Duration(0), time.Now()
		for {
			select {
			case <-tick.C:
				now := time.Now()
				longest, last = max(longest, now.Sub(last)), now
			case <-asked:
				told <- longest
				return
			case <-t.Context().Done():
				return
			}
		}
	}()
	return func() time.Duration { close(asked); return <-told }
}

// jetStream is the broker's store as somebody of a name reaches it, until the test ends.
func (f *fleet) jetStream(name string) jetstream.JetStream {
	f.t.Helper()
	conn, err := link.Dial(f.Link(name))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		f.t.Fatal(err)
	}
	return js
}

// present waits until agents have their leases.
func (f *fleet) present(names ...string) {
	f.t.Helper()
	leases, _, err := link.Buckets(f.t.Context(), f.jetStream("looking"))
	if err != nil {
		f.t.Fatal(err)
	}
	for _, name := range names {
		for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			if _, err := leases.Get(f.t.Context(), wire.AgentKey(name)); err == nil {
				break
			} else if time.Now().After(until) {
				f.t.Fatalf("agent %s: %v", name, err)
			}
		}
	}
}

func stored(t *testing.T, dir string) (*runlog.Run, []*runlog.Record) {
	t.Helper()
	r, err := runlog.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []*runlog.Record
	for rec, err := range r.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rec)
	}
	return r, all
}

// sums adds up the seconds of a leg.
func sums(rec *runlog.Record) (sum runlog.Second) {
	for _, s := range rec.Seconds {
		sum.Merge(s)
	}
	return sum
}

// A load that is divided among agents is the load: every request comes once, with its values, and the account
// of the leg and of each agent balances.
func TestADividedLoadIsTheLoad(t *testing.T) {
	for _, n := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			target, f := newCounting(t), newFleet(t)
			for i := range n {
				f.agent(fmt.Sprintf("n%d", i+1), nil)
			}
			yaml := fmt.Sprintf(`
load: {type: clients-per-second, clients: 40, duration: 3s, arrivals: poisson, seed: 3, error_threshold: 0%%}
requests: [{path: "/?n=%%{0:119:1}"}, {path: "/fails"}]
targets: [{name: a, url: %q}]
thresholds: []
`, target.URL)
			r, recs := f.measure(yaml, n, nil)
			rec, sum := recs[0], sums(recs[0])
			for _, a := range rec.Agents {
				if a.Lost != "" {
					t.Fatalf("agent %s: %s, at %v s; %+v", a.Name, a.Lost, a.LostS, rec.Events)
				}
			}
			if rec.Planned != 240 || rec.Dropped != 0 || sum.Sent != 240 || sum.Success != 120 || sum.HTTP5xx != 120 || !rec.Complete || rec.Stopped != "" {
				t.Errorf("planned %d, dropped %d, sent %d, %+v", rec.Planned, rec.Dropped, sum.Sent, sum.Outcomes)
			}
			for i := range 120 {
				if path := fmt.Sprintf("/?n=%d", i); target.paths[path] != 1 {
					t.Errorf("%s came %d times", path, target.paths[path])
				}
			}
			if len(rec.Agents) != n || len(r.Manifest.Legs) != 1 {
				t.Fatalf("%d agents", len(rec.Agents))
			}
			for i, a := range rec.Agents {
				if a.Planned == 0 || a.Planned != a.Sent || a.Lost != "" || a.Part != i || a.Of != n || a.Start == nil || a.End == nil || a.Start.BoundS <= 0 {
					t.Errorf("agent %+v, clocks %+v %+v", a, a.Start, a.End)
				}
			}
			if fs := rec.Failures; len(fs) != 1 || fs[0].Count != 120 {
				t.Errorf("failures %+v", fs)
			}
		})
	}
}

// A witness puts on its share of the plan and nothing else; the others have the rest in equal parts. The load
// is the same.
func TestAWitnessPutsOnItsShare(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	for i := range 3 {
		f.agent(fmt.Sprintf("n%d", i+1), nil)
	}
	_, recs := f.measure(fmt.Sprintf(`
load: {type: rate, rate: 400, duration: 2s}
request: {path: "/?n=%%{0:799:1}"}
targets: [{name: a, url: %q}]
generators: {agents: 3, witness: 1%%}
thresholds: []
`, target.URL), 3, nil)
	for i, want := range []runlog.Agent{{Planned: 396}, {Planned: 396}, {Planned: 8, Witness: true}} {
		if a := recs[0].Agents[i]; a.Planned != want.Planned || a.Sent != want.Planned || a.Witness != want.Witness {
			t.Errorf("agent %+v", a)
		}
	}
	for i := range 800 {
		if path := fmt.Sprintf("/?n=%d", i); target.paths[path] != 1 {
			t.Errorf("%s came %d times", path, target.paths[path])
		}
	}
}
