package analyze

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/runlog"
)

// disturbedLeg is a leg of thirty seconds with a hundred requests each on three hosts, in which a
// fault at second 10.5 changes the seconds that change names.
func disturbedLeg(change func(*runlog.Second), faults ...runlog.Event) (*runlog.Record, *judgedLeg) {
	rec := &runlog.Record{Events: faults, FirstAnswer: map[string]int{"old": 0, "new": 21}}
	l := &judgedLeg{Leg: result.Leg{Target: "cluster", LoadS: 30}}
	for at := range 30 {
		s := runlog.Second{T: at, Outcomes: runlog.Outcomes{Success: 100}, Hosts: 3}
		if change != nil {
			change(&s)
		}
		rec.Seconds = append(rec.Seconds, s)
		l.Outcomes.Merge(s.Outcomes)
	}
	ended, started := 10.75, 17.25
	l.Cluster = &result.Cluster{Tasks: []result.Task{{Host: "old", EndedS: &ended}, {Host: "new", StartedS: &started}, {Host: "other"}}}
	return rec, l
}

func killed(at float64) runlog.Event {
	return runlog.Event{At: at, Kind: runlog.EventFault, Text: "kill web.1 on sw1, host old", Attrs: map[string]string{runlog.AttrFault: "kill one", runlog.AttrDoes: "kill", runlog.AttrTask: "web.1"}}
}

// Each instant and each count is where the seconds have it.
func TestResilience(t *testing.T) {
	rec, l := disturbedLeg(func(s *runlog.Second) {
		if s.T >= 10 && s.T < 21 {
			s.Hosts = 2
		}
		if s.T == 10 || s.T == 12 {
			s.Success, s.HTTP5xx, s.Timeout = 90, 7, 3
		}
	}, killed(10.5))
	rates, err := threshold.Parse("error_rate < 1%")
	if err != nil {
		t.Fatal(err)
	}
	l.Reconcile = &result.Reconcile{Extra: 2, ExtraMost: 2}
	got := resilience(rec, l, []threshold.Threshold{rates})
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	r := got[0]
	for name, c := range map[string]struct {
		got  *float64
		want float64
	}{
		"ended": {r.EndedS, 0.25}, "replaced": {r.ReplacedS, 6.75}, "first answer": {r.FirstAnswerS, 11.5}, "all hosts": {r.FullS, 11.5},
		"first failure": {r.FirstFailureS, 0}, "last failure": {r.LastFailureS, 2.5}, "doubled": {&r.Doubled.Value, 2}, "lost": {&r.Lost.Value, 0},
		"budget": {r.Budget, 20.0 / 30}, "before": {&r.Before.Value, 100}, "after": {&r.After.Value, 100},
	} {
		if c.got == nil || *c.got < c.want-1e-9 || *c.got > c.want+1e-9 {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if r.Failed != 20 || r.Unknown != 6 || r.Ended != 2000 || r.Verdict != result.Recovered || r.Task != "web.1" {
		t.Errorf("%+v", r)
	}
}

// The hypothesis that all is as before is given up for a reason only.
func TestResilienceVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*runlog.Second)
		events []runlog.Event
		want   result.ResilienceVerdict
		why    string
	}{
		"nothing":          {nil, []runlog.Event{killed(10.5)}, result.Recovered, ""},
		"still failing":    {func(s *runlog.Second) { s.HTTP5xx = 1 }, []runlog.Event{killed(10.5)}, result.NotRecovered, "requests still fail in the last 5 s"},
		"a host is gone":   {func(s *runlog.Second) { s.Hosts = 3 - min(s.T/10, 1) }, []runlog.Event{killed(10.5)}, result.NotRecovered, "fewer hosts answer than before"},
		"slower for good":  {func(s *runlog.Second) { s.Success = uint64(100 - 40*min(s.T/10, 1)) }, []runlog.Event{killed(10.5)}, result.NotRecovered, "fewer requests succeed per second than before"},
		"nobody answers":   {func(s *runlog.Second) { s.Success = uint64(100 - 100*min(s.T/10, 1)) }, []runlog.Event{killed(10.5)}, result.NotRecovered, "fewer requests succeed per second than before"},
		"at the beginning": {nil, []runlog.Event{killed(0.5)}, result.NotTold, "fewer than 2 whole seconds before it"},
		"at the end":       {nil, []runlog.Event{killed(28)}, result.NotTold, "fewer than 2 whole seconds after it"},
		"not in full": {nil, []runlog.Event{{Kind: runlog.EventFault, Attrs: map[string]string{runlog.AttrReady: "no"}}, killed(10.5)},
			result.NotTold, "there was no steady state before it"},
	} {
		rec, l := disturbedLeg(c.change, c.events...)
		got := resilience(rec, l, nil)
		if len(got) != 1 || got[0].Verdict != c.want || got[0].Why != c.why || got[0].Budget != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// The time of a fault ends with the next one, and rows of several cannot be told apart. What
// was not done is told as that.
func TestSeveralFaults(t *testing.T) {
	failed := killed(20)
	failed.Attrs[runlog.AttrError] = "no such task"
	rec, l := disturbedLeg(nil, killed(15), killed(5), failed)
	l.Reconcile = &result.Reconcile{}
	got := resilience(rec, l, nil)
	if len(got) != 3 || got[0].AtS != 5 || got[0].ToS != 15 || got[1].ToS != 20 || got[2].Failure != "no such task" || got[2].Ended != 0 || got[0].Lost != nil {
		t.Errorf("%+v", got)
	}
}

// Ten of ten prove 74 %: 0.05^(1/10).
func TestResilienceRounds(t *testing.T) {
	var legs []result.Leg
	for i := range 10 {
		at := float64(i)
		r := result.Resilience{Fault: "kill one", Verdict: result.Recovered, ReplacedS: &at, Failed: uint64(i)}
		if i == 9 {
			r.FullS = nil
		} else {
			r.FullS = &at
		}
		legs = append(legs, result.Leg{Target: "cluster", Resilience: []result.Resilience{r, {Fault: "kill one", Failure: "no"}}})
	}
	got := resilienceRounds(legs)
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	r := got[0]
	if r.Rounds != 10 || r.Recovered != 10 || r.AtLeast < 0.7411 || r.AtLeast > 0.7412 {
		t.Errorf("%+v", r)
	}
	if m := r.Times["replaced_s"]; m.Median != 4.5 || m.Worst != 9 || m.N != 10 || m.Never != 0 {
		t.Errorf("%+v", m)
	}
	if m := r.Times["full_s"]; m.N != 9 || m.Never != 1 {
		t.Errorf("%+v", m)
	}
	const want = "cluster, kill one: recovered in 10 of 10, which proves at least 74 % of all such faults (95 %); replaced after 4.5 s (median of 10, worst 9.0 s); " +
		"all hosts answer again after 4.0 s (median of 9, worst 8.0 s), and in 1 round not within the leg; failed 4.5 (worst 9)"
	if r.Words != want {
		t.Errorf("%s", r.Words)
	}
	if _, known := r.Counts[metric.Lost.Name]; known || strings.Contains(r.Words, "lost") {
		t.Error("rows without a ledger")
	}
}
