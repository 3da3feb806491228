package gate

import (
	"math"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// probability is the two-sided p that the truth is at, read off an interval of 1.96
// standard errors to each side: 0.05 where it is one of the ends.
func probability(iv stats.Interval, at float64) float64 {
	end := iv.Lo
	if at > iv.Value {
		end = iv.Hi
	}
	away, se := math.Abs(iv.Value-at), math.Abs(iv.Value-end)/stats.Z(result.Confidence)
	switch {
	case away == 0:
		return 1
	case se == 0:
		return 0
	}
	return math.Erfc(away / se / math.Sqrt2)
}

// errors compares the shares of errors by difference.
func (t *tolerance) errors(base, cand compare.Pick) {
	bLegs, cLegs := compare.ErrorLegs(base), compare.ErrorLegs(cand)
	b, c := compare.PooledErrors(bLegs), compare.PooledErrors(cLegs)
	m := &t.check.Metric
	m.Baseline, m.Candidate, m.BaselineN, m.CandidateN = b.Value, c.Value, b.N, c.N
	t.rounds = min(len(bLegs), len(cLegs))
	m.Rounds = t.rounds
	if b.N == 0 || c.N == 0 {
		return
	}
	t.interval = stats.Difference(c.Interval(), b.Interval())
	m.Ratio, m.Lo, m.Hi = result.Bound(t.interval.Value), result.Bound(t.interval.Lo), result.Bound(t.interval.Hi)
	t.p = probability(t.interval, *t.demand.limit.And)
}
