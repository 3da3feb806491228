package analyze

import (
	"math"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog/hist"
)

const (
	// agentLevel is the chance that any agent of a run is said to deviate where all are equal.
	agentLevel = 0.05
	// mostDeviating is how many agents are said to deviate: where more do, there are no others to hold them against.
	mostDeviating = 5
)

// heldAgainst are the figures by which agents are held against each other.
func heldAgainst() []metric.Metric { return []metric.Metric{metric.P50, metric.P95, metric.ErrorRate} }

// sample is what some agents of a leg measured, by its stretches of time.
type sample struct {
	times  []bars
	failed stats.Clusters
}

// minus is the sample without a part of it.
func (s sample) minus(o sample) sample {
	left := sample{times: make([]bars, len(s.times))}
	for i := range s.times {
		left.times[i] = s.times[i].minus(o.times[i])
	}
	for i := range s.failed.Size {
		left.failed.Size = append(left.failed.Size, s.failed.Size[i]-o.failed.Size[i])
		left.failed.Sum = append(left.failed.Sum, s.failed.Sum[i]-o.failed.Sum[i])
	}
	return left
}

// plus is the sample with another of the same leg.
func (s sample) plus(o sample) sample {
	if s.times == nil {
		return o
	}
	all := sample{times: make([]bars, len(s.times))}
	for i := range s.times {
		all.times[i] = s.times[i].plus(o.times[i])
	}
	for i := range s.failed.Size {
		all.failed.Size = append(all.failed.Size, s.failed.Size[i]+o.failed.Size[i])
		all.failed.Sum = append(all.failed.Sum, s.failed.Sum[i]+o.failed.Sum[i])
	}
	return all
}

// held is one figure of an agent against the others', before it is known how many were tested.
type held struct {
	result.Deviation
	apart       stats.Mean // how far the shares of requests up to the others' figure lie apart
	independent float64    // its error if all requests were independent
	large       bool       // enough to matter
}

// agree holds the agents of a leg against each other. They are systematic samples of one plan, put on the
// same target at the same time, so their figures must agree, whatever the target did. One that does not is
// named and taken out of the others, for it would make every agent that is equal to the rest differ from
// them; then those are held against each other again. legs is how many legs the run has.
func (f *fleet) agree(times measured, tag string, legs int) {
	var own []sample
	var pool sample
	for i := range f.Agents {
		s := sample{times: times.agent(i).timing(tag).stretches, failed: f.watches[i].failed}
		if s.times == nil {
			s.times = make([]bars, len(s.failed.Size))
		}
		own, pool = append(own, s), pool.plus(s)
	}
	in := make([]int, len(own))
	for i := range in {
		in[i] = i
	}
	level := agentLevel / float64(max(1, legs))
	for range mostDeviating {
		worst := f.hold(own, pool, in, level)
		if worst < 0 || len(in) == 2 {
			break
		}
		pool = pool.minus(own[worst])
		in = slices.DeleteFunc(in, func(i int) bool { return i == worst })
	}
	f.Agreement, f.Witness = f.agreementWords(), f.witnessWords()
}

// hold holds each of some agents against the others of them, and returns the one that deviates most; negative
// for none.
func (f *fleet) hold(own []sample, pool sample, in []int, level float64) (worst int) {
	if len(in) < 2 {
		return -1
	}
	tested := f.tested(in)
	found := make([][]held, len(tested))
	for k, i := range tested {
		others := pool.minus(own[i])
		for _, of := range heldAgainst() {
			if h, ok := against(own[i], others, of); ok {
				found[k] = append(found[k], h)
			}
		}
	}
	scatterAlike(found)
	var ps []float64
	for _, hs := range found {
		for _, h := range hs {
			ps = append(ps, h.apart.P())
		}
	}
	for _, i := range in {
		f.Agents[i].Deviations, f.Agents[i].Deviates = nil, ""
	}
	adjusted := stats.Holm(ps)
	worst, most := -1, 0.
	for k, i := range tested {
		a := &f.Agents[i]
		var deviating []string
		far := 0.
		for _, h := range found[k] {
			h.P, adjusted = adjusted[0], adjusted[1:]
			a.Deviations = append(a.Deviations, h.Deviation)
			far += math.Pow(h.apart.Value/h.apart.SE, 2)
			if h.P <= level && h.large {
				deviating = append(deviating, deviationWords(h.Deviation))
			}
		}
		if a.Deviates = words.List(deviating, len(deviating)); a.Deviates != "" && far > most {
			worst, most = i, far
		}
	}
	for _, i := range tested {
		if i != worst {
			f.Agents[i].Deviates = "" // until it is held against the others without the worst
		}
	}
	f.mirror(own, in, tested)
	return worst
}

// mirror shows of two agents of which one was tested against the other how the other stands to it. That is no
// test of its own.
func (f *fleet) mirror(own []sample, in, tested []int) {
	if len(tested) == len(in) {
		return
	}
	is := &f.Agents[tested[0]]
	i := in[0] + in[1] - tested[0]
	for _, d := range is.Deviations {
		if h, ok := against(own[i], own[tested[0]], metric.Keyed(d.Metric)); ok {
			h.P = d.P
			f.Agents[i].Deviations = append(f.Agents[i].Deviations, h.Deviation)
		}
	}
}

// scatterAlike takes the errors of agents for those that agents have on average, where these are greater.
// Agents that are equal scatter alike from one stretch to the next, and one that happened to have no burst
// of slow requests would else seem to be known exactly.
func scatterAlike(found [][]held) {
	for _, of := range heldAgainst() {
		var sum, n float64
		each := func(do func(*held)) {
			for _, hs := range found {
				for k := range hs {
					if hs[k].Metric == of.Key && hs[k].independent > 0 {
						do(&hs[k])
					}
				}
			}
		}
		each(func(h *held) { sum, n = sum+math.Pow(h.apart.SE/h.independent, 2), n+1 })
		each(func(h *held) { h.apart.SE = max(h.apart.SE, h.independent*math.Sqrt(sum/n)) })
	}
}

// tested are the agents to be held against the others. Of two one against the other says all.
func (f *fleet) tested(in []int) []int {
	switch {
	case len(in) != 2:
		return in
	case f.Agents[in[0]].Witness:
		return in[:1]
	}
	return in[1:]
}

// against holds a figure of an agent against that of others; false where there is too little for it.
func against(own, others sample, of metric.Metric) (held, bool) {
	if of == metric.ErrorRate {
		return failuresAgainst(own.failed, others.failed)
	}
	q := of.Quantile
	a, b := sharedTimes(own.times, others.times), sharedTimes(others.times, own.times)
	n, m := a.total(), b.total()
	if fewest := stats.MinSample(q, result.Confidence); n < fewest || m < fewest {
		return held{}, false
	}
	mine, theirs := a.at(quantileRanks([]float64{q}, n))[0], b.at(quantileRanks([]float64{q}, m))[0]
	ownTimes, otherTimes := timing{stretches: own.times}, timing{stretches: others.times}
	apart, independent := ownTimes.below(theirs).Minus(otherTimes.below(theirs))
	if math.IsNaN(apart.P()) || theirs <= 0 {
		return held{}, false
	}
	level, _ := ownTimes.below(mine).Minus(otherTimes.below(theirs))
	half := level.SE * stats.T(result.Confidence, level.DF)
	e := result.Estimate{Value: ratio(mine, theirs) - 1, Lo: result.NoBound, Hi: result.NoBound, Confidence: result.Confidence, N: uint64(n)}
	if lo := q - half; lo > 0 {
		e.Lo = result.Bound(ratio(a.at(quantileRanks([]float64{lo}, n))[0], theirs) - 1)
	}
	if hi := q + half; hi < 1 {
		e.Hi = result.Bound(ratio(a.at(quantileRanks([]float64{hi}, n))[0], theirs) - 1)
	}
	return held{
		Deviation: result.Deviation{Metric: of.Key, Own: milliseconds(mine), Others: milliseconds(theirs), Relative: e},
		apart:     apart, independent: independent,
		large: math.Abs(e.Value) > noteworthyDelay && math.Abs(milliseconds(mine-theirs)) > leastDelayMS,
	}, true
}

// failuresAgainst is [against] of the shares of requests that failed.
func failuresAgainst(own, others stats.Clusters) (held, bool) {
	n, failed := own.Total()
	m, theirs := others.Total()
	apart, independent := own.Minus(others)
	if n == 0 || m == 0 || failed+theirs == 0 || math.IsNaN(apart.P()) {
		return held{}, false
	}
	iv := apart.Interval(result.Confidence)
	e := result.Estimate{Value: apart.Value, Lo: result.Bound(iv.Lo), Hi: result.Bound(iv.Hi), Confidence: result.Confidence, N: uint64(n)}
	return held{
		Deviation: result.Deviation{Metric: metric.ErrorRate.Key, Own: failed / n, Others: theirs / m, Relative: e},
		apart:     apart, independent: independent, large: math.Abs(apart.Value) > badShare,
	}, true
}

// sharedTimes are all times of the stretches in which the other sample has some too.
func sharedTimes(times, beside []bars) bars {
	var sum hist.Sum
	for i, b := range times {
		if len(b) > 0 && len(beside[i]) > 0 {
			sum.Add(hist.Bars(b))
		}
	}
	return bars(sum.Take())
}

// ratio is a ÷ b.
func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
