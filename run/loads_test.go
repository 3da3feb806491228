package run

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/scenarios"
)

// twoLoads are ten requests a second, and then five, each for some seconds and with a timeout of
// its own.
const twoLoads = `
loads:
  - {name: ten, type: clients-per-second, clients: 10, duration: 10s, timeout: 2s, thresholds: [p50 < 1s]}
  - {name: five, type: clients-per-second, clients: 5, duration: 4s, error_threshold: 0%%}
request: {path: /}
targets: [{name: a, url: "http://%[1]s"}, {name: b, url: "http://%[1]s"}]
thresholds: [error_rate < 50%%]
`

// In each round every load is put on every target, with its own settings, and judged by itself.
func TestLoadsArePerformed(t *testing.T) {
	set := []string{"compare.rounds=2", "compare.seed=42", "compare.warm_up=1s", "compare.cool_down=3s"}
	fakedOf(t, twoLoads, set, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		var want, got []string
		for round, order := range firstRounds(2, 42, 2) {
			for _, load := range []struct {
				name          string
				warm, planned int
				timeout       float64
			}{{"ten", 10, 100, 2}, {"five", 5, 20, 10}} {
				for _, target := range order {
					name := []string{"a", "b"}[target]
					dir := fmt.Sprintf("legs/%02d-%s-%s-warm-up", len(want)+1, load.name, name)
					want = append(want, fmt.Sprintf("%s %s %d %d %v", dir, name, round+1, load.warm, load.timeout))
					dir = fmt.Sprintf("legs/%02d-%s-%s", len(want)+1, load.name, name)
					want = append(want, fmt.Sprintf("%s %s %d %d %v", dir, name, round+1, load.planned, load.timeout))
				}
			}
		}
		began := time.Now()
		r := started(t.Context(), t, sc, o)
		a, err := r.Wait()
		if err != nil {
			t.Fatal(err)
		}
		run, legs := stored(t, r.Dir)
		for _, l := range legs {
			load := run.LoadOf(l.Leg)
			got = append(got, fmt.Sprintf("%s %s %d %d %v", l.Dir, l.Target, l.Round, l.Planned, load.TimeoutS))
		}
		if !slices.Equal(got, want) {
			t.Errorf("legs\n%q, want\n%q", got, want)
		}
		took := run.Ended.Sub(began)
		byPlan, err := RoundTime(sc, nil)
		if least := 2*byPlan - 3*time.Second; err != nil || byPlan != 2*(10+4+2*(1+3))*time.Second || took < least-time.Second || took > least+4*time.Second {
			t.Errorf("took %v, a round is %v by the plans, %v", took, byPlan, err)
		}
		if len(a.Loads) != 2 || len(run.Loads) != 2 || run.Load.Name != "ten" || run.Thresholds != nil {
			t.Fatalf("%d loads are judged, %d stored: %+v", len(a.Loads), len(run.Loads), run.Load)
		}
		for i, thresholds := range []int{4, 2} {
			part := a.Loads[i]
			if len(part.Legs) != 4 || len(part.Thresholds) != thresholds || part.LastRound() != 2 {
				t.Errorf("load %s has %d legs, %d thresholds", part.Run.Load.Name, len(part.Legs), len(part.Thresholds))
			}
		}
	})
}

// A run that is ended under its second load has judged the first to its end.
func TestInterruptedUnderTheSecondLoad(t *testing.T) {
	fakedOf(t, twoLoads, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		r := started(t.Context(), t, sc, o)
		time.Sleep(22 * time.Second)
		r.Drain()
		a, err := r.Wait()
		if err != nil || len(a.Loads) != 2 {
			t.Fatalf("%v, %v", a, err)
		}
		ten, five := a.Loads[0], a.Loads[1]
		if ten.Run.Partial || len(ten.Legs) != 2 || !five.Run.Partial || len(five.Legs) != 1 || a.Verdict == result.Pass || a.Run.Stopped != interrupted {
			t.Errorf("%s; ten: partial %v, %d legs; five: partial %v, %d legs", a.Verdict, ten.Run.Partial, len(ten.Legs), five.Run.Partial, len(five.Legs))
		}
	})
}

// Rounds within a budget are whole: each has all loads on all targets.
func TestLoadsWithinABudget(t *testing.T) {
	fakedOf(t, twoLoads, []string{"compare.budget=100s"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		r := started(t.Context(), t, sc, o)
		if _, err := r.Wait(); err != nil {
			t.Fatal(err)
		}
		_, legs := stored(t, r.Dir)
		if len(legs) != 3*4 {
			t.Errorf("%d legs in three rounds of 28 s each", len(legs))
		}
	})
}

// One load that was picked from several is the run's own, by its name.
func TestOneOfSeveralLoads(t *testing.T) {
	fakedOf(t, twoLoads, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		sc.Loads = sc.Loads[1:]
		r := started(t.Context(), t, sc, o)
		a, err := r.Wait()
		if err != nil || len(a.Loads) != 0 || len(a.Legs) != 2 || a.Run.Load.Name != "five" || len(a.Thresholds) != 2 {
			t.Fatalf("%+v, %v", a, err)
		}
		run, legs := stored(t, r.Dir)
		if run.Loads != nil || legs[0].Load != nil || legs[0].Dir != "legs/01-a" {
			t.Errorf("loads %v, the first leg %+v", run.Loads, legs[0].Leg)
		}
	})
}
