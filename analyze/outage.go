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
	// A success is to be expected in every second of an outage if, of so many seconds before
	// it and as many after it, so large a share had one.
	aroundOutage  = 20
	mostlySuccess = 0.9
	// hardlySent is the share of the requests that are sent at other times.
	hardlySent = 0.5
)

// outage finds the longest time without a success while requests were due or under way. Time
// during which the generator stood still does not count, nor the first usual seconds of a leg, in
// which no answer could have come. limit is the longest that is allowed, 0 for any. The result is
// nil if there was no load.
func outage(rec *runlog.Record, load runlog.Load, loaded, usual, limit float64) *result.Outage {
	if loaded <= 0 {
		return nil
	}
	out := &result.Outage{}
	least := leastOutage
	if load.Arrivals == "burst" {
		least++ // nothing is due between two bursts
	}
	t := successTimes{seconds: rec.Seconds, staged: load.Type == "stages", loaded: loaded, usual: usual, still: standstillSpans(rec.Seconds)}
	t.eachGap(func(from, to float64) {
		gap := result.Outage{LongestS: to - from - stillIn(t.still, from, to), FromS: from, ToS: to, UsualGapS: t.usualGap(from, to)}
		gap.TooLong = limit > 0 && gap.LongestS > max(limit, least) && t.expected(from, to)
		gap.Exceeds = gap.TooLong || gap.LongestS > least && gap.LongestS > manyGaps*gap.UsualGapS
		if worseOutage(&gap, out) {
			*out = gap
		}
	})
	out.Hidden = t.hides(out.FromS, out.ToS)
	out.ResolutionS = t.resolution()
	out.Silent, out.Asked = t.silence()
	return out
}

// worseOutage reports that a time without a success says more than another.
func worseOutage(a, b *result.Outage) bool {
	switch {
	case a.TooLong != b.TooLong:
		return a.TooLong
	case a.Exceeds != b.Exceeds:
		return a.Exceeds
	}
	return a.LongestS > b.LongestS
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
	// loaded is how long the load lasted, usual how long an answer usually takes, in seconds.
	loaded, usual float64
	still         []runlog.Span // when the generator stood still
}

// eachGap yields the times without a success, from the beginning of the leg to the end of its
// load. When nothing was due, a success cannot come before an answer has had its time.
func (t successTimes) eachGap(yield func(from, to float64)) {
	last := t.usual // the end of the last success, or since when one was to be expected
	gap := func(to float64) {
		if to = min(to, t.loaded); to > last {
			yield(last, to)
		}
	}
	for i, s := range t.seconds {
		begin := float64(s.T)
		switch {
		case s.Success > 0:
			first, newest := begin, begin+1
			if s.Succeeded != nil {
				first, newest = s.Succeeded.From, s.Succeeded.To
			}
			gap(first)
			last = max(last, newest)
		case !t.asked(i):
			gap(begin)
			last = max(last, begin+1+t.usual)
		}
	}
	if n := len(t.seconds); n > 0 {
		gap(float64(t.seconds[n-1].T + 1))
	}
}

// asked reports that requests were due or under way in a second, by its index.
func (t successTimes) asked(i int) bool {
	s := &t.seconds[i]
	return s.Success > 0 || s.Due > 0 || s.Sent > 0 || s.InFlight > 0 || i > 0 && t.seconds[i-1].InFlight > 0
}

// expected reports that a success was to be expected in every second between two instants: of the
// seconds around, nine of ten had one.
func (t successTimes) expected(from, to float64) bool {
	asked, with := 0, 0
	count := func(i int) {
		switch s := &t.seconds[i]; {
		case s.Success > 0:
			asked, with = asked+1, with+1
		case t.asked(i) && with > 0: // before the first success none was due to come
			asked++
		}
	}
	before := t.index(from)
	for i := max(0, before-aroundOutage+1); i <= before; i++ {
		if s := &t.seconds[i]; s.Success > 0 || float64(s.T+1) <= from {
			count(i)
		}
	}
	after := max(t.index(to), before+1)
	for i := after; i < min(after+aroundOutage, len(t.seconds)); i++ {
		if end := float64(t.seconds[i].T + 1); end > to && end <= t.loaded {
			count(i)
		}
	}
	return with > 0 && float64(with) >= mostlySuccess*float64(asked)
}

// hides reports that far fewer requests were sent between two instants than at other times of
// the load: clients that wait for an answer send nothing. Those that fail at once send on.
func (t successTimes) hides(from, to float64) bool {
	var sent, length, otherSent, otherLength float64
	for _, s := range t.seconds {
		begin := float64(s.T)
		loaded := max(0, min(begin+1, t.loaded)-begin)
		within := max(0, min(begin+1, to)-max(begin, from))
		if loaded > 0 {
			sent, length = sent+float64(s.Sent)*within/loaded, length+within
			otherSent, otherLength = otherSent+float64(s.Sent)*(1-within/loaded), otherLength+loaded-within
		}
	}
	return length > 0 && sent*otherLength < hardlySent*otherSent*length
}

// silence counts the whole seconds without a success, and those in which one was asked for.
func (t successTimes) silence() (silent, asked int) {
	for i, s := range t.seconds {
		begin := float64(s.T)
		switch {
		case begin+0.5 < t.usual || begin+1 > t.loaded || !t.asked(i) || stillIn(t.still, begin, begin+1) > 0.5:
			continue
		case s.Success == 0:
			silent++
		}
		asked++
	}
	return silent, asked
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

// outageFinding says that nothing succeeded for a while, which an error rate can hide. It is a FAIL
// if that is longer than the limit of the run, in seconds. It has no code if there was no outage,
// or if nothing succeeded at all, which other findings say.
func (l *judgedLeg) outageFinding(limit float64) result.Finding {
	o := l.Outage
	if o == nil || !o.Exceeds || l.Outcomes.Success == 0 {
		return result.Finding{}
	}
	text := fmt.Sprintf("nothing succeeded for %s, from second %.1f to second %.1f, where otherwise a success came about every %s",
		words.Millis(1000*o.LongestS), o.FromS, o.ToS, words.Millis(1000*o.UsualGapS))
	if o.Hidden {
		text += fmt.Sprintf("; clients that wait send nothing, so that the error rate of %s does not show it", words.Percent(l.ErrorRate.Value))
	}
	if o.TooLong {
		return result.Found(result.Fail, result.CodeOutage, "%s; longer than %s is no pass (outage)", text, words.Millis(1000*limit))
	}
	return result.Found(result.Pass, result.CodeOutage, "%s", text)
}

// sayOutage says beside the figures of a leg that its outage is hardly in them.
func (l *judgedLeg) sayOutage(open bool) {
	about := outageWords(&l.Leg)
	if about == "" {
		return
	}
	l.ErrorRate.Warnings = append(l.ErrorRate.Warnings, about)
	times := l.Service
	if open {
		times = l.Response
	}
	for name, e := range times.Intervals {
		e.Warnings = append(e.Warnings, about)
		times.Intervals[name] = e
	}
}

// outageWords say what the error rate and the times of a leg leave out because nothing succeeded
// for a while; "" where they leave out nothing.
func outageWords(l *result.Leg) string {
	o := l.Outage
	if o == nil || !o.Exceeds || !o.Hidden || l.Outcomes.Success == 0 {
		return ""
	}
	return fmt.Sprintf("nothing succeeded from second %.1f to second %.1f of %s, when clients that wait sent hardly anything: this figure is of the other seconds", o.FromS, o.ToS, l.Target)
}
