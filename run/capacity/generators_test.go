package capacity

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// able is a search with generators that are known to send so many requests per second at most.
func able(t *testing.T, most float64, capacity string, change func(*Options)) *result.Study {
	t.Helper()
	q := likeTheLab(1)
	sc := asked(t, "127.0.0.1:1", capacity+", cool_down: 0s", q.n)
	q.rng = rand.New(rand.NewPCG(1, 7))
	o := Options{Dir: filepath.Join(t.TempDir(), "study"), Measure: func(ctx context.Context, sc *scenarios.Scenario, dir string) (*result.Analysis, error) {
		if rate := sc.Loads[0].Load.Rate; rate > most {
			return nil, fmt.Errorf("the generators: %w", &attack.LimitError{Words: fmt.Sprintf("2 agents can send about %v/s, %v/s were asked", most, rate)})
		}
		return q.simulated(ctx, sc, dir)
	}}
	if change != nil {
		change(&o)
	}
	s, err := begin(sc, o)
	if err == nil {
		err = s.target(t.Context(), 0, sc.Targets[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.result
}

// A rate that the generators are known to be unable to send ends a search as their limit: nothing is put on, and it is
// no error in the middle of a study. What lies below is searched, also where the first rate is far beyond.
func TestWhatGeneratorsCannotSendEndsASearch(t *testing.T) {
	for _, first := range []string{"20", "5000"} {
		study := able(t, 100, "slo: [p95 < 250ms], precision: 10%, probe: 5s, longest_probe: 10s, first_rate: "+first, nil)
		c := study.Configurations[0]
		if c.Verdict != result.CapacityAtLeast || c.HeldRPS > 100 || c.HeldRPS < 100/1.1/1.01 || study.Stopped != "" ||
			!strings.Contains(c.Sentence, "the generator was the limit") || !strings.Contains(strings.Join(c.Notes, "\n"), "2 agents can send about 100/s") {
			t.Errorf("from %s: %s, held %v, stopped %q: %s %q", first, c.Verdict, c.HeldRPS, study.Stopped, c.Sentence, c.Notes)
		}
		rates := map[float64]bool{}
		for _, p := range c.Probes {
			if beyond := p.RateRPS > 100; beyond != (p.Dir == "") || beyond && (p.Verdict != result.ProbeInvalid || rates[p.RateRPS]) {
				t.Errorf("from %s: probe %+v", first, p)
			}
			rates[p.RateRPS] = true
		}
	}
}

// A search that goes on with its load from other machines says so, and tries what those before could not send.
func TestASearchGoesOnWithOtherGenerators(t *testing.T) {
	dir, few, more := filepath.Join(t.TempDir(), "study"), runlog.Machine{CPUs: 2, Agents: 2}, runlog.Machine{CPUs: 2, Agents: 3}
	const slo = "slo: [p95 < 250ms], precision: 20%, probe: 5s, longest_probe: 10s, first_rate: 20"
	before := able(t, 100, slo, func(o *Options) { o.Dir, o.Machine = dir, few })
	if c := before.Configurations[0]; c.Verdict != result.CapacityAtLeast || before.Machine != few {
		t.Fatalf("%s, from %+v", c.Verdict, before.Machine)
	}
	same := able(t, 1e6, slo, func(o *Options) { o.Dir, o.Resume, o.Machine = dir, true, few })
	if c := same.Configurations[0]; c.Verdict != result.CapacityAtLeast || len(same.Others) > 0 {
		t.Errorf("the same machines: %s, others %v", c.Verdict, same.Others)
	}
	after := able(t, 1e6, slo, func(o *Options) { o.Dir, o.Resume, o.Machine = dir, true, more })
	c := after.Configurations[0]
	if c.Verdict != result.CapacityFound || c.HeldRPS < 100 || after.Machine != few || len(after.Others) != 1 || after.Others[0] != more {
		t.Errorf("%s: %s; from %+v, then %+v", c.Verdict, c.Sentence, after.Machine, after.Others)
	}
}

// A leg without one of its agents is another load than the one that a probe asks about, whatever the scenario says of
// other runs; and nobody thinks in a probe, on whichever machine.
func TestProbesAreWhole(t *testing.T) {
	sc := asked(t, "127.0.0.1:1", "slo: [p95 < 250ms]", 1)
	sc.Generators = &scenarios.Generators{Agents: 2, TolerateLoss: true}
	s, err := begin(sc, Options{Dir: filepath.Join(t.TempDir(), "study")})
	if err != nil {
		t.Fatal(err)
	}
	probe := s.scenario(sc.Targets[0], order{kind: result.ProbeSearch, rate: 10, length: 1e9})
	if probe.Generators.TolerateLoss || !sc.Generators.TolerateLoss || !probe.Loads[0].NoPauses {
		t.Errorf("%+v, %+v", probe.Generators, probe.Loads[0])
	}
}
