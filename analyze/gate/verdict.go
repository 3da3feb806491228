package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/internal/words"
)

// thresholdChecks are the run's own thresholds, each once per target: the worst round
// stands for all.
func thresholdChecks(a *result.Analysis) []result.Check {
	var out []result.Check
	for _, t := range a.Thresholds {
		c := thresholdCheck(t)
		c.Load = a.Run.Load.Name
		if a.Verdict == result.Invalid {
			void(&c)
		}
		i := slices.IndexFunc(out, func(o result.Check) bool { return o.Limit == c.Limit && o.Target == c.Target })
		if i < 0 {
			out = append(out, c)
		} else if c.Verdict.Severity() > out[i].Verdict.Severity() {
			out[i] = c
		}
	}
	return out
}

func thresholdCheck(t result.Assessment) result.Check {
	o := t.Observed
	c := result.Check{Limit: t.Threshold, Target: t.Target, P: result.NoBound, Verdict: t.Verdict, Code: t.Code, Words: t.Words,
		Metric: result.Metric{Unit: t.Unit, Better: metric.Lower, Candidate: o.Value, CandidateN: o.N, Ratio: result.NoBound, Lo: o.Lo, Hi: o.Hi}}
	if th, err := threshold.Parse(t.Threshold); err == nil {
		c.Metric.Name, c.Margin = th.Metric.Key, th.Value
		if strings.HasPrefix(th.Op, ">") {
			c.Metric.Better = metric.Higher
		}
	}
	if max(t.Round, t.Rounds) > 1 && t.Round > 0 {
		c.Words = fmt.Sprintf("round %d: %s", t.Round, t.Words)
	}
	return c
}

// ownFindings are the run's findings that no threshold gave: a run that came to its
// end, adds up and was not set by its generator has none, an INVALID one at least one.
func ownFindings(a *result.Analysis) []result.Finding {
	if a.Verdict == result.Pass {
		if a.Run.Partial {
			return []result.Finding{result.Found(result.Inconclusive, result.CodePartialRun, "the run did not come to its end")}
		}
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Findings), func(f result.Finding) bool { return f.Limit != "" && f.Verdict != result.Invalid })
}

// finding is the check as a finding of the gate.
func finding(c *result.Check) result.Finding {
	return result.Finding{Verdict: c.Verdict, Code: c.Code, Load: c.Load, Target: c.Target, Limit: c.Limit, Text: c.Words}
}

// conclude sets verdict, findings and headline from the run and the checks. The worst
// decides: nothing passes that anything leaves open.
func conclude(g *result.Gate) {
	own := ownFindings(g.Run)
	g.Remedy, g.Findings = "", own
	for i := range g.Checks {
		if c := &g.Checks[i]; c.Verdict != result.Pass {
			g.Findings = append(g.Findings, finding(c))
		}
	}
	switch g.Verdict = result.Worst(g.Findings); {
	case g.Verdict == result.Invalid:
		g.Remedy, g.Findings = g.Run.Remedy, own
	case g.Verdict != result.Pass:
		result.WorstFirst(g.Findings)
	case len(g.Checks) == 0:
		g.Verdict, g.Findings = result.Inconclusive, []result.Finding{result.Found(result.Inconclusive, result.CodeEmptySample, "nothing was checked: an empty sample shows nothing")}
	default:
		g.Findings = []result.Finding{result.Found(result.Pass, result.CodeChecksHold, "%s", allHold(g))}
	}
	g.Headline = headline(g)
}

// headline is the sentence for someone in a hurry.
func headline(g *result.Gate) string {
	if g.Verdict == result.Invalid { // its findings are the run's own, and so are those in it
		return g.Run.Headline
	}
	n := 0
	for i := range g.Findings {
		f := &g.Findings[i]
		f.InHeadline = i == 0
		if f.Verdict == g.Verdict {
			n++
		}
	}
	first := g.Findings[0]
	text := first.String()
	if g.Verdict != result.Pass && n > 1 {
		text += fmt.Sprintf(" (and %d more)", n-1)
	}
	if g.Verdict == result.Inconclusive && first.Code != result.CodeSpansLimit { // which says what is shown
		text = "It cannot be told: " + text
	}
	return words.Sentence(text)
}

// allHold says what a pass stands on.
func allHold(g *result.Gate) string {
	text := "The check holds"
	switch n := len(g.Checks); {
	case n == 2:
		text = "Both checks hold"
	case n > 2:
		text = fmt.Sprintf("All %d checks hold", n)
	}
	text += " over " + words.Counted(g.Candidate.Rounds, "round")
	if g.Baseline != nil {
		text += ", against " + g.Baseline.Label
	}
	return text
}

// The methods of a gate.
const (
	methodFigures = "One figure per round and target; percentiles are never averaged. "
	methodPairs   = "The sides took turns, so a round is a pair: the ratio is the pseudo-median of the logarithms (Hodges–Lehmann) with its exact signed-rank interval. "
	methodRuns    = "Two runs: the ratio is the median of all differences of the logarithms (Hodges–Lehmann) with its exact rank-sum interval. It covers how rounds differ within these runs, not what changed between them. "
	methodErrors  = "Error rates: the score test of the difference and its interval (Miettinen and Nurminen), at the effective samples. "
	methodHolm    = "A check fails if its %s interval lies beyond the margin and p ≤ %s after Holm's correction over all tolerances; it passes if the interval keeps the margin. "
	methodBounds  = "Bounds are held against the %s interval of the rounds by signed ranks, of fewer than 6 rounds against those of all legs; lost and extra rows are counted. "
	methodLooks   = "This was look %d of at most %d at a run that grows until it can tell: each has its part of the 5 %% by which all of them together may err (Lan and DeMets), and the first fails nothing. "
)

// methodRatio says how the sides are held against each other.
func methodRatio(paired bool) string {
	if paired {
		return methodPairs
	}
	return methodRuns
}

// method says how the checks were made.
func (g *gating) method(asked []demand) string {
	any := func(is func(demand) bool) bool { return slices.ContainsFunc(asked, is) }
	out := methodFigures
	if any(func(d demand) bool { return d.kind == notWorse }) && g.held() != nil {
		out += methodRatio(g.own())
		if any(func(d demand) bool { return d.kind == notWorse && d.difference() }) {
			out += methodErrors
		}
		out += fmt.Sprintf(methodHolm, words.Percent(g.look.confidence()), words.Significant(g.look.level, 2))
	}
	if any(func(d demand) bool { return d.kind != notWorse }) {
		out += fmt.Sprintf(methodBounds, words.Percent(g.look.confidence()))
	}
	if g.look.of > 1 {
		out += fmt.Sprintf(methodLooks, g.look.number, g.look.of)
	}
	return strings.TrimSpace(out)
}
