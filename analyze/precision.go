package analyze

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/internal/words"
)

// ExpectedPrecision says how exact the figures of so many requests of a target will be at best.
// It supposes that the requests are independent, that their times are exponentially
// distributed, and that none fails.
func ExpectedPrecision(requests uint64) string {
	n := int64(min(requests, math.MaxInt64/2))
	var told, open []string
	for _, of := range metric.Percentiles {
		r := stats.QuantileRanks(n, of.Quantile, result.Confidence)
		if r.Lo == 0 || r.Hi > n {
			open = append(open, of.Title)
			continue
		}
		at := func(rank int64) float64 { return -math.Log1p(-float64(rank) / float64(n+1)) }
		told = append(told, fmt.Sprintf("%s ± %s", of.Title, words.Percent((at(r.Hi)-at(r.Lo))/2/-math.Log1p(-of.Quantile))))
	}
	if len(open) > 0 {
		told = append(told, words.List(open, len(open))+" open")
	}
	told = append(told, "an error rate below "+words.Percent(stats.Wilson(0, float64(n), result.Confidence).Hi))
	return strings.Join(told, ", ")
}

// NeedMoreRequests returns the thresholds that so many requests of a target cannot show to be
// met, whatever they find, each with how many it takes. of is how many there are of a request by its
// name, and of all for "". It leaves out those that do not parse.
func NeedMoreRequests(thresholds []string, of func(request string) uint64) (out []string) {
	for _, written := range thresholds {
		t, err := threshold.Parse(written)
		if err != nil {
			continue
		}
		switch need := requestsNeeded(t); {
		case t.Unmeetable():
			out = append(out, strings.TrimSpace(written)+" (no sample can)")
		case need > of(t.Request):
			out = append(out, fmt.Sprintf("%s (takes %s)", strings.TrimSpace(written), words.Number(need)))
		}
	}
	return slices.Compact(out)
}

// requestsNeeded returns how many requests it takes to show that a threshold is met if every one
// of them meets it, 0 if one is enough.
func requestsNeeded(t threshold.Threshold) uint64 {
	below := strings.HasPrefix(t.Op, "<")
	switch {
	case t.Metric == metric.ErrorRate && below && t.Value > 0:
		z := stats.Z(confidenceOf(t))
		return uint64(math.Ceil(z * z * (1 - t.Value) / t.Value))
	case t.Metric.Quantile > 0 && t.Op != "!=":
		q := t.Metric.Quantile
		if !below {
			q = 1 - q
		}
		return uint64(math.Ceil(math.Log((1-confidenceOf(t))/2) / math.Log(q)))
	}
	return 0
}
