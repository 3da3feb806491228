package gate

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// underLoads is a run of several loads, from one of each.
func underLoads(parts map[string]*result.Analysis, order ...string) *result.Analysis {
	a := &result.Analysis{Name: "page", Verdict: result.Pass, Findings: []result.Finding{result.Found(result.Pass, result.CodeNoThreshold, "it came to its end")}}
	for _, name := range order {
		part := *parts[name]
		part.Run.Load.Name = name
		a.Loads, a.Run = append(a.Loads, &part), part.Run
	}
	return a
}

// Every load is held to the limits, each against the same load of the baseline, and all
// tolerances are tested together.
func TestGateOfLoads(t *testing.T) {
	limit := runlog.Limit{Metric: "p95", WorseBy: some(0.1)}
	run := func(light, heavy float64) *result.Analysis {
		return underLoads(map[string]*result.Analysis{"light": roundsOf(steady(light, 10)...), "heavy": roundsOf(steady(heavy, 10)...)}, "light", "heavy")
	}
	g := judged(t, run(20, 150), run(20, 100), limit)
	if len(g.Checks) != 2 || g.Verdict != result.Fail {
		t.Fatalf("%s: %+v", g.Verdict, g.Checks)
	}
	for i, want := range []struct {
		load    string
		verdict result.Verdict
	}{{"light", result.Pass}, {"heavy", result.Fail}} {
		if c := g.Checks[i]; c.Load != want.load || c.Verdict != want.verdict {
			t.Errorf("check %d is of load %q, %s: %s", i, c.Load, c.Verdict, c.Words)
		}
	}
	if f := g.Findings[0]; f.Load != "heavy" || !strings.HasPrefix(f.String(), "load heavy: page: ") {
		t.Errorf("the first finding is %q", f)
	}
	one, two := judged(t, roundsOf(steady(150, 10)...), roundsOf(steady(100, 10)...), limit), g.Checks[1]
	if float64(two.P) < 1.9*float64(one.Checks[0].P) {
		t.Errorf("p is %v beside another load, %v alone: Holm's correction knows nothing of the other", two.P, one.Checks[0].P)
	}
}

// A load that the baseline does not have is not judged by another one's figures.
func TestGateOfALoadThatTheBaselineLacks(t *testing.T) {
	limit := runlog.Limit{Metric: "p95", WorseBy: some(0.1)}
	page := roundsOf(steady(100, 10)...)
	both := underLoads(map[string]*result.Analysis{"light": page, "heavy": page}, "light", "heavy")
	g := judged(t, both, underLoads(map[string]*result.Analysis{"heavy": page}, "heavy"), limit)
	if g.Verdict != result.Inconclusive || g.Checks[0].Code != result.CodeNoBaseline || g.Checks[0].Words != "v1 has no load light" || g.Checks[1].Verdict != result.Pass {
		t.Errorf("%s: %+v", g.Verdict, g.Checks)
	}
}

// The noise of one load refuses no tolerance of another.
func TestNoiseOfALoad(t *testing.T) {
	limits := []runlog.Limit{{Metric: "p95", WorseBy: some(0.05)}}
	n := &result.Noise{Rounds: 10, Floors: []result.Floor{{Load: "light", Target: "page", Metric: "p95", Figure: 100, Observed: 0.2}}}
	if err := Refuse(n, limits, "heavy", []string{"page"}, 10); err != nil {
		t.Error(err)
	}
	if err := Refuse(n, limits, "light", []string{"page"}, 10); err == nil {
		t.Error("a tolerance below the noise of its load is not refused")
	}
}
