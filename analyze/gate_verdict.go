package analyze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/runlog"
)

// thresholdChecks are the run's own thresholds, each once per target: the worst round
// stands for all.
func thresholdChecks(a *Analysis) []Check {
	var out []Check
	for _, t := range a.Thresholds {
		c := thresholdCheck(t)
		if a.Verdict == Invalid {
			c.Verdict, c.Words = Invalid, notJudged
		}
		i := slices.IndexFunc(out, func(o Check) bool { return o.Limit == c.Limit && o.Target == c.Target })
		if i < 0 {
			out = append(out, c)
		} else if severity(c.Verdict) > severity(out[i].Verdict) {
			out[i] = c
		}
	}
	return out
}

func thresholdCheck(t Assessment) Check {
	o := t.Observed
	c := Check{Limit: t.Threshold, Target: t.Target, P: nan, Verdict: t.Verdict, Words: t.Words,
		Metric: Metric{Unit: t.Unit, Better: lowerBetter, Candidate: o.Value, CandidateN: o.N, Ratio: nan, Lo: o.Lo, Hi: o.Hi}}
	if th, err := ParseThreshold(t.Threshold); err == nil {
		c.Metric.Name, c.Margin = storedName(th.Metric), th.stored(th.Value)
		if strings.HasPrefix(th.Op, ">") {
			c.Metric.Better = higherBetter
		}
	}
	if max(t.Round, t.Rounds) > 1 && t.Round > 0 {
		c.Words = fmt.Sprintf("round %d: %s", t.Round, t.Words)
	}
	return c
}

func severity(v Verdict) int { return slices.Index([]Verdict{Pass, Inconclusive, Fail, Invalid}, v) }

// ownFindings are the run's reasons that no threshold gave, and the verdict they make:
// a run that came to its end, adds up and was not set by its generator has none.
func ownFindings(a *Analysis) (Verdict, []string) {
	if a.Verdict == Pass {
		if a.Run.Partial {
			return Inconclusive, []string{"the run did not come to its end"}
		}
		return Pass, nil
	}
	told := map[string]bool{}
	for _, t := range a.Thresholds {
		told[t.reason()] = true
	}
	other := slices.DeleteFunc(slices.Clone(a.Reasons), func(r string) bool { return told[r] })
	switch {
	case a.Verdict == Invalid:
		return Invalid, other
	case slices.ContainsFunc(a.Legs, func(l Leg) bool { return l.failed() }):
		return Fail, other
	case len(other) > 0:
		return Inconclusive, other
	}
	return Pass, nil // its thresholds speak for themselves
}

// conclude sets verdict, reasons and headline from the run and the checks. The worst
// decides: nothing passes that anything leaves open.
func (g *Gate) conclude() {
	var own []string
	g.Verdict, own = ownFindings(g.Run)
	if g.Verdict == Invalid {
		g.Remedy = g.Run.Remedy
	}
	byVerdict := map[Verdict][]string{g.Verdict: own}
	for _, c := range g.Checks {
		if severity(c.Verdict) > severity(g.Verdict) {
			g.Verdict = c.Verdict
		}
		byVerdict[c.Verdict] = append(byVerdict[c.Verdict], fmt.Sprintf("%s: %s: %s", c.Target, c.Limit, c.Words))
	}
	switch {
	case g.Verdict == Invalid:
		g.Reasons = own
	case g.Verdict != Pass:
		g.Reasons = slices.Concat(byVerdict[Fail], byVerdict[Inconclusive])
	case len(g.Checks) == 0:
		g.Verdict, g.Reasons = Inconclusive, []string{"nothing was checked: an empty sample shows nothing"}
	default:
		g.Reasons = []string{g.held()}
	}
	g.Headline = g.headline(len(byVerdict[g.Verdict]))
}

// headline is the sentence for someone in a hurry; n is how many findings gave the
// verdict.
func (g *Gate) headline(n int) string {
	if g.Verdict == Invalid {
		return g.Run.Headline
	}
	words := g.Reasons[0]
	if n > 1 && g.Verdict != Pass {
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

// failed reports that a leg fails whatever was asked: aborted, or nothing but errors.
func (l *Leg) failed() bool {
	return l.answered() && l.Outcomes.Success == 0 ||
		slices.ContainsFunc(l.Events, func(e runlog.Event) bool { return e.Kind == runlog.EventAbort })
}
