package trend

import (
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
)

// findChanges fills the changes, the levels and what else differed at a change.
func (t *following) findChanges(of metric.Metric, kept []result.Entry) {
	figures := make([]float64, len(t.Runs))
	for i, r := range t.Runs {
		figures[i] = r.Figure.Value
	}
	var points []stats.ChangePoint
	if len(figures) >= fewestRuns {
		points = stats.ChangePoints(figures, stats.ChangeOptions{})
	}
	ends := []int{0}
	for _, p := range points {
		ends = append(ends, p.Index)
	}
	ends = append(ends, len(figures))
	for i := 1; i < len(ends); i++ {
		level := stats.MeanOf(figures[ends[i-1]:ends[i]]).Value
		for k := ends[i-1]; k < ends[i]; k++ {
			t.Runs[k].Level = level
		}
	}
	for i, p := range points {
		before, after := figures[ends[i]:p.Index], figures[p.Index:ends[i+2]]
		t.Changes = append(t.Changes, t.change(of, p, before, after))
		t.Warnings = append(t.Warnings, alsoChanged(t.Runs[p.Index], kept[p.Index-1], kept[p.Index], t.Target)...)
	}
}

func (t *following) change(of metric.Metric, p stats.ChangePoint, before, after []float64) result.Change {
	first, last := t.Runs[p.Index], t.Runs[p.Index-1]
	c := result.Change{Run: p.Index, Called: first.Called, Last: last.Called, Started: first.Started,
		Before: p.Before, After: p.After, BeforeRuns: len(before), AfterRuns: len(after), P: p.P,
		Difference: of.Difference()}
	b, a := stats.MeanOf(before), stats.MeanOf(after)
	iv := a.Over(b, result.Confidence)
	if c.Difference {
		iv = a.Minus(b, result.Confidence)
	}
	c.Ratio, c.Lo, c.Hi = result.Bound(iv.Value), result.Bound(iv.Lo), result.Bound(iv.Hi)
	c.Verdict = result.Better
	if (c.After > c.Before) == (t.Better == metric.Lower) {
		c.Verdict = result.Worse
	}
	sayChange(&c, of)
	return c
}

// sayChange puts the change into words: how far it went in its own direction, from where
// to where, and by how many runs that is known.
func sayChange(c *result.Change, of metric.Metric) {
	verb, sign, direction, lo, hi := "rose", "+", 1.0, c.Lo, c.Hi
	if c.After < c.Before {
		verb, sign, direction, lo, hi = "fell", "−", -1, hi, lo
	}
	write := func(r float64) string { return growth(direction * (r - 1)) }
	if c.Difference {
		write = func(d float64) string { return of.Unit.SayDifference(direction * d) }
	}
	size := of.Unit.SayDifference(direction * (c.After - c.Before)) // from nothing there is no ratio
	if c.Ratio.Finite() {
		size = write(float64(c.Ratio))
	}
	c.Size = sign + size
	if lo.Finite() && hi.Finite() {
		c.Span = write(float64(lo)) + " to " + write(float64(hi))
		size += " (" + c.Span + ")"
	}
	c.Words = fmt.Sprintf("%s by %s, from %s to %s (p %s, %s before and %d after)", verb, size,
		of.Unit.Say(c.Before), of.Unit.Say(c.After), words.PValue(c.P), words.Counted(c.BeforeRuns, "run"), c.AfterRuns)
}

// growth writes a relative change: 105 %, 12 %, 1.2 %.
func growth(share float64) string {
	if p := math.Abs(100 * share); p >= 99.5 {
		return words.Significant(100*share, 3) + " %"
	}
	return words.Significant(100*share, 2) + " %"
}

// alsoChanged warns of what else became different where a trend changed.
func alsoChanged(at result.TrendRun, last, first result.Entry, target string) []string {
	refusals, cautions := compare.Differs(compare.Pick{Run: last.Run, Target: target}, compare.Pick{Run: first.Run, Target: target})
	all := slices.Concat(refusals, cautions)
	if len(all) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("with %s something else changed too: %s", at.Called, words.List(all, 5))}
}

// otherDifferences warns of runs that are not of the same load, success or measure
// as the one before, where the trend did not change.
func (t *following) otherDifferences(kept []result.Entry) (warnings []string) {
	for i := 1; i < len(kept); i++ {
		if slices.ContainsFunc(t.Changes, func(c result.Change) bool { return c.Run == i }) {
			continue
		}
		refusals, _ := compare.Differs(compare.Pick{Run: kept[i-1].Run, Target: t.Target}, compare.Pick{Run: kept[i].Run, Target: t.Target})
		if len(refusals) > 0 {
			warnings = append(warnings, fmt.Sprintf("%s is not quite like the run before it: %s", t.Runs[i].Called, words.List(refusals, 5)))
		}
	}
	return warnings
}

// sentence says the trend in one sentence.
func (t *following) sentence(of metric.Metric) string {
	n := len(t.Runs)
	if n < fewestRuns {
		return words.Sentence(fmt.Sprintf("%s: %s cannot show a lasting change, it takes %d", t.Title, words.Counted(n, "run"), fewestRuns))
	}
	if len(t.Changes) == 0 {
		least, most := t.Runs[0].Figure.Value, t.Runs[0].Figure.Value
		for _, r := range t.Runs {
			least, most = min(least, r.Figure.Value), max(most, r.Figure.Value)
		}
		return words.Sentence(fmt.Sprintf("%s shows no lasting change in %s: %s on average, from %s to %s",
			t.Title, words.Counted(n, "run"), of.Unit.Say(t.Runs[0].Level), of.Unit.Say(least), of.Unit.Say(most)))
	}
	last := t.Changes[len(t.Changes)-1]
	said := fmt.Sprintf("%s between %s and %s, and stayed", last.Words, last.Last, last.Called)
	if len(t.Changes) == 1 {
		return words.Sentence(t.Title + " " + said)
	}
	return words.Sentence(fmt.Sprintf("%s changed %d times in %s; the last time it %s", t.Title, len(t.Changes), words.Counted(n, "run"), said))
}
