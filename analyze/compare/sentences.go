package compare

import (
	"fmt"
	"math"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
)

// method says how the intervals of a meeting were made, and what they leave out.
func (m *meeting) method() string {
	const (
		counts = " Error rates: Newcombe's hybrid score interval, over all requests. All at 95 %. "
		within = "Times and rates: MOVER on the logarithms of the intervals of both sides, with seconds as clusters." + counts
	)
	n, takes := m.rounds(), words.Counted(Fewest(m.paired), "round")
	if !m.paired {
		takes += " on each side"
	}
	switch basis := m.basis(); {
	case basis == onRounds && m.paired:
		return fmt.Sprintf("Times and rates: a figure per round, of which the median is shown; the %d rounds as pairs, Hodges–Lehmann estimate of the logarithm of the ratio, exact signed-rank interval.", n) + counts +
			"The rounds took turns, so that a drift of the machine is not taken for a difference."
	case basis == onRounds:
		return fmt.Sprintf("Times and rates: a figure per round, of which the median is shown; %d rounds against %d, Hodges–Lehmann shift of the logarithms, exact Mann–Whitney interval.", len(m.candidate), len(m.baseline)) + counts +
			"The runs did not take turns: whatever changed between them, the machine's mood included, counts as a difference."
	case basis == onNothing:
		return fmt.Sprintf("Times and rates: a figure per round, of which the median is shown; %s against %d, no interval, which takes %s.", words.Counted(len(m.candidate), "round"), len(m.baseline), takes) + strings.TrimRight(counts, " ")
	case basis == onPools:
		return within + fmt.Sprintf("The %d rounds are pooled: the noise from request to request is covered, how far another round would differ is not; that takes %s.", n, takes)
	case m.paired:
		return within + "One round covers the noise from request to request within this run only, not how far another would differ: that takes " + takes + "."
	}
	return within + "They cover the noise from request to request within these two runs only, not how far further runs would differ: that takes " + takes + "."
}

// name is what a side is called in a sentence.
func (m *meeting) name(side int) string {
	if m.paired {
		return m.of[side].Target
	}
	return [...]string{"the baseline", "the candidate"}[side]
}

// say gives the answer and the words of a metric whose verdict stands.
func say(m *result.Metric, k Contrast, of metric.Metric) {
	m.Answer = m.Verdict.Word()
	shown := k.shown()
	switch {
	case m.Verdict == result.Same:
		m.Answer = result.Same.Word() + " within " + words.Percent(sameRatio-1)
	case m.Verdict == result.CannotTell:
		missing := doubt(m, k, of)
		m.Code, m.Why, m.Words = missing.Code, missing.Words, missing.Words
		if m.Code == result.CodeTooFewRounds {
			m.Words = m.Answer + ": " + m.Why
		}
		return
	}
	m.Words = m.Answer + ": " + shown
}

// doubt says why a metric cannot be told, and what it would take.
func doubt(m *result.Metric, k Contrast, of metric.Metric) result.Gap {
	rounds := func(format string, args ...any) result.Gap {
		return result.Gap{Code: result.CodeTooFewRounds, Words: fmt.Sprintf(format, args...)}
	}
	requests := func(format string, args ...any) result.Gap {
		return result.Gap{Code: result.CodeTooFewRequests, Words: fmt.Sprintf(format, args...)}
	}
	few := fmt.Sprintf("too few requests to tell: %s and %s", words.Number(m.BaselineN), words.Number(m.CandidateN))
	switch {
	case math.IsNaN(k.Ratio.Value):
		return result.Gap{Code: result.CodeNothingToCompare, Words: "nothing to compare: a round of a side has no figure above zero"}
	case k.Rounds > 0 && k.least < of.Fewest():
		return requests("too few requests to tell: a round has %s, and %s of fewer than %s is their maximum", words.Number(k.least), of.Label, words.Number(of.Fewest()))
	case k.Rounds > 0 && k.Rounds < FewestPairs && k.paired:
		return rounds("%s times in %s: it takes %d at least", words.Times(k.Ratio.Value), words.Counted(k.Rounds, "round"), FewestPairs)
	case k.Rounds > 0 && k.Rounds < fewestRounds:
		return rounds("%s times, from %s on a side: it takes %d on each at least", words.Times(k.Ratio.Value), words.Counted(k.Rounds, "round"), fewestRounds)
	case k.Rounds > 0:
		return rounds("%s%s; %s", k.apart(), k.shown(), needs(m))
	case of.Quantile > 0 && min(m.BaselineN, m.CandidateN) < uint64(stats.MinSample(of.Quantile, result.Confidence)):
		need := words.Number(uint64(stats.MinSample(of.Quantile, result.Confidence)))
		return requests("too few requests to tell: an interval of %s takes %s independent requests on each side, here are %s and %s",
			of.Label, need, words.Number(m.BaselineN), words.Number(m.CandidateN))
	case k.Ratio.Lo > 0 && m.Hi.Finite():
		return requests("%s could show only a factor of %s", few, words.Times(math.Sqrt(k.Ratio.Hi/k.Ratio.Lo)))
	}
	return requests("%s leave the ratio open, for requests close in time resemble each other", few)
}

// shown is the ratio as it was, which is no estimate, and where it lies beyond what was
// measured.
func (k Contrast) shown() string {
	value := words.Times(k.Ratio.Value)
	span := result.Span(result.Bound(k.Ratio.Lo), result.Bound(k.Ratio.Hi), words.Times)
	if k.Rounds == 0 {
		return fmt.Sprintf("%s times (%s)", value, span)
	}
	return fmt.Sprintf("%s times in these %d rounds, %s in the long run", value, k.Rounds, span)
}

// apart says how far apart the sides are at most, by what the rounds do show; "" where that
// is open.
func (k Contrast) apart() string {
	most := max(k.Ratio.Hi, 1/k.Ratio.Lo) - 1
	if !(most > 0) || math.IsInf(most, 0) {
		return ""
	}
	return fmt.Sprintf("at most %s apart is shown, %s is not: ", words.Percent(words.Up(most, 2)), words.Percent(sameRatio-1))
}

// needs says how many rounds it would take.
func needs(m *result.Metric) string {
	if m.RoundsNeeded == 0 {
		return "no sensible number would do"
	}
	return "it would take about " + words.Counted(m.RoundsNeeded, "round")
}

// summarySentence says the comparison in one sentence: the rate where the target sets
// it, and the time, p95 if the sample bounds it and the median if not.
func summarySentence(c *result.Comparison, base, cand *result.Analysis) string {
	w := wording{Comparison: c, base: c.Baseline, cand: c.Candidate, of: c.Candidate + "'s"}
	prefix := ""
	if len(c.Runs) > 0 {
		w.base, w.cand, w.of, prefix = "the baseline", "the candidate", "the candidate's", c.Target+": "
	}
	time := timeOf(c)
	m := c.Of(time)
	if why := withheld(m); why != "" {
		return words.Sentence(fmt.Sprintf("%s%s and %s are not compared%s", prefix, w.cand, w.base, why))
	}
	if base.Run.Load.Open && cand.Run.Load.Open {
		load := "under the same planned load"
		if len(loadDifferences(base.Run.Load, cand.Run.Load)) > 0 {
			load = "under different loads"
		}
		if prefix == "" {
			load = "U" + load[1:]
		}
		return words.Sentence(prefix + load + ", " + w.latency(time.Title, m, w.of))
	}
	latency := w.latency(time.Title, m, "its")
	rate := c.Of(metric.Rate)
	if rate.Verdict == result.CannotTell {
		return words.Sentence(fmt.Sprintf("%s%s and %s cannot be told apart in requests per second (%s), and %s", prefix, w.cand, w.base, rate.Why, latency))
	}
	return words.Sentence(fmt.Sprintf("%s%s answered %s times as many requests per second as %s (%s), and %s",
		prefix, w.cand, words.Times(float64(rate.Ratio)), w.base, result.Span(rate.Lo, rate.Hi, words.Times), latency))
}

// wording is a comparison with what its sides are called in a sentence; of is the
// candidate in the genitive.
type wording struct {
	*result.Comparison
	base, cand, of string
}

// latency is the part of a sentence about a time; whose is the candidate in the
// genitive.
func (w wording) latency(name string, m result.Metric, whose string) string {
	ratio := fmt.Sprintf("%s times that of %s (%s)", words.Times(float64(m.Ratio)), w.base, result.Span(m.Lo, m.Hi, words.Times))
	switch m.Verdict {
	case result.CannotTell:
		return fmt.Sprintf("no difference in %s between %s and %s can be told (%s)", name, w.cand, w.base, m.Why)
	case result.Same:
		return fmt.Sprintf("%s %s was the %s: %s", whose, name, m.Answer, ratio)
	}
	return fmt.Sprintf("%s %s was %s", whose, name, ratio)
}
