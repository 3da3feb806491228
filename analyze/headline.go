package analyze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// headline is for someone in a hurry: what makes the figures void; else why the run is no
// pass, or rows that are not there, and then the comparison, which has an answer of its own;
// else the targets in figures.
func headline(a *result.Analysis, legs []*judgedLeg) string {
	switch first := &a.Findings[0]; {
	case first.Code == result.CodeAccounting:
		return words.Sentence("No figure here can be trusted: " + result.Lead(a.Findings))
	case first.Code == result.CodeAgentLost:
		return words.Sentence("The load was not the one that was asked for: " + result.Lead(a.Findings))
	case a.Verdict == result.Invalid:
		return words.Sentence("The generator, not the target, set these figures: " + result.Lead(a.Findings))
	}
	var said []string
	lost := slices.IndexFunc(legs, lostRows)
	switch {
	case lost >= 0 && (a.Verdict == result.Pass || a.Findings[0].Code == result.CodeRowsLost):
		said = append(said, words.Sentence(legs[lost].Label()+": "+legs[lost].Reconcile.Words))
	case a.Verdict != result.Pass:
		said = append(said, words.Sentence(result.Lead(a.Findings)))
	}
	if a.Comparison != nil {
		a.ComparisonInHeadline = true
		said = append(said, a.Comparison.Words)
	}
	if len(said) == 0 {
		said = inFigures(a, legs)
	}
	return strings.Join(said, " ")
}

func lostRows(l *judgedLeg) bool {
	return l.Reconcile != nil && l.Reconcile.Verdict == result.RowsLost
}

// mostInFigures is how many targets a headline describes.
const mostInFigures = 3

// inFigures is a sentence for each target, of all its rounds.
func inFigures(a *result.Analysis, legs []*judgedLeg) (said []string) {
	for _, target := range a.Targets() {
		if len(said) == mostInFigures {
			return append(said, fmt.Sprintf("And %d more targets.", len(a.Targets())-mostInFigures))
		}
		said = append(said, targetInFigures(a, target, legsOf(legs, target)))
	}
	return said
}

func targetInFigures(a *result.Analysis, target string, legs []*judgedLeg) string {
	var succeeded, ended uint64
	kept := true
	for _, l := range legs {
		r := l.Reconcile
		kept = kept && r != nil && r.Verdict == result.RowsReconciled && r.Unknown == 0
	}
	legs = slices.DeleteFunc(slices.Clone(legs), func(l *judgedLeg) bool { return l.leftOut })
	for _, l := range legs {
		succeeded, ended = succeeded+l.Outcomes.Success, ended+result.Ended(l.Outcomes)
	}
	text := fmt.Sprintf("%s: %s of %s succeeded", target, words.Number(succeeded), words.Counted(ended, "request"))
	if len(legs) > 1 {
		text += fmt.Sprintf(" in %d rounds", len(legs))
	}
	if p95, known := a.KeyOf(target, metric.P95); known {
		text += fmt.Sprintf(", p95 %s", words.Millis(p95.Observed.Value))
		if span := p95ByRound(a, legs); span != "" {
			text += " (" + span + ")"
		}
	}
	if kept {
		text += ", and as many rows are there as answers claimed"
	}
	return words.Sentence(text)
}

// p95ByRound is how far the rounds lie apart; "" for fewer than two with answers.
func p95ByRound(a *result.Analysis, legs []*judgedLeg) string {
	var p95 []float64
	for _, l := range legs {
		if t := a.Measured(&l.Leg); t.N > 0 {
			p95 = append(p95, t.At(metric.P95))
		}
	}
	if len(p95) < 2 {
		return ""
	}
	return words.Millis(slices.Min(p95)) + " to " + words.Millis(slices.Max(p95)) + " by round"
}
