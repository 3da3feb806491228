package analyze

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
)

// compareTargets holds the candidate of a run against its baseline, and takes the answer of
// the run from that. Where one of them has no answers to compare it warns of that. The
// run's verdict must stand by then: a comparison asks for it.
func compareTargets(a *result.Analysis) {
	if !a.OwnBaseline() {
		return
	}
	turns := a.Run.Turns
	for _, name := range []string{turns.Baseline, turns.Candidate} {
		if !slices.Contains(a.Targets(), name) {
			a.Warnings = append(a.Warnings, fmt.Sprintf("no comparison: no leg of %s was run", name))
			return
		}
	}
	c, err := compare.Compare(compare.Pick{Run: a, Target: turns.Baseline}, compare.Pick{Run: a, Target: turns.Candidate})
	if err != nil {
		a.Warnings = append(a.Warnings, err.Error())
		return
	}
	a.Warnings, c.Warnings = append(a.Warnings, c.Warnings...), nil
	a.Comparison, a.Answer = c, &result.Answer{Verdict: c.Verdict, Words: c.Answer}
}
