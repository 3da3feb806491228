package gate

import (
	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// errors compares the shares of errors by difference, with the score test: a test read off
// the interval of another method, which is not symmetric, would contradict it.
func (t *tolerance) errors(base, cand compare.Pick) {
	bLegs, cLegs := compare.ErrorLegs(base), compare.ErrorLegs(cand)
	b, c := compare.ErrorsOf(bLegs), compare.ErrorsOf(cLegs)
	m := &t.check.Metric
	m.Baseline, m.BaselineN = b.Estimate(result.Confidence).Value, uint64(b.N)
	m.Candidate, m.CandidateN = c.Estimate(result.Confidence).Value, uint64(c.N)
	t.rounds = min(len(bLegs), len(cLegs))
	m.Rounds = t.rounds
	if b.N == 0 || c.N == 0 {
		return
	}
	t.interval = stats.ScoreDifference(c.Share(), b.Share(), t.look.confidence())
	m.Ratio, m.Lo, m.Hi = result.Bound(t.interval.Value), result.Bound(t.interval.Lo), result.Bound(t.interval.Hi)
	t.p = stats.ScoreTest(c.Share(), b.Share(), *t.demand.limit.And)
}
