package analyze

import (
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// starved is a run of rounds, of some of which the generator had no processor: those legs
// are slow for it, and half of their requests fail.
func starved(rounds int, targets []string, limited ...int) synth {
	s := manyRounds(rounds)
	s.legs = slices.DeleteFunc(s.legs, func(l synthLeg) bool { return !slices.Contains(targets, l.target) })
	s.compare = len(targets) == 2
	s.thresholds = []string{"error_rate < 1%"}
	for i := range s.legs {
		if l := &s.legs[i]; l.target == "single" && slices.Contains(limited, l.round) {
			l.cpu = 0.95
			l.outcome = func(i int) runlog.Class { return []runlog.Class{runlog.Success, runlog.Timeout}[i%2] }
		}
	}
	return s
}

// One leg of 20 that the generator limited made the other 19 INVALID. It is left out with
// its pair, by name, as long as a fifth of the rounds at most are and enough are left.
func TestLimitedRoundsAreLeftOut(t *testing.T) {
	both, one := []string{"single", "cluster"}, []string{"single"}
	for name, c := range map[string]struct {
		s    synth
		want result.Verdict
		left int // rounds that are compared
	}{
		"one of ten":                    {starved(10, both, 4), result.Pass, 9},
		"two of ten":                    {starved(10, both, 4, 9), result.Pass, 8},
		"three of ten":                  {starved(10, both, 2, 4, 9), result.Invalid, 7},
		"one of seven":                  {starved(7, both, 7), result.Pass, 6},
		"one of six: five pairs":        {starved(6, both, 1), result.Invalid, 5},
		"one of five of one target":     {starved(5, one, 2), result.Pass, 0},
		"one of four: three are left":   {starved(4, one, 2), result.Invalid, 0},
		"the only one":                  {starved(1, both, 1), result.Invalid, 1},
		"none":                          {starved(3, both), result.Pass, 3},
		"every one, in pairs of rounds": {starved(6, both, 1, 2, 3, 4, 5, 6), result.Invalid, 6},
	} {
		t.Run(name, func(t *testing.T) {
			a := analyzed(t, c.s)
			if a.Verdict != c.want || a.Comparison != nil && a.Comparison.Rounds != c.left {
				t.Fatalf("%s, %+v: %s", a.Verdict, a.Comparison, a.Headline)
			}
			if c.want == result.Invalid {
				if a.Remedy == "" || a.Findings[0].Target != "single" || !strings.Contains(a.Headline, "single") {
					t.Errorf("%s %s %+v", a.Headline, a.Remedy, a.Findings)
				}
				return
			}
			for _, round := range a.LimitedRounds() {
				if !slices.ContainsFunc(a.Warnings, func(w string) bool {
					return strings.Contains(w, "left out") && strings.Contains(w, "single") && strings.Contains(w, "the generator used 95 %") && strings.ContainsRune(w, rune('0'+round))
				}) {
					t.Errorf("nobody says that round %d is left out, and why: %q", round, a.Warnings)
				}
			}
		})
	}
}

// What a limited leg lost is lost all the same.
func TestALimitedLegsRowsCount(t *testing.T) {
	s := starved(8, []string{"single"}, 3)
	s.noLedger, s.thresholds = false, []string{"lost == 0"}
	for i := range s.legs {
		l := &s.legs[i]
		l.outcome = nil
		l.hosts = map[string]int64{"aaaaaaaaaaaa": int64(l.seconds * l.perSecond)}
		if l.round == 3 {
			l.hosts["aaaaaaaaaaaa"] -= 7
		}
	}
	if a := analyzed(t, s); a.Verdict != result.Fail {
		t.Errorf("%s: %s", a.Verdict, a.Headline)
	}
}

// As many rounds are measured anew as were limited, and none where the run is INVALID.
func TestRoundsInAll(t *testing.T) {
	run := func(rounds int, limited ...int) *result.Analysis {
		a := &result.Analysis{}
		for r := 1; r <= rounds; r++ {
			a.Legs = append(a.Legs, result.Leg{Target: "a", Round: r, Generator: result.Generator{Limited: slices.Contains(limited, r)}})
		}
		return a
	}
	for _, c := range []struct {
		a             *result.Analysis
		planned, want int
	}{
		{run(10), 10, 10}, {run(10, 3), 10, 11}, {run(11, 3), 10, 11}, {run(11, 3, 11), 10, 12},
		{run(12, 3, 11, 12), 10, 12}, {run(10, 1, 2, 3), 10, 10}, {run(4, 1), 4, 5}, {run(3, 1), 3, 3}, {run(12, 3, 11), 20, 22},
	} {
		if got := RoundsInAll(c.a, c.planned); got != c.want {
			t.Errorf("%d rounds, %d limited, %d planned: %d in all, want %d", c.a.LastRound(), len(c.a.LimitedRounds()), c.planned, got, c.want)
		}
	}
}
