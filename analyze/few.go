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

// tellOfFew says beside the figures of a leg what requests too few for an interval do
// show. tag is the run's measure, t its times.
func (l *judgedLeg) tellOfFew(t *timing, tag string) {
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
	if e := &l.ErrorRate; e.N > 0 && e.Value == 0 && e.OneSided.Upper >= tellingShare {
		e.Warnings = append(e.Warnings, fmt.Sprintf("none of %s failed: with %s confidence fewer than %s fail, where failures come one by one",
			words.Counted(e.N, "request"), words.Percent(result.Confidence), words.Percent(float64(e.OneSided.Upper))))
	}
}

// tellingShare is a share of failures that a leg without one must leave open to be told
// of it: with fewer requests than some 300 nobody can know that less than 1 % fail.
const tellingShare = 0.01

// slowest says how many of all requests are faster than the slowest ones seen, with
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
