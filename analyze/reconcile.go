package analyze

import (
	"fmt"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// reconcile holds a leg's answers against the rows that came into the ledger while
// it ran. It supposes that a success claims one row. A timeout, a broken
// connection, a cut request and one in flight when the run was killed are unknown:
// each may have written.
//
//	lost  = max(0, successes − rows)
//	extra = max(0, rows − successes − unknown)
//
// Both are net figures: a row lost and a row written twice cancel out, for the
// ledger counts rows and does not name them.
func reconcile(rec *runlog.Record, l *result.Leg) *result.Reconcile {
	o := l.Outcomes
	r := &result.Reconcile{
		Successes: o.Success,
		Unknown:   o.Timeout + o.Network + o.Cut + (max(l.Sent, o.Ended()) - o.Ended()),
	}
	if gap := ledgerGap(rec.Ledger); gap != "" {
		r.Verdict, r.Words, r.Cause = result.RowsNotKnown, gap, ledgerCause(rec.Ledger)
		return r
	}
	for _, rows := range rowsWritten(rec.Ledger) {
		r.Rows += rows
		if rows < 0 {
			r.Verdict = result.RowsNotKnown
		}
	}
	if r.Verdict == result.RowsNotKnown {
		r.Words = "rows were deleted during the leg, so what it wrote cannot be counted: use a table that nobody cleans up meanwhile"
		return r
	}
	successes, unknown := int64(r.Successes), int64(r.Unknown)
	r.Lost = max(0, successes-r.Rows)
	r.Extra = max(0, r.Rows-successes-unknown)
	failed := int64(o.HTTP4xx + o.HTTP5xx + o.Unexpected)
	r.Verdict, r.Words = describe(r, failed)
	return r
}

// describe says the outcome; failed is how many answers claimed no write.
func describe(r *result.Reconcile, failed int64) (verdict result.RowsVerdict, text string) {
	switch {
	case r.Lost > 0:
		return result.RowsLost, fmt.Sprintf("%s of the successful answers wrote nothing, or their rows were deleted since: %s claimed a write, %s there",
			words.Percent(float64(r.Lost)/float64(r.Successes)), words.Counted(r.Successes, "answer"), areRows(r.Rows))
	case r.Extra > 0:
		text = fmt.Sprintf("%s more than answers account for: %s there, %s claimed a write and %s may have: ",
			words.Counted(r.Extra, "row"), areRows(r.Rows), words.Counted(r.Successes, "answer"), words.Counted(r.Unknown, "request"))
		switch {
		case failed >= r.Extra:
			text += fmt.Sprintf("among the %s that failed some may have written all the same, a proxy may have re-sent requests, or someone else writes", words.Counted(failed, "answer"))
		default:
			text += "a proxy re-sent requests, or someone else writes"
		}
		return result.RowsExtra, text
	case r.Rows > int64(r.Successes):
		return result.RowsWithinUnknown, fmt.Sprintf("every answer that claimed a write has its row; of %s without a clear answer %s written",
			words.Counted(r.Unknown, "request"), haveWere(r.Rows-int64(r.Successes)))
	case r.Unknown > 0:
		return result.RowsReconciled, fmt.Sprintf("%s claimed a write and %s there; nothing points to a write by the %s without a clear answer",
			words.Counted(r.Successes, "answer"), areRows(r.Rows), words.Counted(r.Unknown, "request"))
	case r.Successes == 0:
		return result.RowsReconciled, "no answer claimed a write and no row is there"
	}
	return result.RowsReconciled, fmt.Sprintf("every answer that claimed a write has its row: %s", words.Number(r.Rows))
}

func areRows(n int64) string {
	if n == 1 {
		return "1 row is"
	}
	return words.Number(n) + " rows are"
}

func haveWere(n int64) string {
	if n == 1 {
		return "1 has"
	}
	return words.Number(n) + " have"
}

// ledgerGap says why the ledger cannot be used, "" when it can.
func ledgerGap(led *runlog.Ledger) string {
	const so = ": whether the answers were kept is not known"
	switch {
	case led == nil:
		return "no ledger was kept of this leg" + so
	case led.Before == nil && led.Error != "":
		return "the rows before the leg could not be counted" + so
	case led.After == nil && led.Error != "":
		return "the rows after the leg could not be counted" + so
	case led.Error != "":
		return "the rows could not be counted" + so
	case led.Before == nil:
		return "the rows before the leg were not counted" + so
	case led.After == nil:
		return "the rows after the leg were not counted" + so
	}
	return ""
}

// ledgerCause is what the database or its driver said, "" where it said nothing. The words of the
// gap stand in every place that the ledger is missed in, so this stands beside them once.
func ledgerCause(led *runlog.Ledger) string {
	if led == nil {
		return ""
	}
	cause := strings.TrimPrefix(led.Error, "rows before the leg: ")
	return strings.TrimPrefix(cause, "rows after the leg are missing: ")
}

// rowsWritten is after − before per host, hosts without change left out.
func rowsWritten(led *runlog.Ledger) map[string]int64 {
	written := map[string]int64{}
	for host, after := range led.After {
		if d := after - led.Before[host]; d != 0 {
			written[host] = d
		}
	}
	for host, before := range led.Before {
		if _, still := led.After[host]; !still && before != 0 {
			written[host] = -before
		}
	}
	return written
}
