package analyze

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/runlog"
)

// judge sets verdict, reasons and headline. The worst finding decides, and INVALID
// comes before FAIL: a generator at its limit makes a target look slow.
func (a *Analysis) judge(run *runlog.Run, legs []*judgedLeg) {
	invalid, failed, unclear := a.findings(run, legs)
	switch {
	case len(invalid) > 0:
		a.Verdict = Invalid
	case len(failed) > 0:
		a.Verdict = Fail
	case len(unclear) > 0:
		a.Verdict = Inconclusive
	default:
		a.Verdict = Pass
		unclear = passReasons(a)
	}
	a.Reasons = slices.Concat(invalid, failed, unclear)
	a.Remedy = remedy(invalid, legs, run.Load.Open)
	a.Headline = a.headline(legs)
}

// remedy says what to do about a run that is INVALID; "" where its reasons say so
// themselves, and for any other run.
func remedy(invalid []string, legs []*judgedLeg, open bool) string {
	isBroken := func(l *judgedLeg) bool { return len(l.broken) > 0 }
	slow := func(l *judgedLeg) bool { return len(l.Generator.Why) > 0 && l.Generator.Own == 0 }
	switch {
	case len(invalid) == 0:
		return ""
	case slices.ContainsFunc(legs, isBroken):
		return "what to do: measure again; if it comes back, report it with the run directory"
	case !slices.ContainsFunc(legs, slow):
		return ""
	}
	ways := "what to do: give stress a machine of its own, away from the target and from other programs, or ask for less load"
	if open {
		ways += "; load.pacing: batch takes less of a processor, at the price of a millisecond of lag"
	}
	return ways + "; more rounds show whether it was one moment"
}

// findings are the reasons for each verdict but a pass.
func (a *Analysis) findings(run *runlog.Run, legs []*judgedLeg) (invalid, failed, unclear []string) {
	var broken []string
	for _, l := range legs {
		name := l.label() + ": "
		for _, why := range l.broken {
			broken = append(broken, name+why)
		}
		for _, why := range l.Generator.Why {
			invalid = append(invalid, name+why)
		}
		switch n := ended(l.Outcomes); {
		case l.aborted:
			failed = append(failed, name+"aborted: "+abortText(&l.Leg))
		case n > 0 && l.Outcomes.Success == 0:
			failed = append(failed, name+fmt.Sprintf("none of %s succeeded", counted(n, "request")))
		case n == 0:
			unclear = append(unclear, name+"no request came to an end: an empty sample shows nothing")
		case !l.Complete:
			unclear = append(unclear, name+"the run was killed during this leg")
		case l.Stopped != "":
			unclear = append(unclear, name+"stopped before its end: "+l.Stopped)
		}
	}
	for _, t := range a.Thresholds {
		text := t.reason()
		switch t.Verdict {
		case Fail:
			failed = append(failed, text)
		case Inconclusive:
			unclear = append(unclear, text)
		}
	}
	switch {
	case run.Stopped != "":
		unclear = append(unclear, "the run did not come to its end: "+run.Stopped)
	case !run.Sealed:
		unclear = append(unclear, "the run was killed: what is here is true, but it is not all")
	}
	for _, target := range run.Targets {
		if !slices.ContainsFunc(legs, func(l *judgedLeg) bool { return l.Target == target.Name }) {
			unclear = append(unclear, "no leg of "+target.Name+" was run")
		}
	}
	if len(legs) == 0 {
		unclear = append(unclear, "nothing was measured")
	}
	return append(broken, invalid...), failed, unclear
}

func abortText(l *Leg) string {
	for _, e := range l.Events {
		if e.Kind == runlog.EventAbort && e.Text != "" {
			return e.Text
		}
	}
	return "too many errors"
}

// reason is the assessment as a reason of the run's verdict.
func (t Assessment) reason() string {
	return fmt.Sprintf("%s: %s: %s", t.where(), t.Threshold, t.Words)
}

func (t Assessment) where() string { return inRound(t.Target, t.Round, t.Rounds) }

// passReasons say what a pass stands on; one without thresholds says so.
func passReasons(a *Analysis) []string {
	if len(a.Thresholds) == 0 {
		return []string{"no threshold was set: the run came to its end and its counts add up"}
	}
	return []string{fmt.Sprintf("all %s met", counted(len(a.Thresholds), "threshold check"))}
}

// headline is the sentence for someone in a hurry: what makes the figures void,
// else rows that are not there, else why it failed, else the comparison, else the
// leg in figures.
func (a *Analysis) headline(legs []*judgedLeg) string {
	if a.Verdict == Invalid {
		if slices.ContainsFunc(legs, func(l *judgedLeg) bool { return len(l.broken) > 0 }) {
			return sentence("No figure here can be trusted: " + a.Reasons[0])
		}
		return sentence("The generator, not the target, set these figures: " + a.Reasons[0])
	}
	for _, l := range legs {
		if l.Reconcile != nil && (l.Reconcile.Verdict == RowsLost || l.Reconcile.Verdict == RowsExtra) {
			return sentence(l.label() + ": " + l.Reconcile.Words)
		}
	}
	switch {
	case a.Verdict != Pass:
		return sentence(a.Reasons[0])
	case a.Comparison != nil:
		return a.Comparison.Words
	}
	l := legs[len(legs)-1]
	words := fmt.Sprintf("%s: %s of %s succeeded", l.label(), count(l.Outcomes.Success), counted(ended(l.Outcomes), "request"))
	if t := a.Measured(&l.Leg); t.N > 0 {
		words += fmt.Sprintf(", p95 %s", millis(t.P95))
	}
	if r := l.Reconcile; r != nil && r.Verdict == RowsReconciled && r.Unknown == 0 {
		words += ", and every answer that claimed a write has its row"
	}
	return sentence(words)
}
