package analyze

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog/hist"
)

// standard are the percentiles of every latency, in ascending order.
var standard = []string{"p50", "p90", "p95", "p99", "p999"}

// standardQuantiles are theirs, and those of other percentiles asked for.
func standardQuantiles(also ...Threshold) []float64 {
	var qs []float64
	for _, name := range standard {
		q, _ := quantileOf(name)
		qs = append(qs, q)
	}
	for _, t := range also {
		if q, ok := t.Quantile(); ok && !slices.Contains(qs, q) {
			qs = append(qs, q)
		}
	}
	slices.Sort(qs)
	return qs
}

// quantileRanks are the nearest ranks of the quantiles among n, 0 for n = 0.
func quantileRanks(qs []float64, n int64) []int64 {
	ranks := make([]int64, len(qs))
	for i, q := range qs {
		// The guard keeps q·n from rising a rank by rounding, as in hist.
		ranks[i] = min(n, max(1, int64(math.Ceil(q*float64(n)*(1-1e-12)))))
	}
	return ranks
}

// barsAt are the upper edges of the bars that hold the ranks, in one pass. ranks
// ascend; 0 answers 0.
func barsAt(h *hist.Histogram, ranks []int64) []time.Duration {
	out := make([]time.Duration, len(ranks))
	next := 0
	for next < len(ranks) && ranks[next] == 0 {
		next++
	}
	var seen int64
	for edge, c := range h.Bars() {
		for seen += c; next < len(ranks) && ranks[next] <= seen; next++ {
			out[next] = edge
		}
		if next == len(ranks) {
			break
		}
	}
	return out
}

// timesAt are the times of the ranks in milliseconds: like [hist.Histogram.Rank],
// but in one pass.
func timesAt(h *hist.Histogram, ranks []int64) []float64 {
	out := make([]float64, len(ranks))
	shortest, longest := h.Min(), h.Max()
	for i, edge := range barsAt(h, ranks) {
		out[i] = milliseconds(min(max(edge, shortest), longest))
	}
	return out
}

// plainLatency summarises without intervals.
func plainLatency(h *hist.Histogram) Latency {
	if h.N() == 0 {
		return Latency{}
	}
	at := timesAt(h, quantileRanks(standardQuantiles(), h.N()))
	return Latency{
		N: uint64(h.N()), Mean: milliseconds(h.Mean()), StdDev: milliseconds(h.StdDev()),
		Min: milliseconds(h.Min()), Max: milliseconds(h.Max()),
		P50: at[0], P90: at[1], P95: at[2], P99: at[3], P999: at[4],
	}
}

// latency summarises a tag with the intervals of its quantiles.
func (m *measured) latency(tag string) Latency {
	l := plainLatency(m.timing(tag).whole)
	if l.N == 0 {
		return l
	}
	l.Intervals = map[string]Estimate{}
	for _, name := range standard {
		l.Intervals[name] = m.percentile(tag, name)
	}
	return l
}

// percentile estimates one of the quantiles that were measured, in milliseconds.
// With no times N is 0 and nothing else means anything.
func (m *measured) percentile(tag, name string) Estimate {
	q, _ := quantileOf(name)
	t := m.timing(tag)
	n := t.whole.N()
	if n == 0 {
		return Estimate{}
	}
	i := slices.Index(m.quantiles, q)
	worth, _ := t.below[i].Effective(confidence)
	ranks := stats.QuantileRanksWithin(n, worth, q, confidence)
	at := timesAt(t.whole, []int64{ranks.Lo, quantileRanks([]float64{q}, n)[0], min(ranks.Hi, n)})
	e := Estimate{Value: at[1], Lo: Bound(at[0]), Hi: Bound(at[2]), Confidence: confidence, N: uint64(n)}
	var open []string
	if ranks.Lo == 0 {
		e.Lo = Bound(math.Inf(-1))
		open = append(open, "below")
	}
	if ranks.Hi > n {
		e.Hi = Bound(math.Inf(1))
		open = append(open, "above")
	}
	if len(open) > 0 {
		e.Warnings = append(e.Warnings, openInterval(name, n, worth, stats.MinSample(q, confidence), list(open, 2)))
	}
	return e
}

// openInterval says why a percentile has no bound on a side.
func openInterval(name string, n int64, worth float64, need int64, side string) string {
	if n < need {
		return fmt.Sprintf("n = %s: too few to bound %s from %s, which takes %s independent requests",
			count(n), name, side, count(need))
	}
	return fmt.Sprintf("n = %s, but requests close in time resemble each other and these are worth about %s independent ones: "+
		"too few to bound %s from %s, which takes %s", count(n), count(int64(worth)), name, side, count(need))
}

// mean estimates the mean time of a tag in milliseconds. Its error is never taken
// as smaller than that of independent requests.
func (m *measured) mean(tag string) stats.Mean {
	t := m.timing(tag)
	n := float64(t.whole.N())
	if n == 0 {
		return stats.Mean{Value: math.NaN(), SE: math.NaN()}
	}
	out := stats.Mean{Value: milliseconds(t.whole.Mean()), SE: math.NaN()}
	if n < 2 {
		return out
	}
	independent := milliseconds(t.whole.StdDev()) / math.Sqrt(n-1)
	out.SE, out.DF = independent, n-1
	if _, se, df := t.sums.Ratio(); df > 0 {
		out.SE, out.DF = max(se, independent), df
	}
	return out
}

// meanEstimate is [measured.mean] with its interval.
func (m *measured) meanEstimate(tag string) Estimate {
	n := m.timing(tag).whole.N()
	if n == 0 {
		return Estimate{}
	}
	iv := m.mean(tag).Interval(confidence)
	e := Estimate{Value: iv.Value, Lo: Bound(max(0, iv.Lo)), Hi: Bound(iv.Hi), Confidence: confidence, N: uint64(n)}
	if n < 2 {
		e.Lo = Bound(math.Inf(-1))
		e.Warnings = []string{"n = 1: one request says nothing about the spread of others"}
	}
	return e
}
