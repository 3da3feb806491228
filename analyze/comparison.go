package analyze

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
)

// compareTargets holds the candidate of a run against its baseline; nil and a warning
// where one of them has no answers to compare.
func compareTargets(a *result.Analysis) (*result.Comparison, []string) {
	turns := a.Run.Turns
	if turns == nil || turns.Baseline == "" || turns.Candidate == "" {
		return nil, nil
	}
	for _, name := range []string{turns.Baseline, turns.Candidate} {
		if !slices.Contains(a.Targets(), name) {
			return nil, []string{fmt.Sprintf("no comparison: no leg of %s was run", name)}
		}
	}
	c, err := compare.Compare(compare.Pick{Run: a, Target: turns.Baseline}, compare.Pick{Run: a, Target: turns.Candidate})
	if err != nil {
		return nil, []string{err.Error()}
	}
	warnings := c.Warnings
	c.Warnings = nil
	return c, warnings
}
