package analyze

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/runlog"
)

// confidenceOf returns the confidence by which a threshold is judged. p95 < 500ms needs a bound
// on one side only.
func confidenceOf(t threshold.Threshold) float64 {
	if t.Op == "==" || t.Op == "!=" {
		return result.Confidence
	}
	return result.OneSidedConfidence
}

// judged returns an estimate with one-sided bounds if the threshold needs such and there are some.
func judged(e result.Estimate, t threshold.Threshold) result.Estimate {
	if confidenceOf(t) == result.OneSidedConfidence && e.OneSided != (result.Bounds{}) {
		e.Lo, e.Hi, e.Confidence = e.AtLeast(), e.AtMost(), result.OneSidedConfidence
	}
	e.OneSided = result.Bounds{}
	return e
}

// clockTag is the distribution of a leg that a threshold on a time is about.
func clockTag(t threshold.Threshold, open bool) string {
	switch t.Clock {
	case "response":
		return runlog.TagResponse
	case "service":
		return runlog.TagService
	case threshold.FirstByte:
		return runlog.TagFirstByte
	}
	return runTag(open)
}

// figure is a threshold's metric of one leg or of several.
type figure struct {
	result.Estimate
	rounds int // how many rounds it is of; 0 for one leg
	round  int // the only round of several that it is of; 0 if it is of all
	// ranked says that the interval is that of the rounds' pseudo-median. worth is how many
	// independent requests an error rate is worth; 0 for other metrics.
	ranked bool
	worth  float64
	// missing is why the figure is not known; N is then 0, or the figure is of some of the
	// legs.
	missing result.Gap
	// hidden is why a count has a range; the zero Gap if the count is exact.
	hidden result.Gap
}

// roundsOrNone returns the number of rounds for a text, 0 for one, which texts do not mention.
func (f figure) roundsOrNone() int {
	if f.rounds == 1 {
		return 0
	}
	return f.rounds
}

// overRounds is the figure of a threshold, by its index, over the rounds of a target.
func (j *judge) overRounds(ctx context.Context, i int, legs []*judgedLeg) (figure, error) {
	t := j.thresholds[i]
	legs = ofRequests(legs, t.Request)
	switch of := t.Metric; {
	case of == metric.Lost || of == metric.Extra || of == metric.Dropped || of == metric.Skipped:
		return added(i, legs), nil
	case of == metric.Hosts || of == metric.Min || of == metric.Max || of.Worst:
		return worst(i, t, legs), nil
	case of == metric.ErrorRate:
		return failed(legs, confidenceOf(t)), nil
	}
	if legs = sound(legs); len(legs) == 1 || !legs[0].Answered() {
		return legs[0].figures[i], nil
	}
	if f, ok := ranked(i, t, legs); ok {
		return f, nil
	}
	switch t.Metric.Unit.Class() {
	case metric.Rates:
		return j.pooledRate(t, legs), nil
	case metric.Times:
		return j.pooledTime(ctx, t, legs)
	}
	return enclosing(i, legs), nil
}

// sound returns the legs that came to their end; if none did, those with answers; if there are
// none of these either, all.
func sound(legs []*judgedLeg) []*judgedLeg {
	for _, ok := range []func(*result.Leg) bool{(*result.Leg).Sound, (*result.Leg).Answered} {
		if out := slices.DeleteFunc(slices.Clone(legs), func(l *judgedLeg) bool { return !ok(&l.Leg) }); len(out) > 0 {
			return out
		}
	}
	return legs
}

// added returns the sum of counts, with the sums of their lower and of their upper bounds: a row
// that is lost in one round is lost. If the count of a round is not known there is no upper
// bound.
func added(i int, legs []*judgedLeg) figure {
	out := figure{rounds: len(legs)}
	for _, l := range legs {
		f := l.figures[i]
		if f.missing.Code != "" {
			out.missing = cmp.Or(out.missing, at(l, f.missing))
			continue
		}
		out.Value, out.Lo, out.Hi, out.N = out.Value+f.Value, out.Lo+f.Lo, out.Hi+f.Hi, out.N+f.N
		if out.Confidence = max(out.Confidence, f.Confidence); f.hidden.Code != "" {
			out.hidden = cmp.Or(out.hidden, at(l, f.hidden))
		}
	}
	if out.missing.Code != "" {
		out.Hi = result.Bound(math.Inf(1))
	}
	return out
}

// at returns the gap with the name of its leg, if the target has several.
func at(l *judgedLeg, missing result.Gap) result.Gap {
	if l.Rounds > 1 {
		missing.Words = l.Label() + ": " + missing.Words
	}
	return missing
}

// worst returns the figure of the round that is worst by the threshold, and names the round unless
// all are alike: a figure that is exact in every round must meet it in every round. A round without
// one leaves open whether all meet it, and not whether one does not.
func worst(i int, t threshold.Threshold, legs []*judgedLeg) figure {
	var out figure
	var missing result.Gap
	alike := true
	for _, l := range legs {
		f := l.figures[i]
		if f.missing.Code != "" {
			missing = at(l, f.missing)
			continue
		}
		if l.Rounds > 1 {
			f.round = l.Round
		}
		f.rounds = out.rounds + 1
		if out.rounds > 0 {
			alike = alike && f.Value == out.Value
			if !t.Worse(f.Value, out.Value) {
				out.rounds, out.N = f.rounds, out.N+f.N
				continue
			}
		}
		f.N += out.N
		out = f
	}
	if missing.Code != "" && (out.rounds == 0 || t.Holds(out.Value)) {
		return figure{missing: missing}
	}
	if alike {
		out.round = 0
	}
	return out
}

// failed returns the error rate of all requests, with Wilson's interval for as many independent
// requests as they are worth.
func failed(legs []*judgedLeg, confidence float64) figure {
	all := make([]*result.Leg, len(legs))
	var n, k uint64
	for i, l := range legs {
		all[i], n, k = &l.Leg, n+result.Ended(l.Outcomes), k+l.Outcomes.Failed()
	}
	errors := compare.ErrorsOf(all)
	out := figure{Estimate: errors.Estimate(confidence), rounds: len(legs), worth: errors.Worth}
	if out.N == 0 {
		out.missing = result.Gap{Code: result.CodeEmptySample, Words: "no request came to an end"}
		return out
	}
	out.Value = float64(k) / float64(n) // as exact as the threshold
	return out
}

// ranked returns the pseudo-median of the rounds' figures with its signed-rank interval. It
// returns false if there are too few rounds for that, or too few requests in one of them: a rate
// is one of no request, too.
func ranked(i int, t threshold.Threshold, legs []*judgedLeg) (out figure, ok bool) {
	if len(legs) < compare.FewestPairs {
		return out, false
	}
	values := make([]float64, len(legs))
	for n, l := range legs {
		f := l.figures[i]
		if f.missing.Code != "" || f.N < t.Metric.Fewest() && t.Metric.Unit.Class() != metric.Rates {
			return out, false
		}
		values[n], out.N = f.Value, out.N+f.N
	}
	out.rounds, out.ranked, out.Confidence = len(legs), true, confidenceOf(t)
	iv := stats.PseudoMedian(values, out.Confidence)
	out.Value, out.Lo, out.Hi = iv.Value, result.Bound(iv.Lo), result.Bound(iv.Hi)
	return out, true
}

// pooledRate takes the seconds of all legs together.
func (j *judge) pooledRate(t threshold.Threshold, legs []*judgedLeg) figure {
	flows := make([]flow, len(legs))
	for i, l := range legs {
		flows[i] = l.flow
	}
	e := rates(flows...)[t.Metric.Name]
	return figure{Estimate: judged(e, t), rounds: len(legs)}
}

func (j *judge) open(l *judgedLeg) bool { return j.run.LoadOf(l.record.Leg).Open }

// pooledTime takes the requests of all legs together.
func (j *judge) pooledTime(ctx context.Context, t threshold.Threshold, legs []*judgedLeg) (figure, error) {
	tag := clockTag(t, j.open(legs[0]))
	if legs[0].undisturbed && tag == runlog.TagResponse {
		tag = runlog.TagService
	}
	tag = cmp.Or(legs[0].stored[tag], tag)
	all, err := pooledTimes(ctx, legs, []string{tag}, t.Metric.Quantile)
	out := figure{rounds: len(legs)}
	switch {
	case err != nil:
		return out, err
	case all[tag].n == 0:
		out.missing = legs[0].figures[slices.Index(j.thresholds, t)].missing
	case t.Metric == metric.Mean:
		out.Estimate = judged(all.meanEstimate(tag), t)
	default:
		out.Estimate = judged(all.percentile(tag, t.Metric), t)
	}
	return out, nil
}

// enclosing returns an interval from the lowest bound of a round to the highest: what holds for
// the interval holds for every round.
func enclosing(i int, legs []*judgedLeg) figure {
	out := legs[0].figures[i]
	out.rounds = len(legs)
	for _, l := range legs[1:] {
		f := l.figures[i]
		if f.missing.Code != "" || out.missing.Code != "" {
			return figure{rounds: len(legs), missing: cmp.Or(out.missing, at(l, f.missing))}
		}
		out.Value = max(out.Value, f.Value)
		out.Lo, out.Hi, out.N = min(out.Lo, f.Lo), max(out.Hi, f.Hi), out.N+f.N
	}
	return out
}
