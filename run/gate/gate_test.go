package gate

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/gate"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

var (
	tenth  = 0.1
	limits = []runlog.Limit{{Metric: "p95", WorseBy: &tenth}}
)

// shop is a scenario of one target, to be held against a kept run, or of two that are held
// against each other.
func shop(targets ...string) *scenarios.Scenario {
	sc := &scenarios.Scenario{Name: "shop", Gate: limits, Compare: &scenarios.Compare{Rounds: 10}, Loads: []scenarios.NamedLoad{{Thresholds: []string{"p95 < 1s"}}}}
	for _, name := range targets {
		sc.Targets = append(sc.Targets, scenarios.Target{Name: name})
	}
	if len(targets) == 2 {
		sc.Compare.Baseline, sc.Compare.Candidate = targets[0], targets[1]
	}
	return sc
}

// judged is a run of a scenario on this machine: ten rounds of each target, whose p95 is
// around so many milliseconds.
func judged(sc *scenarios.Scenario, ms float64) *result.Analysis { return grown(sc, ms, 10, nil) }

// grown is the same of so many rounds, of a run with these looks.
func grown(sc *scenarios.Scenario, ms float64, rounds int, looks []int) *result.Analysis {
	a := &result.Analysis{
		Schema: result.SummarySchema, Name: sc.Name, Verdict: result.Pass, Headline: "made by hand", Findings: []result.Finding{{Verdict: result.Pass, Code: result.CodeNoThreshold, Text: "made by hand"}},
		Run: result.RunInfo{
			Started: time.Now(), Machine: run.Machine(), Gate: sc.Gate, Success: "status 200", Measure: "service time",
			Load: runlog.Load{Type: "maintain-client-load", Words: "20 clients for 10s", Clients: 20, DurationS: 10},
		},
	}
	if sc.Compare != nil && sc.Compare.Baseline != "" {
		a.Run.Turns = &runlog.Compare{Baseline: sc.Compare.Baseline, Candidate: sc.Compare.Candidate}
	} else if len(looks) > 0 {
		a.Run.Turns = new(runlog.Compare)
	}
	if a.Run.Turns != nil {
		a.Run.Turns.Looks = looks
	}
	for round := 1; round <= rounds; round++ {
		for i, t := range sc.Targets {
			v := ms * (1 + 0.02*math.Sin(float64(7*round+i)))
			a.Legs = append(a.Legs, result.Leg{
				Target: t.Name, Round: round, Planned: 2000, Sent: 2000, Completed: 2000, Complete: true, DurationS: 10,
				Outcomes:  runlog.Outcomes{Success: 2000},
				ErrorRate: result.Estimate{Hi: 0.0019, Confidence: 0.95, N: 2000},
				Service:   result.Latency{N: 2000, Mean: v / 2, StdDev: v / 4, Min: v / 10, Max: 3 * v, Quantiles: map[string]float64{"p50": v / 3, "p90": v * 0.8, "p95": v, "p99": v * 1.5, "p999": v * 2}},
			})
		}
	}
	return a
}

// keep stores a run as a summary.json by itself, begun so long ago, and returns its path.
func keep(t *testing.T, a *result.Analysis, ago time.Duration) string {
	t.Helper()
	a.Run.Started = a.Run.Started.Add(-ago)
	file := filepath.Join(t.TempDir(), result.SummaryFile)
	b, err := json.Marshal(a)
	if err == nil {
		err = os.WriteFile(file, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// measurer stands for a run: each look at it, and each measurement, takes the next p95, the
// last one again and again, and err.
type measurer struct {
	p95    []float64
	err    error
	begun  func() // called by each measurement
	dirs   []string
	ran    []*scenarios.Scenario
	looked []int // numbers of rounds
}

func (m *measurer) measure(_ context.Context, sc *scenarios.Scenario, dir string, looks run.Looks) (*result.Analysis, string, error) {
	m.dirs, m.ran = append(m.dirs, dir), append(m.ran, sc)
	if m.begun != nil {
		m.begun()
	}
	at := looks.At
	if len(at) == 0 {
		at = []int{10}
	}
	var a *result.Analysis
	for i, rounds := range at {
		a = grown(sc, m.p95[min(len(m.looked), len(m.p95)-1)], rounds, looks.At)
		m.looked = append(m.looked, rounds)
		if i == len(at)-1 || looks.WhyMore(a) == "" {
			break
		}
	}
	if dir == "" {
		dir = "results/first"
	}
	return a, dir, m.err
}

// A gate goes on to twice as many rounds while they cannot tell, or only begin to say FAIL,
// as far as its scenario lets it.
func TestRunGoesOnWhileItCannotTell(t *testing.T) {
	base := keep(t, judged(shop("page"), 100), time.Hour)
	broken := errors.New("no space left on device")
	for name, c := range map[string]struct {
		p95    []float64
		most   int
		limits []runlog.Limit
		err    error
		want   result.Verdict
		looked []int
	}{
		"what holds is measured once":     {p95: []float64{100}, want: result.Pass, looked: []int{10}},
		"a FAIL takes twice the rounds":   {p95: []float64{150}, want: result.Fail, looked: []int{10, 20}},
		"what failed at first only":       {p95: []float64{150, 100}, want: result.Pass, looked: []int{10, 20}},
		"not clear to the end":            {p95: []float64{110}, want: result.Inconclusive, looked: []int{10, 20}},
		"not clear before the third look": {p95: []float64{110, 110, 150}, most: 40, want: result.Fail, looked: []int{10, 20, 40}},
		"no more than is asked":           {p95: []float64{150}, most: 10, want: result.Fail, looked: []int{10}},
		"a most that is no double":        {p95: []float64{110}, most: 25, want: result.Inconclusive, looked: []int{10, 20, 25}},
		"given limits":                    {p95: []float64{150}, limits: []runlog.Limit{{Metric: "p95", Max: ptr(200)}}, want: result.Pass, looked: []int{10}},
		"a bound fails twice, too":        {p95: []float64{150}, limits: []runlog.Limit{{Metric: "p95", Max: ptr(120)}}, want: result.Fail, looked: []int{10, 20}},
		"what went wrong is said":         {p95: []float64{100}, err: broken, want: result.Pass, looked: []int{10}},
	} {
		t.Run(name, func(t *testing.T) {
			m := &measurer{p95: c.p95, err: c.err}
			sc := shop("page")
			sc.Compare.Most = c.most
			a, err := Run(t.Context(), sc, Options{Baseline: base, Noise: emptyNoise(t), Measure: m.measure, Limits: c.limits})
			if !errors.Is(err, c.err) || a == nil || a.Gate.Verdict != c.want || !slices.Equal(m.looked, c.looked) {
				t.Fatalf("%+v, %v, looked at %v", a, err, m.looked)
			}
			if len(m.dirs) != 1 || a.Dir != "results/first" {
				t.Errorf("measured in %q, the answer is about %s", m.dirs, a.Dir)
			}
		})
	}
}

// How far a gate may go follows from what the user says of rounds and time.
func TestLooksWithinTheBudget(t *testing.T) {
	for name, c := range map[string]struct {
		compare scenarios.Compare
		want    []int
	}{
		"rounds alone":                  {scenarios.Compare{Rounds: 10}, []int{10, 20}},
		"and the most":                  {scenarios.Compare{Rounds: 10, Most: 40}, []int{10, 20, 40}},
		"a budget for four times":       {scenarios.Compare{Rounds: 10, Budget: time.Hour}, []int{10, 20, 40}},
		"a budget for a few more":       {scenarios.Compare{Rounds: 10, Budget: 260 * time.Second}, []int{10, 13}},
		"a budget for no more":          {scenarios.Compare{Rounds: 10, Budget: 209 * time.Second}, nil},
		"warm-ups and pauses take time": {scenarios.Compare{Rounds: 10, Budget: 13 * time.Minute, WarmUp: 6 * time.Second, CoolDown: 4 * time.Second}, []int{10, 19}},
		"as many as fit":                {scenarios.Compare{Budget: time.Hour}, nil},
		"the most that a run may have":  {scenarios.Compare{Rounds: 600}, []int{600, 1000}},
		"one round, for bounds":         {scenarios.Compare{Rounds: 1}, []int{1, 2}},
	} {
		sc := shop("page", "next")
		sc.Loads[0].Load = plan.Load{Type: plan.MaintainClientLoad, Clients: 2, Duration: 10 * time.Second}
		sc.Compare = &c.compare
		if got, err := (Options{}).looks(sc); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
	}
	if got, err := (Options{}).looks(&scenarios.Scenario{}); got != nil || err != nil {
		t.Errorf("no rounds: %v, %v", got, err)
	}
}

func ptr(v float64) *float64 { return &v }

// emptyNoise is a file without a measurement.
func emptyNoise(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "noise.json")
	if err := history.WriteNoises(file, &result.Noises{Schema: result.NoiseSchema}); err != nil {
		t.Fatal(err)
	}
	return file
}

// What would refuse the gate in the end is found before anything is measured.
func TestNothingIsMeasuredForNothing(t *testing.T) {
	page := keep(t, judged(shop("page"), 100), time.Hour)
	noisy := filepath.Join(t.TempDir(), "noise.json")
	m := history.Machine(run.Machine())
	floor := []result.Floor{{Target: "page", Metric: "p95", Figure: 100, Observed: 0.01, Detectable: 0.2}}
	if err := history.WriteNoises(noisy, &result.Noises{Schema: result.NoiseSchema, Noise: []result.Noise{{Scenario: "shop", Machine: m, Rounds: 10, Floors: floor}}}); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(t.TempDir(), "noise.txt")
	if err := os.WriteFile(text, []byte("none"), 0o644); err != nil {
		t.Fatal(err)
	}
	unlimited := shop("page")
	unlimited.Gate = nil
	for name, c := range map[string]struct {
		sc   *scenarios.Scenario
		o    Options
		want func(error) bool
	}{
		"no limits":               {unlimited, Options{Baseline: page}, is(gate.ErrNoLimits)},
		"no baseline":             {shop("page"), Options{Baseline: "none"}, is(run.ErrNone)},
		"no baseline of the shop": {shop("page"), Options{Baseline: t.TempDir()}, is(history.ErrNone)},
		"no noise file":           {shop("page"), Options{Baseline: page, Noise: "none.json"}, is(ErrNoNoise)},
		"a broken noise file":     {shop("page"), Options{Noise: text}, as[*history.BrokenError]},
		"less than the noise":     {shop("page"), Options{Baseline: page, Noise: noisy}, as[*compare.RefusedError]},
	} {
		t.Run(name, func(t *testing.T) {
			m := &measurer{p95: []float64{100}}
			c.o.Measure = m.measure
			if a, err := Run(t.Context(), c.sc, c.o); a != nil || !c.want(err) || len(m.dirs) > 0 {
				t.Errorf("%+v, %v, %d measurements", a, err, len(m.dirs))
			}
		})
	}
	// Between two targets of one run that noise counts which was measured in that way.
	m2 := &measurer{p95: []float64{100}}
	if _, err := Run(t.Context(), shop("page", "next"), Options{Noise: noisy, Measure: m2.measure}); err != nil {
		t.Error(err)
	}
}

func is(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }

func as[E error](err error) bool { return errors.As(err, new(E)) }

// An error of measuring is not lost where the run cannot be judged either.
func TestAnErrorOfMeasuringIsKept(t *testing.T) {
	base := keep(t, judged(shop("page"), 100), time.Hour)
	full := errors.New("no space left on device")
	m := &measurer{p95: []float64{100}, err: full, begun: func() { os.Remove(base) }}
	a, err := Run(t.Context(), shop("page"), Options{Baseline: base, Measure: m.measure})
	if a != nil || !as[*UnjudgedError](err) || !errors.Is(err, full) || !errors.Is(err, run.ErrNone) {
		t.Errorf("%+v, %v", a, err)
	}
	// Without one it is the error of judging alone.
	base = keep(t, judged(shop("page"), 100), time.Hour)
	m = &measurer{p95: []float64{100}, begun: func() { os.Remove(base) }}
	if _, err := Run(t.Context(), shop("page"), Options{Baseline: base, Measure: m.measure}); as[*UnjudgedError](err) || !errors.Is(err, run.ErrNone) {
		t.Error(err)
	}
	// No run began.
	m = &measurer{}
	none := func(context.Context, *scenarios.Scenario, string, run.Looks) (*result.Analysis, string, error) {
		return nil, "", full
	}
	if a, err := Run(t.Context(), shop("page"), Options{Measure: none}); a != nil || err != full {
		t.Errorf("%+v, %v", a, err)
	}
}

// Of a directory of baselines the newest counts that began before the candidate; a run is
// one by itself, and calls itself by its label.
func TestWhichBaseline(t *testing.T) {
	store := history.Store{Dir: t.TempDir()}
	start := time.Now()
	for i, label := range []string{"old", "last", "later"} {
		a := judged(shop("page"), 100)
		a.Run.Started = start.Add(time.Duration(i-2) * time.Hour)
		if label == "later" {
			a.Run.Started = start.Add(time.Hour)
		}
		if _, err := store.Save(a, label, false); err != nil {
			t.Fatal(err)
		}
	}
	candidate := judged(shop("page"), 100)
	candidate.Run.Started = start
	file := keep(t, candidate, 0)
	a, err := Judge(t.Context(), file, Options{Baseline: store.Dir})
	if err != nil || a.Gate.Verdict != result.Pass || !strings.HasPrefix(a.Gate.Baseline.Label, "last (") {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, err = Judge(t.Context(), file, Options{Baseline: filepath.Dir(file)}); err != nil || a.Gate.Baseline.Label != filepath.Dir(file) {
		t.Errorf("%+v, %v", a, err)
	}
	// The noise beside the baselines is the one that counts.
	floor := []result.Floor{{Target: "page", Metric: "p95", Figure: 100, Observed: 0.3}}
	noises := &result.Noises{Schema: result.NoiseSchema, Noise: []result.Noise{{Scenario: "shop", Machine: history.Machine(run.Machine()), Rounds: 10, Floors: floor}}}
	if err := history.WriteNoises(filepath.Join(store.Dir, history.NoiseFile), noises); err != nil {
		t.Fatal(err)
	}
	if _, err = Judge(t.Context(), file, Options{Baseline: store.Dir}); !as[*compare.RefusedError](err) {
		t.Errorf("a tolerance below the noise: %v", err)
	}
}
