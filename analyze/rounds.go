package analyze

import (
	"context"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
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

// pool takes legs together. It reads them again, twice, one by one: the percentiles of
// all must be known before it can be counted how many requests of each stretch lie below
// them.
func pool(ctx context.Context, legs []*judgedLeg, tag string) (result.Pool, error) {
	p := result.Pool{Target: legs[0].Target, Rounds: len(legs)}
	flows := make([]flow, len(legs))
	for i, l := range legs {
		flows[i] = l.flow
	}
	p.Rates = rates(flows...)
	whole := hist.NewSparse()
	err := eachTimes(ctx, legs, tag, func(t *timing) { whole.Add(hist.Bars(t.bars)) })
	if err != nil {
		return p, err
	}
	all := &timing{}
	all.describe(whole)
	edges := all.bars.at(quantileRanks(standardQuantiles(), all.n))
	err = eachTimes(ctx, legs, tag, func(t *timing) {
		for i, s := range t.stretches {
			all.stretches = append(all.stretches, s.upTo(edges))
			all.sums.Size, all.sums.Sum = append(all.sums.Size, t.sums.Size[i]), append(all.sums.Sum, t.sums.Sum[i])
		}
	})
	p.Times = measured{tag: all}.latency(tag)
	return p, err
}

// eachTimes reads the times of one leg after the other.
func eachTimes(ctx context.Context, legs []*judgedLeg, tag string, visit func(*timing)) error {
	for _, l := range legs {
		m, err := measure(ctx, l.record, l.length, nil, tag)
		if err != nil {
			return err
		}
		visit(m.timing(tag))
	}
	return nil
}

// flow is what came out of a leg, as rates need it.
type flow struct {
	lasted float64 // seconds
	ended  tally
	ok     tally
}

// tally counts events: all of them, and those of each whole second.
type tally struct {
	total uint64
	whole []float64
}

func flowOf(rec *runlog.Record) flow {
	f := flow{lasted: duration(rec)}
	for _, s := range rec.Seconds {
		whole := float64(s.T+1) <= f.lasted // the last second is shorter
		f.ended.add(result.Ended(s.Outcomes), whole)
		f.ok.add(s.Success, whole)
	}
	return f
}

func (t *tally) add(events uint64, whole bool) {
	t.total += events
	if whole {
		t.whole = append(t.whole, float64(events))
	}
}

// rates are the requests ended and the successes per second of the legs' duration. What
// whole seconds show of their error encloses them.
func rates(legs ...flow) map[string]result.Estimate {
	of := func(events func(flow) tally) result.Estimate {
		var c stats.Clusters
		var total uint64
		var lasted float64
		for _, f := range legs {
			lasted += f.lasted
			t := events(f)
			total += t.total
			for _, n := range t.whole {
				c.Size, c.Sum = append(c.Size, 1), append(c.Sum, n)
			}
		}
		e := result.Unbounded(0, total)
		if lasted > 0 {
			e.Value = float64(total) / lasted
		}
		mean, se, df := c.Ratio()
		iv := stats.Mean{Value: mean, SE: se, DF: df}.Interval(result.Confidence)
		if whole := iv.Hi - iv.Lo; mean > 0 && !math.IsInf(whole, 0) {
			e.Lo, e.Hi = result.Bound(max(0, iv.Lo/mean*e.Value)), result.Bound(iv.Hi/mean*e.Value)
			e.Confidence = result.Confidence
		}
		return e
	}
	return map[string]result.Estimate{
		metric.Rate.Name:      of(func(f flow) tally { return f.ended }),
		metric.Successes.Name: of(func(f flow) tally { return f.ok }),
	}
}
