package analyze

import (
	"fmt"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// reconcile holds a leg's answers against the rows that came into the ledger while it ran.
// With S the rows that successes claim, U those that requests without a clear answer may
// have written, and R the rows that are there:
//
//	max(0, S − R)     ≤ lost  ≤ min(S, max(0, S − R + U))
//	max(0, R − S − U) ≤ extra ≤ max(0, R − S)
//
// A timeout, a broken connection, a cut request and one in flight when the run was killed
// have no clear answer; nor have those that a lost agent may have sent. The upper ends suppose that an answer that failed wrote nothing, that
// of what is counted as lost no row was written twice or by others, and of what is counted as
// extra that none was lost. Rows beyond S + U refute that: then any of the S may be lost. What a lost agent of a closed
// load may have sent has no bound: then U has none, and no row is one too many.
func reconcile(run *runlog.Run, rec *runlog.Record, l *result.Leg) *result.Reconcile {
	r := claimed(run, rec, l)
	if rec.Ledger != nil {
		r.RefusedConnections, r.MaxConnections = rec.Ledger.Refused, rec.Ledger.MaxConnections
	}
	if gap := ledgerGap(rec.Ledger); gap != "" {
		r.Verdict, r.Words, r.Cause = result.RowsNotKnown, gap, ledgerCause(rec.Ledger)
		return &r.Reconcile
	}
	for _, rows := range rowsWritten(rec.Ledger) {
		r.Rows += rows
		if rows < 0 {
			r.Verdict = result.RowsNotKnown
		}
	}
	if r.Verdict == result.RowsNotKnown {
		r.Words = "rows were deleted during the leg, so what it wrote cannot be counted: use a table that nobody cleans up meanwhile"
		return &r.Reconcile
	}
	sure, maybe := int64(r.Claimed), int64(r.unknownRows)
	r.Lost, r.LostMost = max(0, sure-r.Rows), min(sure, max(0, sure-r.Rows+maybe))
	r.Extra, r.ExtraMost = max(0, r.Rows-sure-maybe), max(0, r.Rows-sure)
	if r.unbounded {
		r.Extra = 0
	}
	if r.Extra > 0 || r.unbounded {
		r.LostMost = sure
	}
	if r.byName(rec.Ledger); r.ByName == nil {
		r.Verdict, r.Words = r.describe()
	} else {
		r.Verdict, r.Words = r.describeNamed()
	}
	if !rec.Ledger.Settled && !r.known() {
		r.Verdict, r.Words = result.RowsComing, r.coming(rec.Ledger)
	}
	r.Words += lateWords(rec.Ledger)
	return &r.Reconcile
}

// refusedConnections says that a database had too few connections for the load, "" where it had enough or
// does not tell.
func refusedConnections(r *result.Reconcile) string {
	if r == nil || r.RefusedConnections == nil || *r.RefusedConnections == 0 {
		return ""
	}
	return fmt.Sprintf("the database refused %s, because all %s that its max_connections allows were open",
		words.Counted(*r.RefusedConnections, "connection"), words.Number(r.MaxConnections))
}

// account is what a leg's answers claim, while it is held against the rows.
type account struct {
	result.Reconcile
	unknownRows uint64 // that requests without a clear answer may have written
	unbounded   bool   // and nobody knows how many more
	failed      uint64 // answers that claim nothing, of requests that otherwise do
}

// claimed adds up the answers to requests that claim rows. If a run was killed it is not known
// which requests were in flight.
func claimed(run *runlog.Run, rec *runlog.Record, l *result.Leg) *account {
	r := &account{}
	most := uint64(0)
	for i, name := range run.Requests {
		of, claims := l.Outcomes, uint64(1)
		if len(run.Requests) > 1 {
			of = rec.Request(name).Outcomes
		}
		if run.Claims != nil {
			claims = uint64(run.Claims[i])
		}
		if most = max(most, claims); claims == 0 {
			continue
		}
		unknown := of.Timeout + of.Network + of.Cut
		r.Successes, r.Claimed = r.Successes+of.AsExpected(), r.Claimed+claims*of.AsExpected()
		r.Unknown, r.unknownRows = r.Unknown+unknown, r.unknownRows+claims*unknown
		r.failed += of.HTTP4xx + of.HTTP5xx + of.Unexpected
	}
	flying := max(l.Sent, l.Outcomes.Ended()) - l.Outcomes.Ended()
	for _, a := range rec.Agents {
		flying += a.Unsure
		r.unbounded = r.unbounded || a.UnknownS > 0
	}
	r.Unknown, r.unknownRows = r.Unknown+flying, r.unknownRows+most*flying
	return r
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
