package gate

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/runlog"
)

// twinRuns are an A/A measurement: legs scatter by sd, and b is truth times a.
func twinRuns(inOneRun bool, sd, truth float64) []Twins {
	s := scatter{sd: sd, draw: normal}
	rng := rand.New(rand.NewPCG(3, 4))
	draw := s.apart
	if inOneRun {
		draw = s.interleaved
	}
	b, a := draw(rng, 10)(truth)
	b.Run.Started = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	if inOneRun {
		return []Twins{{A: compare.Pick{Run: b, Target: "a", Label: "the run"}, B: compare.Pick{Run: b, Target: "b", Label: "the run"}}}
	}
	return []Twins{{A: compare.Pick{Run: a, Target: "a", Label: "first"}, B: compare.Pick{Run: b, Target: "a", Label: "second"}}}
}

// Identical targets make noise, and a gate that asks for less is refused by name.
func TestTwins(t *testing.T) {
	var b bytes.Buffer
	for _, c := range []struct {
		name      string
		paired    bool
		sd, truth float64
		want      result.Verdict
	}{
		{"quiet, in one run", true, 0.01, 1, result.Pass},
		{"noisy, in one run", true, 0.2, 1, result.Pass},
		{"quiet, two runs", false, 0.01, 1, result.Pass},
		{"not identical after all", false, 0.01, 1.1, result.Fail},
	} {
		g, n, err := JudgeTwins(twinRuns(c.paired, c.sd, c.truth))
		if err != nil || n == nil || g.Verdict != c.want {
			t.Fatalf("%s: %v: %+v, %+v", c.name, err, g, n)
		}
		if n.Paired != c.paired || n.Rounds != 10 || n.Measured.IsZero() || len(n.Floors) == 0 {
			t.Errorf("%s: %+v", c.name, n)
		}
		writeGate(&b, c.name, g)
		refused := Refuse(n, []runlog.Limit{{Metric: "p95", WorseBy: some(0.05)}, {Metric: "p95", Max: some(1)}}, "", []string{"a"}, 10)
		fmt.Fprintf(&b, "  5 %% allowed: %v\n", refused)
	}
	golden.Check(t, "testdata/noise.txt", b.Bytes())
}

func TestTwinsThatCannotTell(t *testing.T) {
	few := []Twins{{A: compare.Pick{Run: roundsOf(100), Target: "page", Label: "a"}, B: compare.Pick{Run: roundsOf(100), Target: "page", Label: "b"}}}
	invalid := []Twins{{A: compare.Pick{Run: invalidRun(), Target: "page", Label: "a"}, B: compare.Pick{Run: roundsOf(steady(100, 10)...), Target: "page", Label: "b"}}}
	partial := []Twins{{A: compare.Pick{Run: roundsOf(steady(100, 10)...), Target: "page", Label: "a"}, B: compare.Pick{Run: partialRun(100), Target: "page", Label: "b"}}}
	for name, c := range map[string]struct {
		twins []Twins
		want  result.Verdict
	}{"few": {few, result.Inconclusive}, "invalid": {invalid, result.Invalid}, "partial": {partial, result.Inconclusive}} {
		g, n, err := JudgeTwins(c.twins)
		if err != nil || n != nil || g.Verdict != c.want || len(g.Findings) == 0 {
			t.Errorf("%s: %v, noise %+v, %+v", name, err, n, g)
		}
	}
	if _, _, err := JudgeTwins(nil); err == nil {
		t.Error("an A/A measurement of nothing")
	}
}

// The noise of a gate shrinks with its rounds, what was seen between the sides does
// not; the noisier of two targets in one run counts, and both margins of a limit.
func TestNoiseRefuses(t *testing.T) {
	n := &result.Noise{Rounds: 10, Paired: true, Measured: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), Floors: []result.Floor{
		{Target: "old", Metric: "p95", Figure: 100, Observed: 0.01, Detectable: 0.02},
		{Target: "new", Metric: "p95", Figure: 100, Observed: 0.01, Detectable: 0.041},
		{Target: "new", Metric: "rate_rps", Figure: 100, Observed: 0.03, Detectable: 0.01},
		{Target: "new", Metric: "error_rate", Figure: 0, Observed: 0, Detectable: 0.002},
	}}
	both := []string{"old", "new"}
	for _, c := range []struct {
		limit   runlog.Limit
		targets []string
		rounds  int
		want    string // "" is not refused
	}{
		{runlog.Limit{Metric: "p95", WorseBy: some(0.02)}, both, 10, "gate.p95.worse_by: 2 % is below this machine's noise of 4.1 % (A/A of 2026-11-21, 10 rounds): allow more or measure more rounds"},
		{runlog.Limit{Metric: "p95", WorseBy: some(0.05)}, both, 10, ""},
		{runlog.Limit{Metric: "p95", WorseBy: some(0.02)}, []string{"old"}, 10, ""},
		{runlog.Limit{Metric: "p95", WorseBy: some(0.02)}, both, 50, ""},
		{runlog.Limit{Metric: "p95", WorseBy: some(0.005)}, both, 1000, "noise of 1 %"},
		{runlog.Limit{Metric: "p95", WorseBy: some(0.05)}, both, 5, "noise of 5.8 %"},
		{runlog.Limit{Metric: "p95", WorseBy: some(0.02), And: some(5)}, both, 10, ""},
		{runlog.Limit{Metric: "p95", And: some(2)}, both, 10, "gate.p95.and: 2 %"},
		{runlog.Limit{Metric: "p95", Max: some(2)}, both, 10, ""},
		{runlog.Limit{Metric: "rate_rps", WorseBy: some(0.02)}, both, 10, "noise of 3 %"},
		{runlog.Limit{Metric: "error_rate", And: some(0.001)}, both, 10, "gate.error_rate.and: 0.1 points is below this machine's noise of 0.2 points"},
		{runlog.Limit{Metric: "mean", WorseBy: some(0)}, both, 10, ""},
	} {
		err := Refuse(n, []runlog.Limit{c.limit}, "", c.targets, c.rounds)
		var refused *compare.RefusedError
		if (err != nil) != (c.want != "") || err != nil && (!errors.As(err, &refused) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v, %d rounds: %v, want %q", c.limit, c.rounds, err, c.want)
		}
	}

	if got := Unmeasured(n, []runlog.Limit{{Metric: "rate_rps", WorseBy: some(1)}, {Metric: "p99", Max: some(1)}}, "", both); len(got) != 1 || !strings.Contains(got[0], "rate_rps of old") {
		t.Errorf("not measured: %q", got)
	}

	run := paired(steady(100, 10), steady(101, 10))
	if _, err := Judge(run, "c", nil, "", []runlog.Limit{{Metric: "p95", WorseBy: some(0.02)}}, n); err == nil {
		t.Error("a tolerance below the noise was judged")
	}
	if _, err := Judge(run, "c", nil, "", []runlog.Limit{{Metric: "p95", WorseBy: some(0.1)}}, n); err != nil {
		t.Error(err)
	}
}

// Whatever a noise file holds, it is refused or can be used.
func FuzzReadNoises(f *testing.F) {
	f.Add([]byte(`{"schema": 1, "noise": [{"scenario": "s", "machine": "m", "measured": "2026-11-21T00:00:00Z", "rounds": 10, "floors": [{"target": "a", "metric": "p95", "figure": 100, "observed": 0.01, "detectable": 0.04}]}]}`))
	f.Add([]byte(`{"schema": 1, "noise": [{"rounds": 1, "floors": [{"target": "a", "metric": "error_rate"}, {"target": "a", "metric": ""}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := result.ReadNoises(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, n := range all.Noise {
			inWords(&n)
			for _, name := range metric.Names(metric.Kept) {
				if err := Refuse(&n, []runlog.Limit{{Metric: name, And: some(0.01)}}, "", []string{"a"}, 10); err != nil && err.Error() == "" {
					t.Error("refused without a word")
				}
			}
		}
		var b bytes.Buffer
		if err := all.Write(&b); err != nil {
			t.Error(err)
		}
	})
}
