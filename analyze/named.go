package analyze

import (
	"fmt"
	"maps"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// byName sets the ranges of lost and extra rows from the names in the rows. A host writes names
// into all of its rows or into none. So if a host names some, somebody else's requests wrote its
// rows without a name. The rows of a host that names none can be ours, and so can rows whose
// names were changed on the way; they can hide as many missing rows. If no row has a name, no
// name reached the table, and the ranges remain those of the counts.
func (r *account) byName(led *runlog.Ledger) {
	named := led.Named
	if named == nil || sum(named.Hosts) == 0 && r.Rows > 0 {
		return
	}
	by := &result.RowsByName{
		UnknownWrote: named.Unknown.Wrote, FailedWrote: named.Failed.Wrote,
		Doubled: named.Success.Doubled + named.Unknown.Doubled + named.Failed.Doubled,
		Unnamed: named.Altered,
	}
	for host, rows := range rowsWritten(led) {
		if own := named.Hosts[host]; own > 0 {
			by.Others += max(0, rows-own)
		} else {
			by.Unnamed += rows
		}
	}
	r.ByName = by
	missing := max(0, named.Success.Missing)
	r.Lost, r.LostMost = max(0, missing-by.Unnamed), missing
	r.Extra = by.Doubled + by.Others
	r.ExtraMost = r.Extra + by.Unnamed
}

func sum(rows map[string]int64) (n int64) {
	for _, r := range rows {
		n += r
	}
	return n
}

// known reports whether the figures are final: no later row can change them.
func (r *account) known() bool { return r.ByName != nil && r.LostMost == 0 }

// describeNamed says how the answers and the rows with their names agree.
func (r *account) describeNamed() (result.RowsVerdict, string) {
	by := r.ByName
	var verdict result.RowsVerdict
	var text string
	switch {
	case r.LostMost > 0:
		verdict = result.RowsWithinUnknown
		if r.Lost > 0 {
			verdict = result.RowsLost
		}
		text = fmt.Sprintf("by their names %s of %s that successful answers claimed are missing (%s), or were deleted since or are still to come",
			span(r.Lost, r.LostMost), words.Counted(r.Claimed, "row"), r.share(r.LostMost))
	case r.Extra > 0:
		verdict, text = result.RowsExtra, r.allThere()
	case r.Claimed == 0 && r.Rows == 0:
		return result.RowsReconciled, "no answer claimed a write and no row is there"
	default:
		verdict, text = result.RowsReconciled, r.allThere()
	}
	if r.Unknown > 0 {
		text += fmt.Sprintf("; of %s %s", r.unknown(), wrote(by.UnknownWrote))
	}
	if by.FailedWrote > 0 {
		text += fmt.Sprintf("; of %s that failed %s all the same", words.Counted(r.failed, "answer"), wrote(by.FailedWrote))
	}
	for _, more := range []struct {
		rows int64
		what string
	}{{by.Doubled, "written twice"}, {by.Others, "without a name, from hosts that name theirs: somebody else's"}, {by.Unnamed, "without a name that was sent, which may be ours"}} {
		if more.rows > 0 {
			text += fmt.Sprintf("; %s %s", areRows(more.rows), more.what)
		}
	}
	return verdict, text
}

func (r *account) allThere() string {
	if r.Claimed == 0 {
		return "no answer claimed a write"
	}
	return fmt.Sprintf("every answer that claimed a write has its row, by its name: %s", words.Counted(r.Claimed, "row"))
}

func span(least, most int64) string {
	if least == most {
		return words.Number(least)
	}
	return words.Number(least) + " to " + words.Number(most)
}

func wrote(n uint64) string {
	if n == 1 {
		return "1 wrote"
	}
	return words.Number(n) + " wrote"
}

// ownRows returns the ledger without the rows that, by their names, somebody else wrote.
func ownRows(led *runlog.Ledger) *runlog.Ledger {
	if led == nil || led.Named == nil || led.After == nil {
		return led
	}
	own := *led
	own.After = maps.Clone(led.After)
	for host, rows := range led.Named.Hosts {
		if rows > 0 && own.After[host] > led.Before[host]+rows {
			own.After[host] = led.Before[host] + rows
		}
	}
	return &own
}
