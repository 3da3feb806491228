package analyze

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// Limits beyond which the generator, not the target, set the figures; the reasons
// stand in docs/statistics.md.
const (
	ownDelayFloorMS = 5.0  // a lag or queue below this is timers' and the scheduler's own
	lagShare        = 0.1  // of the response p99, of which a lag is a part
	queueShare      = 1.0  // of the service p99, which a queue is no part of
	fewestLate      = 3    // late requests, or failed ones, that are more than a hiccup
	fewestBad       = 3    // seconds, or stretches of a leg, that are more than a hiccup
	badShare        = 0.01 // of the seconds; and of a stretch's requests, or a leg's
	leastAchieved   = 0.99 // sent ÷ due
	mostCPU         = 0.9  // of the machine, on average
	mostSteal       = 0.1  // of the machine, on average
	// noteworthyQueue is a share of a closed load's time in the generator's own queue
	// that a reader of its rate must know of.
	noteworthyQueue = 0.1
	fewestWaited    = 0.01 // of the requests, that make our connections the cause
)

// limits are the reasons why the generator set the figures of a leg, causes before
// effects; none when it did not.
func limits(rec *runlog.Record, load runlog.Load, m measured, w *watch, g *result.Generator) []result.Finding {
	var why []result.Finding
	add := func(code result.Code, text ...string) {
		for _, w := range text {
			why = append(why, result.Found(result.Invalid, code, "%s", w))
		}
	}
	add(result.CodeGeneratorFailures, ownLimit(rec, load, w.outcomes, w.own)...)
	if g.CPU > mostCPU {
		add(result.CodeGeneratorLimited, fmt.Sprintf("the generator used %s of the processors that it may use on average: more load would not have come out of it", words.Percent(g.CPU)))
	}
	if g.Steal > mostSteal {
		add(result.CodeGeneratorLimited, fmt.Sprintf("a hypervisor gave %s of this machine's processor time to others on average: the times contain waiting for it", words.Percent(g.Steal)))
	}
	if !load.Open || lateOnes(m) >= fewestLate {
		add(result.CodeGeneratorLimited, stoodStill(g, w.loaded)...)
	}
	add(result.CodeGeneratorLimited, queueing(m)...)
	if !load.Open {
		return why
	}
	late := slices.Concat(lateness(m), w.behind(), shortfall(rec, w))
	if len(late) > 0 {
		add(result.CodeGeneratorLimited, waiting(load, w)...)
	}
	add(result.CodeGeneratorLimited, late...)
	return why
}

// lateOnes is how many requests left so late that it was more than timers and the scheduler.
func lateOnes(m measured) float64 {
	n, punctual := m.timing(runlog.TagLag).below(ownDelayFloorMS * time.Millisecond).Total()
	return n - punctual
}

// lateness holds the lag against the response times, of which it is a part.
func lateness(m measured) []string {
	response := m.plainLatency(runlog.TagResponse)
	n, at, limit, found := ownDelay(m.timing(runlog.TagLag), response, lagShare)
	if !found {
		return nil
	}
	return []string{fmt.Sprintf("%s left %s late or more: over %s, that is the larger of %s and %s of the response p99, the response times are the generator's",
		words.Counted(n, "request"), words.Millis(at), words.Millis(limit), words.Millis(ownDelayFloorMS), words.Percent(lagShare))}
}

// queueing holds the generator's own queue against the service times. The kernel's
// stamps keep it out of them, so it may be longer than a lag before it says that the
// generator starved: longer than the target's own p99.
func queueing(m measured) []string {
	n, at, limit, found := ownDelay(m.timing(runlog.TagQueue), m.plainLatency(runlog.TagService), queueShare)
	if !found {
		return nil
	}
	return []string{fmt.Sprintf("%s lay %s or more in the generator's own queue after they had arrived: over %s, that is the larger of %s and the service p99, the generator was too slow to take them up",
		words.Counted(n, "answer"), words.Millis(at), words.Millis(limit), words.Millis(ownDelayFloorMS))}
}

// ownDelay looks at the time that one request in a hundred exceeded, and at least
// [fewestLate] requests: one or two in a small leg are a hiccup of the machine. So is
// one that holds up many requests, but only once; hence [spreadOut].
func ownDelay(t *timing, beside result.Latency, share float64) (n int64, at, limit float64, found bool) {
	total := t.bars.total()
	if total < fewestLate || beside.N == 0 {
		return 0, 0, 0, false
	}
	rank := min(int64(math.Ceil((1-badShare)*float64(total))), total-fewestLate+1)
	at, limit = milliseconds(t.bars.at([]int64{rank})[0]), max(ownDelayFloorMS, share*beside.At(metric.P99))
	return total - rank + 1, at, limit, at > limit && t.spreadOut(limit)
}

// spreadOut reports that the times above a limit, in milliseconds, are not those of
// one moment: in several stretches more than one request in a hundred was above.
func (t *timing) spreadOut(limit float64) bool {
	whole := t.below(time.Duration(limit * float64(time.Millisecond)))
	bad, stretches := 0, 0
	for i, n := range whole.Size {
		if n == 0 {
			continue
		}
		stretches++
		if n-whole.Sum[i] > badShare*n {
			bad++
		}
	}
	return bad >= enough(stretches)
}

// enough is how many bad seconds or stretches of so many are more than a hiccup: in
// a leg of one or two every one.
func enough(n int) int {
	return max(min(fewestBad, n/2+1), int(badShare*float64(n))+1)
}

// arrears are the seconds that ended with requests unsent: a second is behind when at its end
// more than one in a hundred of its requests, and at least [fewestLate], were still to be sent. What
// was owed before it counts too, or a generator that is late for good would look punctual. The
// last second is shorter, and does not count.
type arrears struct {
	owedDue, owedSent, most uint64
	bad, full               int
	lastDue, lastSent       uint64 // of the newest second, which may be the last
}

func (a *arrears) add(s *runlog.Second) {
	a.judge(a.lastDue, a.lastSent)
	a.lastDue, a.lastSent = s.Due, s.Sent
}

func (a *arrears) judge(due, sent uint64) {
	a.owedDue, a.owedSent = a.owedDue+due, a.owedSent+sent
	if due == 0 {
		return
	}
	a.full++
	if owed := a.owedDue - min(a.owedSent, a.owedDue); owed >= fewestLate && float64(owed) > badShare*float64(due) {
		a.bad, a.most = a.bad+1, max(a.most, owed)
	}
}

// behind holds what was sent against what was due, second by second.
func (a *arrears) behind() []string {
	if a.bad == 0 || a.bad < enough(a.full) {
		return nil
	}
	return []string{fmt.Sprintf("%d of %s ended with more than %s of what was due in them unsent, at worst %s: the load that was asked for was not made",
		a.bad, words.Counted(a.full, "second"), words.Percent(badShare), words.Counted(a.most, "request"))}
}

// shortfall holds the requests sent against those due, unless the leg was stopped
// before its end: then some were never meant to go.
func shortfall(rec *runlog.Record, w *watch) []string {
	if rec.Stopped != "" || !rec.Complete {
		return nil
	}
	due := max(w.due, rec.Planned-min(w.skipped, rec.Planned)) // what is skipped never becomes due
	if due == 0 || float64(w.sent) >= leastAchieved*float64(due) {
		return nil
	}
	return []string{fmt.Sprintf("only %s of %s that were due went out (%s)", words.Number(w.sent), words.Counted(due, "request"), words.Percent(float64(w.sent)/float64(due)))}
}

// waiting names our own bound on connections where requests were late because of it.
func waiting(load runlog.Load, w *watch) []string {
	if w.waited == 0 || float64(w.waited) < fewestWaited*float64(w.sent) {
		return nil
	}
	why := fmt.Sprintf("%s of %s waited until one of the generator's own connections was free", words.Number(w.waited), words.Counted(w.sent, "request"))
	if load.MaxConnections > 0 {
		why += ": max_connections allows " + words.Number(load.MaxConnections)
	}
	return []string{why}
}
