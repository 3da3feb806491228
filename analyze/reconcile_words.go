package analyze

import (
	"fmt"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// describe says how the answers and the rows agree. No sentence says more than the counts
// show: that there are as many rows as answers does not tell that each has its own.
func (r *account) describe() (result.RowsVerdict, string) {
	switch {
	case r.Lost > 0 && r.LostMost > r.Lost:
		return result.RowsLost, fmt.Sprintf("at least %s and at most %s of %s that successful answers claimed are missing (%s), or were deleted since or are still to come: %s there, of which up to %s may be those of %s",
			words.Number(r.Lost), words.Number(r.LostMost), words.Counted(r.Claimed, "row"), r.shares(r.Lost, r.LostMost),
			areRows(r.Rows), words.Number(r.LostMost-r.Lost), r.unknown())
	case r.Lost > 0:
		return result.RowsLost, fmt.Sprintf("at least %s of %s that successful answers claimed are missing (%s), or were deleted since or are still to come: %s there",
			words.Number(r.Lost), words.Counted(r.Claimed, "row"), r.share(r.Lost), areRows(r.Rows))
	case r.Extra > 0:
		return result.RowsExtra, r.surplus()
	case r.unbounded:
		return result.RowsWithinUnknown, fmt.Sprintf("%s there, and %s; a lost agent may have sent more requests than are known of, and nobody knows how many rows those wrote, so rows of answers may be missing",
			areRows(r.Rows), r.claims())
	case r.LostMost > 0:
		return result.RowsWithinUnknown, fmt.Sprintf("up to %s of %s that successful answers claimed may be missing: %s there, and any of %s may have written",
			words.Number(r.LostMost), words.Counted(r.Claimed, "row"), areRows(r.Rows), r.unknown())
	case r.Unknown > 0:
		return result.RowsWithinUnknown, fmt.Sprintf("%s there, as many as %s that claimed a write and %s together",
			areRows(r.Rows), words.Counted(r.Successes, "answer"), r.unknown())
	case r.Claimed == 0:
		return result.RowsReconciled, "no answer claimed a write and no row is there"
	}
	return result.RowsReconciled, fmt.Sprintf("%s and %s there", r.claims(), areRows(r.Rows))
}

// surplus says whose the rows beyond all requests may be.
func (r *account) surplus() string {
	text := fmt.Sprintf("%s more than answers account for: %s there, %s and %s may have: ",
		words.Counted(r.Extra, "row"), areRows(r.Rows), r.claims(), words.Counted(r.Unknown, "request"))
	switch {
	case int64(r.failed) >= r.Extra:
		text += fmt.Sprintf("among the %s that failed some may have written all the same, a proxy may have re-sent requests, or someone else writes", words.Counted(r.failed, "answer"))
	default:
		text += "a proxy re-sent requests, or someone else writes"
	}
	if r.Claimed > 0 {
		text += "; so how many answers lost their row is not known"
	}
	return text
}

// coming says what was there when the wait for the rows was over.
func (r *account) coming(led *runlog.Ledger) string {
	return fmt.Sprintf("rows were still coming %s s after the load, when the wait for them was over: %s there, and %s; a longer ledger.settle waits for all, unless someone else writes",
		words.Significant(led.SettleS, 2), areRows(r.Rows), r.claims())
}

// lateWords end a sentence about rows of which some came after the load; "" where none did.
func lateWords(led *runlog.Ledger) string {
	if led.Late <= 0 {
		return ""
	}
	return fmt.Sprintf("; %s came within %s s after the load", words.Counted(led.Late, "row"), words.Significant(led.LateS, 2))
}

func (r *account) claims() string {
	if r.Claimed != r.Successes {
		return fmt.Sprintf("%s claimed %s", words.Counted(r.Successes, "answer"), words.Counted(r.Claimed, "row"))
	}
	return words.Counted(r.Successes, "answer") + " claimed a write"
}

func (r *account) unknown() string {
	text := words.Counted(r.Unknown, "request") + " without a clear answer"
	if r.unbounded {
		text += ", and those that a lost agent may have sent besides"
	}
	return text
}

// share is a number of rows as a share of those claimed.
func (r *account) share(rows int64) string { return words.Percent(float64(rows) / float64(r.Claimed)) }

// shares are those of a range, once where both are written alike.
func (r *account) shares(least, most int64) string {
	if low, high := r.share(least), r.share(most); low != high {
		return low + " to " + high
	}
	return r.share(least)
}

func areRows(n int64) string {
	if n == 1 {
		return "1 row is"
	}
	return words.Number(n) + " rows are"
}
