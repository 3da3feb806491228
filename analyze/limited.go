package analyze

import (
	"fmt"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// limitedOneIn is how many rounds a run must have for each that the generator limited. If it
// limited more than a fifth of them, the cause is not a moment but the machine.
const limitedOneIn = 5

// CanLeaveOut reports whether a run may leave out the rounds that the generator limited: they
// are at most a fifth of all, and the others are enough for an interval over rounds, in pairs
// or not. Only signs of the generator decide which rounds are limited, never their results.
func CanLeaveOut(limited, rounds int, paired bool) bool {
	return limited*limitedOneIn <= rounds && rounds-limited >= compare.Fewest(paired)
}

// RoundsInAll returns how many rounds a run needs so that as many as planned are not limited by
// the generator. It is the number of rounds that there are if these are enough, or if too many
// are limited.
func RoundsInAll(a *result.Analysis, planned int) int {
	rounds, limited := a.LastRound(), len(a.LimitedRounds())
	if all := planned + limited; CanLeaveOut(limited, all, a.OwnBaseline()) {
		return max(rounds, all)
	}
	return rounds
}

// leavesOut reports that the run leaves out the legs that the generator limited.
func leavesOut(a *result.Analysis) bool {
	limited := len(a.LimitedRounds())
	return limited > 0 && CanLeaveOut(limited, a.LastRound(), a.OwnBaseline())
}

// leaveOut marks the legs that are left out.
func leaveOut(a *result.Analysis, legs []*judgedLeg) {
	if leavesOut(a) {
		for _, l := range legs {
			l.leftOut = l.Generator.Limited
		}
	}
}

// leftOut returns warnings of the legs that are left out. For those of a comparison the
// comparison has the warning.
func leftOut(c *result.Comparison, legs []*judgedLeg) (warnings []string) {
	for _, l := range legs {
		if l.leftOut && (c == nil || l.Target != c.Baseline && l.Target != c.Candidate) {
			warnings = append(warnings, fmt.Sprintf("%s is left out: it %s", l.Label(), l.Fault()))
		}
	}
	return warnings
}

// counts reports whether a leg counts for a metric. Of a leg that was left out only the rows
// count.
func (l *judgedLeg) counts(of metric.Metric) bool { return !l.leftOut || of.Ledger }

// limited returns why the generator limited legs, and, if the run has several rounds, how many
// of these it limited.
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
