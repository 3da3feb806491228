package analyze

import (
	"fmt"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// KeyFigures are the targets of a run in the figures that a reader asks for first.
func KeyFigures(a *result.Analysis) []result.KeyFigures {
	var out []result.KeyFigures
	without := leavesOut(a)
	counted := func(l *result.Leg) bool { return l.Answered() && !(without && l.Generator.Limited) }
	for _, target := range a.Targets() {
		p := compare.Pick{Run: a, Target: target}
		k := result.KeyFigures{Target: target, Rows: rowsOfRounds(a, target)}
		for _, m := range []metric.Metric{metric.Successes, metric.P95} {
			e, rounds := compare.Together(p, m)
			if rounds > 1 {
				k.Rounds = rounds
			}
			k.Figures = append(k.Figures, keyFigure(m, e, result.Gap{}, rounds > 0))
		}
		errors := compare.ErrorsOf(a.LegsOf(target, counted)).Estimate(result.Confidence)
		errors.Warnings = outagesOf(a, target)
		silent, rounds := compare.LongestOutage(p)
		lost, _, missing := compare.CountedRows(p, metric.Lost)
		k.Figures = append(k.Figures, keyFigure(metric.ErrorRate, errors, result.Gap{}, errors.N > 0),
			keyFigure(metric.Outage, silent, result.Gap{}, rounds > 0), keyFigure(metric.Lost, lost, missing, true))
		out = append(out, k)
	}
	return out
}

// outagesOf say what the error rate of a target leaves out, leg by leg.
func outagesOf(a *result.Analysis, target string) (all []string) {
	for _, l := range a.LegsOf(target, (*result.Leg).Answered) {
		if about := outageWords(l); about != "" {
			all = append(all, about)
		}
	}
	return all[:min(len(all), mostInFigures)]
}

// keyFigure is a figure of a target that had answers, or had none.
func keyFigure(m metric.Metric, e result.Estimate, missing result.Gap, answered bool) result.KeyFigure {
	e.OneSided = result.Bounds{} // which a limit asks for, and there is none
	f := result.KeyFigure{Metric: m.Key, Unit: m.Unit, Observed: e, Missing: missing.Words}
	switch {
	case !answered:
		f.Missing = "no request came to an end"
	case m.Unit.Class() == metric.Times && e.N == 0:
		f.Missing = "no request was answered or timed out"
	}
	return f
}

// rowsOfRounds says how the answers and the rows of a target agree: in all rounds, or in the
// first round where they do not.
func rowsOfRounds(a *result.Analysis, target string) string {
	legs := a.LegsOf(target, func(l *result.Leg) bool { return l.Reconcile != nil })
	var answers, claimed, rows uint64
	for _, l := range legs {
		r := l.Reconcile
		switch {
		case len(legs) == 1:
			return r.Words
		case r.Verdict != result.RowsReconciled:
			return fmt.Sprintf("round %d: %s", l.Round, r.Words)
		}
		answers, claimed, rows = answers+r.Successes, claimed+r.Claimed, rows+uint64(r.Rows)
	}
	if len(legs) == 0 {
		return ""
	}
	what := "a write"
	if claimed != answers && claimed > 0 {
		what = words.Counted(claimed, "row")
	}
	return fmt.Sprintf("in %d rounds %s claimed %s and %s there", len(legs), words.Counted(answers, "answer"), what, areRows(int64(rows)))
}
