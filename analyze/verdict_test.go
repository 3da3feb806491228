package analyze

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

func TestEmptyNeverPasses(t *testing.T) {
	for name, s := range map[string]synth{
		"no legs":     {},
		"empty leg":   {open: true, legs: []synthLeg{{target: "single", seconds: 3, hosts: map[string]int64{}}}},
		"no seconds":  {open: true, legs: []synthLeg{{target: "single"}}},
		"closed leg":  {legs: []synthLeg{{target: "single", seconds: 3}}},
		"with demand": {open: true, thresholds: []string{"p95 < 1s", "error_rate < 1%", "lost == 0", "rate > 0", "dropped == 0", "hosts <= 3", "max < 1s", "mean < 1s"}, legs: []synthLeg{{target: "single", seconds: 3}}},
	} {
		a := analyzed(t, s)
		if a.Verdict != result.Inconclusive || a.Headline == "" || len(a.Findings) == 0 {
			t.Errorf("%s: %s, %q, %v", name, a.Verdict, a.Headline, a.Findings)
		}
		for _, th := range a.Thresholds {
			if th.Verdict != result.Inconclusive {
				t.Errorf("%s: %+v", name, th)
			}
		}
		if _, err := json.Marshal(a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAllFailedFails(t *testing.T) {
	a := analyzed(t, synth{open: true, noLedger: true, legs: []synthLeg{{target: "single", seconds: 10, perSecond: 5,
		outcome: func(int) runlog.Class { return runlog.Network }}}})
	if a.Verdict != result.Fail || !strings.Contains(a.Headline, "none of 50 requests succeeded") {
		t.Errorf("%s: %q", a.Verdict, a.Headline)
	}
	if _, err := json.Marshal(a); err != nil {
		t.Error(err)
	}
}

func TestAbortFails(t *testing.T) {
	a := analyzed(t, synth{open: true, noLedger: true, legs: []synthLeg{{target: "single", seconds: 10, perSecond: 5, dropped: 50,
		outcome: func(i int) runlog.Class {
			if i%10 < 6 {
				return runlog.HTTP5xx
			}
			return runlog.Success
		},
		stopped: "60 % of the requests failed", events: []runlog.Event{{At: 10, Kind: runlog.EventAbort, Text: "60 % of the requests failed"}}}}})
	if a.Verdict != result.Fail || !strings.Contains(a.Headline, "60 % of the requests failed") {
		t.Errorf("%s: %q", a.Verdict, a.Headline)
	}
}

func TestInterruptedIsInconclusive(t *testing.T) {
	s := healthyPair()
	s.stopped = "interrupted"
	s.legs[1].stopped = "interrupted"
	if a := analyzed(t, s); a.Verdict != result.Inconclusive || !strings.Contains(fmt.Sprint(a.Findings), "interrupted") {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
}

// A leg with a load of its own is judged by that: lateness is the generator's fault in an
// open load alone, and a time counts from another instant.
func TestALegIsJudgedByItsOwnLoad(t *testing.T) {
	late := synthLeg{target: "single", seconds: 6, total: 1000, hosts: map[string]int64{"a": 1000}, lag: sometimes(0.05, 20*time.Millisecond)}
	for _, open := range []bool{false, true} {
		own := late
		own.target, own.load = "other", &runlog.Load{Open: !open, TimeoutS: 10}
		a := analyzed(t, synth{open: open, legs: []synthLeg{late, own}})
		for i, openLeg := range []bool{open, !open} {
			l := &a.Legs[i]
			if l.Generator.Limited != openLeg || (l.Load != nil) != (i == 1) {
				t.Errorf("leg %d, open %v: %+v, load %v", i+1, openLeg, l.Generator, l.Load)
			}
			if want := map[bool]result.Latency{true: l.Response, false: l.Service}[openLeg]; a.Measured(l).Mean != want.Mean {
				t.Errorf("leg %d, open %v: measured %v", i+1, openLeg, a.Measured(l))
			}
		}
	}
}

func TestGeneratorLimited(t *testing.T) {
	leg := synthLeg{target: "single", seconds: 6, total: 1000, hosts: map[string]int64{"a": 1000}}
	for name, c := range map[string]struct {
		closed  bool
		spoil   func(*synthLeg)
		limited string // "" is healthy
	}{
		"healthy":               {false, func(l *synthLeg) {}, ""},
		"late":                  {false, func(l *synthLeg) { l.lag = sometimes(0.05, 20*time.Millisecond) }, "late or more"},
		"late, but closed":      {true, func(l *synthLeg) { l.lag = sometimes(0.05, 20*time.Millisecond) }, ""},
		"late, but slow target": {false, func(l *synthLeg) { l.lag = sometimes(0.05, 20*time.Millisecond); l.latency = around(time.Second) }, ""},
		"rarely late":           {false, func(l *synthLeg) { l.lag = sometimes(0.003, 20*time.Millisecond) }, ""},
		"one hiccup in fifty": {false, func(l *synthLeg) {
			l.total, l.hosts = 50, map[string]int64{"a": 50}
			first := true
			l.lag = func(*rand.Rand) time.Duration {
				if first {
					first = false
					return 50 * time.Millisecond
				}
				return 0
			}
		}, ""},
		"busy":             {false, func(l *synthLeg) { l.cpu = 0.95 }, "95 % of the processors that it may use"},
		"busy and closed":  {true, func(l *synthLeg) { l.cpu = 0.95 }, "95 % of the processors that it may use"},
		"CPU not known":    {false, func(l *synthLeg) { l.cpu = -1 }, ""},
		"not sent":         {false, func(l *synthLeg) { l.dropped = 50 }, "only 1 000 of 1 050 requests"},
		"stopped, not due": {false, func(l *synthLeg) { l.dropped, l.stopped = 50, "interrupted" }, ""},
	} {
		l := leg
		c.spoil(&l)
		a := analyzed(t, synth{open: !c.closed, legs: []synthLeg{l}})
		g := a.Legs[0].Generator
		if g.Limited != (c.limited != "") || !strings.Contains(fmt.Sprint(g.Why), c.limited) {
			t.Errorf("%s: %+v", name, g)
		}
		if (a.Verdict == result.Invalid) != g.Limited {
			t.Errorf("%s: %s: %v", name, a.Verdict, a.Findings)
		}
		if told := strings.Contains(a.Remedy, "a machine of its own"); told != g.Limited {
			t.Errorf("%s: what to do is %q", name, a.Remedy)
		}
	}
}

func TestBrokenAccounting(t *testing.T) {
	leg := synthLeg{target: "single", seconds: 6, total: 100, hosts: map[string]int64{"a": 100}}
	for name, spoil := range map[string]func(*runlog.Second){
		"sent without end": func(s *runlog.Second) { s.Sent++ },
		"ended twice":      func(s *runlog.Second) { s.Success++ },
		"time without end": func(s *runlog.Second) { s.Success--; s.Network++ },
	} {
		l := leg
		l.spoil = spoil
		a := analyzed(t, synth{open: true, legs: []synthLeg{l}})
		if a.Verdict != result.Invalid || !strings.Contains(a.Headline, "do not add up") || len(a.Warnings) == 0 || !strings.Contains(a.Remedy, "measure again") {
			t.Errorf("%s: %s: %q %q, %q", name, a.Verdict, a.Headline, a.Warnings, a.Remedy)
		}
	}
}

// A report leaves out above its comparison what its headline says, and knows it from a field.
func TestComparisonTellsThatItIsTheHeadline(t *testing.T) {
	a := analyzed(t, healthyPair())
	if a.Verdict != result.Pass || !a.ComparisonInHeadline || a.Headline != a.Comparison.Words {
		t.Errorf("%s: %q, in the headline: %v", a.Verdict, a.Headline, a.ComparisonInHeadline)
	}
}

// An INVALID run answers nothing, whatever its figures are: no threshold but that of rows, no
// comparison, and no word of them.
func TestInvalidRunAnswersNothing(t *testing.T) {
	s := healthyPair()
	sound := analyzed(t, s)
	s.legs[0].cpu, s.legs[1].cpu = 0.95, 0.97
	a := analyzed(t, s)
	if sound.Comparison.Verdict != result.Better || a.Verdict != result.Invalid {
		t.Fatalf("%s, and without the fault %s", a.Verdict, sound.Comparison.Verdict)
	}
	if a.Answer.Verdict != result.CannotTell || a.Answer.Words != "cannot tell cluster from single" ||
		a.Comparison.Words != "cluster and single are not compared: the measurement is INVALID." || a.Comparison.Method != "" || a.ComparisonInHeadline {
		t.Errorf("%+v: %q, %q", a.Answer, a.Comparison.Words, a.Headline)
	}
	for _, m := range a.Comparison.Metrics {
		if m.Verdict != result.CannotTell || m.Code != result.CodeNotJudged || m.Ratio.Finite() || m.Lo.Finite() || m.Hi.Finite() || m.Detectable != 0 {
			t.Errorf("%+v", m)
		}
	}
	for _, threshold := range a.Thresholds {
		judged := threshold.Verdict == result.Pass
		if rows := threshold.Threshold == "lost == 0"; judged != rows || !rows && (threshold.Verdict != result.Invalid || threshold.Code != result.CodeNotJudged) {
			t.Errorf("%+v", threshold)
		}
	}
	if !strings.Contains(a.Headline, "single and cluster: the generator used 95 to 97 %") || len(result.Lines(a.Findings)) != 1 || !a.Findings[0].InHeadline || !a.Findings[1].InHeadline {
		t.Errorf("%q: %+v", a.Headline, a.Findings)
	}
}
