package analyze

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// assess are the thresholds on every target that they are about, by the interval of its
// rounds together; where the run decides by what was observed, on every leg by itself.
// Without data the answer is never a pass.
func (j *judge) assess(ctx context.Context, legs []*judgedLeg) ([]result.Assessment, error) {
	var out []result.Assessment
	for i, t := range j.thresholds {
		for _, target := range targetsOf(j.run, t) {
			own := slices.DeleteFunc(legsOf(legs, target), func(l *judgedLeg) bool { return !l.counts(t.Metric) })
			switch {
			case len(own) == 0:
				a := j.assessment(i, target)
				out = append(out, undecided(a, result.Gap{Code: result.CodePartialRun, Words: "no leg of " + target + " was run"}))
			case j.run.Decide == runlog.DecideObserved:
				for _, l := range own {
					out = append(out, withdrawIfDelayed(j.byObserved(i, l), j.byObserved(i, l.without), []*judgedLeg{l}))
				}
			default:
				a, err := j.together(ctx, i, own)
				if err != nil {
					return nil, err
				}
				out = append(out, a)
			}
		}
	}
	return out, nil
}

func targetsOf(run *runlog.Run, t threshold.Threshold) []string {
	if t.Target != "" {
		return []string{t.Target}
	}
	var names []string
	for _, target := range run.Targets {
		names = append(names, target.Name)
	}
	return names
}

func legsOf(legs []*judgedLeg, target string) (own []*judgedLeg) {
	for _, l := range legs {
		if l.Target == target {
			own = append(own, l)
		}
	}
	return own
}

// assessment is that of a threshold, by its index, before it is judged.
func (j *judge) assessment(i int, target string) result.Assessment {
	return result.Assessment{Threshold: strings.TrimSpace(j.run.Thresholds[i]), Target: target, Unit: j.thresholds[i].Metric.Unit}
}

func undecided(a result.Assessment, missing result.Gap) result.Assessment {
	a.Verdict, a.Code, a.Words = result.Inconclusive, missing.Code, missing.Words
	return a
}

// together judges a threshold, by its index, over all legs of a target.
func (j *judge) together(ctx context.Context, i int, legs []*judgedLeg) (result.Assessment, error) {
	target := legs[0].Target
	f, err := j.overRounds(ctx, i, legs)
	if err != nil {
		return result.Assessment{}, err
	}
	without, err := j.overRounds(ctx, i, withoutDelays(legs))
	return withdrawIfDelayed(j.byInterval(i, target, f), j.byInterval(i, target, without), legs), err
}

// figures are what the thresholds ask of a leg.
func (j *judge) figures(l *judgedLeg, open bool) []figure {
	out := make([]figure, len(j.thresholds))
	for i, t := range j.thresholds {
		e, missing := l.ofRequest(t.Request).observe(t, open)
		out[i] = figure{Estimate: judged(e, t), missing: missing}
		if of := t.Metric; l.Reconcile != nil && (of == metric.Lost || of == metric.Extra) {
			out[i].hidden = result.Gap{Code: l.Reconcile.Open(), Words: l.Reconcile.Words}
		}
	}
	return out
}

// byInterval judges a threshold by all that its figure may be: it is met if every value
// in the interval holds, not met if none does, and open otherwise.
func (j *judge) byInterval(i int, target string, f figure) result.Assessment {
	t, a := j.thresholds[i], j.assessment(i, target)
	a.Rounds = f.roundsOrNone()
	if f.missing.Code != "" && f.N == 0 {
		return undecided(a, f.missing)
	}
	a.Observed = f.Estimate
	shown := f.words(t)
	switch iv := f.Interval(); {
	case t.Within(iv.Lo, iv.Hi):
		a.Verdict, a.Words, a.Observed.Warnings = result.Pass, shown, nil // an open end decides nothing
	case t.Beyond(iv.Lo, iv.Hi):
		a.Verdict, a.Code, a.Words, a.Observed.Warnings = result.Fail, result.NotMet(t.Metric, result.CodeThresholdNotMet), shown, nil
	case f.missing.Code != "":
		return undecided(a, f.missing)
	case j.run.Decide == runlog.DecideUnasked && f.hidden.Code == "" && t.Holds(f.Value):
		a.Verdict, a.ByInterval, a.Words = result.Pass, result.Inconclusive, shown+"; "+f.open(t).Words
	default:
		open := f.open(t)
		a.Verdict, a.Code, a.Words = result.Inconclusive, open.Code, shown+": "+open.Words
	}
	return a
}

// byObserved judges a threshold by the figure of one leg, as a reader would expect of
// "p95 < 500ms", and says beside it what the interval would have.
func (j *judge) byObserved(i int, l *judgedLeg) result.Assessment {
	t, f := j.thresholds[i], l.figures[i]
	a := j.byInterval(i, l.Target, f)
	a.Round, a.Rounds = l.Round, l.Rounds
	if f.missing.Code != "" {
		return undecided(a, f.missing)
	}
	a.ByInterval = a.Verdict
	a.Words, a.Code = f.words(t), ""
	if a.Verdict = result.Pass; !t.Holds(f.Value) {
		a.Verdict, a.Code = result.Fail, result.NotMet(t.Metric, result.CodeThresholdNotMet)
	}
	if a.ByInterval != a.Verdict {
		a.Words += fmt.Sprintf("; this says what happened, and its interval is %s of what would happen again", a.ByInterval)
	}
	return a
}

// words say the figure with its interval: "p95 was 31 ms (28 ms to 45 ms) over 10 rounds".
func (f figure) words(t threshold.Threshold) string {
	of := t.Metric
	text := fmt.Sprintf("%s was %s", t.Called(), of.Unit.Say(f.Value))
	if f.Lo != f.Hi && (f.Lo.Finite() || f.Hi.Finite()) {
		text += fmt.Sprintf(" (%s)", result.Span(f.Lo, f.Hi, of.Unit.Say))
	}
	switch {
	case f.round > 0 && f.rounds > 1:
		text += fmt.Sprintf(" in round %d, the worst of %d", f.round, f.rounds)
	case f.round > 0:
		text += fmt.Sprintf(" in round %d", f.round)
	case f.rounds > 1:
		text += " over " + words.Counted(f.rounds, "round")
	}
	return text
}

// observe is the metric of the leg in its unit, or what is missing.
func (l *judgedLeg) observe(t threshold.Threshold, open bool) (e result.Estimate, missing result.Gap) {
	if t.Metric == metric.Outage {
		return l.observeOutage()
	}
	if t.Metric.Unit.Class() == metric.Times {
		return l.observeTime(t, open)
	}
	n := result.Ended(l.Outcomes)
	exact := func(v float64, n uint64) result.Estimate {
		return result.Estimate{Value: v, Lo: result.Bound(v), Hi: result.Bound(v), N: n}
	}
	switch t.Metric {
	case metric.ErrorRate:
		e = l.ErrorRate
		e.Value = float64(l.Outcomes.Failed()) / float64(max(n, 1)) // as exact as the threshold
	case metric.Rate:
		e = l.Rate(metric.Rate)
	case metric.Successes:
		e = l.Rate(metric.Successes)
	case metric.Dropped:
		n = l.Planned
		e = exact(float64(l.Dropped), n)
	case metric.Skipped:
		n = l.Planned
		e = exact(float64(l.Skipped), n)
	case metric.Lost, metric.Extra:
		return l.observeRows(t.Metric)
	case metric.Hosts, metric.MaxDeviation:
		return l.observeSpread(t.Metric)
	}
	rate := t.Metric.Unit.Class() == metric.Rates
	if length, _ := l.flow.ended.seconds.Total(); rate && length <= 0 && l.Answered() {
		return result.Estimate{}, result.Gap{Code: result.CodeEmptySample, Words: "no second of load is left to tell"}
	}
	// Of a part of what was answered, that nothing was is its rate.
	if n == 0 && !(l.Answered() && rate) {
		return result.Estimate{}, result.Gap{Code: result.CodeEmptySample, Words: "no request came to an end"}
	}
	return e, result.Gap{}
}

func (l *judgedLeg) observeOutage() (result.Estimate, result.Gap) {
	n := result.Ended(l.Outcomes)
	if l.Outage == nil || n == 0 {
		return result.Estimate{}, result.Gap{Code: result.CodeEmptySample, Words: "no request came to an end"}
	}
	ms := 1000 * l.Outage.LongestS
	return result.Estimate{Value: ms, Lo: result.Bound(ms), Hi: result.Bound(ms), N: n}, result.Gap{}
}

func (l *judgedLeg) observeTime(t threshold.Threshold, open bool) (result.Estimate, result.Gap) {
	tag := clockTag(t, open)
	times := l.times.timing(tag)
	n := uint64(times.n)
	if n == 0 {
		return result.Estimate{}, result.Gap{Code: result.CodeEmptySample, Words: "no request was answered or timed out"}
	}
	switch t.Metric {
	case metric.Mean:
		return l.times.meanEstimate(tag), result.Gap{}
	case metric.Min:
		v := milliseconds(times.min)
		return result.Estimate{Value: v, Lo: result.Bound(v), Hi: result.Bound(v), N: n}, result.Gap{}
	case metric.Max:
		v := milliseconds(times.max)
		return result.Estimate{Value: v, Lo: result.Bound(v), Hi: result.Bound(v), N: n}, result.Gap{}
	}
	return l.times.percentile(tag, t.Metric), result.Gap{}
}

func (l *judgedLeg) observeRows(m metric.Metric) (result.Estimate, result.Gap) {
	r := l.Reconcile
	switch gap := r.Gap(); {
	case gap.Code != "":
		return result.Estimate{}, gap
	case r.Successes == 0:
		return result.Estimate{}, result.Gap{Code: result.CodeEmptySample, Words: "no answer claimed a write"}
	}
	return r.Range(m), result.Gap{}
}

func (l *judgedLeg) observeSpread(m metric.Metric) (result.Estimate, result.Gap) {
	s := l.Spread
	byAnswers := s != nil && s.Of == result.OfAnswers
	switch gap := l.Reconcile.Gap(); {
	case !byAnswers && gap.Code != "":
		return result.Estimate{}, gap
	case s == nil:
		return result.Estimate{}, result.NoLedger
	case !byAnswers && l.Reconcile.Open() == result.CodeRowsMixed:
		return result.Estimate{}, result.Gap{Code: result.CodeRowsMixed, Words: l.Reconcile.Words}
	case s.Verdict == result.SpreadNothing:
		return result.Estimate{}, result.Gap{Code: result.CodeEmptySample, Words: s.Words}
	}
	n := uint64(math.Round(s.Units))
	if m == metric.Hosts {
		v := float64(s.Hosts)
		return result.Estimate{Value: v, Lo: result.Bound(v), Hi: result.Bound(v), N: n}, result.Gap{}
	}
	return result.Estimate{Value: s.MaxDeviation, Lo: result.Bound(s.MaxDeviationLo), Hi: result.Bound(s.MaxDeviationHi),
		Confidence: result.Confidence, N: n}, result.Gap{}
}
