package analyze

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/swarm"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// conclude sets verdict, findings, comparison and headline. The worst finding decides. An
// INVALID run answers nothing of its target's times: neither its thresholds nor its comparison
// are judged. Its rows are what they are, whatever the generator did, unless the counts do not
// add up.
func conclude(a *result.Analysis, run *runlog.Run, legs []*judgedLeg) {
	miscounted := broken(legs)
	void := slices.Concat(miscounted, limited(a, legs))
	for i := range a.Thresholds {
		t := &a.Thresholds[i]
		if len(miscounted) > 0 || len(void) > 0 && !ofRows(*t) {
			t.Verdict, t.ByInterval, t.Code, t.Words = result.Invalid, "", result.NotJudged.Code, result.NotJudged.Words
		}
	}
	a.Findings = append(void, findings(a.Thresholds, run, legs)...)
	result.WorstFirst(a.Findings)
	if a.Verdict = result.Worst(a.Findings); a.Verdict == result.Pass {
		a.Findings = append([]result.Finding{passed(len(a.Thresholds))}, a.Findings...)
	}
	a.Remedy = remedy(a.Findings, run.Load.Open)
	compareTargets(a)
	a.Replicas = replicaCurves(a, run.Targets)
	a.Warnings = append(a.Warnings, leftOut(a.Comparison, legs)...)
	a.Headline = words.Sentence(headline(a, legs), outageSentence(a.Findings))
}

// ofRows reports that a threshold asks for what the ledger counted.
func ofRows(t result.Assessment) bool {
	of, err := threshold.Parse(t.Threshold)
	return err == nil && of.Metric.Ledger
}

// outageSentence is the first outage that no other finding in the headline says.
func outageSentence(findings []result.Finding) string {
	for i := range findings {
		if f := &findings[i]; f.Code == result.CodeOutage && !f.InHeadline {
			f.InHeadline = true
			return words.Sentence(f.String())
		}
	}
	return ""
}

// remedy says what to do about the first kind of finding that makes the verdict and has a
// remedy; "" where the findings say so themselves.
func remedy(findings []result.Finding, open bool) string {
	worst := result.Worst(findings)
	for _, info := range result.Codes() {
		decides := func(f result.Finding) bool { return f.Code == info.Code && f.Verdict == worst }
		if info.Remedy == "" || !slices.ContainsFunc(findings, decides) {
			continue
		}
		if info.Code == result.CodeGeneratorLimited {
			if i := slices.IndexFunc(findings, func(f result.Finding) bool { return decides(f) && f.Agent != "" }); i >= 0 {
				return fmt.Sprintf("what to do: look at the machine of %s, add agents, or ask for less load; stress fleet calibrate says how much each can send", runlog.AgentNamed(findings[i].Agent))
			}
		}
		text := "what to do: " + info.Remedy
		if open && info.Code == result.CodeGeneratorLimited {
			text += "; load.pacing: batch takes less of a processor, at the price of a millisecond of lag"
		}
		return text
	}
	return ""
}

// broken are the counts that do not add up.
func broken(legs []*judgedLeg) (out []result.Finding) {
	for _, l := range legs {
		for _, why := range l.broken {
			out = append(out, result.Found(result.Invalid, result.CodeAccounting, "%s", why).At(&l.Leg))
		}
	}
	return out
}

// findings are what else makes the verdict anything but a pass.
func findings(thresholds []result.Assessment, run *runlog.Run, legs []*judgedLeg) []result.Finding {
	var out []result.Finding
	for _, l := range legs {
		f := l.ending()
		if ours := l.leftOut && f.Verdict == result.Fail; f.Code != "" && !ours {
			out = append(out, f.At(&l.Leg))
		}
		f = l.outageFinding(run.OutageS)
		if ours := l.leftOut && f.Verdict == result.Fail; f.Code != "" && !ours {
			out = append(out, f.At(&l.Leg))
		}
	}
	for _, l := range legs {
		for _, f := range swarm.Findings(l.Cluster, l.Hosts, l.LoadS) {
			out = append(out, f.At(&l.Leg))
		}
	}
	for _, t := range thresholds {
		if t.Verdict != result.Pass && t.Code != result.CodeNotJudged {
			out = append(out, assessmentFinding(t))
		}
	}
	out = append(out, rowsOfOthers(thresholds, run, legs)...)
	out = append(out, agentFindings(legs)...)
	return append(out, incomplete(run, legs)...)
}

// rowsOfOthers returns a finding for the first leg of each target with rows that no answer
// accounts for: if others write into the table too, its rows do not show that nothing was lost.
// Those of requests that were sent again hide nothing, and are said once for each target. It leaves
// out targets with a threshold on extra rows, which says so itself.
func rowsOfOthers(thresholds []result.Assessment, run *runlog.Run, legs []*judgedLeg) (out []result.Finding) {
	asked := func(target string) bool {
		return slices.ContainsFunc(run.Gate, func(l runlog.Limit) bool { return l.Metric == metric.Extra.Name }) ||
			slices.ContainsFunc(thresholds, func(t result.Assessment) bool {
				of, err := threshold.Parse(t.Threshold)
				return err == nil && of.Metric == metric.Extra && t.Target == target
			})
	}
	var said []string
	for _, target := range run.Targets {
		if own := legsOf(legs, target.Name); !asked(target.Name) {
			out = append(out, repeatsOf(target.Name, own)...)
		}
	}
	for _, l := range legs {
		r := l.Reconcile
		if r != nil && r.Extra > 0 && repeats(r) == 0 && !asked(l.Target) && !slices.Contains(said, l.Target) {
			said = append(said, l.Target)
			out = append(out, result.Found(result.Inconclusive, result.CodeRowsMixed, "%s", r.Words).At(&l.Leg))
		}
	}
	return out
}

// ending is what a leg shows whatever was asked, by the way it ended; the zero value
// for nothing.
func (l *judgedLeg) ending() result.Finding {
	switch n := result.Ended(l.Outcomes); {
	case l.aborted:
		return result.Found(result.Fail, result.CodeAborted, "aborted: %s", abortText(&l.Leg))
	case n > 0 && l.Outcomes.Success == 0:
		return result.Found(result.Fail, result.CodeNothingSucceeded, "none of %s succeeded", words.Counted(n, "request"))
	case n == 0:
		return result.Found(result.Inconclusive, result.CodeEmptySample, "no request came to an end: an empty sample shows nothing")
	case !l.Complete:
		return result.Found(result.Inconclusive, result.CodePartialRun, "the run was killed during this leg")
	case l.Stopped != "":
		return result.Found(result.Inconclusive, result.CodePartialRun, "stopped before its end: %s", l.Stopped)
	}
	return result.Finding{}
}

// incomplete is what of the run is not there.
func incomplete(run *runlog.Run, legs []*judgedLeg) (out []result.Finding) {
	switch {
	case run.Stopped != "":
		out = append(out, result.Found(result.Inconclusive, result.CodePartialRun, "the run did not come to its end: %s", run.Stopped))
	case !run.Sealed:
		out = append(out, result.Found(result.Inconclusive, result.CodePartialRun, "the run was killed: what is here is true, but it is not all"))
	}
	for _, target := range run.Targets {
		if !slices.ContainsFunc(legs, func(l *judgedLeg) bool { return l.Target == target.Name }) {
			out = append(out, result.Found(result.Inconclusive, result.CodePartialRun, "no leg of %s was run", target.Name))
		}
	}
	if len(legs) == 0 {
		out = append(out, result.Found(result.Inconclusive, result.CodeEmptySample, "nothing was measured"))
	}
	return out
}

func abortText(l *result.Leg) string {
	for _, e := range l.Events {
		if e.Kind == runlog.EventAbort && e.Text != "" {
			return e.Text
		}
	}
	return "too many errors"
}

// assessmentFinding is the assessment as a finding of the run.
func assessmentFinding(t result.Assessment) result.Finding {
	f := result.Finding{Verdict: t.Verdict, Code: t.Code, Limit: t.Threshold, Text: t.Words}
	return f.At(&result.Leg{Target: t.Target, Round: t.Round, Rounds: t.Rounds})
}

// passed says what a pass stands on; one without thresholds says so.
func passed(thresholds int) result.Finding {
	if thresholds == 0 {
		return result.Found(result.Pass, result.CodeNoThreshold, "no threshold was set: the run came to its end and its counts add up")
	}
	switch thresholds {
	case 1:
		return result.Found(result.Pass, result.CodeThresholdsMet, "the one threshold check is met")
	case 2:
		return result.Found(result.Pass, result.CodeThresholdsMet, "both threshold checks met")
	}
	return result.Found(result.Pass, result.CodeThresholdsMet, "all %s met", words.Counted(thresholds, "threshold check"))
}
