package analyze

import (
	"fmt"

	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// accounting checks the identities that hold for every leg, and says which do
// not. A leg that fails one was counted wrongly somewhere, and no figure of it can
// be trusted.
//
//	planned = sent + dropped + skipped                when the leg came to its end
//	sent    = success + failures + cut                when the leg came to its end
//	ended   ≤ sent                                    always
//	times   = answered + timed out, for both clocks   always
//	lags    = ended, for a lag is stored with its end always, but for the cut ones of a lost agent
//	queues  = user-space times = stamped              always
//	by request: ended and skipped add up              where they were counted
//	statuses = answered                               where they were counted
func accounting(rec *runlog.Record, l *judgedLeg, m measured) []string {
	var broken []string
	check := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, "the counts do not add up: "+fmt.Sprintf(format, args...))
		}
	}
	ended := l.Outcomes.Ended()
	if rec.Complete {
		unsent := words.Number(l.Dropped) + " dropped"
		if l.Skipped > 0 {
			unsent += " and " + words.Number(l.Skipped) + " skipped"
		}
		check(l.Planned == l.Sent+l.Dropped+l.Skipped, "%s planned, but %s sent and %s", words.Number(l.Planned), words.Number(l.Sent), unsent)
		check(l.Sent == ended, "%s sent, but %s ended", words.Number(l.Sent), words.Number(ended))
	} else {
		check(ended <= l.Sent, "%s sent, but %s ended", words.Number(l.Sent), words.Number(ended))
	}
	timed := l.Outcomes.Completed() + l.Outcomes.Timeout
	for _, clock := range []struct{ tag, name string }{{runlog.TagResponse, "response"}, {runlog.TagService, "service"}} {
		n := uint64(m.timing(clock.tag).n)
		check(n == timed, "%s answered or timed out, but there are %s %s times", words.Number(timed), words.Number(n), clock.name)
	}
	if n := uint64(m.timing(runlog.TagFirstByte).n); n > 0 { // runs from before it was kept have none
		check(n == timed, "%s answered or timed out, but there are %s times to a first byte", words.Number(timed), words.Number(n))
	}
	lags := uint64(m.timing(runlog.TagLag).n)
	check(lags == ended-l.vanished, "%s ended, but there are %s lags", words.Number(ended-l.vanished), words.Number(lags))
	var byRequest, skipped uint64
	for _, r := range l.Requests {
		byRequest, skipped = byRequest+r.Outcomes.Ended(), skipped+r.Skipped
	}
	if byRequest > 0 {
		check(byRequest == ended, "%s ended, but %s by request", words.Number(ended), words.Number(byRequest))
	}
	if skipped > 0 {
		check(skipped == l.Skipped, "%s skipped, but %s by request", words.Number(l.Skipped), words.Number(skipped))
	}
	stamped := l.stamped
	for _, tag := range []struct{ tag, name string }{{runlog.TagQueue, "queue"}, {runlog.TagUserSpace, "user-space"}} {
		n := uint64(m.timing(tag.tag).n)
		check(n == stamped, "the kernel stamped %s, but there are %s %s times", words.Counted(stamped, "answer"), words.Number(n), tag.name)
	}
	if len(l.Statuses) > 0 {
		n := answers(l.Statuses)
		check(n == l.Completed, "%s, but %s have a status code", words.Counted(l.Completed, "answer"), words.Number(n))
	}
	return broken
}
