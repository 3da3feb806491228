package analyze

import (
	"fmt"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// warnOfFewRequests adds to figures of a leg that has too few requests for their intervals what
// these requests do show. tag is the run's measure, t its times.
func (l *judgedLeg) warnOfFewRequests(t *timing, tag string) {
	times := &l.Service
	if tag == runlog.TagResponse {
		times = &l.Response
	}
	for _, of := range []metric.Metric{metric.P90, metric.P95, metric.P99} {
		if e := times.Intervals[of.Name]; t.n > 0 && t.n < stats.MinSample(of.Quantile, result.Confidence) && !e.Hi.Finite() {
			e.Warnings = append(e.Warnings, t.slowest())
			times.Intervals[of.Name] = e
		}
	}
	if e := &l.ErrorRate; e.N > 0 && e.Value == 0 && e.OneSided.Upper >= warnedErrorRate {
		e.Warnings = append(e.Warnings, fmt.Sprintf("none of %s failed: with %s confidence fewer than %s fail, where failures come one by one",
			words.Counted(e.N, "request"), words.Percent(result.Confidence), words.Percent(float64(e.OneSided.Upper))))
	}
}

// warnedErrorRate is the least upper bound of an error rate that gives a warning if no request
// failed. Fewer than some 300 requests do not show that less than 1 % fail.
const warnedErrorRate = 0.01

// slowest says which share of all requests is faster than each of the slowest three, with
// one-sided confidence.
func (t *timing) slowest() string {
	places := []string{"the slowest seen", "the second", "the third"}
	var said []string
	for beyond, place := range places[:min(int64(len(places)), t.n)] {
		share := 1 - stats.ClopperPearson(float64(beyond), float64(t.n), result.OneSidedConfidence).Hi
		at := t.bars.at([]int64{t.n - int64(beyond)})[0]
		said = append(said, fmt.Sprintf("%s %% than %s (%s)", words.Significant(100*share, 3), place, words.Millis(milliseconds(at))))
	}
	said[0] = strings.Replace(said[0], " than", " of requests are faster than", 1)
	return fmt.Sprintf("with %s confidence at least %s, where requests do not depend on one another", words.Percent(result.Confidence), words.List(said, len(said)))
}
