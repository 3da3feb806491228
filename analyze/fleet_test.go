package analyze

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// synthFleet is a leg that agents put on together.
type synthFleet struct {
	open    bool
	seconds int
	agents  []synthAgent
	seed    uint64
	// level scales the times of all agents in a second: what the target does to all alike.
	level  func(second int) float64
	change func(*runlog.Manifest, *runlog.Leg)
	// extra is a second of the leg that is no agent's; nil for none.
	extra *runlog.Second
	// killed ends the run before the leg has.
	killed bool
}

// synthAgent is an agent with what is particular to its seconds.
type synthAgent struct {
	synthLeg
	weight     float64
	witness    bool
	start, end *runlog.Clock
	lostAt     int // its first second that is missing; 0 for none
	lost       string
	unsure     uint64
	// account changes what its account says.
	account func(*runlog.Agent)
}

// equal are n agents with the same times.
func equal(n, perSecond int, latency func(*rand.Rand) time.Duration) []synthAgent {
	agents := make([]synthAgent, n)
	for i := range agents {
		agents[i] = synthAgent{synthLeg: synthLeg{perSecond: perSecond, latency: latency, cpu: 0.2}, start: &runlog.Clock{OffsetS: float64(i) / 1e4, BoundS: 5e-5}}
		agents[i].end = &runlog.Clock{OffsetS: float64(i)/1e4 + 3e-5, BoundS: 5e-5}
	}
	return agents
}

func (f synthFleet) write(t testing.TB, dir string) *runlog.Run {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	m := synth{open: f.open, noLedger: true, legs: []synthLeg{{target: "single"}}}.manifest()
	leg := runlog.Leg{Target: "single", Round: 1, Started: epoch}
	of := make([][5]*hist.Histogram, len(f.agents))
	for i, a := range f.agents {
		leg.Agents = append(leg.Agents, runlog.Agent{Name: fmt.Sprintf("n%d", i+1), Version: "v1", Machine: m.Machine, Part: i, Of: len(f.agents),
			Weight: a.weight, Witness: a.witness, Planned: uint64(a.perSecond * f.seconds), Start: a.start, End: a.end})
		leg.Planned += uint64(a.perSecond * f.seconds)
		for k := range of[i] {
			of[i][k] = hist.New()
		}
	}
	if f.change != nil {
		f.change(&m, &leg)
	}
	w, err := runlog.Create(dir, m)
	must(err)
	lw, err := w.StartLeg(leg)
	must(err)
	ended := slices.Clone(leg.Agents)
	sent := make([]int, len(f.agents))
	for second := range f.seconds {
		sum := runlog.Second{T: second, CPU: -1}
		var all []hist.Interval
		for i, a := range f.agents {
			if a.lostAt > 0 && second >= a.lostAt {
				continue
			}
			l := a.synthLeg
			if f.level != nil {
				own, scale := l.latency, f.level(second)
				l.latency = func(rng *rand.Rand) time.Duration { return time.Duration(scale * float64(own(rng))) }
			}
			s, intervals := l.second(second, sent[i], a.perSecond, rand.New(rand.NewPCG(f.seed, uint64(second*1000+i))), of[i])
			if a.spoil != nil {
				a.spoil(&s)
			}
			sent[i] += a.perSecond
			ended[i].Sent += s.Sent
			must(lw.Generator(runlog.GeneratorSecond{Agent: i, Second: s, LagP99MS: 0.1}))
			sum.Merge(s)
			for _, iv := range intervals {
				if slices.Contains(runlog.AgentTags(), iv.Tag) {
					all = append(all, hist.Interval{Tag: runlog.AgentTag(i, iv.Tag), Start: iv.Start, Length: iv.Length, Hist: iv.Hist})
				}
				at := slices.IndexFunc(all, func(o hist.Interval) bool { return o.Tag == iv.Tag })
				if at < 0 {
					at = len(all)
					all = append(all, hist.Interval{Tag: iv.Tag, Start: iv.Start, Length: iv.Length, Hist: hist.New()})
				}
				all[at].Hist.Merge(iv.Hist)
			}
		}
		must(lw.Second(sum, all...))
	}
	if f.extra != nil {
		must(lw.Second(*f.extra))
	}
	must(lw.Close())
	if f.killed {
		run, err := runlog.Open(dir)
		must(err)
		return run
	}
	var dropped uint64
	for i, a := range f.agents {
		e := &ended[i]
		e.Dropped = e.Planned - e.Sent
		if dropped += e.Dropped; a.lostAt > 0 {
			e.Lost, e.LostS, e.Unsure, e.End = a.lost, float64(a.lostAt)+2, a.unsure, nil
		}
		if a.account != nil {
			a.account(e)
		}
	}
	must(w.SetAgents(ended))
	must(w.EndLeg(leg.Planned, dropped, time.Duration(f.seconds)*time.Second, ""))
	must(w.Seal(epoch.Add(time.Hour), ""))
	run, err := runlog.Open(dir)
	must(err)
	return run
}

func (f synthFleet) analyzed(t testing.TB) *result.Analysis {
	t.Helper()
	a, err := Analyze(context.Background(), f.write(t, filepath.Join(t.TempDir(), "run")))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func findingsOf(a *result.Analysis, code result.Code) (found []result.Finding) {
	for _, f := range a.Findings {
		if f.Code == code {
			found = append(found, f)
		}
	}
	return found
}

// Agents that are well and equal say so in a line, and change nothing of the leg.
func TestAFleetThatIsWell(t *testing.T) {
	a := synthFleet{open: true, seconds: 20, agents: equal(3, 100, around(20*time.Millisecond))}.analyzed(t)
	l := a.Legs[0]
	if a.Verdict != result.Pass || len(a.Warnings) > 0 || l.Generator.Limited {
		t.Errorf("verdict %s, findings %v, warnings %q", a.Verdict, a.Findings, a.Warnings)
	}
	f := l.Fleet
	if want := "3 agents, clocks aligned within ±100 µs of each other (drift 1.5 µs/s)"; f.Words != want {
		t.Errorf("%q, want %q", f.Words, want)
	}
	for _, a := range f.Agents {
		if a.Share < 0.333 || a.Share > 0.334 || a.Achieved != 1 || len(a.Deviations) != 2 || math.Abs(a.Generator.CPU-0.2) > 1e-9 || a.LagP50MS <= 0 || len(a.Series) != 20 {
			t.Errorf("%+v", a)
		}
	}
	if !strings.Contains(f.Agreement, "no agent deviates") {
		t.Error(f.Agreement)
	}
}

// An agent at a limit makes the leg INVALID and is named, whatever the limit.
func TestAnAgentAtItsLimit(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*synthAgent)
		code  result.Code
		want  string
	}{
		"processor": {func(a *synthAgent) { a.cpu = 0.97 }, result.CodeGeneratorLimited,
			"agent n2 (97 % CPU, lag p99 100 µs) was at its limit, 2 of 3 agents were well: the generator used 97 % of the processors"},
		"lag": {func(a *synthAgent) { a.lag = sometimes(0.05, 12*time.Millisecond) }, result.CodeGeneratorLimited,
			"agent n2 (20 % CPU, lag p99 12 ms) was at its limit, 2 of 3 agents were well: "},
		"steal": {func(a *synthAgent) { s := 0.4; a.spoil = func(sec *runlog.Second) { sec.Steal = &s } }, result.CodeGeneratorLimited,
			"agent n2 (20 % CPU, lag p99 100 µs) was at its limit, 2 of 3 agents were well: a hypervisor gave 40 %"},
		"unsent": {func(a *synthAgent) { a.spoil = func(sec *runlog.Second) { sec.Due *= 2 } }, result.CodeGeneratorLimited,
			"agent n2 (20 % CPU, lag p99 100 µs) was at its limit, 2 of 3 agents were well: 19 of 19 seconds ended with"},
		"ports": {func(a *synthAgent) { a.spoil = func(sec *runlog.Second) { sec.Own = 10 } }, result.CodeGeneratorFailures,
			"agent n2 (20 % CPU, lag p99 100 µs) was at its limit, 2 of 3 agents were well: 200 of 2 000 requests (10 %) failed at a limit of the generator's own"},
	} {
		f := synthFleet{open: true, seconds: 20, agents: equal(3, 100, around(20*time.Millisecond))}
		c.spoil(&f.agents[1])
		a := f.analyzed(t)
		found := findingsOf(a, c.code)
		if a.Verdict != result.Invalid || len(found) != 1 || !strings.HasPrefix(found[0].Text, c.want) {
			t.Errorf("%s: verdict %s, findings %v", name, a.Verdict, a.Findings)
		}
		for i, of := range a.Legs[0].Fleet.Agents {
			if of.Generator.Limited != (i == 1) {
				t.Errorf("%s: agent %s limited: %v", name, of.Name, of.Generator.Why)
			}
		}
	}
}

// Of many agents at their limit a few are named with their reasons.
func TestManyAgentsAtTheirLimit(t *testing.T) {
	f := synthFleet{open: true, seconds: 8, agents: equal(12, 10, nil)}
	for i := range f.agents {
		f.agents[i].cpu = 0.99
	}
	a := f.analyzed(t)
	found := findingsOf(a, result.CodeGeneratorLimited)
	if len(found) != namedAgents+1 || !strings.Contains(found[3].Text, "also at their limits: n4, n5, n6, n7, n8, n9 and 3 more") || !strings.Contains(found[0].Text, "none of 12 agents was well") {
		t.Errorf("%v", found)
	}
	if !strings.Contains(a.Headline, "agent n1 (99 % CPU") || found[0].Agent != "n1" || strings.Contains(a.Headline, " to ") {
		t.Errorf("the agents became one: %q", a.Headline)
	}
}

// A lost agent makes the leg INVALID, with what it had of the plan and what the load was; unless that is tolerated.
func TestALostAgent(t *testing.T) {
	lose := func(f *synthFleet) {
		f.agents[1].lostAt, f.agents[1].lost, f.agents[1].unsure = 12, "no lease for 2 s", 60
	}
	open := synthFleet{open: true, seconds: 20, agents: equal(3, 100, around(20*time.Millisecond))}
	lose(&open)
	open.agents[1].spoil = func(s *runlog.Second) {
		if s.T == 11 {
			s.Sent += 10
		}
	}
	open.extra = &runlog.Second{T: 20, CPU: -1, Done: 10, Outcomes: runlog.Outcomes{Cut: 10}, Drained: &runlog.Outcomes{Cut: 10}}
	a := open.analyzed(t)
	want := "agent n2 was lost by second 14: no lease for 2 s; it had 33 % of the plan and sent 1 210 of 2 000 requests, perhaps 60 more; " +
		"the load really was 5 210 to 5 270 of 6 000 planned, 87 % to 88 %"
	if found := findingsOf(a, result.CodeAgentLost); a.Verdict != result.Invalid || len(found) != 1 || found[0].Text != want {
		t.Errorf("verdict %s: %v", a.Verdict, a.Findings)
	}
	if found := findingsOf(a, result.CodeAccounting); len(found) > 0 {
		t.Errorf("the account does not balance: %v", found)
	}
	if all := strings.Join(a.Warnings, "\n"); strings.Contains(all, "still owed") {
		t.Errorf("what a lost agent did not send is told as late: %q", a.Warnings)
	}
	if !strings.HasSuffix(a.Legs[0].Fleet.Words, "; lost: n2") || !a.Legs[0].Generator.Limited {
		t.Errorf("%q, %+v", a.Legs[0].Fleet.Words, a.Legs[0].Generator.Why)
	}

	open.change = func(m *runlog.Manifest, _ *runlog.Leg) { m.ToleratesLoss = true }
	a = open.analyzed(t)
	if a.Verdict == result.Invalid || !slices.ContainsFunc(a.Warnings, func(w string) bool { return strings.Contains(w, want) && strings.Contains(w, "tolerates") }) {
		t.Errorf("tolerated: verdict %s, findings %v, warnings %q", a.Verdict, a.Findings, a.Warnings)
	}

	closed := synthFleet{seconds: 20, agents: equal(3, 100, around(20*time.Millisecond))}
	lose(&closed)
	closed.agents[1].unsure = 0
	closed.agents[1].account = func(a *runlog.Agent) { a.Planned, a.Dropped = a.Sent, 0 }
	closed.change = func(_ *runlog.Manifest, l *runlog.Leg) { l.Planned = 5200 }
	a = closed.analyzed(t)
	if found := findingsOf(a, result.CodeAgentLost); len(found) != 1 || !strings.Contains(found[0].Text, "sent 1 200 requests; the load after that was 67 % of the clients") {
		t.Errorf("closed: %v", a.Findings)
	}

	// Nobody knows how much a client sends: what it may have sent unseen is a time, and no row is one too many.
	for i, clients := range []int{5, 4, 4} {
		account := closed.agents[i].account
		closed.agents[i].account = func(a *runlog.Agent) {
			if a.Clients = clients; account != nil {
				account(a)
				a.UnknownS = 2.5
			}
		}
	}
	a = closed.analyzed(t)
	want = "it had 31 % of the plan, 4 clients, and sent 1 200 requests, perhaps more in the 2.5 s after its last second that came, nobody knows how many; " +
		"the load after that was 69 % of the clients that were asked for"
	if found := findingsOf(a, result.CodeAgentLost); len(found) != 1 || !strings.Contains(found[0].Text, want) {
		t.Errorf("closed: %v", a.Findings)
	}
}

// Of many agents that were lost a few have sentences of their own, and the load is told once.
func TestManyAgentsAreLost(t *testing.T) {
	for _, open := range []bool{true, false} {
		f := synthFleet{open: open, seconds: 10, agents: equal(10, 10, nil)}
		for i := range 5 {
			f.agents[i].lostAt, f.agents[i].lost = 5, "it did not renew its lease for 3s"
			f.agents[i].account = func(a *runlog.Agent) {
				if !open {
					a.Planned, a.Dropped = a.Sent, 0
				}
			}
		}
		f.change = func(_ *runlog.Manifest, l *runlog.Leg) {
			if !open {
				l.Planned = 750
			}
		}
		found := findingsOf(f.analyzed(t), result.CodeAgentLost)
		load := "; after all 5 were lost, the load was 50 % of the clients that were asked for"
		if open {
			load = "; the load really was 750 of 1 000 planned, 75 %"
		}
		if len(found) != namedAgents+1 || !strings.HasSuffix(found[0].Text, load) || strings.Contains(found[1].Text, "the load") || found[3].Text != "also lost: n4 and n5, with 20 % of the plan" {
			t.Errorf("open %v: %q", open, found)
		}
	}
}

// Where all are lost nothing is left of the load, whatever their shares are.
func TestAllAgentsAreLost(t *testing.T) {
	f := synthFleet{seconds: 10, agents: equal(3, 10, nil), change: func(_ *runlog.Manifest, l *runlog.Leg) { l.Planned = 150 }}
	planned := func(a *runlog.Agent) { a.Planned, a.Dropped = a.Sent, 0 }
	for i := range f.agents {
		f.agents[i].lostAt, f.agents[i].lost, f.agents[i].account = 5, "it did not renew its lease for 3s", planned
	}
	if found := findingsOf(f.analyzed(t), result.CodeAgentLost); len(found) != 3 || !strings.HasSuffix(found[0].Text, "; after all 3 were lost, the load was 0 % of the clients that were asked for") {
		t.Errorf("%q", found)
	}
}

// Of a run that was killed each agent has what its seconds have, as the leg has what all of theirs do.
func TestAgentsOfAKilledRun(t *testing.T) {
	f := synthFleet{open: true, seconds: 8, agents: equal(2, 100, around(20*time.Millisecond)), killed: true}
	f.change = func(_ *runlog.Manifest, l *runlog.Leg) {
		l.Planned = 4000
		for i := range l.Agents {
			l.Agents[i].Planned = 2000
		}
	}
	f.agents[1].spoil = func(s *runlog.Second) { s.Skipped = map[string]uint64{"token": 5} }
	l := f.analyzed(t).Legs[0]
	var sent uint64
	for i, a := range l.Fleet.Agents {
		sent += a.Sent
		if skipped := []uint64{0, 40}[i]; a.Sent != 800 || a.Skipped != skipped || math.Abs(a.Achieved-800/float64(2000-skipped)) > 1e-9 {
			t.Errorf("%+v", a)
		}
	}
	if sent != l.Sent || l.Complete {
		t.Errorf("the agents sent %d, the leg %d", sent, l.Sent)
	}
}

// The accounts of the agents balance, and add up to the leg's.
func TestAccountsOfAgents(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*synthFleet)
		want   string
	}{
		"planned":  {func(f *synthFleet) { f.agents[0].account = func(a *runlog.Agent) { a.Planned++ } }, "agent n1 has 1 001 planned, but 1 000 sent, 0 dropped and 0 skipped"},
		"sent":     {func(f *synthFleet) { f.agents[0].account = func(a *runlog.Agent) { a.Sent--; a.Dropped++ } }, "agent n1 sent 999, but 1 000 in its seconds"},
		"shares":   {func(f *synthFleet) { f.change = func(_ *runlog.Manifest, l *runlog.Leg) { l.Planned++ } }, "2 001 planned, but the agents' shares are 2 000"},
		"unsure":   {func(f *synthFleet) { f.agents[0].account = func(a *runlog.Agent) { a.Unsure = 3 } }, "agent n1 may have sent 3 of 0 that it dropped"},
		"outcomes": {func(f *synthFleet) { f.agents[0].spoil = func(s *runlog.Second) { s.Success++ } }, "agent n1 had 1 010 answered or timed out, but there are 1 000 response times"},
		"seconds": {func(f *synthFleet) {
			f.extra = &runlog.Second{T: 10, Sent: 5, Done: 5, Outcomes: runlog.Outcomes{Success: 5}}
		}, "by the end of second 10 2 005 sent and 2 005 ended, but of the agents 2 000 and 2 000"},
	} {
		f := synthFleet{open: true, seconds: 10, agents: equal(2, 100, nil)}
		c.change(&f)
		a := f.analyzed(t)
		found := findingsOf(a, result.CodeAccounting)
		if a.Verdict != result.Invalid || !slices.ContainsFunc(found, func(f result.Finding) bool { return strings.Contains(f.Text, c.want) }) {
			t.Errorf("%s: verdict %s, findings %v", name, a.Verdict, a.Findings)
		}
	}
}

// Clocks that moved or are not known exactly blur what is drawn by the second, and nothing else.
func TestClocksOfAgents(t *testing.T) {
	f := synthFleet{open: true, seconds: 10, agents: equal(3, 50, nil)}
	f.agents[1].end = &runlog.Clock{OffsetS: 0.2, BoundS: 5e-5}
	f.agents[2].start = &runlog.Clock{BoundS: 0.02}
	a := f.analyzed(t)
	all := strings.Join(a.Warnings, "\n")
	if a.Verdict != result.Pass || !strings.Contains(all, "n2's by 200 ms: what is drawn second by second is blurred") || !strings.Contains(all, "n3's within ±20 ms") {
		t.Errorf("verdict %s, warnings %q", a.Verdict, a.Warnings)
	}
	f.agents[0].start = nil
	if words := f.analyzed(t).Legs[0].Fleet.Words; words != "3 agents, clocks not measured" {
		t.Error(words)
	}
}
