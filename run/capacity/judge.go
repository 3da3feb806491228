package capacity

import (
	"cmp"
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

// probe is what a run says of the load that was ordered.
func (o order) probe(a *result.Analysis, dir string, precision float64) result.Probe {
	p := result.Probe{Dir: dir, Kind: o.kind, RateRPS: o.rate, Clients: o.clients, LoadS: o.length.Seconds()}
	p.Verdict, p.Why = verdictOf(a)
	if len(a.Legs) == 0 {
		p.Verdict = result.ProbeInvalid
		return p
	}
	l := &a.Legs[len(a.Legs)-1]
	times := a.Measured(l)
	p.N, p.MeanMS = times.N, times.Mean
	p.P95, p.Success = times.Intervals[metric.P95.Name], l.Rates[metric.Successes.Name]
	p.Success.Value = l.SuccessRPS
	ended, errors := l.Rate(metric.Rate), l.ErrorRate
	p.Ended, p.ErrorRate = &ended, &errors
	p.CPU, p.Busy, p.Runnable = max(0, l.Generator.CPU), l.Generator.Busy, l.Generator.Runnable
	p.Failed, p.Failure = failed(l)
	if rows := l.Reconcile; rows != nil {
		p.Refused, p.MaxConnections = rows.RefusedConnections, rows.MaxConnections
		if rows.Verdict.Known() {
			lost := rows.Range(metric.Lost)
			p.Lost = &lost
		}
	}
	if p.Verdict == result.ProbeUnclear {
		p.NeedsS = needed(a) * p.LoadS
	}
	seconds := l.WholeSeconds()
	p.InFlight, p.BacklogRPS = underWay(seconds)
	switch {
	case p.Verdict == result.ProbeInvalid || p.Verdict == result.ProbeBroken:
	case o.rate > 0 && p.BacklogRPS > precision*o.rate:
		p.Verdict = result.ProbeBroken
		p.Why = fmt.Sprintf("the requests under way grew by %s: more were sent than the target answered", perSecond(p.BacklogRPS))
	case l.Stopped != "" && !a.Run.Partial:
		p.Verdict, p.Why = result.ProbeBroken, l.Stopped
	}
	return p
}

// failed is the share of the requests of a leg that failed, and the most frequent reason.
func failed(l *result.Leg) (share float64, reason string) {
	if len(l.Failures) == 0 {
		return 0, ""
	}
	most := slices.MaxFunc(l.Failures, func(a, b runlog.Failure) int { return cmp.Compare(a.Count, b.Count) })
	return float64(l.Outcomes.Failed()) / float64(result.Ended(l.Outcomes)), words.Join(": ", most.Reason, strings.Join(strings.Fields(most.Excerpt), " "))
}

// verdictOf reads a run as the answer to whether its load holds, and why not.
func verdictOf(a *result.Analysis) (v result.ProbeVerdict, why string) {
	switch a.Verdict {
	case result.Pass:
		return result.ProbeHeld, ""
	case result.Fail:
		v = result.ProbeBroken
	case result.Invalid:
		v = result.ProbeInvalid
	default:
		v = result.ProbeUnclear
	}
	if len(a.Findings) > 0 {
		why = a.Findings[0].Text
	}
	return v, why
}

// needed is how many times as long a load may tell what this one does not: the width of an
// interval shrinks with the root of it. 0 is not known, for an interval is open.
func needed(a *result.Analysis) (times float64) {
	for _, t := range a.Thresholds {
		if t.Verdict != result.Inconclusive {
			continue
		}
		limit, err := threshold.Parse(t.Threshold)
		wide := float64(t.Observed.Hi-t.Observed.Lo) / 2
		if err != nil || math.IsInf(wide, 0) || math.IsNaN(wide) {
			return 0
		}
		if off := math.Abs(t.Observed.Value - limit.Value); off > 0 {
			times = max(times, math.Pow(wide/off, 2))
		}
	}
	return min(times, 1000)
}

// underWay is the mean number of requests under way, and by how many per second it grew:
// from the second to the last fifth of a probe, for at its beginning it grows in any case.
func underWay(seconds []result.Point) (mean, growth float64) {
	inFlight := func(points []result.Point) (sum float64) {
		for _, p := range points {
			sum += float64(p.InFlight)
		}
		return sum / float64(max(len(points), 1))
	}
	if fifth := len(seconds) / 5; fifth > 0 {
		early, late := seconds[fifth:2*fifth], seconds[len(seconds)-fifth:]
		growth = max(0, (inFlight(late)-inFlight(early))/(late[0].T-early[0].T))
	}
	return inFlight(seconds), growth
}

// capacity is what the probes of a configuration come to. stopped says why its search ended before it was
// done, "" where it was.
func (s *search) capacity(target, stopped string) result.Capacity {
	c := result.Capacity{Target: target, Replicas: s.replicas, Verdict: result.CapacityUnknown, Probes: slices.Clone(s.probes)}
	b := s.bracket()
	c.HeldRPS, c.Confirmed = b.held, b.held > 0 && s.confirmed(b.held)
	if b.broken < b.beyond {
		c.BrokenRPS = b.broken
	}
	if p := s.best(result.ProbeAlone); p != nil {
		c.Alone = p
	}
	for _, p := range s.of(result.ProbeSaturate) {
		if p.Verdict != result.ProbeInvalid && (c.Saturation == nil || p.Success.Value > c.Saturation.Value) {
			c.Saturation = &p.Success
		}
	}
	c.Verdict, c.Sentence = s.answer(target, b, stopped)
	c.Notes = s.notes(b, stopped)
	return c
}

// answer is the verdict of a search, and a sentence of it.
func (s *search) answer(target string, b bracket, stopped string) (result.CapacityVerdict, string) {
	slo := words.List(s.SLO, 4)
	alone := s.best(result.ProbeAlone)
	switch {
	case alone == nil && len(s.probes) > 0:
		return result.CapacityUnknown, fmt.Sprintf("%s could not be measured: %s", target, s.probes[len(s.probes)-1].Why)
	case alone == nil:
		return result.CapacityUnknown, fmt.Sprintf("%s was not measured: %s", target, stopped)
	case alone.Verdict == result.ProbeBroken:
		return result.CapacityDoomed, fmt.Sprintf("%s does not keep %s even for one client by itself: %s", target, slo, alone.Why)
	case b.held > 0 && b.broken < b.beyond:
		return result.CapacityFound, fmt.Sprintf("%s carries between %s and %s with %s", target, perSecond(b.held), perSecond(b.broken), slo)
	case b.held > 0 && stopped != "":
		return result.CapacityAtLeast, fmt.Sprintf("%s carries at least %s with %s: nothing higher had been measured when the search ended", target, perSecond(b.held), slo)
	case b.held > 0:
		return result.CapacityAtLeast, fmt.Sprintf("%s carries at least %s with %s: at %s the generator was the limit", target, perSecond(b.held), slo, perSecond(b.beyond))
	case b.broken < b.beyond && stopped == "":
		return result.CapacityDoomed, fmt.Sprintf("%s does not keep %s even at %s: %s", target, slo, perSecond(b.broken), s.why(b.broken, result.ProbeBroken))
	}
	return result.CapacityUnknown, words.Join(": ", fmt.Sprintf("%s: no rate could be shown to keep %s", target, slo), s.lastWhy())
}

// lastWhy is why the last probe of a rate did not hold.
func (s *search) lastWhy() (why string) {
	for _, p := range s.of(result.ProbeSearch) {
		why = p.Why
	}
	return why
}

// why is the reason of the first probe of a rate with a verdict.
func (s *search) why(rate float64, v result.ProbeVerdict) string {
	for _, p := range s.of(result.ProbeSearch, result.ProbeConfirm) {
		if p.RateRPS == rate && p.Verdict == v {
			return p.Why
		}
	}
	return ""
}

// notes are what a reader must know before believing the figures of a search.
func (s *search) notes(b bracket, stopped string) (notes []string) {
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if stopped != "" {
		note("the search ended before it was done: %s", stopped)
	}
	if b.held > 0 && b.broken < b.beyond && b.broken/b.held > 1+s.Precision+1e-9 {
		note("between the two ends lie %s, not %s: %s", words.Percent(b.broken/b.held-1), words.Percent(s.Precision), s.whyWide(b))
	}
	if len(b.above) > 0 {
		note("%s held although %s broke: this target does not become slower step by step, and only what lies below every break counts as carried", perSecond(b.above[len(b.above)-1]), perSecond(b.broken))
	}
	if b.beyond < b.broken {
		note("at %s the generator set the figures: %s", perSecond(b.beyond), s.why(b.beyond, result.ProbeInvalid))
	}
	if !slices.ContainsFunc(s.slo, func(t threshold.Threshold) bool { return t.Metric.Unit.Class() == metric.Times }) {
		note("the slo bounds no time: a rate counts as carried while the requests under way grow by less than %s of it per second, so it may be so much larger than what is answered", words.Percent(s.Precision))
	}
	if b.held > 0 && !s.confirmed(b.held) {
		note("%s was not shown to hold for longer than its probe", perSecond(b.held))
	}
	if p := s.best(result.ProbeRecover); p != nil && p.Verdict == result.ProbeBroken {
		note("after an overload of %s it no longer carried %s: %s", perSecond(s.of(result.ProbeOverload)[0].RateRPS), perSecond(p.RateRPS), p.Why)
	}
	return notes
}

func (s *search) whyWide(b bracket) string {
	if len(b.unclear) > 0 {
		return fmt.Sprintf("probes of up to %v between them could not tell", s.LongestProbe)
	}
	return "the search had not come to its end"
}

// perSecond is a rate in a sentence.
func perSecond(rate float64) string { return metric.PerSecond.Say(rate) }
