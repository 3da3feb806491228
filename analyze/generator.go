package analyze

import (
	"fmt"
	"math"

	"github.com/stress-tool/stress/runlog"
)

// Limits beyond which the generator, not the target, set the figures; the reasons
// stand in docs/statistics.md.
const (
	lagFloorMS    = 5.0  // lag below this is a timer's and the scheduler's own
	lagShare      = 0.1  // of the response p99
	fewestLate    = 3    // late requests that are more than a hiccup
	leastAchieved = 0.99 // sent ÷ due
	mostCPU       = 0.9  // of the machine, on average
)

// generator judges what sent the load of a leg.
func generator(rec *runlog.Record, open bool, m measured) Generator {
	g := Generator{LagP99MS: m.plainLatency(runlog.TagLag).P99}
	g.CPU, g.CPUMax = generatorCPU(rec.Seconds)
	if g.CPU > mostCPU {
		g.Why = append(g.Why, fmt.Sprintf("the generator used %s of the machine's processors on average: more load would not have come out of it", percent(g.CPU)))
	}
	if open {
		g.Why = append(g.Why, lateness(m.timing(runlog.TagLag).bars, m.plainLatency(runlog.TagResponse))...)
		g.Why = append(g.Why, shortfall(rec)...)
	}
	g.Limited = len(g.Why) > 0
	return g
}

// generatorCPU is the mean and the greatest share over the seconds that know it,
// -1 where none does.
func generatorCPU(seconds []runlog.Second) (mean, most float64) {
	n := 0
	most = -1
	for _, s := range seconds {
		if s.CPU >= 0 {
			n, mean, most = n+1, mean+s.CPU, max(most, s.CPU)
		}
	}
	if n == 0 {
		return -1, -1
	}
	return mean / float64(n), most
}

// lateness looks at the lag that one request in a hundred exceeded, and at least
// [fewestLate] requests: one or two late ones in a small leg are a hiccup of the
// machine, and their lag is in their response time anyway.
func lateness(lag bars, response Latency) []string {
	n := lag.total()
	if n < fewestLate || response.N == 0 {
		return nil
	}
	rank := min(int64(math.Ceil(0.99*float64(n))), n-fewestLate+1)
	late := milliseconds(lag.at([]int64{rank})[0])
	if limit := max(lagFloorMS, lagShare*response.P99); late > limit {
		return []string{fmt.Sprintf("%s left %s late or more: over %s, that is the larger of %s and %s of the response p99, the response times are the generator's",
			counted(n-rank+1, "request"), millis(late), millis(limit), millis(lagFloorMS), percent(lagShare))}
	}
	return nil
}

// shortfall holds the requests sent against those due, unless the leg was stopped
// before its end: then some were never meant to go.
func shortfall(rec *runlog.Record) []string {
	if rec.Stopped != "" || !rec.Complete {
		return nil
	}
	var due, sent uint64
	for _, s := range rec.Seconds {
		due, sent = due+s.Due, sent+s.Sent
	}
	due = max(due, rec.Planned)
	if due == 0 || float64(sent) >= leastAchieved*float64(due) {
		return nil
	}
	return []string{fmt.Sprintf("only %s of %s that were due went out (%s)", count(sent), counted(due, "request"), percent(float64(sent)/float64(due)))}
}
