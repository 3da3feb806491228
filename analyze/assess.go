package analyze

import (
	"fmt"
	"math"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// assess are the thresholds on every leg they are about. The observed value
// decides, as a reader would expect of "p95 < 500ms"; the interval and a warning
// say how far it can be believed. Without data the answer is never a pass.
func assess(run *runlog.Run, thresholds []threshold.Threshold, legs []*judgedLeg) []result.Assessment {
	var out []result.Assessment
	for i, t := range thresholds {
		for _, target := range targetsOf(run, t) {
			met := false
			for _, l := range legs {
				if l.Target == target && l.counts(t.Metric) {
					met = true
					out = append(out, l.assessed[i])
				}
			}
			if !met {
				out = append(out, result.Assessment{Threshold: strings.TrimSpace(run.Thresholds[i]), Target: target, Unit: t.Metric.Unit,
					Verdict: result.Inconclusive, Code: result.CodePartialRun, Words: "no leg of " + target + " was run"})
			}
		}
	}
	return out
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

func assessLeg(written string, t threshold.Threshold, l *judgedLeg, open bool) result.Assessment {
	a := result.Assessment{Threshold: written, Target: l.Target, Round: l.Round, Rounds: l.Rounds, Unit: t.Metric.Unit}
	observed, gap := l.observe(t, open)
	if gap.Code != "" {
		a.Verdict, a.Code, a.Words = result.Inconclusive, gap.Code, gap.Words
		return a
	}
	a.Observed = observed
	a.Verdict, a.Code = result.Fail, result.NotMet(t.Metric, result.CodeThresholdNotMet)
	if t.Holds(observed.Value) {
		a.Verdict, a.Code = result.Pass, ""
	}
	if ends := []float64{float64(observed.Lo), float64(observed.Hi)}; observed.Confidence == 1 && t.Holds(ends[0]) != t.Holds(ends[1]) {
		a.Verdict, a.Code = result.Inconclusive, l.Reconcile.Open()
	}
	a.Words = fmt.Sprintf("%s was %s", t.Metric.Label, t.Metric.Unit.Say(observed.Value))
	if observed.Confidence > 0 {
		a.Words += fmt.Sprintf(" (%s)", result.Span(observed.Lo, observed.Hi, t.Metric.Unit.Say))
	}
	if q := t.Metric.Quantile; q > 0 && observed.N < uint64(stats.MinSample(q, result.Confidence)) {
		w := fmt.Sprintf("n = %s: this says what happened, not what would happen again", words.Number(observed.N))
		a.Observed.Warnings = append([]string{w}, observed.Warnings...)
		a.Words += "; " + w
	}
	return a
}

// observe is the metric of the leg in its unit, or what is missing.
func (l *judgedLeg) observe(t threshold.Threshold, open bool) (e result.Estimate, missing result.Gap) {
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
	case metric.Lost, metric.Extra:
		return l.observeRows(t.Metric)
	case metric.Hosts, metric.MaxDeviation:
		return l.observeSpread(t.Metric)
	}
	if n == 0 {
		return result.Estimate{}, result.Gap{Code: result.CodeEmptySample, Words: "no request came to an end"}
	}
	return e, result.Gap{}
}

func (l *judgedLeg) observeTime(t threshold.Threshold, open bool) (result.Estimate, result.Gap) {
	tag := runTag(open)
	switch t.Clock {
	case "response":
		tag = runlog.TagResponse
	case "service":
		tag = runlog.TagService
	}
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
	switch gap := l.Reconcile.Gap(); {
	case gap.Code != "":
		return result.Estimate{}, gap
	case s == nil:
		return result.Estimate{}, result.NoLedger
	case l.Reconcile.Open() == result.CodeRowsMixed:
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
