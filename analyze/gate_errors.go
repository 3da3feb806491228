package analyze

import (
	"math"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// pooledErrors is the share of errors over several legs of a target, and the number
// of independent requests that they are worth: the least of what the legs are worth
// by themselves (errors come in bursts within a leg) and, with enough legs, of what
// these are worth as clusters (a bad round is a burst too). Wilson's interval at that
// number encloses the share. N is the requests that ended; 0 means no figure.
func pooledErrors(legs []*result.Leg) result.Estimate {
	var c stats.Clusters
	var worth float64
	for _, l := range legs {
		e := l.ErrorRate
		if e.N == 0 {
			continue
		}
		c.Size, c.Sum = append(c.Size, float64(e.N)), append(c.Sum, e.Value*float64(e.N))
		worth += independent(e)
	}
	n, k := c.Total()
	if n == 0 {
		return result.Estimate{}
	}
	if effective, known := c.Effective(confidence); known {
		worth = min(worth, effective)
	}
	iv := stats.Wilson(k/n*worth, worth, confidence)
	return result.Estimate{Value: k / n, Lo: result.Bound(iv.Lo), Hi: result.Bound(iv.Hi), Confidence: confidence, N: uint64(n)}
}

// errorLegs are a target's legs whose shares of errors count: those that came to their
// end, answers or not.
func errorLegs(p Pick) []*result.Leg {
	return p.Run.LegsOf(p.Target, func(l *result.Leg) bool {
		return l.ErrorRate.N > 0 && l.Complete && l.Stopped == "" && !l.Generator.Limited
	})
}

// independent is the number of independent requests behind a Wilson interval: its
// ends solve (p̂ − p)² = z²·p(1−p)/n for p.
func independent(e result.Estimate) float64 {
	end := float64(e.Hi)
	if e.Value-float64(e.Lo) > end-e.Value {
		end = float64(e.Lo)
	}
	z := stats.Z(confidence)
	n := z * z * end * (1 - end) / ((e.Value - end) * (e.Value - end))
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return 0
	}
	return min(n, float64(e.N))
}

// probability is the two-sided p that the truth is at, read off an interval of 1.96
// standard errors to each side: 0.05 where it is one of the ends.
func probability(iv stats.Interval, at float64) float64 {
	end := iv.Lo
	if at > iv.Value {
		end = iv.Hi
	}
	away, se := math.Abs(iv.Value-at), math.Abs(iv.Value-end)/stats.Z(confidence)
	switch {
	case away == 0:
		return 1
	case se == 0:
		return 0
	}
	return math.Erfc(away / se / math.Sqrt2)
}

// errors compares the shares of errors by difference.
func (t *tolerance) errors(base, cand Pick) {
	bLegs, cLegs := errorLegs(base), errorLegs(cand)
	b, c := pooledErrors(bLegs), pooledErrors(cLegs)
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
