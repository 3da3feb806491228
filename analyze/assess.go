package analyze

import (
	"fmt"
	"math"
	"strings"

	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
)

// assess are the thresholds on every leg they are about. The observed value
// decides, as a reader would expect of "p95 < 500ms"; the interval and a warning
// say how far it can be believed. Without data the answer is never a pass.
func assess(run *runlog.Run, thresholds []Threshold, legs []*judgedLeg) []Assessment {
	var out []Assessment
	for i, t := range thresholds {
		for _, target := range targetsOf(run, t) {
			met := false
			for _, l := range legs {
				if l.Target == target {
					met = true
					out = append(out, l.assessed[i])
				}
			}
			if !met {
				out = append(out, Assessment{Threshold: strings.TrimSpace(run.Thresholds[i]), Target: target, Unit: storedUnit(t.Metric),
					Verdict: Inconclusive, Code: CodePartialRun, Words: "no leg of " + target + " was run"})
			}
		}
	}
	return out
}

func targetsOf(run *runlog.Run, t Threshold) []string {
	if t.Target != "" {
		return []string{t.Target}
	}
	var names []string
	for _, target := range run.Targets {
		names = append(names, target.Name)
	}
	return names
}

func assessLeg(written string, t Threshold, l *judgedLeg, open bool) Assessment {
	a := Assessment{Threshold: written, Target: l.Target, Round: l.Round, Rounds: l.Rounds, Unit: storedUnit(t.Metric)}
	observed, gap := l.observe(t, open)
	if gap.code != "" {
		a.Verdict, a.Code, a.Words = Inconclusive, gap.code, gap.words
		return a
	}
	a.Observed = observed
	a.Observed.Value = t.stored(observed.Value)
	a.Observed.Lo, a.Observed.Hi = Bound(t.stored(float64(observed.Lo))), Bound(t.stored(float64(observed.Hi)))
	a.Verdict, a.Code = Fail, notMet(t.Metric, CodeThresholdNotMet)
	if t.holds(observed.Value) {
		a.Verdict, a.Code = Pass, ""
	}
	a.Words = fmt.Sprintf("%s was %s", t.Metric, t.write(observed.Value))
	if observed.Confidence > 0 {
		a.Words += fmt.Sprintf(" (%s)", span(observed.Lo, observed.Hi, t.write))
	}
	if q, ok := t.Quantile(); ok && observed.N < uint64(stats.MinSample(q, confidence)) {
		w := fmt.Sprintf("n = %s: this says what happened, not what would happen again", count(observed.N))
		a.Observed.Warnings = append([]string{w}, observed.Warnings...)
		a.Words += "; " + w
	}
	return a
}

// noLedger is what a threshold or limit on rows lacks.
var noLedger = gap{CodeLedgerUnknown, "there is no ledger: name a database in the scenario"}

// observe is the metric of the leg in the threshold's unit, or what is missing.
func (l *judgedLeg) observe(t Threshold, open bool) (e Estimate, missing gap) {
	if t.unit() == unitTime {
		return l.observeTime(t, open)
	}
	n := ended(l.Outcomes)
	exact := func(v float64, n uint64) Estimate {
		return Estimate{Value: v, Lo: Bound(v), Hi: Bound(v), N: n}
	}
	switch t.Metric {
	case "error_rate":
		e = l.ErrorRate
		// The share times 100 can miss an edge by a rounding; the counts cannot.
		e.Value = 100 * float64(l.Outcomes.Failed()) / float64(max(n, 1))
		e.Lo, e.Hi = 100*e.Lo, 100*e.Hi
	case "rate_rps":
		e = exact(l.RateRPS, n)
	case "success_rps":
		e = exact(l.SuccessRPS, n)
	case "dropped":
		n = l.Planned
		e = exact(float64(l.Dropped), n)
	case "lost", "extra":
		return l.observeRows(t.Metric)
	case "hosts", "max_deviation":
		return l.observeSpread(t.Metric)
	}
	if n == 0 {
		return Estimate{}, gap{CodeEmptySample, "no request came to an end"}
	}
	return e, gap{}
}

func (l *judgedLeg) observeTime(t Threshold, open bool) (Estimate, gap) {
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
		return Estimate{}, gap{CodeEmptySample, "no request was answered or timed out"}
	}
	switch t.Metric {
	case "mean":
		return l.times.meanEstimate(tag), gap{}
	case "min":
		v := milliseconds(times.min)
		return Estimate{Value: v, Lo: Bound(v), Hi: Bound(v), N: n}, gap{}
	case "max":
		v := milliseconds(times.max)
		return Estimate{Value: v, Lo: Bound(v), Hi: Bound(v), N: n}, gap{}
	}
	return l.times.percentile(tag, t.Metric), gap{}
}

func (l *judgedLeg) observeRows(metric string) (Estimate, gap) {
	r := l.Reconcile
	switch {
	case r == nil:
		return Estimate{}, noLedger
	case !r.Verdict.Known():
		return Estimate{}, gap{CodeLedgerUnknown, r.Words}
	case l.Sent == 0:
		return Estimate{}, gap{CodeEmptySample, "no request was sent"}
	}
	v := float64(r.Lost)
	if metric == "extra" {
		v = float64(r.Extra)
	}
	return Estimate{Value: v, Lo: Bound(v), Hi: Bound(v), N: r.Successes}, gap{}
}

func (l *judgedLeg) observeSpread(metric string) (Estimate, gap) {
	s := l.Spread
	switch {
	case s == nil && l.Reconcile != nil:
		return Estimate{}, gap{CodeLedgerUnknown, l.Reconcile.Words}
	case s == nil:
		return Estimate{}, noLedger
	case s.Verdict == SpreadNothing:
		return Estimate{}, gap{CodeEmptySample, s.Words}
	}
	n := uint64(math.Round(s.Units))
	if metric == "hosts" {
		v := float64(s.Hosts)
		return Estimate{Value: v, Lo: Bound(v), Hi: Bound(v), N: n}, gap{}
	}
	return Estimate{Value: 100 * s.MaxDeviation, Lo: Bound(100 * s.MaxDeviationLo), Hi: Bound(100 * s.MaxDeviationHi),
		Confidence: confidence, N: n}, gap{}
}

// write puts a value of the metric into words.
func (t Threshold) write(v float64) string {
	switch t.unit() {
	case unitTime:
		return millis(v)
	case unitShare:
		return percent(v / 100)
	case unitRate:
		return significant(v, 3) + "/s"
	}
	return count(int64(v))
}
