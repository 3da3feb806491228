package analyze

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// ranOut is a leg of 100 requests in ten seconds of which some failed at the
// generator's own limit, and some at the target.
func ranOut(own, theirs int) synthLeg {
	const noPort = "no free local port (64 to one target: add load.local_addresses)"
	left := uint64(own)
	l := synthLeg{target: "single", seconds: 10, perSecond: 10,
		outcome: func(i int) runlog.Class {
			if i < own+theirs {
				return runlog.Network
			}
			return runlog.Success
		},
		spoil: func(s *runlog.Second) {
			s.Own = min(left, s.Network)
			left -= s.Own
		},
	}
	if own > 0 {
		l.failures = append(l.failures,
			runlog.Failure{Request: "a", Class: runlog.Network, Reason: noPort, Own: true, Count: uint64(own)},
			runlog.Failure{Request: "b", Class: runlog.Network, Reason: noPort, Own: true, Count: 1},
			runlog.Failure{Request: "b", Class: runlog.Network, Reason: "too many open files", Own: true, Count: 1})
	}
	if theirs > 0 {
		l.failures = append(l.failures, runlog.Failure{Request: "a", Class: runlog.Network, Reason: "connection refused", Count: uint64(theirs)})
	}
	return l
}

func judgedRanOut(t *testing.T, l synthLeg) *result.Analysis {
	t.Helper()
	if l.events != nil {
		l.stopped = l.events[0].Text
	}
	return analyzed(t, synth{open: true, noLedger: true, decide: runlog.DecideObserved, thresholds: []string{"error_rate < 0.1%"}, legs: []synthLeg{l}})
}

func TestLimitsOfTheGeneratorsOwn(t *testing.T) {
	for name, c := range map[string]struct {
		own, theirs int
		verdict     result.Verdict
	}{
		"the target's":               {0, 60, result.Fail},
		"two":                        {2, 0, result.Fail},
		"three":                      {3, 0, result.Invalid},
		"all":                        {100, 0, result.Invalid},
		"three beside the target's":  {3, 97, result.Invalid},
		"two beside the target's":    {2, 98, result.Fail},
		"none, and nothing else bad": {0, 0, result.Pass},
	} {
		a := judgedRanOut(t, ranOut(c.own, c.theirs))
		g := a.Legs[0].Generator
		if a.Verdict != c.verdict || g.Limited != (c.verdict == result.Invalid) || g.Own != uint64(c.own) {
			t.Errorf("%s: %s, %v\n%+v", name, a.Verdict, a.Findings, g)
		}
		warned := slices.ContainsFunc(a.Warnings, func(w string) bool { return strings.Contains(w, "of the generator's own") })
		if warned != (c.own > 0 && !g.Limited) {
			t.Errorf("%s: warnings %q", name, a.Warnings)
		}
	}
}

// One in a hundred of a long leg is not what it was about.
func TestAFewOfManyAtTheGeneratorsOwnLimit(t *testing.T) {
	for own, limited := range map[int]bool{20: false, 21: true} {
		l := ranOut(own, 0)
		l.perSecond = 200
		a := judgedRanOut(t, l)
		if a.Legs[0].Generator.Limited != limited {
			t.Errorf("%d of 2 000: %s, %v", own, a.Verdict, a.Findings)
		}
	}
}

func TestLimitsOfTheGeneratorsOwnInWords(t *testing.T) {
	const what = "failed at a limit of the generator's own, not at the target: " +
		"no free local port (64 to one target: add load.local_addresses) and too many open files"
	l := ranOut(40, 10)
	l.lag = sometimes(1, 1e9) // what follows comes after
	a := judgedRanOut(t, l)
	if want := "single: 40 of 100 requests (40 %) " + what; a.Findings[0].String() != want || a.Findings[0].Code != result.CodeGeneratorFailures || len(a.Findings) < 3 {
		t.Errorf("reasons %q, want %q first", a.Findings, want)
	}
	if want := "The generator, not the target, set these figures: single: 40 of"; !strings.HasPrefix(a.Headline, want) {
		t.Errorf("headline %q", a.Headline)
	}
	l = ranOut(2, 0)
	a = judgedRanOut(t, l)
	if want := "single: 2 of 100 requests (2 %) " + what; !slices.Contains(a.Warnings, want) {
		t.Errorf("warnings %q, want %q", a.Warnings, want)
	}
}

// The scenario allows half of the requests to fail.
func TestAnAbortThatTheGeneratorCaused(t *testing.T) {
	for name, c := range map[string]struct {
		own, theirs int
		verdict     result.Verdict
	}{
		"by all of them":                      {50, 0, result.Invalid},
		"by the last two":                     {2, 48, result.Invalid},
		"the target would have done it alone": {2, 50, result.Fail},
		"for another reason":                  {2, 10, result.Fail},
	} {
		l := ranOut(c.own, c.theirs)
		l.events = []runlog.Event{{At: 9, Kind: runlog.EventAbort, Text: "error threshold"}}
		a := judgedRanOut(t, l)
		because := strings.Contains(fmt.Sprint(a.Findings), "without them the error threshold would not have ended the leg")
		if a.Verdict != c.verdict || because != (c.verdict == result.Invalid) {
			t.Errorf("%s: %s, %q", name, a.Verdict, a.Findings)
		}
		if !slices.Contains(a.Findings, result.Finding{Verdict: result.Fail, Code: result.CodeAborted, Target: "single", Text: "aborted: error threshold", InHeadline: a.Verdict == result.Fail}) {
			t.Errorf("%s: the abort is not named: %q", name, a.Findings)
		}
	}
}

// A run that was killed has counted no kind of failure yet, but every second.
func TestAKilledLegAtTheGeneratorsOwnLimit(t *testing.T) {
	l := ranOut(40, 0)
	l.killed = true
	for i := range l.failures {
		l.failures[i].Count = 1
	}
	a, err := Analyze(t.Context(), synth{open: true, noLedger: true, unsealed: true, legs: []synthLeg{l}}.build(t))
	if err != nil {
		t.Fatal(err)
	}
	if g := a.Legs[0].Generator; a.Verdict != result.Invalid || g.Own != 40 {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
}
