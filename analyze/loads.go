package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// together is a run of several loads, from what it is under each of them: the worst of the
// verdicts, and the answer of the load that can tell most.
func together(run *runlog.Run, loads []*result.Analysis) *result.Analysis {
	a := &result.Analysis{Schema: result.SummarySchema, Name: run.Name, Run: runInfo(run), Loads: loads}
	a.Run.Load, a.Run.Measure, a.Run.MeasureWhy = runlog.Load{Words: loadWords(loads)}, "", ""
	a.Findings = findingsOfLoads(loads)
	a.Verdict = result.Worst(a.Findings)
	for _, part := range loads {
		if part.Verdict == a.Verdict {
			a.Remedy = cmp.Or(a.Remedy, part.Remedy)
		}
	}
	for _, part := range loads {
		for _, alert := range part.Alerts {
			a.Alerts = append(a.Alerts, "load "+part.Run.Load.Name+", "+alert)
		}
	}
	telling := mostTelling(loads)
	a.Answer = answerOfLoads(telling, loads)
	a.Headline = headlineOfLoads(a, telling)
	return a
}

func loadWords(loads []*result.Analysis) string {
	var said []string
	for _, part := range loads {
		said = append(said, part.Run.Load.Name+": "+part.Run.Load.Words)
	}
	return strings.Join(said, "; ")
}

// findingsOfLoads are those of all loads, worst first; that all is well is said once.
func findingsOfLoads(loads []*result.Analysis) []result.Finding {
	var out []result.Finding
	thresholds := 0
	for _, part := range loads {
		thresholds += len(part.Thresholds)
		for _, f := range part.Findings {
			if f.Code == result.CodeThresholdsMet || f.Code == result.CodeNoThreshold {
				continue
			}
			f.Load = part.Run.Load.Name
			out = append(out, f)
		}
	}
	if result.WorstFirst(out); result.Worst(out) == result.Pass {
		out = append([]result.Finding{passed(thresholds)}, out...)
	}
	return out
}

// mostTelling is the load whose comparison answers most: one of fifty requests tells a median
// at best. Nil where nothing is compared.
func mostTelling(loads []*result.Analysis) *result.Analysis {
	var most *result.Analysis
	told := func(a *result.Analysis) (n int) {
		if a.Answer.Verdict == result.CannotTell {
			return -1
		}
		for _, m := range a.Comparison.Metrics {
			if m.Verdict != result.CannotTell && m.Code != result.CodeSetByPlan {
				n++
			}
		}
		return n
	}
	for _, part := range loads {
		if part.Answer != nil && (most == nil || told(part) > told(most)) {
			most = part
		}
	}
	return most
}

// answerOfLoads is the answer of the most telling load, and says if another contradicts it.
func answerOfLoads(telling *result.Analysis, loads []*result.Analysis) *result.Answer {
	if telling == nil {
		return nil
	}
	load := telling.Run.Load.Name
	answer := &result.Answer{Verdict: telling.Answer.Verdict, Words: telling.Answer.Words + " under load " + load, Load: load}
	opposite := map[result.MetricVerdict]result.MetricVerdict{result.Better: result.Worse, result.Worse: result.Better}[answer.Verdict]
	for _, part := range loads {
		if opposite != "" && part.Answer != nil && part.Answer.Verdict == opposite {
			answer.Verdict = result.Mixed
			answer.Words += fmt.Sprintf(", %s under load %s", opposite, part.Run.Load.Name)
		}
	}
	return answer
}

// headlineOfLoads is that of the load which decides the verdict, where it is no pass, and of
// the load which gives the answer; without either it is that of each.
func headlineOfLoads(a *result.Analysis, telling *result.Analysis) string {
	var said []*result.Analysis
	if a.Verdict != result.Pass {
		i := slices.IndexFunc(a.Loads, func(part *result.Analysis) bool { return part.Verdict == a.Verdict })
		said = append(said, a.Loads[i])
	}
	if telling != nil && !slices.Contains(said, telling) {
		said = append(said, telling)
	}
	if len(said) == 0 {
		said = a.Loads[:min(len(a.Loads), mostInFigures)]
	}
	var sentences, names []string
	for _, part := range said {
		names = append(names, part.Run.Load.Name)
		sentences = append(sentences, words.Sentence("Load "+part.Run.Load.Name+": "+part.Headline))
	}
	for i := range a.Findings {
		a.Findings[i].InHeadline = a.Findings[i].InHeadline && slices.Contains(names, a.Findings[i].Load)
	}
	return strings.Join(sentences, " ")
}
