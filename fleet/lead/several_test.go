package lead_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

// once runs a scenario by a fleet, and returns the directory and the error of its start.
func once(t *testing.T, l *lead.Fleet, sc *scenarios.Scenario) (string, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	r, err := run.Start(t.Context(), sc, run.Options{Dir: dir, Guard: offline(t), Performer: l})
	if err != nil {
		return dir, err
	}
	if err := l.Keep(r.Dir); err != nil {
		t.Error(err)
	}
	if _, err := r.Wait(); err != nil {
		t.Error(err)
	}
	return dir, nil
}

// One fleet serves several runs, one after the other. No number of a leg comes twice, each directory says how many
// came before it, and an agent that was killed between two runs is waited for: it may be another process.
func TestOneFleetServesSeveralRuns(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	victim := f.process("n2")
	yaml := fmt.Sprintf(`
load: {type: rate, rate: 40, duration: 1s}
request: {path: /}
targets: [{name: a, url: %q}]
compare: {rounds: 2}
thresholds: []
`, target.URL)
	l, sc, err := f.assemble(yaml, 2)
	if err != nil {
		t.Fatal(err)
	}
	var sent uint64
	for i := range 3 {
		if i == 1 {
			if err := victim.Kill(); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(4*time.Second, func() { f.process("n2") })
		}
		dir, err := once(t, l, sc)
		if err != nil {
			t.Fatal(err)
		}
		_, recs := stored(t, dir)
		if len(recs) != 2 {
			t.Fatalf("run %d: %d legs", i, len(recs))
		}
		for _, rec := range recs {
			sum := sums(rec)
			if sent += sum.Sent; rec.Planned != 40 || sum.Success != sum.Sent || sum.Sent+rec.Dropped != 40 || len(rec.Agents) != 2 {
				t.Errorf("run %d: planned %d, %+v, %+v", i, rec.Planned, sum.Outcomes, rec.Agents)
			}
			for _, a := range rec.Agents {
				if a.Lost != "" && !strings.Contains(a.Lost, "at an instant that is past") { // a busy machine
					t.Errorf("run %d: %+v", i, a)
				}
			}
		}
		if k, err := lead.ReadKept(dir); err != nil || k.Before != 2*i {
			t.Errorf("run %d: %+v, %v", i, k, err)
		}
	}
	if uint64(target.arrived) != sent {
		t.Errorf("%d requests came, and %d were sent", target.arrived, sent)
	}
}

// A run whose fleet is not whole does not begin, and says who is missing.
func TestAnAgentThatDoesNotComeBack(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	end := f.agent("n2", nil)
	f.present("n1", "n2")
	l, sc, err := f.assembleWithin(steady(target.URL, 1), 2, 4*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := once(t, l, sc); err != nil {
		t.Fatal(err)
	}
	end()
	target.mu.Lock()
	before := target.arrived
	target.mu.Unlock()
	_, err = once(t, l, sc)
	if err == nil || !strings.Contains(err.Error(), "agent n2 was lost: ") || !strings.Contains(err.Error(), "it did not come back within 4s: start it again") {
		t.Errorf("%v", err)
	}
	target.mu.Lock()
	defer target.mu.Unlock()
	if target.arrived != before {
		t.Errorf("%d requests were sent", target.arrived-before)
	}
}

// Leads that ask for the same agents at once get others where there are enough, and wait for each other where there
// are not.
func TestLeadsThatAskAtOnce(t *testing.T) {
	for _, agents := range []int{2, 4} {
		t.Run(fmt.Sprint(agents, " agents"), func(t *testing.T) {
			t.Parallel()
			target, f := newCounting(t), newFleet(t)
			for i := range agents {
				f.agent(fmt.Sprintf("n%d", i+1), nil)
			}
			ended := make(chan error, 2)
			for range 2 {
				go func() {
					l, _, err := f.assembleWithin(steady(target.URL, 1), 2, 30*time.Second)
					if err == nil {
						time.Sleep(time.Second) // so that both have theirs at once, if they can
						l.Close()
					}
					ended <- err
				}()
			}
			for range 2 {
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A load beyond what an agent was started with is a limit of the generators, known before anything is sent.
func TestAgentsLimitsAreKnownBeforehand(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", func(c *agent.Config) { c.Limits.MaxRate = 30 })
	f.agent("n2", func(c *agent.Config) { c.Limits.MaxClients = 3 })
	l, _, err := f.assemble(steady(target.URL, 1), 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		load plan.Load
		says string // "" is within the limits
	}{
		{plan.Load{Type: plan.Rate, Rate: 60, Duration: time.Second}, ""},
		{plan.Load{Type: plan.Rate, Rate: 70, Duration: time.Second}, "agent n1: its part is 35 requests/s at most, and it was started with --max-rate 30"},
		{plan.Load{Type: plan.MaintainClientLoad, Clients: 6, Duration: time.Second}, ""},
		{plan.Load{Type: plan.MaintainClientLoad, Clients: 8, Duration: time.Second}, "agent n2: its part is 4 clients at most, and it was started with --max-clients 3"},
	} {
		p, err := plan.New(c.load)
		if err != nil {
			t.Fatal(err)
		}
		err = l.Able(named("rawhttp"), &attack.Job{Plan: p, Requests: []attack.Request{{Name: "GET /"}}})
		limit := (*attack.LimitError)(nil)
		if c.says == "" && err != nil || c.says != "" && (!errors.As(err, &limit) || limit.Words != c.says) {
			t.Errorf("%+v: %v, want %q", c.load, err, c.says)
		}
	}
}

// named is an engine of that name, which does nothing.
type named string

func (n named) Name() string                                       { return string(n) }
func (named) Run(context.Context, attack.Job, *attack.Meter) error { return nil }

// An agent that is killed between two rounds is waited for: the next round is by all of them again.
func TestAnAgentThatIsKilledBetweenRounds(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	victim := f.process("n2")
	r, recs := f.measure(fmt.Sprintf(`
load: {type: rate, rate: 40, duration: 1s}
request: {path: /}
targets: [{name: a, url: %q}]
compare: {rounds: 2, cool_down: 2s}
thresholds: []
`, target.URL), 2, func(r *run.Running) {
		for e := range r.Events {
			if _, ok := e.(run.LegEnded); ok {
				break
			}
		}
		if err := victim.Kill(); err != nil {
			t.Error(err)
		}
		f.process("n2")
	})
	if len(recs) != 2 || r.Stopped != "" {
		t.Fatalf("%d legs, stopped %q", len(recs), r.Stopped)
	}
	for _, a := range recs[1].Agents {
		if a.Lost != "" && !strings.Contains(a.Lost, "at an instant that is past") {
			t.Errorf("%+v", a)
		}
	}
}

// An agent that gave the run up between two rounds, as one that did not hear its lead for long does, makes the scenario
// ready anew.
func TestAnAgentThatGaveUpBetweenRounds(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	f.agent("n2", nil)
	conn, err := link.Dial(f.Link("other"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	said, err := conn.SubscribeSync(wire.CommandSubject("n2"))
	if err != nil {
		t.Fatal(err)
	}
	_, recs := f.measure(fmt.Sprintf(`
load: {type: rate, rate: 40, duration: 1s}
request: {path: /}
targets: [{name: a, url: %q}]
compare: {rounds: 2, cool_down: 5s}
thresholds: []
`, target.URL), 2, func(r *run.Running) {
		m, err := said.NextMsg(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		c, err := wire.Decode[wire.Command](m.Data)
		if err != nil {
			t.Fatal(err)
		}
		for e := range r.Events {
			if _, ok := e.(run.LegEnded); ok {
				break
			}
		}
		b, err := wire.Encode(wire.Command{Protocol: wire.Protocol, Run: c.Run, Release: &wire.Release{}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Request(wire.CommandSubject("n2"), b, 10*time.Second); err != nil {
			t.Error(err)
		}
	})
	if len(recs) != 2 {
		t.Fatalf("%d legs", len(recs))
	}
	for _, a := range recs[1].Agents {
		if a.Lost != "" && !strings.Contains(a.Lost, "at an instant that is past") {
			t.Errorf("%+v", a)
		}
	}
}
