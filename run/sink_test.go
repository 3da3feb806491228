package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/scenarios"
)

// fakeSink remembers what it takes. take and close do more, where there are any.
type fakeSink struct {
	name     string
	take     func(context.Context) error
	close    func(context.Context) error
	seconds  []string
	response map[string]*hist.Histogram // by leg
	closed   int
}

func (s *fakeSink) Name() string { return s.name }

func (s *fakeSink) Second(ctx context.Context, leg runlog.Leg, sec runlog.Second, ivs []hist.Interval) error {
	if s.take != nil {
		if err := s.take(ctx); err != nil {
			return err
		}
	}
	s.seconds = append(s.seconds, fmt.Sprintf("%s %d %d", leg.Dir, sec.T, sec.Done))
	for _, iv := range ivs {
		if iv.Tag != runlog.TagResponse {
			continue
		}
		if s.response == nil {
			s.response = map[string]*hist.Histogram{}
		}
		if s.response[leg.Dir] == nil {
			s.response[leg.Dir] = iv.Hist // it is the sink's
		} else {
			s.response[leg.Dir].Merge(iv.Hist)
		}
	}
	return nil
}

func (s *fakeSink) Close(ctx context.Context) error {
	s.closed++
	if s.close == nil {
		return nil
	}
	return s.close(ctx)
}

// inDirectory are the seconds of a run as its directory has them.
func inDirectory(legs []*runlog.Record) (all []string) {
	for _, l := range legs {
		for _, s := range l.Seconds {
			all = append(all, fmt.Sprintf("%s %d %d", l.Dir, s.T, s.Done))
		}
	}
	return all
}

// A sink that is well gets all that the directory gets, and there is nothing to say of it.
func TestASinkGetsEverySecond(t *testing.T) {
	faked(t, []string{"compare.warm_up=2s"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		sink := &fakeSink{name: "drawn"}
		o.Sinks = []Sink{sink}
		r := started(t.Context(), t, sc, o)
		if _, err := r.Wait(); err != nil {
			t.Fatal(err)
		}
		run, legs := stored(t, r.Dir)
		if want := inDirectory(legs); len(want) != 24 || !slices.Equal(sink.seconds, want) || sink.closed != 1 {
			t.Errorf("closed %d times, got %q, want %q", sink.closed, sink.seconds, want)
		}
		for _, l := range legs {
			if h := sink.response[l.Dir]; h == nil || uint64(h.N()) != l.Planned || h.Quantile(.5).Round(time.Millisecond) != 10*time.Millisecond {
				t.Errorf("%s: times %v", l.Dir, h)
			}
		}
		if events, err := run.Events(t.Context()); err != nil || len(events) != 0 {
			t.Errorf("events %v, %v", events, err)
		}
	})
}

// Sinks that are slow, stuck or broken cost neither the load nor the directory anything:
// only the end of the run waits for them, and for so long only.
func TestSinksThatAreNotWell(t *testing.T) {
	errGone := errors.New("connection refused for me:hunter2")
	stuck := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	slow := func(ctx context.Context) error {
		select {
		case <-time.After(3 * time.Second):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for name, c := range map[string]struct {
		sink  fakeSink
		cut   bool // the run is, after 30 s
		says  []string
		attrs map[string]string // taken, missed, failed
		waits time.Duration     // at the end of the run
	}{
		"broken": {sink: fakeSink{take: func(context.Context) error { return errGone }},
			says: []string{"did not take 60 seconds", "connection refused"}, attrs: map[string]string{"taken": "0", "missed": "0", "failed": "60"}},
		"slow": {sink: fakeSink{take: slow},
			says: []string{"too slow for 24 seconds", "had not ended"}, attrs: map[string]string{"taken": "21", "missed": "24", "failed": "0"}, waits: sinkGrace},
		"stuck": {sink: fakeSink{take: stuck},
			says: []string{"too slow for 43 seconds", "had not ended"}, attrs: map[string]string{"taken": "0", "missed": "43", "failed": "0"}, waits: sinkGrace},
		"stuck, and somebody is in a hurry": {sink: fakeSink{take: stuck}, cut: true,
			says: []string{"too slow for", "had not ended"}, waits: hurriedGrace},
		"broken at its end": {sink: fakeSink{close: func(context.Context) error { return errGone }},
			says: []string{"connection refused"}, attrs: map[string]string{"taken": "60", "missed": "0", "failed": "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			faked(t, []string{"load.duration=30s"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				well, ill := &fakeSink{name: "well"}, c.sink
				ill.name = "ill"
				o.Sinks = []Sink{&ill, well}
				r := started(ctx, t, sc, o)
				if c.cut {
					time.Sleep(40 * time.Second)
					cancel()
				}
				var ended time.Time
				told := 0
				for e := range r.Events {
					switch e.(type) {
					case LegEnded:
						ended = time.Now()
					case Noted:
						told++
					}
				}
				if a, err := r.Wait(); err != nil || len(a.Legs) != 2 {
					t.Fatalf("%v, %v", a, err)
				}
				run, legs := stored(t, r.Dir)
				if got := run.Ended.Sub(ended); got != c.waits {
					t.Errorf("the run ended %v after its last leg, want %v", got, c.waits)
				}
				all := inDirectory(legs)
				if !c.cut && len(all) != 60 || !slices.Equal(well.seconds, all) {
					t.Errorf("%d seconds in the directory, %d in the other sink", len(all), len(well.seconds))
				}
				events, err := run.Events(t.Context())
				if err != nil || len(events) != 1 || events[0].Kind != runlog.EventSink || events[0].Attrs["sink"] != "ill" {
					t.Fatalf("events %v, %v", events, err)
				}
				for _, want := range c.says {
					if text := events[0].Text; !strings.HasPrefix(text, "ill: ") || !strings.Contains(text, want) || strings.Contains(text, "hunter2") {
						t.Errorf("it is said %q, want %q", text, want)
					}
				}
				delete(events[0].Attrs, "sink")
				if c.attrs != nil && !maps.Equal(events[0].Attrs, c.attrs) {
					t.Errorf("attributes %v, want %v", events[0].Attrs, c.attrs)
				}
				if !c.cut && told != 1 {
					t.Errorf("%d events were told", told)
				}
			})
		})
	}
}

// twoAgents puts the load on from here, and says that two agents did, each half of every second.
type twoAgents struct{ Here }

func (p twoAgents) Perform(ctx context.Context, l LegJob) (attack.Totals, error) {
	if err := l.Agents([]runlog.Agent{{Name: "n1", Of: 2}, {Name: "n2", Part: 1, Of: 2}}); err != nil {
		return attack.Totals{}, err
	}
	l.Meter.Sink = halved{l.Meter.Sink, l.Generators}
	return p.Here.Perform(ctx, l)
}

type halved struct {
	attack.Sink
	generators func(runlog.GeneratorSecond) error
}

func (h halved) Second(s runlog.Second, ivs ...hist.Interval) error {
	for i := range 2 {
		own := runlog.GeneratorSecond{Agent: i, Second: runlog.Second{T: s.T, Sent: s.Sent / 2}}
		if err := h.generators(own); err != nil {
			return err
		}
	}
	return h.Sink.Second(s, ivs...)
}

// generatorSink is a sink that remembers what each agent did.
type generatorSink struct {
	fakeSink
	agents []string
}

func (s *generatorSink) Generators(_ context.Context, leg runlog.Leg, all []runlog.GeneratorSecond) error {
	for _, g := range all {
		s.agents = append(s.agents, fmt.Sprintf("%d %s %d", g.T, leg.Agents[g.Agent].Name, g.Sent))
	}
	return nil
}

// A sink that asks for it gets what each agent did in a second before the sum of all; another gets that sum alone.
func TestASinkGetsEveryAgent(t *testing.T) {
	faked(t, []string{"load.duration=2s"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		sink, plain := &generatorSink{fakeSink: fakeSink{name: "drawn"}}, &fakeSink{name: "plain"}
		o.Sinks, o.Performer = []Sink{sink, plain}, twoAgents{o.Performer.(Here)}
		r := started(t.Context(), t, sc, o)
		if _, err := r.Wait(); err != nil {
			t.Fatal(err)
		}
		_, legs := stored(t, r.Dir)
		var want []string
		for _, s := range legs[0].Seconds {
			for _, name := range []string{"n1", "n2"} {
				want = append(want, fmt.Sprintf("%d %s %d", s.T, name, s.Sent/2))
			}
		}
		if len(want) < 4 || !slices.Equal(sink.agents[:min(len(sink.agents), len(want))], want) || !slices.Equal(sink.seconds, plain.seconds) {
			t.Errorf("the sink has %q, want %q; seconds %q and %q", sink.agents, want, sink.seconds, plain.seconds)
		}
	})
}
