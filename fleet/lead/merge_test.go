package lead

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// memory is what a leg would have stored.
type memory struct {
	seconds    []runlog.Second
	hists      map[string]*hist.Histogram
	generators []runlog.GeneratorSecond
	failures   []runlog.Failure
	events     []runlog.Event
}

func (s *memory) Second(sec runlog.Second, ivs ...hist.Interval) error {
	s.seconds = append(s.seconds, sec)
	for _, iv := range ivs {
		if s.hists[iv.Tag] == nil {
			s.hists[iv.Tag] = hist.New()
		}
		s.hists[iv.Tag].Merge(iv.Hist)
	}
	return nil
}

func (s *memory) Failure(f runlog.Failure) error { s.failures = append(s.failures, f); return nil }
func (s *memory) Event(e runlog.Event) error     { s.events = append(s.events, e); return nil }

// merging is a merger of parts of a leg of so many seconds at 100 passes a second.
func merging(t interface{ Fatal(...any) }, agents, seconds int) (*merger, *memory) {
	p, err := plan.New(plan.Load{Type: plan.ClientsPerSecond, Clients: 100, Duration: time.Duration(seconds) * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	to := &memory{hists: map[string]*hist.Histogram{}}
	leg := run.LegJob{
		Job:        attack.Job{Plan: p, Requests: []attack.Request{{Name: "one"}, {Name: "two", Claims: 1}}},
		Meter:      attack.MeterConfig{Sink: to, Requests: []string{"one", "two"}},
		Generators: func(s runlog.GeneratorSecond) error { to.generators = append(to.generators, s); return nil },
	}
	parts := make([]plan.Plan, agents)
	for i := range parts {
		parts[i] = p.Part(i, agents)
	}
	return newMerger(leg, parts), to
}

// recorded is a second of an agent with these response times, all of them successes.
func recorded(t interface{ Fatal(...any) }, second int, times []time.Duration) []byte {
	h := hist.New()
	for _, d := range times {
		h.Record(d)
	}
	n := uint64(len(times))
	s := runlog.Second{T: second, Sent: n, Done: n, Outcomes: runlog.Outcomes{Success: n}, Requests: map[string]runlog.RequestCounts{"one": {Outcomes: runlog.Outcomes{Success: n}}, "two": {}}}
	r, err := wire.NewRecord(s, []hist.Interval{{Tag: runlog.TagResponse, Start: time.Duration(second) * time.Second, Length: time.Second, Hist: h}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := wire.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ended(t interface{ Fatal(...any) }, sent uint64, seconds int) []byte {
	b, err := wire.Encode(wire.End{Sent: sent, Planned: sent, Outcomes: runlog.Outcomes{Success: sent}, Requests: []runlog.Outcomes{{Success: sent}, {}}, Seconds: seconds, Duration: time.Duration(seconds) * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The log of all agents together is that of the union of their samples, to the last bar; each agent's own is in
// it too; and messages that come twice, or in whatever order among agents, change nothing.
func TestMergedPercentilesAreThoseOfTheUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agents := rapid.IntRange(1, 5).Draw(t, "agents")
		m, to := merging(t, agents, 10)
		union := hist.New()
		type letter struct {
			agent int
			kind  string
			body  []byte
		}
		var waiting [][]letter
		for agent := range agents {
			var own []letter
			var sent uint64
			seconds := rapid.IntRange(0, 6).Draw(t, "seconds")
			for second := range seconds {
				var times []time.Duration
				for range rapid.IntRange(0, 20).Draw(t, "samples") {
					d := time.Duration(rapid.Int64Range(0, int64(3*time.Hour)).Draw(t, "time"))
					times = append(times, d)
					union.Record(d)
				}
				sent += uint64(len(times))
				own = append(own, letter{agent, "second", recorded(t, second, times)})
			}
			waiting = append(waiting, append(own, letter{agent, "end", ended(t, sent, seconds)}))
		}
		for left := true; left; {
			left = false
			agent := rapid.IntRange(0, agents-1).Draw(t, "next")
			for range rapid.IntRange(1, 2).Draw(t, "times") {
				if len(waiting[agent]) > 0 {
					l := waiting[agent][0]
					if _, err := m.receive(l.agent, l.kind, l.body); err != nil {
						t.Fatal(err)
					}
				}
			}
			waiting[agent] = waiting[agent][min(1, len(waiting[agent])):]
			if err := m.flush(nil); err != nil {
				t.Fatal(err)
			}
			left = slices.ContainsFunc(waiting, func(w []letter) bool { return len(w) > 0 })
			if m.over() == left {
				t.Fatalf("over: %v, and letters are left: %v", m.over(), left)
			}
		}
		got := to.hists[runlog.TagResponse]
		if got == nil {
			got = hist.New()
		}
		if !slices.Equal(bars(got), bars(union)) {
			t.Fatalf("%v\nwant %v", bars(got), bars(union))
		}
		for _, q := range []float64{0, 0.5, 0.95, 0.99, 0.999, 1} {
			if got.Quantile(q) != union.Quantile(q) {
				t.Fatalf("p%v is %v, want %v", 100*q, got.Quantile(q), union.Quantile(q))
			}
		}
		each := hist.New()
		for agent := range agents {
			if h := to.hists[runlog.AgentTag(agent, runlog.TagResponse)]; h != nil {
				each.Merge(h)
			}
		}
		if !slices.Equal(bars(each), bars(union)) {
			t.Fatal("those of single agents are not those of all")
		}
		for i, s := range to.seconds {
			if s.T != i || s.Done != s.Ended() {
				t.Fatalf("second %d is %+v", i, s)
			}
		}
	})
}

func bars(h *hist.Histogram) (all []hist.Bar) {
	for edge, n := range h.Bars() {
		all = append(all, hist.Bar{Edge: edge, N: n})
	}
	return all
}

// What an agent cannot have sent is refused, and nothing of it is stored.
func TestWhatNoAgentSendsIsRefused(t *testing.T) {
	second := recorded(t, 0, []time.Duration{1})
	for what, c := range map[string]struct {
		kind   string
		bodies [][]byte
		want   error
	}{
		"a gap":                         {"second", [][]byte{recorded(t, 1, nil)}, errGap},
		"an end before its seconds":     {"end", [][]byte{ended(t, 3, 2)}, errGap},
		"an end with other counts":      {"end", [][]byte{ended(t, 3, 0)}, attack.ErrAccounting},
		"no message":                    {"second", [][]byte{[]byte("x")}, nil},
		"a second of next year":         {"second", [][]byte{recorded(t, 1<<25, nil)}, errGap},
		"names of requests without any": {"pages", [][]byte{[]byte(`{"pages":[{"at":0,"piece":""}]}`)}, nil},
	} {
		m, to := merging(t, 1, 10)
		for _, b := range c.bodies {
			if _, err := m.receive(0, c.kind, b); err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := m.flush(nil); err != nil || len(to.seconds) > 0 {
			t.Errorf("%s: %d seconds were stored, %v", what, len(to.seconds), err)
		}
	}
	_ = second
}

// Of an agent that vanished its seconds count, what it had in flight is cut, what it did not send is dropped,
// and what was due when it can still have sent is unsure. The account balances.
func TestTheAccountOfALostAgent(t *testing.T) {
	m, to := merging(t, 2, 4) // 800 requests, 400 each, 100 a second
	times := slices.Repeat([]time.Duration{time.Millisecond}, 100)
	for second := range 4 {
		if _, err := m.receive(0, "second", recorded(t, second, times)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.receive(0, "end", ended(t, 400, 4)); err != nil {
		t.Fatal(err)
	}
	r, err := wire.Decode[wire.Record](recorded(t, 0, times))
	if err != nil {
		t.Fatal(err)
	}
	r.Second.Sent = 110 // ten in flight
	b, _ := wire.Encode(r)
	if _, err := m.receive(1, "second", b); err != nil {
		t.Fatal(err)
	}
	if err := m.flush(nil); err != nil || len(to.seconds) != 1 {
		t.Fatalf("%d seconds, %v: the rest waits for the agent", len(to.seconds), err)
	}
	m.parts[1].gone = true
	if err := m.flush(nil); err != nil || len(to.seconds) != 4 {
		t.Fatalf("%d seconds, %v", len(to.seconds), err)
	}
	agents := make([]runlog.Agent, 2)
	m.account(0, loss{}, &agents[0])
	m.account(1, loss{why: "gone", at: 2500 * time.Millisecond, until: 2500 * time.Millisecond}, &agents[1])
	if err := m.cutRest(); err != nil {
		t.Fatal(err)
	}
	total, err := m.totals(agents)
	if err != nil {
		t.Fatal(err)
	}
	// Half of 125 passes of two requests were due by 2.5 s.
	if a := agents[1]; a.Planned != 400 || a.Sent != 110 || a.Dropped != 290 || a.Unsure != 140 || a.Lost != "gone" || a.LostS != 2.5 {
		t.Errorf("the agent's account is %+v", a)
	}
	if total.Planned != 800 || total.Sent != 510 || total.Dropped != 290 || total.Unsure != 140 || total.Outcomes.Cut != 10 || total.Outcomes.Success != 500 || total.Requests[1].Cut != 10 {
		t.Errorf("the account is %+v", total)
	}
	if last := to.seconds[4]; last.T != 4 || last.Cut != 10 || last.Drained.Cut != 10 || last.Requests["two"].Cut != 10 {
		t.Errorf("the last second is %+v", last)
	}
}

// A leg lasted until the last of its agents ended or was gone, whichever of them told its end; what is cut then adds
// nothing to that, nor do answers that came after the plan.
func TestALegLastsAsLongAsItsLastAgent(t *testing.T) {
	times := slices.Repeat([]time.Duration{time.Millisecond}, 10)
	for what, c := range map[string]struct {
		seconds []int // that came of each agent
		ends    []bool
		want    time.Duration
	}{
		"the first ended, and the other is gone": {[]int{1, 3}, []bool{true, false}, 3 * time.Second},
		"the last ended":                         {[]int{3, 2}, []bool{true, false}, 3 * time.Second},
		"both are gone":                          {[]int{2, 3}, []bool{false, false}, 3 * time.Second},
		"one is gone that awaited answers":       {[]int{2, 6}, []bool{true, false}, 4 * time.Second},
		"nothing came":                           {[]int{0, 0}, []bool{false, false}, 0},
	} {
		m, _ := merging(t, 2, 4)
		agents := make([]runlog.Agent, 2)
		for i, n := range c.seconds {
			for second := range n {
				r, err := wire.Decode[wire.Record](recorded(t, second, times))
				if err != nil {
					t.Fatal(err)
				}
				if !c.ends[i] {
					r.Second.Sent++ // that is in flight
				}
				b, _ := wire.Encode(r)
				if _, err := m.receive(i, "second", b); err != nil {
					t.Fatal(err)
				}
			}
			if m.parts[i].gone = !c.ends[i]; c.ends[i] {
				if _, err := m.receive(i, "end", ended(t, uint64(10*n), n)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := m.flush(nil); err != nil {
			t.Fatal(err)
		}
		for i := range agents {
			m.account(i, loss{}, &agents[i])
		}
		if err := m.cutRest(); err != nil {
			t.Fatal(err)
		}
		if total, err := m.totals(agents); err != nil || total.Duration != c.want {
			t.Errorf("%s: the leg lasted %v, want %v; %v", what, total.Duration, c.want, err)
		}
	}
}

// The kinds of failure of all agents are one list, with the first of each and all of their counts.
func TestFailuresOfAllAgents(t *testing.T) {
	m, to := merging(t, 2, 1)
	one := runlog.Failure{At: 2, Request: "one", Class: runlog.HTTP5xx, Status: 503, Reason: "status 503", Excerpt: "late", Count: 3}
	other := one
	other.At, other.Excerpt, other.Count = 1, "early", 4
	m.failures.first(one)
	m.failures.first(other)
	if len(to.failures) != 1 || to.failures[0].Count != 1 {
		t.Errorf("while the leg runs: %+v", to.failures)
	}
	var many []runlog.Failure
	for i := range 150 {
		many = append(many, runlog.Failure{At: 5, Request: "two", Class: runlog.Network, Reason: string(rune('a' + i)), Count: 1})
	}
	list, err := m.failures.list([][]runlog.Failure{{one}, append(many, other)})
	if err != nil || len(list) != mostKinds+1 {
		t.Fatalf("%d kinds, %v", len(list), err)
	}
	var sum uint64
	for _, f := range list {
		sum += f.Count
	}
	if list[0].At != 1 || list[0].Excerpt != "early" || list[0].Count != 7 || sum != 157 {
		t.Errorf("%+v, in all %d", list[0], sum)
	}
}
