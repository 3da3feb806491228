package analyze

import (
	"cmp"
	"fmt"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// generator judges what sent the load of a leg.
func generator(rec *runlog.Record, load runlog.Load, m measured, loaded float64) result.Generator {
	lag, queue := m.plainLatency(runlog.TagLag), m.plainLatency(runlog.TagQueue)
	g := result.Generator{
		LagP99MS: lag.At(metric.P99), QueueP50MS: queue.At(metric.P50), QueueP99MS: queue.At(metric.P99),
	}
	g.CPU, g.CPUMax = share(rec.Seconds, func(s runlog.Second) (float64, bool) { return s.CPU, s.CPU >= 0 })
	g.Steal, g.StealMax = share(rec.Seconds, func(s runlog.Second) (float64, bool) {
		if s.Steal == nil {
			return 0, false
		}
		return *s.Steal, true
	})
	g.Busy, g.Runnable = machine(rec.Seconds)
	for _, s := range rec.Seconds {
		g.GCPauseMS += s.GCPauseMS
		g.GCPauseMaxMS = max(g.GCPauseMaxMS, s.GCPauseMS)
		g.Waited += s.Waited
		g.Own += s.Own
		if s.Retransmits != nil {
			sum := *s.Retransmits + *cmp.Or(g.Retransmits, new(uint64))
			g.Retransmits = &sum
		}
	}
	standstills(&g, rec, loaded)
	g.Why = limits(rec, load, m, &g, loaded)
	g.Limited = len(g.Why) > 0
	return g
}

// machine is the mean of what the seconds know of the whole machine, nil for nothing.
func machine(seconds []runlog.Second) (busy, runnable *float64) {
	mean, _ := share(seconds, func(s runlog.Second) (float64, bool) {
		if s.Busy == nil {
			return 0, false
		}
		return *s.Busy, true
	})
	var sum, n float64
	for _, s := range seconds {
		if s.Runnable != nil {
			sum, n = sum+float64(*s.Runnable), n+1
		}
	}
	if mean >= 0 {
		busy = &mean
	}
	if n > 0 {
		sum /= n
		runnable = &sum
	}
	return busy, runnable
}

// share is the mean and the greatest of what the seconds know of a share, each weighed
// by its length, -1 where none does.
func share(seconds []runlog.Second, of func(runlog.Second) (float64, bool)) (mean, most float64) {
	var sum, length float64
	most = -1
	for _, s := range seconds {
		if v, ok := of(s); ok {
			wall := cmp.Or(s.WallS, 1)
			v = min(v, 1) // other versions divided by a second of a few milliseconds
			sum, length, most = sum+v*wall, length+wall, max(most, v)
		}
	}
	if length <= 0 {
		return -1, -1
	}
	return sum / length, most
}

// ownShare is how much of the time from sending a request to having read its
// answer was the generator's own, 0 where the kernel stamped nothing.
func ownShare(l *result.Leg) float64 {
	if l.UserSpace.Mean <= 0 {
		return 0
	}
	return l.Queue.Mean / l.UserSpace.Mean
}

// clockWords says whose word the arrival of the answers is.
func clockWords(legs []*judgedLeg) string {
	var stamped, answers uint64
	for _, l := range legs {
		answers += l.Completed
		stamped += l.stamped
	}
	switch {
	case stamped == 0:
		return "user space"
	case stamped >= answers:
		return "kernel"
	}
	return fmt.Sprintf("kernel on %s of the answers, user space on the rest", words.Percent(float64(stamped)/float64(answers)))
}
