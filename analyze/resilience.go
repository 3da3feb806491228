package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/runlog"
)

const (
	// steadySeconds is how many seconds before a fault, and at the end of its window, are the
	// steady state; leastSteady how few are enough to compare.
	steadySeconds = 5
	leastSteady   = 2
	// sameRate is the share of the rate before that the rate after must be shown to miss, for
	// the service not to have recovered: a smaller difference is what a busy machine makes.
	sameRate = 0.9
	// slowFactor is how many times the p95 of the steady state makes a second slow.
	slowFactor = 2
)

// resilience is what each fault of a leg did to its callers; nil for a leg without faults.
func resilience(rec *runlog.Record, l *judgedLeg, thresholds []threshold.Threshold) []result.Resilience {
	var out []result.Resilience
	ready := true
	for _, e := range rec.Events {
		if e.Kind != runlog.EventFault {
			continue
		}
		ready = ready && e.Attrs[runlog.AttrReady] != "no"
		if e.Attrs[runlog.AttrDoes] != "" {
			out = append(out, result.Resilience{Fault: e.Attrs[runlog.AttrFault], What: e.Text, Task: e.Attrs[runlog.AttrTask], Node: e.Attrs[runlog.AttrNode], Host: e.Attrs[runlog.AttrHost], AtS: e.At, ToS: l.LoadS, Failure: e.Attrs[runlog.AttrError]})
		}
	}
	slices.SortStableFunc(out, func(a, b result.Resilience) int { return cmp.Compare(a.AtS, b.AtS) })
	for i := range out {
		if i+1 < len(out) {
			out[i].ToS = out[i+1].AtS
		}
		if out[i].Failure == "" {
			w := faultWindow{Resilience: &out[i], seconds: rec.Seconds, first: rec.FirstAnswer, ready: ready && i == 0}
			w.fill(l)
			if len(out) == 1 && l.Reconcile != nil {
				lost, doubled := l.Reconcile.Range(metric.Lost), l.Reconcile.Range(metric.Extra)
				out[i].Lost, out[i].Doubled = &lost, &doubled
			}
			out[i].Budget = budget(out[i].Failed, l, thresholds)
		}
	}
	return out
}

// budget is the share of a leg's allowed failures that so many are; nil where nothing says how
// many are allowed.
func budget(failed uint64, l *judgedLeg, thresholds []threshold.Threshold) *float64 {
	for _, t := range thresholds {
		if t.Metric == metric.ErrorRate && (t.Target == "" || t.Target == l.Target) && (t.Op == "<" || t.Op == "<=") && t.Value > 0 {
			spent := float64(failed) / (t.Value * float64(max(1, result.Ended(l.Outcomes))))
			return &spent
		}
	}
	return nil
}

// faultWindow is the time from a fault to the next one, or to the end of the load.
type faultWindow struct {
	*result.Resilience
	seconds []runlog.Second
	first   map[string]int // the second in which each host answered first
	ready   bool           // the service ran in full before
}

func (w *faultWindow) fill(l *judgedLeg) {
	before := w.whole(w.AtS-steadySeconds, w.AtS)
	after := w.whole(max(w.AtS+1, w.ToS-steadySeconds), w.ToS)
	w.Before, w.After = successRate(before), successRate(after)
	w.failures()
	w.slow(l.Series)
	if l.Cluster != nil {
		w.tasks(l.Cluster)
	}
	w.full(before)
	w.Verdict, w.Why = w.verdict(after)
}

// whole are the seconds that lie between two instants, but for the first of the leg, which is
// slower than the others.
func (w *faultWindow) whole(from, to float64) []runlog.Second {
	var out []runlog.Second
	for _, s := range w.seconds {
		if s.T > 0 && float64(s.T) >= from && float64(s.T+1) <= to {
			out = append(out, s)
		}
	}
	return out
}

// successRate is the successes per second; nil for too few seconds.
func successRate(seconds []runlog.Second) *result.Estimate {
	if len(seconds) < leastSteady {
		return nil
	}
	t := tally{}
	for _, s := range seconds {
		t.seconds.Size, t.seconds.Sum = append(t.seconds.Size, 1), append(t.seconds.Sum, float64(s.Success))
	}
	e := rate([]tally{t})
	return &e
}

// within are the seconds of which a part lies in the window.
func (w *faultWindow) within() []runlog.Second {
	var out []runlog.Second
	for _, s := range w.seconds {
		if float64(s.T+1) > w.AtS && float64(s.T) < w.ToS {
			out = append(out, s)
		}
	}
	return out
}

// since is an instant of the leg as a time since the fault.
func (w *faultWindow) since(at float64) *float64 {
	after := max(0, at-w.AtS)
	return &after
}

func (w *faultWindow) failures() {
	for _, s := range w.within() {
		failed := s.Failed()
		w.Failed += failed
		w.Unknown += s.Timeout + s.Network + s.Cut
		w.Ended += result.Ended(s.Outcomes)
		if failed == 0 {
			continue
		}
		if w.FirstFailureS == nil {
			w.FirstFailureS = w.since(float64(s.T))
		}
		w.LastFailureS = w.since(float64(s.T + 1))
	}
}

// slow counts the slow seconds.
func (w *faultWindow) slow(points []result.Point) {
	var before []float64
	for _, p := range points {
		if begins := p.Begins(); begins > 0 && begins >= w.AtS-steadySeconds && p.T <= w.AtS && p.N > 0 {
			before = append(before, p.P95)
		}
	}
	if len(before) < leastSteady {
		return
	}
	slices.Sort(before)
	limit, slow := slowFactor*before[len(before)/2], 0
	for _, p := range points {
		if p.T > w.AtS && p.Begins() < w.ToS && p.N > 0 && p.P95 > limit {
			slow++
		}
	}
	w.SlowSeconds = &slow
}

// tasks says when tasks ended and others ran, and when these had all answered somebody.
func (w *faultWindow) tasks(c *result.Cluster) {
	for _, t := range c.Tasks {
		if in := t.EndedS; in != nil && *in >= w.AtS && *in < w.ToS && (w.EndedS == nil || *in-w.AtS < *w.EndedS) {
			w.EndedS = w.since(*in)
		}
	}
	answered, all := 0.0, true
	for _, t := range c.Tasks {
		if in := t.StartedS; in == nil || *in < w.AtS || *in >= w.ToS {
			continue
		}
		if w.ReplacedS == nil || *t.StartedS-w.AtS > *w.ReplacedS {
			w.ReplacedS = w.since(*t.StartedS)
		}
		first, came := w.first[t.Host]
		all = all && came
		answered = max(answered, float64(first+1))
	}
	if w.ReplacedS != nil && all {
		w.FirstAnswerS = w.since(answered)
	}
}

// full finds the end of the first second since which as many hosts answer as before.
func (w *faultWindow) full(before []runlog.Second) {
	wanted := 0
	for _, s := range before {
		wanted = max(wanted, s.Hosts)
	}
	if wanted == 0 {
		return
	}
	since, whole := 0.0, w.whole(math.Floor(w.AtS), w.ToS)
	for i, s := range whole {
		if s.Hosts < wanted {
			if i == len(whole)-1 {
				return // not within the window
			}
			since = *w.since(float64(s.T + 2))
		}
	}
	if len(whole) > 0 {
		w.FullS = &since
	}
}

// verdict judges the hypothesis.
func (w *faultWindow) verdict(after []runlog.Second) (result.ResilienceVerdict, string) {
	failed := uint64(0)
	for _, s := range after {
		failed += s.Failed()
	}
	ratio := math.Inf(1)
	if w.Before != nil && w.After != nil {
		of := func(e *result.Estimate) stats.Interval {
			return stats.Interval{Value: e.Value, Lo: float64(e.Lo), Hi: float64(e.Hi)}
		}
		ratio = stats.Ratio(of(w.After), of(w.Before)).Hi
	}
	named := slices.ContainsFunc(w.seconds, func(s runlog.Second) bool { return s.Hosts > 0 })
	switch {
	case w.Before == nil:
		return result.NotTold, fmt.Sprintf("fewer than %d whole seconds before it", leastSteady)
	case !w.ready:
		return result.NotTold, "there was no steady state before it"
	case w.After == nil:
		return result.NotTold, fmt.Sprintf("fewer than %d whole seconds after it", leastSteady)
	case failed > 0:
		return result.NotRecovered, fmt.Sprintf("requests still fail in the last %d s", len(after))
	case named && w.FullS == nil:
		return result.NotRecovered, "fewer hosts answer than before"
	case w.After.Value == 0 || ratio < sameRate:
		return result.NotRecovered, "fewer requests succeed per second than before"
	}
	return result.Recovered, ""
}
