package analyze

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog/hist"
)

// standardQuantiles are those of every latency, in ascending order.
func standardQuantiles() []float64 {
	qs := make([]float64, len(metric.Percentiles))
	for i, m := range metric.Percentiles {
		qs[i] = m.Quantile
	}
	return qs
}

// quantileRanks are the nearest ranks of the quantiles among n, 0 for n = 0.
func quantileRanks(qs []float64, n int64) []int64 {
	ranks := make([]int64, len(qs))
	for i, q := range qs {
		// The guard keeps q·n from rising a rank by rounding, as in hist.
		ranks[i] = min(n, max(1, int64(math.Ceil(q*float64(n)*(1-0x1p-51)))))
	}
	return ranks
}

// bars are a distribution's non-empty bars from short to long. Reading them out of
// a histogram is a walk over all that it could hold, so it is done once.
type bars hist.Bars

func barsOf(h *hist.Histogram) bars {
	var out bars
	for edge, n := range h.Bars() {
		out = append(out, hist.Bar{Edge: edge, N: n})
	}
	return out
}

// at are the edges of the bars that hold the ranks. ranks ascend; those below 1
// answer 0, those above the total the last edge.
func (b bars) at(ranks []int64) []time.Duration {
	out := make([]time.Duration, len(ranks))
	var seen int64
	i := -1
	for r, rank := range ranks {
		for seen < rank && i+1 < len(b) {
			i++
			seen += b[i].N
		}
		if i >= 0 && rank >= 1 {
			out[r] = b[i].Edge
		}
	}
	return out
}

// upTo are the same times with as many bars as there are edges, which ascend, and one for
// those beyond: counts up to an edge stay what they are.
func (b bars) upTo(edges []time.Duration) bars {
	var out bars
	for _, bar := range b {
		i, _ := slices.BinarySearch(edges, bar.Edge)
		edge := time.Duration(math.MaxInt64)
		if i < len(edges) {
			edge = edges[i]
		}
		if n := len(out); n > 0 && out[n-1].Edge == edge {
			out[n-1].N += bar.N
			continue
		}
		out = append(out, hist.Bar{Edge: edge, N: bar.N})
	}
	return out
}

// plus are these times and others.
func (b bars) plus(o bars) bars { return bars(hist.Bars(slices.Clone(b)).Merge(hist.Bars(o))) }

// minus are these times without others, which are among them.
func (b bars) minus(o bars) bars {
	var left bars
	for _, bar := range b {
		for len(o) > 0 && o[0].Edge < bar.Edge {
			o = o[1:]
		}
		if len(o) > 0 && o[0].Edge == bar.Edge {
			bar.N -= o[0].N
		}
		if bar.N > 0 {
			left = append(left, bar)
		}
	}
	return left
}

// total is how many times there are.
func (b bars) total() int64 {
	var n int64
	for _, bar := range b {
		n += bar.N
	}
	return n
}

// sum adds up the times in milliseconds, each taken for its bar's edge: too long
// by one part in a thousand at most.
func (b bars) sum() float64 {
	var ms float64
	for _, bar := range b {
		ms += float64(bar.N) * milliseconds(bar.Edge)
	}
	return ms
}

// plainLatency summarises a tag without intervals.
func (m measured) plainLatency(tag string) result.Latency {
	t := m.timing(tag)
	if t.n == 0 {
		return result.Latency{}
	}
	at := t.bars.at(quantileRanks(standardQuantiles(), t.n))
	l := result.Latency{
		N: uint64(t.n), Mean: milliseconds(t.mean), StdDev: milliseconds(t.deviation),
		Min: milliseconds(t.min), Max: milliseconds(t.max), Quantiles: map[string]float64{},
	}
	for i, m := range metric.Percentiles {
		l.Quantiles[m.Name] = milliseconds(at[i])
	}
	return l
}

// latency summarises a tag with the intervals of its quantiles.
func (m measured) latency(tag string) result.Latency {
	l := m.plainLatency(tag)
	if l.N == 0 {
		return l
	}
	l.Intervals = map[string]result.Estimate{}
	for _, of := range metric.Percentiles {
		l.Intervals[of.Name] = m.percentile(tag, of)
	}
	l.Intervals[metric.Mean.Name] = m.meanEstimate(tag)
	doubt(l.Intervals, m.memory(tag))
	return l
}

// percentile estimates a percentile in milliseconds. With no times N is 0 and nothing else means anything.
func (m measured) percentile(tag string, of metric.Metric) result.Estimate {
	q := of.Quantile
	t := m.timing(tag)
	n := t.n
	if n == 0 {
		return result.Estimate{}
	}
	value := t.bars.at(quantileRanks([]float64{q}, n))[0]
	below := t.below(value)
	lo, hi := t.bounds(below, q, result.Confidence)
	lower, upper := t.bounds(below, q, result.OneSidedConfidence)
	e := result.Estimate{Value: milliseconds(value), Lo: lo, Hi: hi, Confidence: result.Confidence, N: uint64(n),
		OneSided: result.Bounds{Lower: lower, Upper: upper}}
	var open []string
	if !lo.Finite() {
		open = append(open, "below")
	}
	if !hi.Finite() {
		open = append(open, "above")
	}
	if len(open) > 0 {
		worth, _ := below.EffectiveBeyond(result.Confidence)
		e.Warnings = append(e.Warnings, openInterval(of.Label, n, worth, stats.MinSample(q, result.Confidence), words.List(open, 2)))
	}
	return e
}

// bounds are the ends of a percentile's interval in milliseconds, infinite where the sample
// is too small for one; below counts the times up to the percentile.
func (t *timing) bounds(below stats.Clusters, q, confidence float64) (lo, hi result.Bound) {
	ranks := below.QuantileRanks(q, confidence)
	at := t.bars.at([]int64{ranks.Lo, ranks.Hi})
	lo, hi = result.Bound(milliseconds(at[0])), result.Bound(milliseconds(at[1]))
	if ranks.Lo == 0 {
		lo = result.Bound(math.Inf(-1))
	}
	if ranks.Hi > t.n {
		hi = result.Bound(math.Inf(1))
	}
	return lo, hi
}

// openInterval says why a percentile has no bound on a side.
func openInterval(name string, n int64, worth float64, need int64, side string) string {
	if n < need {
		return fmt.Sprintf("n = %s: too few to bound %s from %s, which takes %s independent requests",
			words.Number(n), name, side, words.Number(need))
	}
	return fmt.Sprintf("n = %s, but requests close in time resemble each other and these are worth about %s independent ones: "+
		"too few to bound %s from %s, which takes %s", words.Number(n), words.Number(int64(worth)), name, side, words.Number(need))
}

// mean estimates the mean time of a tag in milliseconds. Its error is never taken
// as smaller than that of independent requests.
func (m measured) mean(tag string) stats.Mean {
	t := m.timing(tag)
	n := float64(t.n)
	if n == 0 {
		return stats.Mean{Value: math.NaN(), SE: math.NaN()}
	}
	out := stats.Mean{Value: milliseconds(t.mean), SE: math.NaN()}
	if n < 2 {
		return out
	}
	independent := t.independentError()
	out.SE, out.DF = independent, n-1
	if _, se, df := t.sums.RatioBeside(independent); df > 0 {
		out.SE, out.DF = max(se, independent), df
	}
	return out
}

// independentError is the standard error of the mean of independent times, in milliseconds.
func (t *timing) independentError() float64 {
	return milliseconds(t.deviation) / math.Sqrt(float64(t.n)-1)
}

// meanEstimate is [measured.mean] with its interval.
func (m measured) meanEstimate(tag string) result.Estimate {
	n := m.timing(tag).n
	if n == 0 {
		return result.Estimate{}
	}
	mean := m.mean(tag)
	skew := m.timing(tag).sums.Skew()
	iv, side := mean.SkewedInterval(skew, result.Confidence), mean.SkewedInterval(skew, result.OneSidedConfidence)
	e := result.Estimate{Value: iv.Value, Lo: result.Bound(max(0, iv.Lo)), Hi: result.Bound(iv.Hi), Confidence: result.Confidence, N: uint64(n),
		OneSided: result.Bounds{Lower: result.Bound(max(0, side.Lo)), Upper: result.Bound(side.Hi)}}
	if n < 2 {
		e.Lo, e.OneSided = result.Bound(math.Inf(-1)), result.Bounds{}
		e.Warnings = []string{"n = 1: one request says nothing about the spread of others"}
	}
	return e
}
