package compare

import (
	"fmt"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// answer is what a comparison comes to: better or worse if one of its leading metrics is
// and none contradicts, the same if all are. Nine metrics are nine chances of a difference
// that is none, so the answer rests on those that the sentence names, on errors and on rows.
func answer(c *result.Comparison) (result.MetricVerdict, string) {
	found := map[result.MetricVerdict][]string{}
	for _, of := range leading(c) {
		if m := c.Of(of); m.Name != "" && m.Code != result.CodeSetByPlan {
			found[m.Verdict] = append(found[m.Verdict], of.Phrase)
		}
	}
	base, cand := c.Baseline, c.Candidate
	if len(c.Runs) > 0 {
		base, cand = "the baseline", "the candidate"
	}
	better, worse := found[result.Better], found[result.Worse]
	switch {
	case len(better) > 0 && len(worse) > 0:
		return result.Mixed, fmt.Sprintf("%s better than %s in %s, worse in %s", cand, base, words.List(better, 3), words.List(worse, 3))
	case len(better) > 0:
		return result.Better, fmt.Sprintf("%s better than %s", cand, base)
	case len(worse) > 0:
		return result.Worse, fmt.Sprintf("%s worse than %s", cand, base)
	case len(found[result.CannotTell]) == 0 && len(found[result.Same]) > 0:
		return result.Same, fmt.Sprintf("%s the same as %s", cand, base)
	}
	return result.CannotTell, fmt.Sprintf("cannot tell %s from %s", cand, base)
}

// leading are the metrics that an answer rests on: the rate, the time that the sample bounds,
// errors and rows lost.
func leading(c *result.Comparison) []metric.Metric {
	return []metric.Metric{metric.Rate, timeOf(c), metric.ErrorRate, metric.Lost}
}

// timeOf is the time to speak of: p95 if the sample bounds it, and the median if not.
func timeOf(c *result.Comparison) metric.Metric {
	if m := c.Of(metric.P95); m.Verdict == result.CannotTell && (m.Lo <= 0 || !m.Hi.Finite()) {
		return metric.P50
	}
	return metric.P95
}

// ratios are those of the rate and the time that an answer rests on, "" where there are none.
func ratios(c *result.Comparison) string {
	var said []string
	for _, of := range []metric.Metric{metric.Rate, timeOf(c)} {
		m := c.Of(of)
		if m.Code == result.CodeSetByPlan || !m.Ratio.Finite() {
			continue
		}
		text := of.Title + " " + words.Times(float64(m.Ratio)) + " times"
		if of == metric.Rate {
			text = words.Times(float64(m.Ratio)) + " times the " + of.Phrase
		}
		if m.Lo.Finite() || m.Hi.Finite() {
			text += " (" + result.Span(m.Lo, m.Hi, words.Times) + ")"
		}
		said = append(said, text)
	}
	return strings.Join(said, ", ")
}

// next says what would tell the sides apart, where that is open; "" where it is not, and where
// nothing in sight would.
func next(c *result.Comparison) string {
	paired := len(c.Runs) == 0
	if c.Verdict != result.CannotTell {
		return ""
	}
	rounds, requests := 0, false
	for _, of := range leading(c) {
		switch open := c.Of(of); {
		case open.Verdict != result.CannotTell:
		case open.Code == result.CodeTooFewRequests:
			requests = true
		case open.Code == result.CodeTooFewRounds && open.RoundsNeeded == 0 && open.Rounds < Fewest(paired):
			rounds = max(rounds, Fewest(paired))
		case open.Code == result.CodeTooFewRounds:
			rounds = max(rounds, open.RoundsNeeded)
		}
	}
	switch {
	case rounds == 0 && !requests:
		return ""
	case rounds > 0 && requests:
		return fmt.Sprintf("what to do: ask for more requests, with a longer load or more clients, in %s (compare.rounds)", words.Counted(rounds, "round"))
	case rounds > 0:
		return fmt.Sprintf("what to do: measure %s (compare.rounds), or more requests in each", words.Counted(rounds, "round"))
	}
	return fmt.Sprintf("what to do: ask for more requests, with a longer load or more clients; %s or more (compare.rounds) show what one leg cannot",
		words.Counted(Fewest(paired), "round"))
}
