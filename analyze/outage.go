package analyze

import (
	"fmt"
	"sort"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

const (
	// An outage is a time without a success that is longer than leastOutage seconds and longer
	// than manyGaps usual gaps between successes. If successes come at random, one gap in e²⁰
	// is as long.
	leastOutage = 1.0
	manyGaps    = 20
)

// outage finds the longest time without a success while requests were due or under way. Time
// during which the generator stood still does not count. The result is nil if there was no load.
func outage(rec *runlog.Record, load runlog.Load, loaded float64) *result.Outage {
	if loaded <= 0 {
		return nil
	}
	out := &result.Outage{}
	least := leastOutage
	if load.Arrivals == "burst" {
		least++ // nothing is due between two bursts
	}
	spans := standstillSpans(rec.Seconds)
	t := successTimes{seconds: rec.Seconds, staged: load.Type == "stages"}
	t.eachGap(loaded, func(from, to float64) {
		length := to - from
		if length <= out.LongestS && (out.Exceeds || length <= least) {
			return
		}
		length -= stillIn(spans, from, to)
		usual := t.usualGap(from, to)
		exceeds := length > least && length > manyGaps*usual
		if exceeds && !out.Exceeds || exceeds == out.Exceeds && length > out.LongestS {
			*out = result.Outage{LongestS: length, FromS: from, ToS: to, UsualGapS: usual, Exceeds: exceeds}
		}
	})
	out.ResolutionS = t.resolution()
	return out
}

// stillIn returns for how long the generator stood still between two instants.
func stillIn(spans []runlog.Span, from, to float64) float64 {
	still := 0.0
	for _, span := range spans {
		still += max(0, min(to, span.To)-max(from, span.From))
	}
	return still
}

// successTimes finds when requests of a leg succeeded.
type successTimes struct {
	seconds []runlog.Second
	// staged says that the load has stages, in which more or less is due.
	staged bool
}

// eachGap yields the times without a success, from the beginning of the leg to the end of its
// load.
func (t successTimes) eachGap(loaded float64, yield func(from, to float64)) {
	last := 0.0 // the end of the last success, or of a second in which nothing was due
	gap := func(to float64) {
		if to = min(to, loaded); to > last {
			yield(last, to)
		}
	}
	underWay := int64(0)
	for _, s := range t.seconds {
		begin := float64(s.T)
		switch {
		case s.Success > 0:
			first, newest := begin, begin+1
			if s.Succeeded != nil {
				first, newest = s.Succeeded.From, s.Succeeded.To
			}
			gap(first)
			last = max(last, newest)
		case s.Due == 0 && s.Sent == 0 && s.InFlight == 0 && underWay == 0:
			gap(begin)
			last = max(last, begin+1)
		}
		underWay = s.InFlight
	}
	if n := len(t.seconds); n > 0 {
		gap(float64(t.seconds[n-1].T + 1))
	}
}

// usualGap returns the mean time between successes before a gap, or after it if nothing succeeded
// before. If the load has stages it is the longer of the two, because fewer clients have fewer
// successes. It is 0 if nothing succeeded.
func (t successTimes) usualGap(from, to float64) float64 {
	before, after := 0.0, 0.0
	var n uint64
	for i := t.index(from); i >= 0 && n < manyGaps; i-- {
		n += t.seconds[i].Success
		before = from - float64(t.seconds[i].T)
	}
	before = per(before, n)
	n = 0
	for i := max(t.index(to), 0); i < len(t.seconds) && n < manyGaps; i++ {
		n += t.seconds[i].Success
		after = float64(t.seconds[i].T+1) - to
	}
	after = per(after, n)
	if before == 0 || t.staged {
		return max(before, after)
	}
	return before
}

// index returns the index of the last second that begins at or before an instant, -1 if there
// is none.
func (t successTimes) index(at float64) int {
	return sort.Search(len(t.seconds), func(i int) bool { return float64(t.seconds[i].T) > at }) - 1
}

func per(length float64, n uint64) float64 {
	if n == 0 {
		return 0
	}
	return length / float64(n)
}

// resolution returns how exactly gaps are known, in seconds. Older runs hold how many requests
// succeeded in a second, but not when.
func (t successTimes) resolution() float64 {
	for _, s := range t.seconds {
		if s.Success > 0 && s.Succeeded == nil {
			return 1
		}
	}
	return 0.001
}

// outageFinding says that nothing succeeded for a while, which an error rate can hide. It has no
// code if there was no outage, or if nothing succeeded at all, which other findings say.
func (l *judgedLeg) outageFinding(open bool) result.Finding {
	o := l.Outage
	if o == nil || !o.Exceeds || l.Outcomes.Success == 0 {
		return result.Finding{}
	}
	text := fmt.Sprintf("nothing succeeded for %s, from second %.1f to second %.1f, where otherwise a success came about every %s",
		words.Millis(1000*o.LongestS), o.FromS, o.ToS, words.Millis(1000*o.UsualGapS))
	if !open {
		text += fmt.Sprintf("; clients that wait send nothing, so that the error rate of %s does not show it", words.Percent(l.ErrorRate.Value))
	}
	return result.Found(result.Pass, result.CodeOutage, "%s", text)
}
