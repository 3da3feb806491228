package analyze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
)

// thresholdChecks are the run's own thresholds, each once per target: the worst round
// stands for all.
func thresholdChecks(a *Analysis) []Check {
	var out []Check
	for _, t := range a.Thresholds {
		c := thresholdCheck(t)
		if a.Verdict == Invalid {
			c.void()
		}
		i := slices.IndexFunc(out, func(o Check) bool { return o.Limit == c.Limit && o.Target == c.Target })
		if i < 0 {
			out = append(out, c)
		} else if c.Verdict.Severity() > out[i].Verdict.Severity() {
			out[i] = c
		}
	}
	return out
}

func thresholdCheck(t Assessment) Check {
	o := t.Observed
	c := Check{Limit: t.Threshold, Target: t.Target, P: nan, Verdict: t.Verdict, Code: t.Code, Words: t.Words,
		Metric: Metric{Unit: t.Unit, Better: metric.Lower, Candidate: o.Value, CandidateN: o.N, Ratio: nan, Lo: o.Lo, Hi: o.Hi}}
	if th, err := ParseThreshold(t.Threshold); err == nil {
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
func ownFindings(a *Analysis) []Finding {
	if a.Verdict == Pass {
		if a.Run.Partial {
			return []Finding{found(Inconclusive, CodePartialRun, "the run did not come to its end")}
		}
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Findings), func(f Finding) bool { return f.Limit != "" && f.Verdict != Invalid })
}

// finding is the check as a finding of the gate.
func (c *Check) finding() Finding {
	return Finding{Verdict: c.Verdict, Code: c.Code, Target: c.Target, Limit: c.Limit, Text: c.Words}
}

// conclude sets verdict, findings and headline from the run and the checks. The worst
// decides: nothing passes that anything leaves open.
func (g *Gate) conclude() {
	own := ownFindings(g.Run)
	g.Remedy, g.Findings = "", own
	for i := range g.Checks {
		if c := &g.Checks[i]; c.Verdict != Pass {
			g.Findings = append(g.Findings, c.finding())
		}
	}
	switch g.Verdict = worst(g.Findings); {
	case g.Verdict == Invalid:
		g.Remedy, g.Findings = g.Run.Remedy, own
	case g.Verdict != Pass:
		worstFirst(g.Findings)
	case len(g.Checks) == 0:
		g.Verdict, g.Findings = Inconclusive, []Finding{found(Inconclusive, CodeEmptySample, "nothing was checked: an empty sample shows nothing")}
	default:
		g.Findings = []Finding{found(Pass, CodeChecksHold, "%s", g.held())}
	}
	g.Headline = g.headline()
}

// headline is the sentence for someone in a hurry.
func (g *Gate) headline() string {
	first, n := &g.Findings[0], 0
	for _, f := range g.Findings {
		if f.Verdict == g.Verdict {
			n++
		}
	}
	first.InHeadline = true
	words := first.String()
	switch {
	case g.Verdict == Invalid:
		return g.Run.Headline
	case g.Verdict != Pass && n > 1:
		words += fmt.Sprintf(" (and %d more)", n-1)
	}
	if g.Verdict == Inconclusive {
		words = "It cannot be told: " + words
	}
	return sentence(words)
}

// held says what a pass stands on.
func (g *Gate) held() string {
	words := "The check holds"
	if len(g.Checks) > 1 {
		words = fmt.Sprintf("All %d checks hold", len(g.Checks))
	}
	words += " over " + counted(g.Candidate.Rounds, "round")
	if g.Baseline != nil {
		words += ", against " + g.Baseline.Label
	}
	return words
}

// The methods of a gate.
const (
	gateFigures = "One figure per round and target; percentiles are never averaged. "
	gatePairs   = "The sides took turns, so a round is a pair: the ratio is the pseudo-median of the logarithms (Hodges–Lehmann) with its exact signed-rank interval. "
	gateRuns    = "Two runs: the ratio is the median of all differences of the logarithms (Hodges–Lehmann) with its exact rank-sum interval. It covers how rounds differ within these runs, not what changed between them. "
	gateErrors  = "Error rates: Newcombe's interval of the difference, at the effective samples. "
	gateHolm    = "A check fails if its 95 % interval lies beyond the margin and p ≤ 0.05 after Holm's correction over all tolerances; it passes if the interval keeps the margin. "
	gateBounds  = "Bounds are held against the 95 % interval of the rounds by signed ranks, of fewer than 6 rounds against those of all legs; lost and extra rows are counted. "
)

// method says how the checks were made.
func (g *gating) method(asked []demand) string {
	any := func(is func(demand) bool) bool { return slices.ContainsFunc(asked, is) }
	out := gateFigures
	if any(func(d demand) bool { return d.kind == notWorse }) && g.held() != nil {
		if g.own() {
			out += gatePairs
		} else {
			out += gateRuns
		}
		if any(func(d demand) bool { return d.kind == notWorse && d.difference() }) {
			out += gateErrors
		}
		out += gateHolm
	}
	if any(func(d demand) bool { return d.kind != notWorse }) {
		out += gateBounds
	}
	return strings.TrimSpace(out)
}
