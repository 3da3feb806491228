package run

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/secret"
)

// A cluster that nobody can see changes nothing of a run but for one clear line of each
// engine's and one of the cluster's.
func TestAClusterThatNobodySees(t *testing.T) {
	faked(t, []string{"cluster={docker: ['unix:///nowhere/docker.sock'], service: web}"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		r := started(t.Context(), t, sc, o)
		a, err := r.Wait()
		if err != nil || len(a.Legs) != 2 || a.Legs[0].Outcomes.Success != 100 || a.Legs[1].Outcomes.Success != 100 {
			t.Fatalf("%+v, %v", a, err)
		}
		run, legs := stored(t, r.Dir)
		var said []string
		events, err := run.Events(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			said = append(said, e.Text)
		}
		for _, l := range legs {
			if len(l.Events) > 2 || !l.Complete || l.Planned != 100 {
				t.Errorf("%+v, events %v", l.Leg, l.Events)
			}
			for _, e := range l.Events {
				said = append(said, e.Text)
			}
		}
		if text := strings.Join(said, "\n"); len(said) != 2 || !strings.Contains(text, "no manager answers: unix:///nowhere/docker.sock") || !strings.Contains(text, "events are not heard") {
			t.Errorf("said %q", said)
		}
	})
}

// fakeWatcher tells what it is given.
type fakeWatcher struct {
	tell   chan swarm.Change
	now    []swarm.Change
	closed bool
}

func (w *fakeWatcher) Watch(ctx context.Context, tell func(swarm.Change)) {
	for {
		select {
		case c := <-w.tell:
			tell(c)
		case <-ctx.Done():
			return
		}
	}
}

func (w *fakeWatcher) Now() []swarm.Change { return w.now }
func (w *fakeWatcher) Close()              { w.closed = true }

// keptNotes keeps what an observer notes, or fails.
type keptNotes struct {
	runlog.Notes
	events []runlog.Event
	rows   []runlog.Rows
	err    error
}

func (n *keptNotes) Ledger(runlog.Ledger) error { return n.err }

func (n *keptNotes) Rows(r runlog.Rows) error {
	n.rows = append(n.rows, r)
	return n.err
}

func (n *keptNotes) Event(e runlog.Event) error {
	n.events = append(n.events, e)
	return n.err
}

// What happens during a leg is the leg's, at its time since the leg began, until the rows have
// settled; what happens between legs is the run's.
func TestWhoseAChangeIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		w := &fakeWatcher{tell: make(chan swarm.Change), now: []swarm.Change{{At: begun, Text: "there"}}}
		c := &cluster{watcher: w, secrets: secret.NewSet(), failed: make(chan error, 1)}
		say := func(text string) {
			w.tell <- swarm.Change{At: time.Now(), Stamp: time.Now().Add(-time.Second), Text: text, Attrs: map[string]string{"id": "x"}}
			synctest.Wait()
		}
		c.start(t.Context(), begun)
		time.Sleep(time.Second)
		say("between")

		leg, notes := runlog.Leg{Started: time.Now()}, &keptNotes{}
		ctx, end := context.WithCancel(t.Context())
		during := make(chan error, 1)
		go func() { during <- c.During(ctx, leg, notes) }()
		synctest.Wait()
		time.Sleep(2 * time.Second)
		say("during")
		end()
		if err := <-during; err != nil {
			t.Fatal(err)
		}
		say("settling")
		if err := c.After(t.Context(), attack.Totals{}, notes); err != nil {
			t.Fatal(err)
		}
		say("between again")
		c.stop()
		<-c.ended

		if len(notes.events) != 3 || notes.events[0].At != -1 || notes.events[1].At != 2 || notes.events[1].Attrs["stamp_s"] != "1.000000" || notes.events[2].Text != "settling" {
			t.Errorf("the leg has %+v", notes.events)
		}
		if len(c.between) != 2 || c.between[0].At != 1 || c.between[1].Text != "between again" {
			t.Errorf("the run has %+v", c.between)
		}
	})
}

// What cannot be stored ends the leg.
func TestAChangeThatCannotBeStored(t *testing.T) {
	full := errors.New("the disk is full")
	c := &cluster{watcher: &fakeWatcher{now: []swarm.Change{{Text: "there"}}}, secrets: secret.NewSet(), failed: make(chan error, 1)}
	if err := c.During(t.Context(), runlog.Leg{}, &keptNotes{err: full}); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}
