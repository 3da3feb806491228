package compare

import (
	"fmt"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// scaling is what the candidate's successes come to for its hosts; nil where it has no more
// hosts than the baseline, where they are not known, and where the plan sets the rate.
// Successes and not requests are the work: an error costs next to nothing.
func (m *meeting) scaling(c *result.Comparison) *result.Scaling {
	baseline, candidate := hostsOf(m.baseline), hostsOf(m.candidate)
	s := c.Of(metric.Successes)
	if baseline == 0 || candidate <= baseline || s.Code == result.CodeSetByPlan || !(s.Lo > 0) || !s.Hi.Finite() {
		return nil
	}
	times := result.Bound(candidate) / result.Bound(baseline)
	out := &result.Scaling{BaselineHosts: baseline, CandidateHosts: candidate, Rounds: s.Rounds, Efficiency: result.Estimate{
		Value: float64(s.Ratio / times), Lo: s.Lo / times, Hi: s.Hi / times, Confidence: result.Confidence, N: s.BaselineN + s.CandidateN,
	}}
	hosts := words.Counted(candidate, "host")
	if baseline > 1 {
		hosts = fmt.Sprintf("%d hosts in place of %d", candidate, baseline)
	}
	e := out.Efficiency
	out.Words = fmt.Sprintf("%s times the successes per second from %s: %s of linear scaling (%s, n = %s)",
		words.Times(float64(s.Ratio)), hosts, words.Percent(e.Value), result.Span(e.Lo, e.Hi, words.Percent), words.Number(e.N))
	return out
}

// hostsOf is how many hosts the legs had: those that the scenario names, else those that
// served. 0 is not known, or that legs differ.
func hostsOf(legs []*result.Leg) int {
	hosts := 0
	for i, l := range legs {
		own := 0
		if s := l.Spread; s != nil {
			if own = s.Expected; own == 0 {
				own = s.Hosts
			}
		}
		if i > 0 && own != hosts {
			return 0
		}
		hosts = own
	}
	return hosts
}
