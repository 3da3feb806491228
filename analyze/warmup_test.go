package analyze

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// warmed puts a warm-up before every leg of a run.
func warmed(s synth, change func(*synthLeg)) synth {
	var legs []synthLeg
	for _, l := range s.legs {
		w := synthLeg{target: l.target, round: l.round, warmUp: true, seconds: 2, perSecond: 50, latency: around(time.Second), hosts: map[string]int64{"cold": 100}}
		if change != nil {
			change(&w)
		}
		legs = append(legs, w, l)
	}
	s.legs = legs
	return s
}

// Whatever a warm-up was like, nothing but a note tells of it.
func TestWarmUpsCountForNothing(t *testing.T) {
	plain := healthyPair()
	want := analyzed(t, plain)
	for name, change := range map[string]func(*synthLeg){
		"slow":            nil,
		"failing":         func(w *synthLeg) { w.outcome = func(int) runlog.Class { return runlog.HTTP5xx } },
		"starved":         func(w *synthLeg) { w.cpu = 0.99 },
		"losing rows":     func(w *synthLeg) { w.hosts = nil },
		"without answers": func(w *synthLeg) { w.outcome = func(int) runlog.Class { return runlog.Network } },
	} {
		t.Run(name, func(t *testing.T) {
			got := analyzed(t, warmed(plain, change))
			const note = "2 warm-ups sent 200 requests: no figure counts them"
			if !slices.Contains(got.Run.Notes, note) {
				t.Errorf("notes are %q", got.Run.Notes)
			}
			got.Run.Notes = nil
			if summaryOf(t, got) != summaryOf(t, want) {
				t.Errorf("the warm-ups changed the analysis: verdict %s, %d legs, warnings %q", got.Verdict, len(got.Legs), got.Warnings)
			}
		})
	}
}

func summaryOf(t *testing.T, a *result.Analysis) string {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWarmUpsInTroubleAreWarnedOf(t *testing.T) {
	for want, change := range map[string]func(*synthLeg){
		"single, warm-up: the counts do not add up": func(w *synthLeg) { w.spoil = func(s *runlog.Second) { s.Sent++ } },
		"single, warm-up: aborted: too many": func(w *synthLeg) {
			w.stopped, w.events = "too many", []runlog.Event{{Kind: runlog.EventAbort, Text: "too many"}}
		},
		"single, warm-up: its rows were still changing when they": func(w *synthLeg) { w.unsettled = true },
	} {
		a := analyzed(t, warmed(healthyPair(), change))
		if a.Verdict != result.Pass || !slices.ContainsFunc(a.Warnings, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("verdict %s, warnings %q, want one with %q", a.Verdict, a.Warnings, want)
		}
	}
}

// A run that never got beyond a warm-up has measured nothing.
func TestOnlyAWarmUp(t *testing.T) {
	s := warmed(healthyPair(), nil)
	s.legs, s.stopped = s.legs[:1], "interrupted"
	a := analyzed(t, s)
	if a.Verdict != result.Inconclusive || len(a.Legs) != 0 || a.Comparison != nil || !strings.Contains(fmt.Sprint(a.Findings), "nothing was measured") {
		t.Errorf("verdict %s, %d legs, reasons %q", a.Verdict, len(a.Legs), a.Findings)
	}
}
