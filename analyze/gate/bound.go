package gate

import (
	"fmt"
	"math"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
)

// bound holds the metric itself against a maximum or a minimum, whatever the
// baseline.
func (g *gating) bound(d demand) *result.Check {
	c := d.check()
	e, rounds, missing := g.figure(d)
	c.Metric.Candidate, c.Metric.CandidateN, c.Metric.Rounds = e.Value, e.N, rounds
	c.Metric.Lo, c.Metric.Hi = e.Lo, e.Hi
	shown, span := d.of.Unit.Say(e.Value), result.Span(e.Lo, e.Hi, d.of.Unit.Say)
	switch enclosed := e.Lo != e.Hi && (e.Lo.Finite() || e.Hi.Finite()); {
	case enclosed && rounds >= compare.FewestPairs && !d.counts():
		shown += fmt.Sprintf(" in these %d rounds, %s in the long run", rounds, span)
	case enclosed:
		shown += fmt.Sprintf(" (%s)", span)
	}
	if d.counts() {
		shown += fmt.Sprintf(", where %s claimed one", words.Counted(e.N, "answer"))
	}
	good, bad, most := float64(e.Lo), float64(e.Hi), "at most"
	exceeds := func(v float64) bool { return v > c.Margin }
	if d.kind == atLeast {
		good, bad, most = bad, good, "at least"
		exceeds = func(v float64) bool { return v < c.Margin }
	}
	at := g.look
	if d.counts() || d.of.Worst { // no further round brings a row back, or ends an outage
		at = onlyLook
	}
	switch {
	case missing.Code != "" && d.kind == atMost && exceeds(good) && e.N > 0: // rows are not all counted, or requests too few: it is more
		at.fail(c, result.NotMet(d.of, result.CodeLimitNotMet), "at least "+shown+"; "+missing.Words)
	case missing.Code != "":
		c.Code, c.Words = missing.Code, missing.Words
	case math.IsNaN(good) || math.IsNaN(bad):
		c.Code, c.Words = result.CodeTooFewRounds, fmt.Sprintf("%s, but an interval of it takes %d rounds", shown, compare.FewestPairs)
	case !exceeds(bad):
		c.Verdict, c.Code, c.Words = result.Pass, "", shown
	case exceeds(good):
		at.fail(c, result.NotMet(d.of, result.CodeLimitNotMet), shown)
	case d.counts():
		c.Code, c.Words = result.CodeRowsHidden, shown+": how many there are is not known, for rows of requests without a clear answer, or of others, may stand in their place"
	case math.IsInf(bad, 0):
		c.Code, c.Words = result.CodeSpansLimit, fmt.Sprintf("%s: %s cannot tell on which side of %s it lies", shown, words.Counted(max(1, rounds), "round"), d.of.Unit.Say(c.Margin))
	default:
		c.Code, c.Words = result.CodeSpansLimit, fmt.Sprintf("%s %s is shown, %s is not: %s", most, d.of.Unit.Say(bad), d.of.Unit.Say(c.Margin), shown)
	}
	return c
}

// figure is the candidate's metric over its rounds with its interval, and the rounds
// it stands on.
func (g *gating) figure(d demand) (e result.Estimate, rounds int, missing result.Gap) {
	p := compare.Pick{Run: d.run, Target: d.target, Label: g.label}
	if d.counts() {
		return compare.CountedRows(p, d.of)
	}
	legs := d.legs(p)
	switch {
	case len(legs) == 0:
		return result.Estimate{}, 0, d.nothingUsed(p)
	case d.of.Worst:
		if e, rounds = compare.LongestOutage(p); rounds == 0 {
			missing = result.Gap{Code: result.CodeEmptySample, Words: "no round of " + d.target + " has kept it"}
		}
		return e, rounds, missing
	case d.difference():
		return compare.ErrorsOf(legs).Estimate(g.look.confidence()), len(legs), result.Gap{}
	}
	takes := d.of.Fewest()
	if d.of.Quantile > 0 && len(legs) < compare.FewestPairs { // whose own intervals count
		takes = uint64(stats.MinSample(d.of.Quantile, result.Confidence))
	}
	if missing = d.thin(p, takes); missing.Code != "" {
		return compare.AtLeast(p, d.of, g.look.confidence()), len(legs), missing
	}
	e, rounds = compare.OverRounds(p, d.of, g.look.confidence())
	return e, rounds, result.Gap{}
}
