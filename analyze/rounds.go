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
// rounds or, without any, those with answers.
func pools(ctx context.Context, legs []*judgedLeg, tag string) ([]result.Pool, error) {
	for _, ok := range []func(*result.Leg) bool{(*result.Leg).Sound, (*result.Leg).Answered} {
		byTarget := complete(legs, ok)
		if len(byTarget) == 0 || len(byTarget[0]) == 0 {
			continue
		}
		if len(byTarget[0]) == 1 {
			return nil, nil
		}
		out := make([]result.Pool, len(byTarget))
		for i, legs := range byTarget {
			var err error
			if out[i], err = pool(ctx, legs, tag); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, nil
}

// complete divides by target the legs of the rounds in which every target has a leg
// for which ok holds.
func complete(legs []*judgedLeg, ok func(*result.Leg) bool) [][]*judgedLeg {
	var targets []string
	had := map[int]int{}
	for _, l := range legs {
		if !slices.Contains(targets, l.Target) {
			targets = append(targets, l.Target)
		}
		if ok(&l.Leg) {
			had[l.Round]++
		}
	}
	out := make([][]*judgedLeg, len(targets))
	for _, l := range legs {
		if had[l.Round] == len(targets) {
			i := slices.Index(targets, l.Target)
			out[i] = append(out[i], l)
		}
	}
	return out
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
