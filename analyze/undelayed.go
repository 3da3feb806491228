package analyze

import (
	"math"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// takeBack makes of a verdict that the generator's own delays decide none, and says so of one
// that they leave open: a FAIL stands only where it would be one without them too, and a PASS
// only where it would not be a FAIL.
func takeBack(a, without result.Assessment, legs []*judgedLeg) result.Assessment {
	if without.Verdict == a.Verdict || without.Verdict == result.Inconclusive && a.Verdict == result.Pass {
		return a
	}
	a.Verdict, a.Code = result.Inconclusive, result.CodeGeneratorDelay
	a.Words += "; without the generator's own delay " + without.Words
	for _, l := range legs {
		if still := standstillWords(&l.Generator); still != "" {
			a.Words += ": " + at(l, result.Gap{Words: still}).Words
			break
		}
	}
	return a
}

// withoutDelays are the legs as they would have been without the generator's own delays.
func withoutDelays(legs []*judgedLeg) []*judgedLeg {
	out := make([]*judgedLeg, len(legs))
	for i, l := range legs {
		out[i] = l.without
	}
	return out
}

// undelayed is the leg as it would have been at best, had the generator not delayed
// anything; only its figures mean something.
//
//   - A response time without its lag is the service time of the same request. So the
//     distribution of those is what would have been, request by request.
//   - The kernel's stamps keep a standstill out of service times. Of the answers without a
//     stamp at most as many are too late as clients were at work: so many of the longest
//     are left out.
//   - A request that broke or timed out in a second with a standstill may have done so for
//     its sake, and counts as a success.
//   - A closed load would have gone on at its rate; of an open one what drained would have
//     ended in time, and nothing would have been dropped.
func (l *judgedLeg) undelayed(open bool) *judgedLeg {
	u := *l
	service := l.times.timing(runlog.TagService)
	if k := l.heldUp(); k > 0 {
		service = service.withoutLongest(k)
	}
	u.times = measured{runlog.TagService: service, runlog.TagResponse: service}
	if l.Generator.Standstills == 0 {
		return &u
	}
	u.Dropped = 0
	u.forgive()
	u.Rates = map[string]result.Estimate{}
	for name, e := range l.Rates {
		u.Rates[name] = undelayedRate(e, open, l.catchUp())
	}
	return &u
}

// undelayedRate is a rate without delays: of a closed load up times as high, of an open one
// what it may be at most.
func undelayedRate(e result.Estimate, open bool, up float64) result.Estimate {
	if open {
		e.Value = math.Max(e.Value, float64(e.Hi))
		return e
	}
	by := result.Bound(up)
	e.Value, e.Lo, e.Hi = up*e.Value, by*e.Lo, by*e.Hi
	e.OneSided.Lower, e.OneSided.Upper = by*e.OneSided.Lower, by*e.OneSided.Upper
	return e
}

// inStandstill reports, by number, the seconds that a standstill touches.
func inStandstill(seconds []runlog.Second) map[int]bool {
	touched := map[int]bool{}
	for _, s := range seconds {
		for _, span := range s.Standstills {
			for t := int(span.From); t <= int(span.To); t++ {
				touched[t] = true
			}
		}
	}
	return touched
}

// heldUp is how many answers without a stamp a standstill may have held up.
func (l *judgedLeg) heldUp() int64 {
	touched := inStandstill(l.record.Seconds)
	var n uint64
	for _, s := range l.record.Seconds {
		if timed := s.Completed() + s.Timeout; touched[s.T] && timed > s.Stamped {
			n += min(timed-s.Stamped, uint64(max(s.Active, 0)))
		}
	}
	return int64(n)
}

// forgive takes the requests that broke or timed out in the seconds of a standstill for
// successes.
func (l *judgedLeg) forgive() {
	touched := inStandstill(l.record.Seconds)
	forgiven := func(s runlog.Second) uint64 {
		if touched[s.T] {
			return s.Timeout + s.Network
		}
		return 0
	}
	for _, s := range l.record.Seconds {
		if n := forgiven(s); n > 0 {
			l.Outcomes.Success += n
			l.Outcomes.Timeout -= s.Timeout
			l.Outcomes.Network -= s.Network
		}
	}
	l.ErrorRate = shareEstimate(secondClusters(l.record.Seconds, func(s runlog.Second) (size, sum float64) {
		return float64(result.Ended(s.Outcomes)), float64(s.Failed() - forgiven(s))
	}))
}

// withoutLongest is the times without the k longest. Its stretches stay as they are: they
// say how times depend on one another.
func (t *timing) withoutLongest(k int64) *timing {
	kept := max(t.n-k, 0)
	out := &timing{n: kept, deviation: t.deviation, min: t.min, stretches: t.stretches, sums: t.sums}
	for _, bar := range t.bars {
		if bar.N = min(bar.N, kept); bar.N == 0 {
			break
		}
		kept -= bar.N
		out.bars, out.max = append(out.bars, bar), bar.Edge
	}
	if out.n > 0 {
		out.mean = time.Duration(out.bars.sum() / float64(out.n) * float64(time.Millisecond))
	}
	return out
}
