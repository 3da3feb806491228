package analyze

import (
	"context"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// Pool is a target's legs of several rounds taken together, as if they were one: for
// runs of too few rounds to be compared round by round. Only rounds in which every
// target came to its end are in it.
type Pool struct {
	Target string `json:"target"`
	Rounds int    `json:"rounds"`
	// Times are by the run's own measure, in milliseconds.
	Times Latency `json:"times_ms"`
	// Rates are keyed rate_rps and success_rps.
	Rates map[string]Estimate `json:"rates"`
}

// alone is a leg as a pool of one.
func (a *Analysis) alone(l *Leg) *Pool {
	p := &Pool{Target: l.Target, Rounds: 1, Times: a.Measured(l), Rates: l.Rates}
	if p.Rates == nil {
		n := ended(l.Outcomes)
		p.Rates = map[string]Estimate{metric.Rate.Name: unbounded(l.RateRPS, n), metric.Successes.Name: unbounded(l.SuccessRPS, n)}
	}
	return p
}

// unbounded is a figure without an interval.
func unbounded(value float64, n uint64) Estimate {
	return Estimate{Value: value, Lo: Bound(math.NaN()), Hi: Bound(math.NaN()), N: n}
}

// figure reads a metric that is compared by its ratio: a time or a rate.
type figure struct{ metric.Metric }

func (f figure) of(p *Pool) Estimate {
	if f.Unit.Class() == metric.Rates {
		return p.Rates[f.Name]
	}
	if e, ok := p.Times.Intervals[f.Name]; ok {
		return e
	}
	return unbounded(p.Times.At(f.Metric), p.Times.N)
}

// figureOf is the figure of a metric; false for those that are compared by difference,
// and those that no summary keeps.
func figureOf(m metric.Metric) (figure, bool) { return figure{m}, m.Kept && !m.Difference() }

// Targets are the names of the targets in the order of their first leg.
func (a *Analysis) Targets() []string {
	var names []string
	for i := range a.Legs {
		if !slices.Contains(names, a.Legs[i].Target) {
			names = append(names, a.Legs[i].Target)
		}
	}
	return names
}

// LastRound is the number of the last round, 0 without legs.
func (a *Analysis) LastRound() int {
	last := 0
	for i := range a.Legs {
		last = max(last, a.Legs[i].Round)
	}
	return last
}

// legsOf are the target's legs for which ok holds, in the order of their rounds.
func (a *Analysis) legsOf(target string, ok func(*Leg) bool) []*Leg {
	var legs []*Leg
	for i := range a.Legs {
		if l := &a.Legs[i]; l.Target == target && ok(l) {
			legs = append(legs, l)
		}
	}
	slices.SortStableFunc(legs, func(a, b *Leg) int { return a.Round - b.Round })
	return legs
}

// fault says why a leg is not compared with others, "" when it is.
func (l *Leg) fault() string {
	switch {
	case !l.answered():
		return "had no request that came to an end"
	case !l.Complete:
		return "did not come to its end"
	case l.Stopped != "":
		return "did not come to its end: " + l.Stopped
	case l.Generator.Limited:
		return "was limited by the generator"
	}
	return ""
}

// usedLegs are the target's legs that are compared with others, by round.
func usedLegs(p Pick) []*Leg { return p.Run.legsOf(p.Target, (*Leg).sound) }

func (l *Leg) sound() bool    { return l.fault() == "" }
func (l *Leg) answered() bool { return ended(l.Outcomes) > 0 }

// pools takes each target's complete rounds together, where there are several; sound
// rounds or, without any, those with answers.
func pools(ctx context.Context, legs []*judgedLeg, tag string) ([]Pool, error) {
	for _, ok := range []func(*Leg) bool{(*Leg).sound, (*Leg).answered} {
		byTarget := complete(legs, ok)
		if len(byTarget) == 0 || len(byTarget[0]) == 0 {
			continue
		}
		if len(byTarget[0]) == 1 {
			return nil, nil
		}
		out := make([]Pool, len(byTarget))
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
func complete(legs []*judgedLeg, ok func(*Leg) bool) [][]*judgedLeg {
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
func pool(ctx context.Context, legs []*judgedLeg, tag string) (Pool, error) {
	p := Pool{Target: legs[0].Target, Rounds: len(legs)}
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
		f.ended.add(ended(s.Outcomes), whole)
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
func rates(legs ...flow) map[string]Estimate {
	of := func(events func(flow) tally) Estimate {
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
		e := unbounded(0, total)
		if lasted > 0 {
			e.Value = float64(total) / lasted
		}
		mean, se, df := c.Ratio()
		iv := stats.Mean{Value: mean, SE: se, DF: df}.Interval(confidence)
		if whole := iv.Hi - iv.Lo; mean > 0 && !math.IsInf(whole, 0) {
			e.Lo, e.Hi = Bound(max(0, iv.Lo/mean*e.Value)), Bound(iv.Hi/mean*e.Value)
			e.Confidence = confidence
		}
		return e
	}
	return map[string]Estimate{
		metric.Rate.Name:      of(func(f flow) tally { return f.ended }),
		metric.Successes.Name: of(func(f flow) tally { return f.ok }),
	}
}
