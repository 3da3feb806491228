package analyze

import (
	"fmt"
	"math"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/internal/words"
)

// mostTimes is how many times as large a sample one may sensibly be told to take.
const mostTimes = 100

// open says why a threshold is neither met nor missed, and what would tell.
func (f figure) open(t threshold.Threshold) result.Gap {
	so := "not met in this run, but that is not shown for another"
	if t.Holds(f.Value) {
		so = "met in this run, but not shown for another"
	}
	gap := func(code result.Code, what string) result.Gap { return result.Gap{Code: code, Words: so + ": " + what} }
	switch {
	case f.hidden.Code != "":
		return f.hidden
	case t.Unmeetable():
		return gap(result.CodeSpansLimit, "no sample shows that it is always "+t.Metric.Unit.Say(t.Value)+": leave some room, or write decide: observed")
	case !f.farEnd(t).Finite():
		return gap(result.CodeTooFewRequests, f.unbounded(t))
	}
	times := f.timesAsLarge(t)
	switch {
	case !(times <= mostTimes):
		return gap(result.CodeSpansLimit, "it lies so near the limit that no sensible number of requests would tell")
	case f.ranked:
		return gap(result.CodeSpansLimit, fmt.Sprintf("about %s would tell", words.Counted(roundUp(times*float64(f.rounds)), "round")))
	}
	return gap(result.CodeSpansLimit, fmt.Sprintf("about %s would tell", words.Counted(roundUp(times*float64(f.N)), "request")))
}

// farEnd is the end of the interval on the other side of the limit than the figure.
func (f figure) farEnd(t threshold.Threshold) result.Bound {
	if f.Value < t.Value || f.Value == t.Value && strings.HasPrefix(t.Op, "<") {
		return f.Hi
	}
	return f.Lo
}

// unbounded says why there is no bound where the limit asks for one.
func (f figure) unbounded(t threshold.Threshold) string {
	if q := t.Metric.Quantile; q > 0 {
		if need := stats.MinSample(q, confidenceOf(t)); f.N < uint64(need) {
			return fmt.Sprintf("a bound of %s takes %s, here %s", t.Metric.Label, words.Counted(need, "independent request"), areThere(f.N))
		}
	}
	if len(f.Warnings) > 0 {
		return f.Warnings[0]
	}
	return "the leg is too short to show how far its seconds differ: " + fmt.Sprintf("that takes %d s", stats.MinBatches)
}

func areThere(n uint64) string {
	if n == 1 {
		return "is 1"
	}
	return "are " + words.Number(n)
}

// timesAsLarge is about how many times as large the sample would have to be for the figure
// to lie on one side of the limit, if it stays what it is. The width of an interval falls
// with the square root of the sample; a share's is known exactly.
func (f figure) timesAsLarge(t threshold.Threshold) float64 {
	away := math.Abs(f.Value - t.Value)
	if f.worth > 0 {
		for times := 1.; times <= 2*mostTimes; times *= 1.1 {
			iv := stats.Wilson(f.Value*f.worth*times, f.worth*times, f.Confidence)
			if t.Within(iv.Lo, iv.Hi) || t.Beyond(iv.Lo, iv.Hi) {
				return times
			}
		}
		return math.Inf(1)
	}
	reach := math.Abs(float64(f.farEnd(t)) - f.Value)
	return (reach / away) * (reach / away)
}

// roundUp keeps two digits, upwards: 137 is 140.
func roundUp(x float64) uint64 {
	step := math.Pow(10, max(0, math.Floor(math.Log10(x))-1))
	return uint64(math.Ceil(x/step) * step)
}
