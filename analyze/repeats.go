package analyze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// attributeRows says of rows in excess that they are those of requests which were sent twice, where
// that is enough to explain them: when a task ends, a proxy sends again what was under way, and the
// row of the first try may be there already. There are at most as many as were under way at the ends
// of tasks. If anyone else but tasks of the service wrote, nothing is attributed.
func (l *judgedLeg) attributeRows(rec *runlog.Record) {
	r, c := l.Reconcile, l.Cluster
	if r == nil || c == nil || r.Verdict != result.RowsExtra || r.ByName != nil || len(l.Hosts) == 0 {
		return
	}
	for _, h := range l.Hosts {
		if h.Rows > 0 && h.Task == "" {
			return
		}
	}
	var most int64
	var names []string
	for _, t := range c.Tasks {
		if t.EndedS == nil {
			continue
		}
		if n := underWayAt(rec.Seconds, *t.EndedS); n > 0 {
			most += n
			names = append(names, fmt.Sprintf("%s at second %.1f", t.Name, *t.EndedS))
		}
	}
	if r.Extra > most {
		return
	}
	r.Repeats, r.LostMost = most, r.Lost
	r.Words = fmt.Sprintf("%s than answers: requests that a proxy sent again when a task ended (%s), whose first try had written; of at most %s under way then. If a row was lost too, it hides behind them",
		moreRows(r.Extra), strings.Join(names[:min(len(names), namedEnds)], ", "), words.Number(most))
}

// repeats are the rows beyond those that answers claim, where all of these are of requests that were
// sent again: their names tell, or [judgedLeg.attributeRows] does. 0 is none, or that nobody knows.
func repeats(r *result.Reconcile) int64 {
	switch by := r.ByName; {
	case r.Repeats > 0:
		return r.Extra
	case by != nil && by.Others == 0 && by.Unnamed == 0:
		return by.Doubled
	}
	return 0
}

// repeatsOf say how many rows of a target are of requests that were sent again, over all its legs.
func repeatsOf(target string, legs []*judgedLeg) []result.Finding {
	var rows int64
	ended := false
	for _, l := range legs {
		if r := l.Reconcile; r != nil && repeats(r) > 0 {
			rows += repeats(r)
			ended = ended || l.Cluster != nil && slices.ContainsFunc(l.Cluster.Tasks, func(t result.Task) bool { return t.EndedS != nil })
		}
	}
	if rows == 0 {
		return nil
	}
	text := areRows(rows) + " written twice, by requests that were sent again"
	if ended {
		text += ", as a proxy does when a task ends before it has answered"
	}
	return []result.Finding{result.Found(result.Pass, result.CodeRowsDoubled, "%s", text).At(&result.Leg{Target: target})}
}

// namedEnds is how many ends of tasks stand in a sentence.
const namedEnds = 3

func moreRows(n int64) string {
	if n == 1 {
		return "1 row more"
	}
	return words.Number(n) + " rows more"
}

// underWayAt is the most requests that were under way at the ends of the seconds around an instant.
func underWayAt(seconds []runlog.Second, at float64) (most int64) {
	for _, s := range seconds {
		if end := float64(s.T + 1); end >= at-1 && end <= at+2 {
			most = max(most, s.InFlight)
		}
	}
	return most
}
