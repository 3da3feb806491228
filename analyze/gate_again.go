package analyze

import (
	"fmt"
	"slices"
)

// Retest reports that a second measurement may change a FAIL: every check that failed
// rests on a sample of times, rates or errors. A row that is lost is lost, and a run
// that fails its thresholds, or by itself, has failed.
func (g *Gate) Retest() bool {
	return g.Verdict == Fail && worst(ownFindings(g.Run)) != Fail &&
		!slices.ContainsFunc(g.Checks, func(c Check) bool { return c.Verdict == Fail && !c.demand.sampled() })
}

// Confirm judges the checks that failed, and no others, on a second measurement of the
// candidate, and settles the verdict: a check fails that failed twice, and is
// INCONCLUSIVE where the two measurements disagree. So a false alarm takes two of
// them. The baseline is the same; of a run with its own, the second run's own.
func (g *Gate) Confirm(again *Analysis, label string) error {
	second := *g.judged
	second.candidate, second.label, second.warnings = again, label, nil
	if err := second.comparable(); err != nil {
		return err
	}
	var failed []*Check
	var asked []demand
	for i := range g.Checks {
		if c := &g.Checks[i]; c.Verdict == Fail && c.demand.sampled() {
			failed, asked = append(failed, c), append(asked, c.demand)
		}
	}
	checks := second.checks(asked)
	for i, c := range failed {
		c.Again = &checks[i]
		if c.Again.Verdict == Fail {
			c.Words = fmt.Sprintf("%s; and again in a second measurement: %s", c.Words, c.Again.Words)
			continue
		}
		c.Verdict, c.Code = Inconclusive, CodeDisagree
		c.Words = fmt.Sprintf("two measurements disagree: %s; in the second: %s", c.Words, c.Again.Words)
	}
	if again.Verdict == Invalid {
		second.warnings = append(second.warnings, again.Headline)
	}
	for _, w := range second.warnings {
		g.Warnings = append(g.Warnings, "the second measurement: "+w)
	}
	g.conclude()
	return nil
}
