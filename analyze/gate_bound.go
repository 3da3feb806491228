package analyze

import (
	"fmt"
	"math"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// bound holds the metric itself against a maximum or a minimum, whatever the
// baseline.
func (g *gating) bound(d demand) *result.Check {
	c := d.check()
	if d.kind == atMost {
		c.Margin = *d.limit.Max
	} else {
		c.Margin = *d.limit.Min
	}
	e, rounds, missing := g.figure(d)
	c.Metric.Candidate, c.Metric.CandidateN, c.Metric.Rounds = e.Value, e.N, rounds
	c.Metric.Lo, c.Metric.Hi = e.Lo, e.Hi
	shown := d.of.Unit.Say(e.Value)
	if e.Lo != e.Hi && (e.Lo.Finite() || e.Hi.Finite()) {
		shown += fmt.Sprintf(" (%s)", span(e.Lo, e.Hi, d.of.Unit.Say))
	}
	if d.counts() {
		shown += fmt.Sprintf(", where %s claimed one", counted(e.N, "answer"))
	}
	if missing.Code != "" {
		c.Code, c.Words = missing.Code, missing.Words
		if d.counts() && e.Value > c.Margin {
			c.Verdict, c.Code, c.Words = result.Fail, result.NotMet(d.of, result.CodeLimitNotMet), "at least "+shown+"; "+missing.Words
		}
		return c
	}
	good, bad := float64(e.Lo), float64(e.Hi)
	exceeds := func(v float64) bool { return v > c.Margin }
	if d.kind == atLeast {
		good, bad = bad, good
		exceeds = func(v float64) bool { return v < c.Margin }
	}
	switch {
	case math.IsNaN(good) || math.IsNaN(bad):
		c.Code, c.Words = result.CodeTooFewRounds, fmt.Sprintf("%s, but an interval of it takes %d rounds", shown, fewestPairs)
	case !exceeds(bad):
		c.Verdict, c.Code, c.Words = result.Pass, "", shown
	case exceeds(good):
		c.Verdict, c.Code, c.Words = result.Fail, result.NotMet(d.of, result.CodeLimitNotMet), shown
	default:
		c.Code, c.Words = result.CodeSpansLimit, fmt.Sprintf("%s: %s cannot tell on which side of %s it lies", shown, counted(max(1, rounds), "round"), d.of.Unit.Say(c.Margin))
	}
	return c
}

// figure is the candidate's metric over its rounds with its interval, and the rounds
// it stands on.
func (g *gating) figure(d demand) (e result.Estimate, rounds int, missing result.Gap) {
	p := Pick{Run: g.candidate, Target: d.target, Label: g.label}
	if d.counts() {
		return countedRows(p, d.of)
	}
	legs := d.legs(p)
	switch {
	case len(legs) == 0:
		return result.Estimate{}, 0, nothingUsed(p)
	case d.difference():
		return pooledErrors(legs), len(legs), result.Gap{}
	}
	if few := thin(d.of, p); few.Code != "" {
		return result.Estimate{}, len(legs), few
	}
	return overRounds(p, d.of)
}

// overRounds is a figure per round made into one. Of enough rounds it is their
// Hodges–Lehmann pseudo-median with its exact interval, which is of where rounds lie
// and not of the requests of these; the figures are never averaged. Fewer rounds have
// the intervals of their legs: from the lowest end to the highest, so that what is
// said holds of every one of them.
func overRounds(p Pick, of metric.Metric) (e result.Estimate, rounds int, missing result.Gap) {
	f := figure{of}
	legs := usedLegs(p)
	values := make([]float64, len(legs))
	lo, hi := result.Bound(math.Inf(1)), result.Bound(math.Inf(-1))
	for i, l := range legs {
		own := f.of(alone(p.Run, l))
		values[i] = own.Value
		e.N += own.N
		lo, hi = min(lo, own.Lo), max(hi, own.Hi)
	}
	middle := stats.PseudoMedian(values, confidence)
	e.Value, e.Confidence = middle.Value, confidence
	if e.Lo, e.Hi = result.Bound(middle.Lo), result.Bound(middle.Hi); len(legs) < fewestPairs {
		e.Lo, e.Hi = lo, hi
	}
	return e, len(legs), result.Gap{}
}

// countedRows adds up the rows lost or in excess over all rounds, whole ones or not:
// a lost row is lost. They are counts, and their interval is themselves.
func countedRows(p Pick, of metric.Metric) (e result.Estimate, rounds int, missing result.Gap) {
	for _, l := range p.Run.LegsOf(p.Target, func(*result.Leg) bool { return true }) {
		rounds++
		switch r := l.Reconcile; {
		case r == nil:
			return result.Estimate{}, rounds, noLedger
		case !r.Verdict.Known():
			missing = result.Gap{Code: result.CodeLedgerUnknown, Words: l.Label() + ": " + r.Words}
		case of == metric.Extra:
			e.Value += float64(r.Extra)
			e.N += r.Successes
		default:
			e.Value += float64(r.Lost)
			e.N += r.Successes
		}
	}
	if e.N == 0 && missing.Code == "" {
		missing = result.Gap{Code: result.CodeEmptySample, Words: "no answer of " + p.Target + " claimed a write: an empty sample shows nothing"}
	}
	e.Lo, e.Hi = result.Bound(e.Value), result.Bound(e.Value)
	return e, rounds, missing
}
