package analyze

import (
	"math"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// The figures that stand first are those of the tables below them.
func TestKeyFiguresOfOneLeg(t *testing.T) {
	a := analyzed(t, healthyPair())
	if len(a.Key) != 2 || a.Key[0].Target != "single" || a.Key[1].Rounds != 0 {
		t.Fatalf("%+v", a.Key)
	}
	for i, k := range a.Key {
		l := &a.Legs[i]
		for of, want := range map[metric.Metric]result.Estimate{
			metric.Successes: l.Rate(metric.Successes), metric.P95: a.Measured(l).Intervals["p95"], metric.ErrorRate: l.ErrorRate, metric.Lost: l.Reconcile.Range(metric.Lost),
		} {
			got, ok := k.Of(of)
			if e := got.Observed; !ok || e.Value != want.Value || math.Abs(float64(e.Hi-want.Hi)) > 1e-9 || e.N != want.N || got.Unit != of.Unit {
				t.Errorf("%s of %s: %+v, want %+v", of.Name, k.Target, got, want)
			}
		}
		if k.Rows != l.Reconcile.Words {
			t.Error(k.Rows)
		}
	}
}

// Over rounds they are those by which thresholds are judged.
func TestKeyFiguresOverRounds(t *testing.T) {
	for _, rounds := range []int{3, 8} {
		s := manyRounds(rounds)
		s.noLedger, s.thresholds = false, []string{"p95 < 1s"}
		for i := range s.legs {
			l := &s.legs[i]
			l.jitter, l.hosts = 0, map[string]int64{"aaaaaaaaaaaa": int64(l.seconds * l.perSecond)}
		}
		a := analyzed(t, s)
		for i, k := range a.Key {
			got, _ := k.Of(metric.P95)
			if want := a.Thresholds[i].Observed.Value; k.Rounds != rounds || got.Observed.Value != want || !got.Observed.Hi.Finite() {
				t.Errorf("%d rounds: %s: %+v, want %g", k.Rounds, k.Target, got, want)
			}
			if lost, ok := k.Of(metric.Lost); !ok || lost.Observed.N != a.Legs[i].Reconcile.Successes*uint64(rounds) || !strings.HasPrefix(k.Rows, "in ") {
				t.Errorf("%+v, %q", lost, k.Rows)
			}
		}
	}
}

// What is not known is said not to be known, and nought of many is a figure.
func TestKeyFiguresThatAreNot(t *testing.T) {
	nothing := analyzed(t, synth{open: true, noLedger: true, legs: []synthLeg{{target: "single", seconds: 10, perSecond: 5,
		outcome: func(int) runlog.Class { return runlog.Network }}}}).Key[0]
	if f, ok := nothing.Of(metric.Successes); !ok || f.Observed.Value != 0 {
		t.Errorf("successes: %+v", f)
	}
	if _, ok := nothing.Of(metric.Lost); ok || nothing.Rows != "" {
		t.Error("rows without a ledger")
	}
	empty := analyzed(t, synth{open: true, legs: []synthLeg{{target: "single", seconds: 3}}}).Key[0]
	for _, m := range []metric.Metric{metric.Successes, metric.P95, metric.ErrorRate, metric.Lost} {
		if f, ok := empty.Of(m); ok {
			t.Errorf("%+v", f)
		}
	}
}

// Three hosts that do the work of three, and of two.
func TestScaling(t *testing.T) {
	for perHost, want := range map[int]string{20: "100 % of linear scaling", 10: "50 % of linear scaling"} {
		s := healthyPair()
		s.legs[0].perSecond, s.legs[1].perSecond = 20, 3*perHost
		got := analyzed(t, s).Comparison.Scaling
		if got == nil || got.BaselineHosts != 1 || got.CandidateHosts != 3 || math.Abs(got.Efficiency.Value-float64(perHost)/20) > 0.02 || !strings.Contains(got.Words, want) {
			t.Errorf("%+v", got)
		}
	}
	s := healthyPair()
	s.noLedger, s.replicas = true, nil
	if got := analyzed(t, s).Comparison.Scaling; got != nil {
		t.Errorf("of hosts that nobody counted: %+v", got)
	}
}

// Whoever cannot tell is told what would.
func TestNextStep(t *testing.T) {
	s := healthyPair()
	s.noLedger = true
	s.legs[0].jitter, s.legs[1].jitter = 0, 0
	s.legs[0].perSecond, s.legs[1].perSecond = 4, 4
	s.legs[1].latency = s.legs[0].latency
	c := analyzed(t, s).Comparison
	if c.Verdict != result.CannotTell || !strings.Contains(c.Next, "ask for more requests") {
		t.Errorf("%s: %q, %s", c.Verdict, c.Next, c.Words)
	}
	if c := analyzed(t, manyRounds(8)).Comparison; c.Next != "" {
		t.Errorf("%s: %q", c.Verdict, c.Next)
	}
}
