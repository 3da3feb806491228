package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Rounds go through the targets in the order of turns, each leg after its pause and its
// warm-up, and take the time that this takes.
func TestRoundsArePerformed(t *testing.T) {
	set := []string{"compare.rounds=3", "compare.seed=42", "compare.warm_up=2s", "compare.cool_down=5s"}
	faked(t, set, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		var want, got []string
		for round, order := range firstRounds(2, 42, 3) {
			for _, target := range order {
				name := []string{"a", "b"}[target]
				want = append(want, fmt.Sprintf("%s %d warm-up 20", name, round+1), fmt.Sprintf("%s %d 100", name, round+1))
			}
		}
		began := time.Now()
		r := started(t.Context(), t, sc, o)
		a, err := r.Wait()
		if err != nil || len(a.Legs) != 6 {
			t.Fatalf("%v, %v", a, err)
		}
		run, legs := stored(t, r.Dir)
		for _, l := range legs {
			warmUp := ""
			if l.WarmUp {
				warmUp = " warm-up"
			}
			got = append(got, fmt.Sprintf("%s %d%s %d", l.Target, l.Round, warmUp, l.Planned))
			if !l.Complete || l.Load != nil || len(l.Seconds) == 0 {
				t.Errorf("leg %+v", l.Leg)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("legs %q, want %q", got, want)
		}
		// The last answer of a leg comes 90 ms before the end of its load.
		if took, want := run.Ended.Sub(began), 6*(2+10)*time.Second+5*5*time.Second+12*(lead-90*time.Millisecond); took != want {
			t.Errorf("took %v, want %v", took, want)
		}
		if !run.Sealed || run.Stopped != "" {
			t.Errorf("sealed %v, stopped %q", run.Sealed, run.Stopped)
		}
	})
}

// A round here takes 24 s with the pause before it, of which the first is spared one: a
// budget of 45 s has room for one, and a minute for two.
func TestABudgetHasItsRounds(t *testing.T) {
	for budget, legs := range map[time.Duration]int{45 * time.Second: 2, time.Minute: 4} {
		faked(t, []string{fmt.Sprintf("compare.budget=%v", budget), "compare.cool_down=2s"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
			r := started(t.Context(), t, sc, o)
			var told []LegStarted
			for e := range r.Events {
				if e, ok := e.(LegStarted); ok {
					told = append(told, e)
				}
			}
			if len(told) != legs {
				t.Fatalf("budget %v: %d legs, want %d", budget, len(told), legs)
			}
			l, round := told[legs-1], legs/2
			if l.N != legs || l.Of != 0 || l.Round != round || l.Rounds != 0 || l.Budget != budget ||
				l.Elapsed.Round(time.Second) != time.Duration(legs-1)*12*time.Second {
				t.Errorf("the last leg is announced as %+v", l)
			}
		})
	}
}

// Whenever a run is asked to end, it ends as it should and keeps what it has.
func TestInterruptsAtEveryPhase(t *testing.T) {
	// Each target has a warm-up of 2 s after a pause of 5 s, a leg of 10 s, and rows that
	// take 3 s to settle, after the warm-up too.
	const (
		settling = 3 * time.Second
		leg      = lead + 10*time.Second
	)
	for name, c := range map[string]struct {
		at      time.Duration
		cut     bool // rather than drained
		legs    int
		stopped string // of the last leg
		rows    string // the error of its ledger
		whole   bool   // the run came to its end all the same
		within  time.Duration
	}{
		"before the first leg, drained":  {at: 0, legs: 0, within: 0},
		"in a warm-up, drained":          {at: time.Second, legs: 1, stopped: "awaited", within: settling + 20*time.Millisecond},
		"in a warm-up, cut":              {at: time.Second, cut: true, legs: 1, stopped: "were cut", rows: "interrupted before they were counted", within: 20 * time.Millisecond},
		"while rows settle, drained":     {at: 4 * time.Second, legs: 1, within: settling + 20*time.Millisecond},
		"in a leg, drained":              {at: 9 * time.Second, legs: 2, stopped: "awaited", within: settling + 20*time.Millisecond},
		"in a leg, cut":                  {at: 9 * time.Second, cut: true, legs: 2, stopped: "were cut", rows: "interrupted before they were counted", within: 20 * time.Millisecond},
		"while a leg's rows settle, cut": {at: 5*time.Second + lead + leg + time.Second, cut: true, legs: 2, rows: "interrupted before they were counted", within: 20 * time.Millisecond},
		"in the pause, drained":          {at: 5*time.Second + lead + leg + 4*time.Second, legs: 2, within: 0},
		"in the pause, cut":              {at: 5*time.Second + lead + leg + 4*time.Second, cut: true, legs: 2, within: 0},
		"after the last request":         {at: 2*(5*time.Second+lead+leg) + 3*time.Second + 5*time.Second + time.Second, legs: 4, whole: true, within: settling + 20*time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			faked(t, []string{"compare.warm_up=2s", "compare.cool_down=5s"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				o.Observers = []Observer{&rows{counter: &fakeRows{settle: settling}, secrets: sc.Secrets(), waits: func(Event) {}}}
				asked := make(chan struct{})
				o.Steps = func(yield func(Step) bool) {
					if c.at == 0 {
						<-asked
					}
					rs := newRounds(sc, nil, sc.Targets, Looks{})
					rs.steps(yield)
				}
				r := started(ctx, t, sc, o)
				time.Sleep(c.at)
				if c.cut {
					cancel()
				} else {
					r.Drain()
					r.Drain() // says nothing new
				}
				close(asked)
				interruptedAt := time.Now()
				a, err := r.Wait()
				if err != nil || a == nil {
					t.Fatalf("%v, %v", a, err)
				}
				if took := time.Since(interruptedAt); took > c.within {
					t.Errorf("the end took %v, want %v", took, c.within)
				}
				run, legs := stored(t, r.Dir)
				if want := map[bool]string{true: "", false: interrupted}[c.whole]; !run.Sealed || run.Stopped != want {
					t.Errorf("sealed %v, stopped %q; want %q", run.Sealed, run.Stopped, want)
				}
				if len(legs) != c.legs {
					t.Fatalf("%d legs, want %d", len(legs), c.legs)
				}
				if c.legs == 0 {
					return
				}
				last := legs[len(legs)-1]
				if !last.Complete || (last.Stopped == "") != (c.stopped == "") || !strings.Contains(last.Stopped, c.stopped) {
					t.Errorf("the last leg was stopped by %q, want %q", last.Stopped, c.stopped)
				}
				if (last.Ledger.Error == "") != (c.rows == "") || !strings.Contains(last.Ledger.Error, c.rows) {
					t.Errorf("its ledger says %q, want %q", last.Ledger.Error, c.rows)
				}
			})
		})
	}
}

// Steps may come from anywhere, each with its load, and what one came to decides about the
// next: here a rate is doubled until it is too much.
func TestStepsWithLoadsOfTheirOwn(t *testing.T) {
	faked(t, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		o.Steps = func(yield func(Step) bool) {
			for clients, enough := 10, false; !enough; clients *= 2 {
				p, err := plan.New(plan.Load{Type: plan.ClientsPerSecond, Clients: clients, Duration: 5 * time.Second})
				if err != nil {
					t.Error(err)
				}
				load := Load{Plan: p, Settings: sc.Loads[0].Settings}
				s := Step{Target: "a", Round: 1, Load: &load, Ended: func(t attack.Totals) { enough = t.Sent >= 150 }}
				warmUp := s
				warmUp.WarmUp = time.Second
				if !yield(warmUp) || !yield(s) {
					return
				}
			}
		}
		r := started(t.Context(), t, sc, o)
		a, err := r.Wait()
		if err != nil || len(a.Legs) != 3 {
			t.Fatalf("%v, %v", a, err)
		}
		run, legs := stored(t, r.Dir)
		if run.Load.Clients != 10 || run.Load.DurationS != 10 {
			t.Errorf("the run's own load is %+v", run.Load)
		}
		for i, l := range a.Legs {
			if l.Load == nil || l.Load.Clients != 10<<i {
				t.Errorf("leg %d is judged by the load %+v", i+1, l.Load)
			}
		}
		for i, l := range legs {
			clients := 10 << (i / 2)
			if got := run.LoadOf(l.Leg); got.Clients != clients || got.DurationS != 5 || got.TimeoutS != run.Load.TimeoutS || !strings.Contains(got.Words, fmt.Sprint(clients)) {
				t.Errorf("leg %d has the load %+v", i+1, got)
			}
			if want := uint64(5 * clients); !l.WarmUp && l.Planned != want {
				t.Errorf("leg %d planned %d, want %d", i+1, l.Planned, want)
			}
		}
	})
}

// What keeps a run from going on is its error, and stands in what is there of it.
func TestWhatCannotGoOn(t *testing.T) {
	errDisk := errors.New("no space left on device, says hunter2")
	for name, c := range map[string]struct {
		change func(o *Options, steps *[]Step)
		want   string
		legs   int
		sealed bool
	}{
		"an unknown target": {func(_ *Options, steps *[]Step) { (*steps)[1].Target = "c" }, `no target "c"`, 1, true},
		"more clients than this machine has ports": {func(_ *Options, steps *[]Step) {
			p, err := plan.New(plan.Load{Type: plan.MaintainClientLoad, Clients: 1_000_000, Duration: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			(*steps)[1].Load = &Load{Plan: p, Settings: attack.Settings{Timeout: time.Second}}
		}, "1000000 clients need", 1, true},
		"an observer that cannot store what it sees": {func(o *Options, _ *[]Step) {
			o.Observers = []Observer{&fakeObserver{during: func(context.Context, runlog.Notes) error { return errDisk }}}
		}, "no space left", 1, true},
		"an observer that cannot store what it saw": {func(o *Options, _ *[]Step) {
			o.Observers = []Observer{&fakeObserver{after: func(context.Context, runlog.Notes) error { return errDisk }}}
		}, "no space left", 1, true},
		"a performer that cannot work": {func(o *Options, _ *[]Step) {
			o.Performer = Here(func(context.Context, attack.Engine, attack.Job, time.Time, attack.MeterConfig) (attack.Totals, error) {
				return attack.Totals{}, errDisk
			})
		}, "no space left", 1, true},
		"a second that cannot be stored": {func(o *Options, _ *[]Step) {
			o.Performer = Here(func(_ context.Context, _ attack.Engine, _ attack.Job, _ time.Time, cfg attack.MeterConfig) (attack.Totals, error) {
				return attack.Totals{}, cfg.Sink.Second(runlog.Second{CPU: 1e308})
			})
		}, "cpu: cannot be", 1, true},
		"a directory that went away": {func(o *Options, _ *[]Step) {
			o.Observers = []Observer{&fakeObserver{after: func(context.Context, runlog.Notes) error { return os.RemoveAll(o.Dir) }}}
		}, "manifest:", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			faked(t, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
				steps := []Step{{Target: "a", Round: 1}, {Target: "b", Round: 1}}
				c.change(&o, &steps)
				o.Steps = slices.Values(steps)
				r := started(t.Context(), t, sc, o)
				a, err := r.Wait()
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("error %v, want %q and no secret", err, c.want)
				}
				if !c.sealed {
					if a != nil {
						t.Errorf("an analysis of nothing: %v", a)
					}
					return
				}
				run, legs := stored(t, r.Dir)
				if !run.Sealed || len(legs) != c.legs || a == nil || !strings.HasPrefix(run.Stopped, "could not go on: ") || !strings.Contains(run.Stopped, c.want) || strings.Contains(run.Stopped, "hunter2") {
					t.Errorf("sealed %v with %d legs, stopped %q", run.Sealed, len(legs), run.Stopped)
				}
			})
		})
	}
}

// A run that nobody follows goes on to its end; who reads late finds the newest events.
func TestNobodyNeedsToRead(t *testing.T) {
	faked(t, []string{"load.duration=3m"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		r := started(t.Context(), t, sc, o)
		if a, err := r.Wait(); err != nil || len(a.Legs) != 2 {
			t.Fatalf("%v, %v", a, err)
		}
		synctest.Wait()
		var events []Event
		for e := range r.Events {
			events = append(events, e)
		}
		end, ok := events[len(events)-1].(LegEnded)
		if len(events) != mostUnread || !ok || end.Sent != 1800 {
			t.Errorf("%d events, the last %T %+v", len(events), events[len(events)-1], end)
		}
	})
}
