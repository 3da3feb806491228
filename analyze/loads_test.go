package analyze

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Two loads of a run: fifty requests a minute, which say little, and clients at work all the time.
var (
	perTest    = runlog.Load{Name: "per-test", Type: "clients-per-test", Words: "50 clients spread evenly over 1m0s", Open: true, Clients: 50, DurationS: 60, TimeoutS: 10}
	maintained = runlog.Load{Name: "maintained", Type: "maintain-client-load", Words: "50 clients for 10s", Clients: 50, DurationS: 10, TimeoutS: 10}
)

// underLoad are the legs of a run under a load, in a run of several.
func underLoad(load runlog.Load, legs ...synthLeg) []synthLeg {
	for i := range legs {
		legs[i].load = &load
	}
	return legs
}

// fiftyRequests are two legs that no p95 can be told from.
func fiftyRequests() []synthLeg {
	return underLoad(perTest,
		synthLeg{target: "single", seconds: 60, total: 50, latency: around(20 * time.Millisecond), cpu: .01, hosts: map[string]int64{"aaaaaaaaaaaa": 50}},
		synthLeg{target: "cluster", seconds: 60, total: 50, latency: around(20 * time.Millisecond), cpu: .01,
			before: map[string]int64{"aaaaaaaaaaaa": 50}, hosts: map[string]int64{"b00000000001": 17, "b00000000002": 17, "b00000000003": 16}})
}

// twoLoads is [healthyPair] maintained, after fifty requests to each target.
func twoLoads() synth {
	s := healthyPair()
	s.loads = []runlog.NamedLoad{{Load: perTest, Thresholds: []string{"p50 < 500ms", "lost == 0"}}, {Load: maintained, Thresholds: s.thresholds}}
	s.legs, s.thresholds = append(fiftyRequests(), underLoad(maintained, s.legs...)...), nil
	return s
}

// Each load is judged by itself: by its own measure, thresholds and legs. The run has the worst
// verdict, and the answer of the load that can bear one.
func TestLoadsAreJudgedByThemselves(t *testing.T) {
	a := analyzed(t, twoLoads())
	if a.Verdict != result.Pass || len(a.Loads) != 2 || len(a.Legs) > 0 || len(a.Parts()) != 2 {
		t.Fatalf("%s with %d loads and %d legs of its own: %+v", a.Verdict, len(a.Loads), len(a.Legs), a.Findings)
	}
	for i, want := range []struct {
		name, measure string
		thresholds    int
	}{{"per-test", "response time", 4}, {"maintained", "service time", 6}} {
		part := a.Loads[i]
		if part.Run.Load.Name != want.name || part.Run.Measure != want.measure || len(part.Thresholds) != want.thresholds || len(part.Legs) != 2 || part.Comparison == nil {
			t.Errorf("load %d is %q, judged by %s, %d thresholds, %d legs", i, part.Run.Load.Name, part.Run.Measure, len(part.Thresholds), len(part.Legs))
		}
	}
	want := result.Answer{Verdict: result.Better, Words: "cluster better than single under load maintained", Load: "maintained"}
	if a.Answer == nil || *a.Answer != want {
		t.Errorf("the answer is %+v", a.Answer)
	}
	if !strings.HasPrefix(a.Headline, "Load maintained: cluster") || strings.Contains(a.Headline, "per-test") {
		t.Errorf("the headline is %q", a.Headline)
	}
	if got := a.Findings[0].String(); got != "all 10 threshold checks met" {
		t.Errorf("findings begin with %q", got)
	}
	if got := a.Targets(); !slices.Equal(got, []string{"single", "cluster"}) || a.LastRound() != 1 {
		t.Errorf("targets %q, %d rounds", got, a.LastRound())
	}
}

// What one load shows is said with its name, and the other keeps its verdict.
func TestWorstLoadDecides(t *testing.T) {
	s := twoLoads()
	s.loads[0].Thresholds = []string{"p95 < 1ms"}
	a := analyzed(t, s)
	if a.Verdict != result.Fail || a.Loads[0].Verdict != result.Fail || a.Loads[1].Verdict != result.Pass {
		t.Fatalf("%s, of the loads %s and %s", a.Verdict, a.Loads[0].Verdict, a.Loads[1].Verdict)
	}
	if f := a.Findings[0]; f.Load != "per-test" || !strings.HasPrefix(f.String(), "load per-test: single: p95 < 1ms: ") {
		t.Errorf("the first finding is %q", f)
	}
	if !strings.HasPrefix(a.Headline, "Load per-test: ") || !strings.Contains(a.Headline, " Load maintained: ") {
		t.Errorf("the headline is %q", a.Headline)
	}
	if a.Answer == nil || a.Answer.Load != "maintained" {
		t.Errorf("the answer is %+v", a.Answer)
	}
}

// Loads that contradict each other are both in the answer.
func TestLoadsMayContradict(t *testing.T) {
	s := twoLoads()
	slow := underLoad(perTest,
		synthLeg{target: "single", seconds: 60, perSecond: 20, latency: around(10 * time.Millisecond), hosts: map[string]int64{"aaaaaaaaaaaa": 1200}},
		synthLeg{target: "cluster", seconds: 60, perSecond: 20, latency: around(40 * time.Millisecond), hosts: map[string]int64{"b00000000001": 1200}})
	s.legs = append(slow, s.legs[2:]...)
	a := analyzed(t, s)
	if got := a.Answer; got == nil || got.Verdict != result.Mixed || got.Words != "cluster better than single under load maintained, worse under load per-test" {
		t.Errorf("the answer is %+v", got)
	}
}

// A load whose legs all came to their end is whole, though the run was killed under the next one.
func TestKilledUnderTheSecondLoad(t *testing.T) {
	s := twoLoads()
	s.unsealed = true
	s.legs = s.legs[:3]
	s.legs[2].killed = true
	a := analyzed(t, s)
	if a.Loads[0].Run.Partial || a.Loads[0].Verdict != result.Pass {
		t.Errorf("the first load is %s: %+v", a.Loads[0].Verdict, a.Loads[0].Findings)
	}
	if !a.Run.Partial || !a.Loads[1].Run.Partial || a.Verdict != result.Inconclusive {
		t.Errorf("the run is %s, of the second load %s", a.Verdict, a.Loads[1].Verdict)
	}
	for _, f := range a.Findings {
		if f.Load != "maintained" {
			t.Errorf("%q", f)
		}
	}
	s.legs = s.legs[:2]
	s.legs[1].killed = true
	if a := analyzed(t, s); !a.Loads[0].Run.Partial || a.Loads[0].Verdict != result.Inconclusive {
		t.Errorf("killed under it the first load is %s", a.Loads[0].Verdict)
	}
}

// A run of one load under a name is that of one load.
func TestOneOfLoadsIsTheLoad(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 5 {
		plain := healthyPair()
		plain.legs[0].perSecond = 50 + rng.IntN(200)
		plain.legs[1].latency = around(time.Duration(5+rng.IntN(50)) * time.Millisecond)
		named := plain
		load := plain.manifest().Load
		load.Name = "a"
		named.loads = []runlog.NamedLoad{{Load: load, Thresholds: plain.thresholds}}
		named.legs = underLoad(load, slices.Clone(plain.legs)...)
		want, a := analyzed(t, plain), analyzed(t, named)
		got := a.Loads[0]
		if a.Verdict != want.Verdict || a.Answer.Verdict != want.Answer.Verdict || got.Run.Load.Name != "a" {
			t.Errorf("%s, %+v, want %s, %+v", a.Verdict, a.Answer, want.Verdict, want.Answer)
		}
		got.Run.Load.Name, got.Comparison.Load = "", ""
		if g, w := asJSON(t, got), asJSON(t, want); g != w {
			t.Errorf("got\n%s, want\n%s", g, w)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A summary of several loads is read as it was written, and one that nests them is none.
func TestSummaryOfLoads(t *testing.T) {
	b, err := result.ReadSummary(strings.NewReader(asJSON(t, analyzed(t, twoLoads()))))
	if err != nil || len(b.Parts()) != 2 || b.Parts()[1].Legs[0].Target != "single" || b.Answer.Load != "maintained" {
		t.Fatalf("%+v, %v", b, err)
	}
	for name, spoil := range map[string]func(*result.Analysis){
		"nested": func(a *result.Analysis) { a.Loads[0].Loads = a.Loads[1:] },
		"none":   func(a *result.Analysis) { a.Loads[0] = nil },
		"twice":  func(a *result.Analysis) { a.Loads[0].Run.Load.Name = "maintained" },
		"no run": func(a *result.Analysis) { a.Loads[0].Findings = nil },
	} {
		a := analyzed(t, twoLoads())
		spoil(a)
		if _, err := result.ReadSummary(strings.NewReader(asJSON(t, a))); err == nil {
			t.Errorf("%s: is read", name)
		}
	}
}
