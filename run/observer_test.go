package run

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/secret"
)

// fakeRows counts rows that are always the same. Its methods fail where they are told to.
type fakeRows struct {
	settle      time.Duration // how long After takes
	dead        func(leg int) (before, after bool)
	count       func() (map[string]int64, error) // while load is put on
	leg, counts int
}

func (f *fakeRows) fails() (before, after bool) {
	if f.dead == nil {
		return false, false
	}
	return f.dead(f.leg)
}

func (f *fakeRows) Before(context.Context) (runlog.Ledger, error) {
	f.leg++
	l := runlog.Ledger{Table: "dados", Column: "Host"}
	if dead, _ := f.fails(); dead {
		return l, errors.New("connection refused for me:hunter2")
	}
	l.Before = map[string]int64{"web": 1}
	return l, nil
}

func (f *fakeRows) Count(context.Context) (map[string]int64, error) { return f.count() }

func (f *fakeRows) After(ctx context.Context, l *runlog.Ledger, _ ledger.Expected) {
	select {
	case <-time.After(f.settle):
	case <-ctx.Done():
		return
	}
	f.counts++
	if _, dead := f.fails(); dead {
		l.Error = "rows after the leg are missing: connection refused for me:hunter2"
		return
	}
	l.After, l.Settled = map[string]int64{"web": 101}, true
}

// A ledger whose database dies costs no leg: its file says what is missing, without a
// secret, and the leg after has its rows again.
func TestALedgerThatDies(t *testing.T) {
	faked(t, []string{"compare.rounds=2", "compare.seed=1"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		counter := &fakeRows{dead: func(leg int) (bool, bool) { return leg == 2, leg == 3 }}
		var waits int
		o.Observers = []Observer{&rows{counter: counter, secrets: sc.Secrets(), waits: func(Event) { waits++ }}}
		r := started(t.Context(), t, sc, o)
		if a, err := r.Wait(); err != nil || len(a.Legs) != 4 {
			t.Fatalf("%v, %v", a, err)
		}
		_, legs := stored(t, r.Dir)
		for i, want := range []string{"", "rows before the leg: connection refused", "rows after the leg are missing: connection refused", ""} {
			led := legs[i].Ledger
			if led == nil || (led.Error == "") != (want == "") || !strings.HasPrefix(led.Error, want) || strings.Contains(led.Error, "hunter2") || (led.After != nil) != (want == "") {
				t.Errorf("leg %d: ledger %+v, want %q", i+1, led, want)
			}
			if !legs[i].Complete || legs[i].Planned != 100 {
				t.Errorf("leg %d: %+v", i+1, legs[i].Leg)
			}
		}
		if waits != 3 || counter.counts != 3 { // nothing to count after a leg without a before
			t.Errorf("waited %d times, counted %d times", waits, counter.counts)
		}
	})
}

// What the run waits for is told: rows of the leg before that are still coming, those of the
// leg, and the counts by name.
func TestWaitsForRowsAreTold(t *testing.T) {
	var told []Event
	o := &rows{
		counter: &fakeRows{dead: func(int) (bool, bool) { return false, false }}, secrets: new(secret.Set), settle: 7 * time.Second,
		waits: func(e Event) { told = append(told, e) }, leg: runlog.Ledger{After: map[string]int64{"web": 3}},
	}
	o.Before(t.Context(), runlog.Leg{})
	o.expected(attack.Totals{Named: &claim.Outcomes{}}).ByName()
	if want := []Event{Waiting{ForEarlierRows, 7 * time.Second}, Waiting{For: ForNames}}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

// All observers see every leg from before its load to after it, and at the same time.
func TestObserversSeeEveryLeg(t *testing.T) {
	faked(t, []string{"compare.warm_up=1s"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		var seen log
		for _, name := range []string{"one", "two"} {
			var began time.Time
			o.Observers = append(o.Observers, &fakeObserver{
				before: func(l runlog.Leg) {
					if l.Dir != "" || !l.Started.IsZero() {
						t.Errorf("a leg that is yet to come: %+v", l)
					}
					seen.say("%s before %s %v %d", name, l.Target, l.WarmUp, l.Planned)
				},
				during: func(ctx context.Context, n runlog.Notes) error {
					began = time.Now()
					<-ctx.Done()
					seen.say("%s during %v", name, time.Since(began).Round(time.Second))
					return n.Event(runlog.Event{At: 3, Kind: "task", Text: name + " saw hunter2", Attrs: map[string]string{"node": "n-hunter2"}})
				},
				after: func(context.Context, runlog.Notes) error { seen.say("%s after", name); return nil },
			})
		}
		r := started(t.Context(), t, sc, o)
		var told int
		for e := range r.Events {
			if e, ok := e.(Noted); ok {
				if told++; strings.Contains(fmt.Sprint(e), "hunter2") {
					t.Errorf("a secret is told: %v", e)
				}
			}
		}
		if _, err := r.Wait(); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, target := range []string{"a", "b"} {
			for _, part := range []struct{ leg, took string }{{target + " true 10", "1s"}, {target + " false 100", "10s"}} {
				want = append(want, "one before "+part.leg, "two before "+part.leg,
					"one during "+part.took, "two during "+part.took, "one after", "two after")
			}
		}
		for at := 2; at < len(seen.said); at += 6 { // who of the two is first to end is open
			slices.Sort(seen.said[at : at+2])
		}
		if !slices.Equal(seen.said, want) {
			t.Errorf("saw %q, want %q", seen.said, want)
		}
		_, legs := stored(t, r.Dir)
		for _, l := range legs {
			if len(l.Events) != 2 || l.Events[0].Kind != "task" || !strings.Contains(l.Events[0].Text, " saw ") {
				t.Errorf("events of %s: %v", l.Dir, l.Events)
			}
			if strings.Contains(fmt.Sprint(l.Events), "hunter2") {
				t.Errorf("a secret is stored: %v", l.Events)
			}
		}
		if told != 8 {
			t.Errorf("%d events were told, want 8", told)
		}
	})
}

// An observer that cannot stop talking does not make the run unreadable, and the leg's own
// events are there beside its.
func TestATalkativeObserver(t *testing.T) {
	faked(t, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		o.Observers = []Observer{&fakeObserver{during: func(ctx context.Context, n runlog.Notes) error {
			for range 3 * mostNotes {
				if err := n.Event(runlog.Event{Kind: "task"}); err != nil {
					return err
				}
			}
			return nil
		}}}
		r := started(t.Context(), t, sc, o)
		time.Sleep(5 * time.Second)
		r.Drain()
		if _, err := r.Wait(); err != nil {
			t.Fatal(err)
		}
		_, legs := stored(t, r.Dir)
		last := legs[0].Events[len(legs[0].Events)-1]
		if len(legs[0].Events) != mostNotes+1 || last.Kind != runlog.EventInterrupt {
			t.Errorf("%d events, the last %v", len(legs[0].Events), last)
		}
	})
}

// An observer that could not store what it sees has the load cut at once: what cannot be
// stored is not worth measuring.
func TestAnObserverThatFailsCutsTheLoad(t *testing.T) {
	faked(t, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		var other time.Duration
		o.Observers = []Observer{
			&fakeObserver{during: func(context.Context, runlog.Notes) error {
				time.Sleep(3 * time.Second)
				return errors.New("the disk is full")
			}},
			&fakeObserver{during: func(ctx context.Context, _ runlog.Notes) error {
				began := time.Now()
				<-ctx.Done()
				other = time.Since(began)
				return nil
			}},
		}
		r := started(t.Context(), t, sc, o)
		if _, err := r.Wait(); err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("error %v", err)
		}
		_, legs := stored(t, r.Dir)
		if len(legs) != 1 || legs[0].Dropped < 60 || other > 4*time.Second {
			t.Errorf("%d legs; the first dropped %d of 100, and the other observer saw %v", len(legs), legs[0].Dropped, other)
		}
	})
}

// What an observer notes is its own: the run does not change it.
func TestNotesAreCopied(t *testing.T) {
	faked(t, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		attrs := map[string]string{"password": "hunter2"}
		o.Observers = []Observer{&fakeObserver{after: func(_ context.Context, n runlog.Notes) error {
			return n.Event(runlog.Event{Kind: "task", Attrs: attrs})
		}}}
		if _, err := started(t.Context(), t, sc, o).Wait(); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(attrs, map[string]string{"password": "hunter2"}) {
			t.Errorf("the observer's own attributes are %v", attrs)
		}
	})
}
