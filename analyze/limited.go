package analyze

import (
	"fmt"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// limitedOneIn is how many rounds a run must have for each that the generator limited. A
// fifth of the rounds may be lost to moments of the machine; more are its state.
const limitedOneIn = 5

// Bears reports that a run of so many rounds, in pairs or not, still tells of its targets
// although the generator limited some of them: they are at most a fifth, and the others
// are enough for an interval over rounds. The limited ones are left out then, by the
// generator's own signs and before anybody looks at what they show.
func Bears(limited, rounds int, paired bool) bool {
	return limited*limitedOneIn <= rounds && rounds-limited >= compare.Fewest(paired)
}

// Anew is how many rounds there should be in all for as many good ones as were planned: a
// limited round is measured anew, if the run will bear it. It is what there is where
// nothing is to be measured.
func Anew(a *result.Analysis, planned int) int {
	rounds, limited := a.LastRound(), len(a.LimitedRounds())
	if all := planned + limited; Bears(limited, all, a.OwnBaseline()) {
		return max(rounds, all)
	}
	return rounds
}

// leaveOut marks the legs that the generator limited, if the run bears that.
func leaveOut(a *result.Analysis, legs []*judgedLeg) {
	limited := a.LimitedRounds()
	if len(limited) == 0 || !Bears(len(limited), a.LastRound(), a.OwnBaseline()) {
		return
	}
	for _, l := range legs {
		l.leftOut = l.Generator.Limited
	}
}

// leftOut are warnings of the legs that are. What it does to pairs, a comparison says.
func leftOut(c *result.Comparison, legs []*judgedLeg) (warnings []string) {
	for _, l := range legs {
		if l.leftOut && (c == nil || l.Target != c.Baseline && l.Target != c.Candidate) {
			warnings = append(warnings, fmt.Sprintf("%s is left out: it %s", l.Label(), l.Fault()))
		}
	}
	return warnings
}

// counts reports that a leg counts for a metric: one that was left out has no figure of
// its target but its rows.
func (l *judgedLeg) counts(of metric.Metric) bool { return !l.leftOut || of.Ledger }

// limited are the findings of the legs that the generator limited, and how many rounds
// they are of where the run has several.
func limited(a *result.Analysis, legs []*judgedLeg) (out []result.Finding) {
	for _, l := range legs {
		if l.leftOut {
			continue
		}
		for _, why := range l.Generator.Why {
			out = append(out, why.At(&l.Leg))
		}
	}
	if rounds := a.LastRound(); len(out) > 0 && rounds > 1 {
		out = append(out, result.Found(result.Invalid, result.CodeGeneratorLimited, "%d of %s were limited: a run bears one in %d, and takes %d others",
			len(a.LimitedRounds()), words.Counted(rounds, "round"), limitedOneIn, compare.Fewest(a.OwnBaseline())))
	}
	return out
}
