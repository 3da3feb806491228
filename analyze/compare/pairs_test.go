package compare

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// ofTargets is a run that has had one request to each target.
func ofTargets(label string, names ...string) Pick {
	a := &result.Analysis{Run: result.RunInfo{Measure: "service time"}}
	for _, name := range names {
		a.Legs = append(a.Legs, result.Leg{Target: name, Round: 1, Planned: 1, Sent: 1, Completed: 1, Complete: true, DurationS: 1, Outcomes: runlog.Outcomes{Success: 1}, Service: result.Latency{N: 1}})
	}
	return Pick{Run: a, Label: label}
}

func TestPairWithin(t *testing.T) {
	compared := ofTargets("run", "a", "b", "c")
	compared.Run.Run.Turns = &runlog.Compare{Baseline: "c", Candidate: "a"}
	for name, c := range map[string]struct {
		run                 Pick
		baseline, candidate string
		want                [2]string
		err                 error
	}{
		"the only two":               {run: ofTargets("run", "a", "b"), want: [2]string{"a", "b"}},
		"the scenario's":             {run: compared, want: [2]string{"c", "a"}},
		"one of the scenario's":      {run: compared, candidate: "b", want: [2]string{"c", "b"}},
		"both named":                 {run: ofTargets("run", "a", "b", "c"), baseline: "b", candidate: "c", want: [2]string{"b", "c"}},
		"the other way round":        {run: ofTargets("run", "a", "b"), baseline: "b", candidate: "a", want: [2]string{"b", "a"}},
		"one target":                 {run: ofTargets("run", "a"), err: ErrOneTarget},
		"one named twice":            {run: ofTargets("run", "a", "b"), baseline: "b", err: ErrSameTarget},
		"three, and nobody says":     {run: ofTargets("run", "a", "b", "c"), err: ErrWhichTargets},
		"three, and one side is not": {run: ofTargets("run", "a", "b", "c"), baseline: "a", err: ErrWhichTargets},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := pairWithin(c.run, c.baseline, c.candidate)
			if got := [2]string{p.Baseline.Target, p.Candidate.Target}; !errors.Is(err, c.err) || got != c.want {
				t.Errorf("%q, %v, want %q, %v", got, err, c.want, c.err)
			}
			if err == nil && (p.Baseline.Run != c.run.Run || p.Candidate.Run != c.run.Run) {
				t.Error("the sides are not of the run")
			}
		})
	}
}

func TestPairsAcross(t *testing.T) {
	before, after := ofTargets("before", "a", "b", "c"), ofTargets("after", "c", "b", "d")
	for name, c := range map[string]struct {
		before, after Pick
		names, want   []string
		err           error
	}{
		"all that both have": {before: before, after: after, want: []string{"b", "c"}},
		"those named":        {before: before, after: after, names: []string{"c"}, want: []string{"c"}},
		"none of the other":  {before: before, after: ofTargets("after", "d"), err: ErrNoneShared},
		"nothing measured":   {before: before, after: ofTargets("after"), err: ErrNoneShared},
	} {
		t.Run(name, func(t *testing.T) {
			pairs, err := PairsAcross(c.before, c.after, c.names)
			var got []string
			for _, p := range pairs {
				if p.Baseline.Target != p.Candidate.Target || p.Baseline.Run != c.before.Run || p.Candidate.Run != c.after.Run {
					t.Errorf("%+v", p)
				}
				got = append(got, p.Baseline.Target)
			}
			if !errors.Is(err, c.err) || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q, %v, want %q, %v", got, err, c.want, c.err)
			}
		})
	}
}

// Runs of different loads answer different questions, unless somebody compares them all the
// same; targets of one run have one load.
func TestCompareAllRefuses(t *testing.T) {
	before, after := ofTargets("before", "a"), ofTargets("after", "a")
	after.Run.Run.Load.Words = "another load"
	pairs, err := PairsAcross(before, after, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := All(pairs, false); !errors.As(err, new(*RefusedError)) {
		t.Errorf("different loads: %v", err)
	}
	if cs, err := All(pairs, true); err != nil || len(cs) != 1 {
		t.Errorf("all the same: %v, %v", cs, err)
	}
	pairs[0].Candidate.Target = "b"
	if _, err := All(pairs, true); err == nil || errors.As(err, new(*RefusedError)) {
		t.Errorf("a target that there is not: %v", err)
	}
}

// Runs of several loads are compared load by load, and only where both have it.
func TestPairsUnderLoads(t *testing.T) {
	under := func(label string, loads ...string) Pick {
		p := ofTargets(label, "single", "cluster")
		run := *p.Run
		run.Loads, run.Legs = nil, nil
		for _, name := range loads {
			part := *p.Run
			part.Run.Load.Name = name
			run.Loads = append(run.Loads, &part)
		}
		return Pick{Run: &run, Label: label}
	}
	within, err := PairsWithin(under("a", "light", "heavy"), "", "")
	if err != nil || len(within) != 2 || within[1].Baseline.Run != within[1].Candidate.Run || within[1].Candidate.Run.Run.Load.Name != "heavy" {
		t.Errorf("within a run: %+v, %v", within, err)
	}
	across, err := PairsAcross(under("a", "light", "heavy"), under("b", "heavy", "other"), nil)
	if err != nil || len(across) != 2 {
		t.Fatalf("across runs: %+v, %v", across, err)
	}
	for _, p := range across {
		if p.Baseline.Run.Run.Load.Name != "heavy" || p.Candidate.Run.Run.Load.Name != "heavy" || p.Baseline.Target != p.Candidate.Target {
			t.Errorf("%s against %s", p.Candidate.Target, p.Baseline.Target)
		}
	}
	_, err = PairsAcross(under("a", "light"), ofTargets("b", "single"), nil)
	if !errors.Is(err, ErrNoneShared) || !strings.Contains(err.Error(), "under the same load: a has light, b has one without a name") {
		t.Errorf("no load in common: %v", err)
	}
}
