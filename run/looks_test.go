package run

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/scenarios"
)

// lateEngine sends every request 20 ms late: the generator sets its figures.
type lateEngine struct{ fakeEngine }

func (e lateEngine) Run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	for s := range job.Plan.Starts() {
		time.Sleep(s.Due + 20*time.Millisecond - m.Now())
		m.Join()
		sent := m.Now()
		m.Sent(sent)
		m.Done(&attack.Outcome{Client: s.N, Due: s.Due, Sent: sent, Done: m.Now(), Class: runlog.Success, Status: 200})
		m.Leave()
	}
	return nil
}

// rested stores seconds in which nobody took the machine away: a second by the test's clock
// is a millisecond by the machine's, of which a stolen tick is all.
type rested struct{ attack.Sink }

func (r rested) Second(s runlog.Second, ivs ...hist.Interval) error {
	s.Steal = nil
	return r.Sink.Second(s, ivs...)
}

// lateIn is a performer whose legs of these numbers, from 1, are late.
func lateIn(legs ...int) Here {
	n := 0
	return func(ctx context.Context, _ attack.Engine, job attack.Job, start time.Time, cfg attack.MeterConfig) (attack.Totals, error) {
		var e attack.Engine = fakeEngine{}
		if n++; slices.Contains(legs, n) {
			e = lateEngine{}
		}
		cfg.Sink = rested{cfg.Sink}
		return attack.Perform(ctx, e, job, start, cfg)
	}
}

// A round that the generator limited is measured anew, whatever measures; with too many of
// them the run ends, and within a budget it stays.
func TestLimitedRoundsAreMeasuredAnew(t *testing.T) {
	for name, c := range map[string]struct {
		set     []string
		late    []int // legs, two in each round
		rounds  int
		verdict result.Verdict
	}{
		"none":                        {[]string{"compare.rounds=7"}, nil, 7, result.Pass},
		"one":                         {[]string{"compare.rounds=7"}, []int{4}, 8, result.Pass},
		"one, and its replacement":    {[]string{"compare.rounds=8"}, []int{4, 18}, 10, result.Pass},
		"too many":                    {[]string{"compare.rounds=7"}, []int{1, 4, 5}, 7, result.Invalid},
		"too few rounds":              {[]string{"compare.rounds=2"}, []int{1}, 2, result.Invalid},
		"no room within the budget":   {[]string{"compare.rounds=7", "compare.budget=145s"}, []int{4}, 7, result.Pass},
		"as many as fit, all counted": {[]string{"compare.budget=145s"}, []int{4}, 7, result.Pass},
	} {
		t.Run(name, func(t *testing.T) {
			faked(t, c.set, func(t *testing.T, sc *scenarios.Scenario, o Options) {
				o.Performer = lateIn(c.late...)
				a, err := started(t.Context(), t, sc, o).Wait()
				if err != nil || a.LastRound() != c.rounds || a.Verdict != c.verdict || a.Run.Partial {
					t.Fatalf("%v, %d rounds, want %d, limited %v: %s %s", err, a.LastRound(), c.rounds, a.LimitedRounds(), a.Verdict, a.Headline)
				}
				planned := 7
				if c.set[0] == "compare.rounds=8" {
					planned = 8
				}
				if said := len(a.Run.Events) > 0; said != (c.rounds > planned) {
					t.Errorf("events %+v", a.Run.Events)
				}
			})
		})
	}
}

// A run goes on from look to look while there is doubt, and stops at once without. What it
// meant at each look was of whole rounds, and of a run that has not been cut short.
func TestARunGoesOnWhileThereIsDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		doubts int // how many looks find a doubt
		late   []int
		set    []string
		looked []int
		rounds int
	}{
		"no doubt":           {doubts: 0, looked: []int{2}, rounds: 2},
		"doubt at one look":  {doubts: 1, looked: []int{2, 4}, rounds: 4},
		"doubt to the end":   {doubts: 9, looked: []int{2, 4}, rounds: 8},
		"a limited round":    {doubts: 9, late: []int{1}, looked: []int{2, 4}, rounds: 9},
		"one round at first": {doubts: 1, set: []string{"compare.rounds=1"}, looked: []int{1, 2}, rounds: 2},
		"a budget for six":   {doubts: 9, set: []string{"compare.budget=130s"}, looked: []int{2, 4}, rounds: 6},
	} {
		t.Run(name, func(t *testing.T) {
			faked(t, append([]string{"compare.rounds=2"}, c.set...), func(t *testing.T, sc *scenarios.Scenario, o Options) {
				var looked []int
				o.Performer = lateIn(c.late...)
				o.Looks = Looks{At: []int{2, 4, 8}}
				if sc.Compare.Rounds == 1 {
					o.Looks.At = []int{1, 2, 4}
				}
				o.Looks.WhyMore = func(a *result.Analysis) string {
					if a.Run.Partial || len(a.Legs) != 2*a.LastRound() {
						t.Errorf("%+v of %d legs", a.Run, len(a.Legs))
					}
					if looked = append(looked, a.LastRound()); len(looked) > c.doubts {
						return ""
					}
					return "who knows"
				}
				a, err := started(t.Context(), t, sc, o).Wait()
				if err != nil || a.LastRound() != c.rounds || !slices.Equal(looked, c.looked) || !slices.Equal(a.Run.Turns.Looks, o.Looks.At) {
					t.Fatalf("%v, looked at %v, %d rounds, %q", err, looked, a.LastRound(), a.Warnings)
				}
				for _, e := range a.Run.Events {
					if e.Kind != runlog.EventRounds || !strings.HasPrefix(e.Text, "going on to ") {
						t.Errorf("%+v", e)
					}
				}
			})
		})
	}
}
