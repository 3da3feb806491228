package analyze

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/runlog"
)

// judge sets verdict, findings and headline. The worst finding decides.
func (a *Analysis) judge(run *runlog.Run, legs []*judgedLeg) {
	a.Findings = a.findings(run, legs)
	worstFirst(a.Findings)
	if a.Verdict = worst(a.Findings); a.Verdict == Pass {
		a.Findings = []Finding{passed(len(a.Thresholds))}
	}
	a.Remedy = remedy(a.Findings, run.Load.Open)
	a.Headline = a.headline(legs)
}

// remedy says what to do about the first kind of finding that has a remedy; "" where
// the findings say so themselves.
func remedy(findings []Finding, open bool) string {
	for _, info := range codes {
		if info.Remedy == "" || !slices.ContainsFunc(findings, func(f Finding) bool { return f.Code == info.Code }) {
			continue
		}
		words := "what to do: " + info.Remedy
		if open && info.Code == CodeGeneratorLimited {
			words += "; load.pacing: batch takes less of a processor, at the price of a millisecond of lag"
		}
		return words
	}
	return ""
}

// findings are what makes the verdict anything but a pass.
func (a *Analysis) findings(run *runlog.Run, legs []*judgedLeg) []Finding {
	var out []Finding
	for _, l := range legs {
		for _, why := range l.broken {
			out = append(out, found(Invalid, CodeAccounting, "%s", why).at(&l.Leg))
		}
	}
	for _, l := range legs {
		for _, why := range l.Generator.Why {
			out = append(out, why.at(&l.Leg))
		}
		if f := l.ending(); f.Code != "" {
			out = append(out, f.at(&l.Leg))
		}
	}
	for _, t := range a.Thresholds {
		if t.Verdict != Pass {
			out = append(out, t.finding())
		}
	}
	return append(out, incomplete(run, legs)...)
}

// ending is what a leg shows whatever was asked, by the way it ended; the zero value
// for nothing.
func (l *judgedLeg) ending() Finding {
	switch n := ended(l.Outcomes); {
	case l.aborted:
		return found(Fail, CodeAborted, "aborted: %s", abortText(&l.Leg))
	case n > 0 && l.Outcomes.Success == 0:
		return found(Fail, CodeNothingSucceeded, "none of %s succeeded", counted(n, "request"))
	case n == 0:
		return found(Inconclusive, CodeEmptySample, "no request came to an end: an empty sample shows nothing")
	case !l.Complete:
		return found(Inconclusive, CodePartialRun, "the run was killed during this leg")
	case l.Stopped != "":
		return found(Inconclusive, CodePartialRun, "stopped before its end: %s", l.Stopped)
	}
	return Finding{}
}

// incomplete is what of the run is not there.
func incomplete(run *runlog.Run, legs []*judgedLeg) (out []Finding) {
	switch {
	case run.Stopped != "":
		out = append(out, found(Inconclusive, CodePartialRun, "the run did not come to its end: %s", run.Stopped))
	case !run.Sealed:
		out = append(out, found(Inconclusive, CodePartialRun, "the run was killed: what is here is true, but it is not all"))
	}
	for _, target := range run.Targets {
		if !slices.ContainsFunc(legs, func(l *judgedLeg) bool { return l.Target == target.Name }) {
			out = append(out, found(Inconclusive, CodePartialRun, "no leg of %s was run", target.Name))
		}
	}
	if len(legs) == 0 {
		out = append(out, found(Inconclusive, CodeEmptySample, "nothing was measured"))
	}
	return out
}

func abortText(l *Leg) string {
	for _, e := range l.Events {
		if e.Kind == runlog.EventAbort && e.Text != "" {
			return e.Text
		}
	}
	return "too many errors"
}

// finding is the assessment as a finding of the run.
func (t Assessment) finding() Finding {
	f := Finding{Verdict: t.Verdict, Code: t.Code, Limit: t.Threshold, Text: t.Words}
	return f.at(&Leg{Target: t.Target, Round: t.Round, Rounds: t.Rounds})
}

// passed says what a pass stands on; one without thresholds says so.
func passed(thresholds int) Finding {
	if thresholds == 0 {
		return found(Pass, CodeNoThreshold, "no threshold was set: the run came to its end and its counts add up")
	}
	return found(Pass, CodeThresholdsMet, "all %s met", counted(thresholds, "threshold check"))
}

// headline is the sentence for someone in a hurry: what makes the figures void,
// else rows that are not there, else why it failed, else the comparison, else the
// leg in figures.
func (a *Analysis) headline(legs []*judgedLeg) string {
	first := &a.Findings[0]
	switch {
	case first.Code == CodeAccounting:
		return sentence("No figure here can be trusted: " + first.String())
	case a.Verdict == Invalid:
		return sentence("The generator, not the target, set these figures: " + first.String())
	}
	for _, l := range legs {
		if l.Reconcile != nil && (l.Reconcile.Verdict == RowsLost || l.Reconcile.Verdict == RowsExtra) {
			return sentence(l.label() + ": " + l.Reconcile.Words)
		}
	}
	switch {
	case a.Verdict != Pass:
		first.InHeadline = true
		return sentence(first.String())
	case a.Comparison != nil:
		a.ComparisonInHeadline = true
		return a.Comparison.Words
	}
	l := legs[len(legs)-1]
	words := fmt.Sprintf("%s: %s of %s succeeded", l.label(), count(l.Outcomes.Success), counted(ended(l.Outcomes), "request"))
	if t := a.Measured(&l.Leg); t.N > 0 {
		words += fmt.Sprintf(", p95 %s", millis(t.At(metric.P95)))
	}
	if r := l.Reconcile; r != nil && r.Verdict == RowsReconciled && r.Unknown == 0 {
		words += ", and every answer that claimed a write has its row"
	}
	return sentence(words)
}
