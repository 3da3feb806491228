package analyze

import (
	"math"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
)

// loaded is for how long load was put on, in seconds: the plan's duration, or until the leg
// was stopped. Of a leg without end it is what its timeline knows of the plan.
func loaded(rec *runlog.Record, load runlog.Load) float64 {
	s := duration(rec)
	if load.DurationS > 0 {
		s = min(s, load.DurationS)
	}
	for _, e := range rec.Events {
		if (e.Kind == runlog.EventAbort || e.Kind == runlog.EventInterrupt) && e.At > 0 {
			s = min(s, e.At)
		}
	}
	return s
}

// flow is what came out of a leg, as rates need it.
type flow struct{ ended, succeeded tally }

// tally counts events: those of each second in which load was put on, the last perhaps of
// a part of a second, and the drained ones, which came after.
type tally struct {
	seconds stats.Clusters
	drained uint64
}

func flowOf(rec *runlog.Record, loaded float64, planned bool) flow {
	var f flow
	f.ended.seconds.Planned, f.succeeded.seconds.Planned = planned, planned
	next := 0
	for _, s := range rec.Seconds {
		length := min(1, loaded-float64(s.T))
		all, drained := s.Outcomes, drainedOf(s, length)
		f.ended.add(length, result.Ended(all), result.Ended(drained))
		f.succeeded.add(length, all.Success, drained.Success)
		next = s.T + 1
	}
	// The last request of an open load may have been answered before the plan's end.
	for ; rec.Complete && float64(next) < loaded; next++ {
		length := min(1, loaded-float64(next))
		f.ended.add(length, 0, 0)
		f.succeeded.add(length, 0, 0)
	}
	return f
}

// drainedOf is what of a second ended after the load, of which the second had so much. Runs
// from before that was kept know it of whole seconds only.
func drainedOf(s runlog.Second, length float64) runlog.Outcomes {
	switch {
	case s.Drained != nil:
		return *s.Drained
	case length <= 0:
		return s.Outcomes
	}
	return runlog.Outcomes{}
}

// add counts the events of a second, of which length seconds had load. A request that
// ended in time but was read later is of the last second with load.
func (t *tally) add(length float64, all, drained uint64) {
	drained = min(drained, all)
	t.drained += drained
	within := float64(all - drained)
	if n := len(t.seconds.Sum); length > 0 {
		t.seconds.Size, t.seconds.Sum = append(t.seconds.Size, length), append(t.seconds.Sum, within)
	} else if n > 0 {
		t.seconds.Sum[n-1] += within
	}
}

// rates are the requests that ended and those that succeeded while load was put on, per
// second of that time, in all the legs together.
func rates(legs ...flow) map[string]result.Estimate {
	ended, succeeded := make([]tally, len(legs)), make([]tally, len(legs))
	for i, f := range legs {
		ended[i], succeeded[i] = f.ended, f.succeeded
	}
	return map[string]result.Estimate{metric.Rate.Name: rate(ended), metric.Successes.Name: rate(succeeded)}
}

// rate is the mean of the seconds with load, and their scatter encloses it. The upper end
// reaches at least to where the drained events would lift it: they were under way in that
// time, and in part they are its work.
func rate(legs []tally) result.Estimate {
	var c stats.Clusters
	var drained uint64
	for _, t := range legs {
		c.Size, c.Sum = append(c.Size, t.seconds.Size...), append(c.Sum, t.seconds.Sum...)
		drained += t.drained
		c.Planned = c.Planned || t.seconds.Planned
	}
	length, events := c.Total()
	e := result.Unbounded(0, uint64(events)+drained)
	if length <= 0 {
		return e
	}
	e.Value = events / length
	if len(c.Size) < 2 {
		e.Warnings = []string{"one second of load does not show how seconds differ"}
		return e
	}
	iv := meanRate(c).Interval(result.Confidence)
	e.Lo, e.Hi = result.Bound(max(0, iv.Lo)), result.Bound(max(iv.Hi, (events+float64(drained))/length))
	e.Confidence = result.Confidence
	return e
}

// meanRate is the mean of seconds with its error. Too few to be seen to depend on one
// another are taken as independent; the leg's warning says so.
func meanRate(c stats.Clusters) stats.Mean {
	value, se, df := c.Ratio()
	if df > 0 {
		return stats.Mean{Value: value, SE: se, DF: df}
	}
	length, events := c.Total()
	k, squares := float64(len(c.Size)), 0.0
	for i := range c.Size {
		r := c.Sum[i] - events/length*c.Size[i]
		squares += r * r
	}
	return stats.Mean{Value: events / length, SE: math.Sqrt(k/(k-1)*squares) / length, DF: k - 1}
}
