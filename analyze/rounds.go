package analyze

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/swarm"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// pools takes each target's complete rounds together, where there are several; sound
// rounds or, without any, those with answers. A target that has more such rounds than are complete
// has a pool of all its own too, for its figures alone: thresholds are judged by these.
func pools(ctx context.Context, legs []*judgedLeg, tag string) (out []result.Pool, err error) {
	own := byTarget(legs)
	for _, of := range completeRounds(own) {
		p, err := pool(ctx, of, tag)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	for _, of := range own {
		of = sound(of)
		pooled := slices.ContainsFunc(out, func(p result.Pool) bool { return p.Target == of[0].Target && p.Rounds == len(of) })
		if pooled || len(of) < 2 || !of[0].Answered() {
			continue
		}
		p, err := pool(ctx, of, tag)
		if err != nil {
			return nil, err
		}
		p.Hosts, p.Spread = nil, nil
		out = append(out, p)
	}
	return out, nil
}

// byTarget divides legs by their targets.
func byTarget(legs []*judgedLeg) (all [][]*judgedLeg) {
	for _, l := range legs {
		i := slices.IndexFunc(all, func(of []*judgedLeg) bool { return of[0].Target == l.Target })
		if i < 0 {
			i, all = len(all), append(all, nil)
		}
		all[i] = append(all[i], l)
	}
	return all
}

// completeRounds are the legs by target of the rounds in which every target came to its end or, without
// any, has answers; none where these are fewer than two.
func completeRounds(own [][]*judgedLeg) [][]*judgedLeg {
	for _, ok := range []func(*result.Leg) bool{(*result.Leg).Sound, (*result.Leg).Answered} {
		had := map[int]int{}
		for _, l := range slices.Concat(own...) {
			if ok(&l.Leg) {
				had[l.Round]++
			}
		}
		var out [][]*judgedLeg
		for _, of := range own {
			whole := slices.DeleteFunc(slices.Clone(of), func(l *judgedLeg) bool { return had[l.Round] < len(own) })
			if len(whole) > 0 {
				out = append(out, whole)
			}
		}
		if len(out) > 0 {
			if len(out[0]) < 2 {
				return nil
			}
			return out
		}
	}
	return nil
}

// pool takes legs together.
func pool(ctx context.Context, legs []*judgedLeg, tag string) (p result.Pool, err error) {
	p = result.Pool{Target: legs[0].Target, Rounds: len(legs)}
	flows := make([]flow, len(legs))
	for i, l := range legs {
		flows[i] = l.flow
	}
	p.Rates = rates(flows...)
	if d, ok := divisionOfRounds(legs); ok && !legs[0].scaled { // each round has hosts of its own
		if p.Hosts, p.Spread = d.hosts, spread(d); slices.ContainsFunc(legs, changed) {
			p.Spread = worstSpread(legs)
		}
		for _, l := range legs {
			swarm.Name(p.Hosts, l.Cluster)
		}
		amongOthers(p.Spread, legs...)
	}
	stood := slices.ContainsFunc(legs, func(l *judgedLeg) bool { return len(l.disturbed) > 0 })
	if p.Times, err = pooledLatency(ctx, legs, tag); err != nil {
		return p, err
	}
	if tag == runlog.TagResponse || stood {
		times, err := pooledLatency(ctx, undisturbedLegs(legs), runlog.TagService)
		if err != nil {
			return p, err
		}
		p.Undelayed = &times
	}
	if len(legs[0].Requests) > 0 {
		p.Requests, err = poolRequests(ctx, legs, tag, stood)
	}
	return p, err
}

// changed reports that tasks of the cluster began or ended during a leg: then its rows and those of
// other rounds are not together those of one set of hosts.
func changed(l *judgedLeg) bool {
	return l.Spread != nil && (len(l.Spread.Stretches) > 0 || l.Spread.Verdict == result.SpreadChanged)
}

// worstSpread is that of the round which divided its work worst.
func worstSpread(legs []*judgedLeg) *result.Spread {
	worst := legs[0]
	for _, l := range legs[1:] {
		if badness(l.Spread) > badness(worst.Spread) {
			worst = l
		}
	}
	out := *worst.Spread
	out.Words = fmt.Sprintf("round %d: %s", worst.Round, out.Words)
	return &out
}

func pooledLatency(ctx context.Context, legs []*judgedLeg, tag string) (result.Latency, error) {
	all, err := pooledTimes(ctx, legs, []string{tag})
	if err != nil {
		return result.Latency{}, err
	}
	return all.latency(tag), nil
}

// pooledTimes are the times of legs together, by tag, for their standard quantiles and more. It
// reads the legs again, twice, one by one: the percentiles of all must be known before it
// can be counted how many requests of each stretch lie below them.
func pooledTimes(ctx context.Context, legs []*judgedLeg, tags []string, more ...float64) (measured, error) {
	wholes := map[string]*hist.Histogram{}
	for _, tag := range tags {
		wholes[tag] = hist.NewSparse()
	}
	err := eachTimes(ctx, legs, tags, func(tag string, t *timing) { wholes[tag].Add(hist.Bars(t.bars)) })
	if err != nil {
		return nil, err
	}
	all, edges := measured{}, map[string][]time.Duration{}
	quantiles := slices.Concat(standardQuantiles(), more)
	slices.Sort(quantiles)
	for tag, whole := range wholes {
		t := &timing{shape: legs[0].shape}
		t.describe(whole)
		all[tag], edges[tag] = t, t.bars.at(quantileRanks(quantiles, t.n))
	}
	err = eachTimes(ctx, legs, tags, func(tag string, t *timing) {
		of := all[tag]
		for i, s := range t.stretches {
			of.stretches = append(of.stretches, s.upTo(edges[tag]))
			of.sums.Size, of.sums.Sum = append(of.sums.Size, t.sums.Size[i]), append(of.sums.Sum, t.sums.Sum[i])
		}
	})
	return all, err
}

// eachTimes reads the times of one leg after the other.
func eachTimes(ctx context.Context, legs []*judgedLeg, tags []string, visit func(tag string, t *timing)) error {
	for _, l := range legs {
		m, err := measure(ctx, l.record, l.length, l.shape, nil, tags...)
		if err != nil {
			return err
		}
		for _, tag := range tags {
			t := m.timing(tag)
			if l.undisturbed {
				t = t.without(l.disturbed, l.length)
			}
			visit(tag, t)
		}
	}
	return nil
}
