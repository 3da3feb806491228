package reporttest

import (
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

func latency(ms []float64) result.Latency {
	if len(ms) == 0 {
		return result.Latency{}
	}
	s := slices.Sorted(slices.Values(ms))
	n := len(s)
	at := func(q float64) float64 { return s[min(n-1, int(math.Ceil(q*float64(n)))-1)] }
	l := result.Latency{
		N: uint64(n), Min: s[0], Max: s[n-1], Mean: at(.5) * 1.05, StdDev: at(.5) * .4,
		Quantiles: map[string]float64{}, Intervals: map[string]result.Estimate{},
	}
	for _, m := range metric.Percentiles {
		key, q := m.Name, m.Quantile
		l.Quantiles[key] = at(q)
		e := result.Estimate{Value: at(q), Confidence: 0.95, N: uint64(n), Lo: result.Bound(math.Inf(-1)), Hi: result.Bound(math.Inf(1))}
		half := 1.96 * math.Sqrt(q*(1-q)/float64(n))
		e.Lo = result.Bound(at(max(q-half, 1/float64(n))))
		if q+half < 1 {
			e.Hi = result.Bound(at(q + half))
		} else {
			e.Warnings = []string{fmt.Sprintf("too few answers to bound %s from above", key)}
		}
		l.Intervals[key] = e
	}
	return l
}

func curveOf(ms []float64) []result.CurvePoint {
	s := slices.Sorted(slices.Values(ms))
	var out []result.CurvePoint
	for i := 0; i < len(s); i += max(1, (len(s)-i)/60) {
		out = append(out, result.CurvePoint{Q: float64(i+1) / float64(len(s)), MS: s[i]})
	}
	if len(s) > 0 {
		out = append(out, result.CurvePoint{Q: 1, MS: s[len(s)-1]})
	}
	return out
}
