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
	w := watch{loaded: loaded}
	for i := range rec.Seconds {
		w.add(&rec.Seconds[i])
	}
	g := w.health(m)
	g.Why = limits(rec, load, m, &w, &g)
	g.Limited = len(g.Why) > 0
	return g
}

// watch is what the seconds of one generator come to. They are added one by one and not kept, for
// those of many generators over a day do not fit in memory.
type watch struct {
	loaded float64 // for how long load was put on, in seconds

	due, sent, skipped uint64
	outcomes           runlog.Outcomes
	waited, own        uint64
	retransmits        *uint64

	cpu, steal, busy        average
	runnable, runnableKnown float64
	gcPause, gcPauseMax     float64

	standstills int
	standstillS float64
	longest     runlog.Span

	arrears
}

// average is the mean and the greatest of a share, each second weighed by its length.
type average struct{ sum, length, most float64 }

func (a *average) add(v, wall float64) {
	v = min(v, 1) // other versions divided by a second of a few milliseconds
	a.sum, a.length, a.most = a.sum+v*wall, a.length+wall, max(a.most, v)
}

// values are -1 where nothing is known.
func (a *average) values() (mean, most float64) {
	if a.length <= 0 {
		return -1, -1
	}
	return a.sum / a.length, a.most
}

// add adds a second; they come in their order.
func (w *watch) add(s *runlog.Second) {
	w.due, w.sent, w.skipped = w.due+s.Due, w.sent+s.Sent, w.skipped+s.AllSkipped()
	w.outcomes.Merge(s.Outcomes)
	w.waited, w.own = w.waited+s.Waited, w.own+s.Own
	if s.Retransmits != nil {
		sum := *s.Retransmits + *cmp.Or(w.retransmits, new(uint64))
		w.retransmits = &sum
	}
	wall := cmp.Or(s.WallS, 1)
	if s.CPU >= 0 {
		w.cpu.add(s.CPU, wall)
	}
	if s.Steal != nil {
		w.steal.add(*s.Steal, wall)
	}
	if s.Busy != nil {
		w.busy.add(*s.Busy, wall)
	}
	if s.Runnable != nil {
		w.runnable, w.runnableKnown = w.runnable+float64(*s.Runnable), w.runnableKnown+1
	}
	w.gcPause, w.gcPauseMax = w.gcPause+s.GCPauseMS, max(w.gcPauseMax, s.GCPauseMS)
	w.standstill(s.Standstills)
	w.arrears.add(s)
}

// standstill notes when the generator did not run while load was put on, and for how long.
func (w *watch) standstill(spans []runlog.Span) {
	for _, span := range spans {
		from := max(span.From, 0)
		still := min(span.To, w.loaded) - from
		if still <= 0 {
			continue
		}
		w.standstills++
		w.standstillS += still
		if still > w.longest.To-w.longest.From {
			w.longest = runlog.Span{From: from, To: from + still}
		}
	}
}

// health is that of a generator with these times, before it is held to limits.
func (w *watch) health(m measured) result.Generator {
	lag, queue := m.plainLatency(runlog.TagLag), m.plainLatency(runlog.TagQueue)
	g := result.Generator{
		LagP99MS: lag.At(metric.P99), QueueP50MS: queue.At(metric.P50), QueueP99MS: queue.At(metric.P99),
		GCPauseMS: w.gcPause, GCPauseMaxMS: w.gcPauseMax, Retransmits: w.retransmits,
		Standstills: w.standstills, StandstillS: w.standstillS, LongestStandstill: w.longest,
		Waited: w.waited, Own: w.own,
	}
	g.CPU, g.CPUMax = w.cpu.values()
	g.Steal, g.StealMax = w.steal.values()
	if busy, _ := w.busy.values(); busy >= 0 {
		g.Busy = &busy
	}
	if w.runnableKnown > 0 {
		mean := w.runnable / w.runnableKnown
		g.Runnable = &mean
	}
	return g
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
