package gate

import (
	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
)

// withdrawIfDelayed makes a check INCONCLUSIVE if the generator's own delays decide it: a FAIL
// stays only if the check fails without them too, and a PASS only if it does not.
func (g *gating) withdrawIfDelayed(checks []result.Check) {
	u := *g
	var delayed bool
	u.candidate, delayed = compare.WithoutDelay(g.candidate)
	if g.baseline != nil {
		var too bool
		u.baseline, too = compare.WithoutDelay(g.baseline)
		delayed = delayed || too
	}
	if !delayed {
		return
	}
	for i, without := range u.checks(u.demands()) {
		c := &checks[i]
		if c.Verdict == result.Fail && without.Verdict != result.Fail || c.Verdict == result.Pass && without.Verdict == result.Fail {
			c.Verdict, c.Code = result.Inconclusive, result.CodeGeneratorDelay
			c.Words += "; without the generator's own delays: " + without.Words
		}
	}
}
