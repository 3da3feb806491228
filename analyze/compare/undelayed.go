package compare

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// Undelayed are two picks without the generator's own delays: the response times of an open
// load are its service times, which are those of the same requests without their lag; the
// seconds that a standstill disturbed are left out of the times; and the rates of a closed
// load are per second in which the generator ran. delayed is false
// where neither run has such delays.
func Undelayed(baseline, candidate Pick) (b, c Pick, delayed bool) {
	b, c = baseline, candidate
	same := baseline.Run == candidate.Run
	b.Run, delayed = WithoutDelay(baseline.Run)
	if c.Run = b.Run; !same {
		var too bool
		c.Run, too = WithoutDelay(candidate.Run)
		delayed = delayed || too
	}
	return b, c, delayed
}

// WithoutDelay is [Undelayed] of a whole run.
func WithoutDelay(a *result.Analysis) (out *result.Analysis, delayed bool) {
	copied := *a
	copied.Loads = nil
	for _, part := range a.Loads {
		without, ours := WithoutDelay(part)
		copied.Loads, delayed = append(copied.Loads, without), delayed || ours
	}
	copied.Legs, copied.Pools = slices.Clone(a.Legs), slices.Clone(a.Pools)
	still := map[string][2]float64{} // seconds of load and of standing still, by target
	for i := range copied.Legs {
		l := &copied.Legs[i]
		sum := still[l.Target]
		still[l.Target] = [2]float64{sum[0] + l.LoadS, sum[1] + l.Generator.StandstillS}
		open := a.LoadOf(l).Open
		if undelay(open, &l.Response, &l.Service, l.Undisturbed) {
			delayed = true
		}
		l.Requests = slices.Clone(l.Requests)
		for k := range l.Requests {
			r := &l.Requests[k]
			undelay(open, &r.Response, &r.Service, r.Undisturbed)
			if !open {
				r.Rates = faster(r.Rates, l.LoadS, l.Generator.StandstillS)
			}
		}
		if !open {
			l.Rates = faster(l.Rates, l.LoadS, l.Generator.StandstillS)
		}
	}
	undelayPools(copied.Pools, a.Run.Load.Open, still)
	return &copied, delayed
}

// undelay puts the times without the generator's own delays in the place of those that are compared, and
// reports that there are such.
func undelay(open bool, response, service, undisturbed *result.Latency) bool {
	compared := service
	if open {
		compared = response
	}
	switch {
	case undisturbed != nil:
		*compared = *undisturbed
	case open && service.N > 0:
		*compared = *service
	default:
		return false
	}
	return true
}

func undelayPools(pools []result.Pool, open bool, still map[string][2]float64) {
	for i := range pools {
		p := &pools[i]
		if p.Undelayed != nil {
			p.Times = *p.Undelayed
		}
		if !open {
			p.Rates = faster(p.Rates, still[p.Target][0], still[p.Target][1])
		}
		p.Requests = slices.Clone(p.Requests)
		undelayPools(p.Requests, open, still)
	}
}

// faster are the rates of a load that lasted so many seconds per second in which the
// generator ran.
func faster(rates map[string]result.Estimate, load, still float64) map[string]result.Estimate {
	if still <= 0 || still >= load {
		return rates
	}
	up := load / (load - still)
	out := map[string]result.Estimate{}
	for name, e := range rates {
		e.Value, e.Lo, e.Hi = up*e.Value, result.Bound(up)*e.Lo, result.Bound(up)*e.Hi
		out[name] = e
	}
	return out
}

// withdrawIfDelayed withdraws every answer that is another without the generator's own delays.
func withdrawIfDelayed(c, undelayed *result.Comparison) {
	for i := range c.Metrics {
		m := &c.Metrics[i]
		without := undelayed.Of(metric.Keyed(m.Name))
		if m.Verdict == result.CannotTell || m.Verdict == without.Verdict {
			continue
		}
		m.Why = fmt.Sprintf("the generator's own delays decide: with them it is %s; without them %s", m.Words, without.Words)
		m.Verdict, m.Answer, m.Code, m.Words = result.CannotTell, result.CannotTell.Word(), result.CodeGeneratorDelay, m.Why
	}
}
