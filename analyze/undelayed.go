package analyze

import (
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// withdrawIfDelayed makes a verdict INCONCLUSIVE if the generator's own delays decide it: a FAIL
// stays only if it is a FAIL without them too, and a PASS only if it is no FAIL without them.
func withdrawIfDelayed(a, without result.Assessment, legs []*judgedLeg) result.Assessment {
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

// withoutDelays returns the legs as they would have been without the generator's own delays.
func withoutDelays(legs []*judgedLeg) []*judgedLeg {
	out := make([]*judgedLeg, len(legs))
	for i, l := range legs {
		out[i] = l.without
	}
	return out
}

// undisturbedLegs returns the legs with times of only those seconds that no standstill disturbed.
func undisturbedLegs(legs []*judgedLeg) []*judgedLeg {
	out := make([]*judgedLeg, len(legs))
	for i, l := range legs {
		c := *l
		c.undisturbed = true
		out[i] = &c
	}
	return out
}

// undelayed returns the leg without the generator's own delays. Use it for the figures of
// thresholds only; others are as they were measured.
//
//   - A response time without its lag is the service time of the same request. So service
//     times stand in the place of response times.
//   - Every figure leaves out the seconds that a standstill disturbed. In these, answers that
//     the kernel did not stamp were read late, requests timed out whose answers may have come,
//     and overdue requests were sent in one burst that was not planned.
func (l *judgedLeg) undelayed() *judgedLeg {
	u := *l
	u.undisturbed = true
	if len(l.disturbed) > 0 {
		left := slices.DeleteFunc(slices.Clone(l.record.Seconds), func(s runlog.Second) bool { return l.disturbed[s.T] })
		u.Part = l.Answered()
		u.Dropped, u.Skipped, u.Outcomes = 0, 0, runlog.Outcomes{}
		for _, s := range left {
			u.Outcomes.Merge(s.Outcomes)
		}
		u.ErrorRate = shareEstimate(errorClusters(left, l.planned))
		u.flow = flowOf(&runlog.Record{Seconds: left}, l.LoadS, l.planned)
		u.Rates = rates(u.flow)
		u.requestsWithin(left)
	}
	u.times = l.undisturbedTimes()
	return &u
}

// undisturbedTimes returns the service times of the seconds that no standstill disturbed, for
// both service and response times, of all requests and of each, and the times to the first byte of
// these seconds.
func (l *judgedLeg) undisturbedTimes() measured {
	of := func(tag string) *timing {
		t := l.times.timing(tag)
		if len(l.disturbed) > 0 {
			t = t.without(l.disturbed, l.length)
		}
		return t
	}
	service := of(runlog.TagService)
	out := measured{runlog.TagService: service, runlog.TagResponse: service, runlog.TagFirstByte: of(runlog.TagFirstByte)}
	for i := range l.Requests {
		asked, sent := requestTags(i)
		own := of(sent)
		if own.n == 0 {
			own = of(asked) // from before service times were kept by request
		}
		out[asked], out[sent] = own, own
	}
	return out
}

// without returns the times without those stretches that contain one of the seconds. of is how
// many seconds the leg has.
func (t *timing) without(seconds map[int]bool, of int) *timing {
	if len(t.stretches) == 0 || len(seconds) == 0 {
		return t
	}
	out := &timing{stretches: slices.Clone(t.stretches), shape: t.shape}
	for second := range seconds {
		if second < of {
			out.stretches[stretchOf(second, len(out.stretches), of)] = nil
		}
	}
	out.settle(hist.NewSparse())
	return out
}

// disturbed returns the seconds of a leg, by number, during which the generator stood still. For
// an open load it adds the seconds after a standstill that began with more requests under way
// than before it: overdue requests were sent in one burst, and the target had to work it off.
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

// underWay returns how many requests may be under way when the target has worked off the burst
// after a standstill that began in second i: about as many as at the end of the second before,
// or as the leg's median if there is none before.
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
