package gate

import (
	"fmt"

	"github.com/stress-tool/stress/analyze/result"
)

// Retest reports that a second measurement may change a FAIL: every check that failed
// rests on a sample of times, rates or errors. A row that is lost is lost, and a run
// that fails its thresholds, or by itself, has failed.
func (j *Judgement) Retest() bool {
	if j.Verdict != result.Fail || result.Worst(ownFindings(j.Run)) == result.Fail {
		return false
	}
	for i, c := range j.Checks {
		if c.Verdict == result.Fail && !j.sampled(i) {
			return false
		}
	}
	return true
}

// Confirm judges the checks that failed, and no others, on a second measurement of the
// candidate, and settles the verdict: a check fails that failed twice, and is
// INCONCLUSIVE where the two measurements disagree. So a false alarm takes two of
// them. The baseline is the same; of a run with its own, the second run's own.
func (j *Judgement) Confirm(again *result.Analysis, label string) error {
	second := *j.gating
	second.candidate, second.label, second.warnings = again, label, nil
	if err := second.comparable(); err != nil {
		return err
	}
	var failed []*result.Check
	var asked []demand
	for i := range j.Checks {
		if d, _ := j.demand(i); j.Checks[i].Verdict == result.Fail && j.sampled(i) {
			failed, asked = append(failed, &j.Checks[i]), append(asked, d)
		}
	}
	checks := second.checks(asked)
	for i, c := range failed {
		c.Again = &checks[i]
		if c.Again.Verdict == result.Fail {
			c.Words = fmt.Sprintf("%s; and again in a second measurement: %s", c.Words, c.Again.Words)
			continue
		}
		c.Verdict, c.Code = result.Inconclusive, result.CodeDisagree
		c.Words = fmt.Sprintf("two measurements disagree: %s; in the second: %s", c.Words, c.Again.Words)
	}
	if again.Verdict == result.Invalid {
		second.warnings = append(second.warnings, again.Headline)
	}
	for _, w := range second.warnings {
		j.Warnings = append(j.Warnings, "the second measurement: "+w)
	}
	conclude(j.Gate)
	return nil
}
