package analyze

import (
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// takeBack makes of a verdict that the generator's own delays decide none, and says so of one
// that they leave open: a FAIL stands only where it would be one without them too, and a PASS
// only where it would not be a FAIL.
func takeBack(a, without result.Assessment, legs []*judgedLeg) result.Assessment {
	if without.Verdict == a.Verdict || without.Verdict == result.Inconclusive && a.Verdict == result.Pass {
		return a
	}
	a.Verdict, a.Code = result.Inconclusive, result.CodeGeneratorDelay
	a.Words += "; without the generator's own delays " + without.Words
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

// calmed are the legs without the seconds that a standstill disturbed, for their times.
func calmed(legs []*judgedLeg) []*judgedLeg {
	out := make([]*judgedLeg, len(legs))
	for i, l := range legs {
		c := *l
		c.calm = true
		out[i] = &c
	}
	return out
}

// undelayed is the leg without the generator's own delays; only the figures of thresholds
// mean something in it.
//
//   - A response time without its lag is the service time of the same request. So the
//     distribution of those is what would have been, request by request.
//   - The seconds that a standstill disturbed are left out of every figure: answers without
//     a stamp of the kernel were taken up late in them, requests timed out in them unseen,
//     and what was owed left in one burst that no plan asked for.
func (l *judgedLeg) undelayed() *judgedLeg {
	u := *l
	u.calm = true
	if len(l.disturbed) > 0 {
		left := slices.DeleteFunc(slices.Clone(l.record.Seconds), func(s runlog.Second) bool { return l.disturbed[s.T] })
		u.Dropped, u.Outcomes = 0, runlog.Outcomes{}
		for _, s := range left {
			u.Outcomes.Merge(s.Outcomes)
		}
		u.ErrorRate = shareEstimate(errorClusters(left, l.planned))
		u.flow = flowOf(&runlog.Record{Seconds: left}, l.LoadS, l.planned)
		u.Rates = rates(u.flow)
	}
	u.times = l.calmTimes()
	return &u
}

// calmTimes are the service times, of the seconds that no standstill disturbed, in place of
// both times.
func (l *judgedLeg) calmTimes() measured {
	service := l.times.timing(runlog.TagService)
	if len(l.disturbed) > 0 {
		service = service.without(l.disturbed, l.length)
	}
	return measured{runlog.TagService: service, runlog.TagResponse: service}
}

// without is the times but for those of the stretches that hold some of the seconds, of a
// leg of so many.
func (t *timing) without(seconds map[int]bool, of int) *timing {
	if len(t.stretches) == 0 || len(seconds) == 0 {
		return t
	}
	out := &timing{stretches: slices.Clone(t.stretches), planned: t.planned}
	for second := range seconds {
		if second < of {
			out.stretches[stretchOf(second, len(out.stretches), of)] = nil
		}
	}
	out.settle(hist.NewSparse())
	return out
}

// disturbed are the seconds of a leg, by number, that a standstill of the generator touched,
// and in an open load those after it that began with more under way than before it: what was
// owed left in one burst, which the target had to work off.
func disturbed(seconds []runlog.Second, open bool) map[int]bool {
	hit := map[int]bool{}
	spans := standstillSpans(seconds)
	until, recovering, settled := math.Inf(-1), false, 0.0
	for i, s := range seconds {
		for ; len(spans) > 0 && spans[0].From < float64(s.T+1); spans = spans[1:] {
			until = max(until, spans[0].To)
		}
		touched := until >= float64(s.T)
		if touched && !recovering {
			settled = underWay(seconds, i)
		}
		recovering = touched || recovering && open && float64(seconds[i-1].InFlight) > settled
		if recovering {
			hit[s.T] = true
		}
	}
	return hit
}

// underWay is how many requests may be without an answer once a standstill that began in
// the i-th second is over: about as many as at the end of the second before it, or in the
// first second as many as usual.
func underWay(seconds []runlog.Second, i int) float64 {
	if i > 0 {
		return 1.25*float64(seconds[i-1].InFlight) + fewestLate
	}
	all := make([]int64, len(seconds))
	for i, s := range seconds {
		all[i] = s.InFlight
	}
	slices.Sort(all)
	return 1.25*float64(all[len(all)/2]) + fewestLate
}
