package ledger

import (
	"context"
	"maps"
	"math"
	"time"

	"github.com/stress-tool/stress/runlog"
)

// Expected is what the answers of a leg say about the rows to come.
type Expected struct {
	Claimed uint64 // rows that successes claim
	Unknown uint64 // rows that requests without a clear answer may have written, at most
	// Unbounded says that there may be more of those, and nobody knows how many.
	Unbounded bool
	// Gap is the usual time between two writes of the leg; 0 if it is not known.
	Gap time.Duration
	// Sent are the requests that were sent with names; nil if there were none.
	Sent *Sent
	// ByName is called when the rows are there and are counted by their names; nil is nobody.
	ByName func()
}

// quietGaps is how many usual gaps between writes must pass without a new row before no more
// rows are expected. If rows come at random, one gap in 150 is longer.
const quietGaps = 5

// leg is what a leg left in the table.
type leg struct {
	rows    map[string]int64 // nil if they were not counted
	settled bool
	quiet   time.Duration
}

// Before begins a leg's ledger. Before waits for rows of the previous leg that are still
// coming, so that they do not count for this leg. With an error the ledger holds only the names
// of the table and its column.
func (c *Counter) Before(ctx context.Context) (runlog.Ledger, error) {
	l := runlog.Ledger{Table: c.config.Table, Column: c.config.Column}
	rows, err := c.Count(ctx)
	if err != nil {
		return l, err
	}
	l.Before, l.BeforeAt = rows, time.Now().UTC()
	c.refusing = c.connections(ctx)
	if was := c.before; was.rows == nil || was.settled && maps.Equal(rows, was.rows) {
		return l, nil
	}
	s, err := c.Settle(ctx, SettleOptions{Max: c.config.Settle, Want: total(rows), May: 1, Quiet: c.before.quiet})
	if s.Rows != nil {
		l.Before, l.BeforeAt = s.Rows, s.At.UTC()
	}
	return l, err
}

// After ends a leg's ledger: it waits until the rows have settled, and counts them. If no count
// succeeds, l.After stays nil and l.Error says why; what the load measured is valid without.
func (c *Counter) After(ctx context.Context, l *runlog.Ledger, e Expected) {
	most := c.config.Settle
	if most <= 0 {
		most = DefaultSettle
	}
	quiet, end := min(quietGaps*e.Gap, most/2), time.Now().Add(most)
	may := int64(e.Unknown)
	if e.Unbounded {
		may = math.MaxInt32
	}
	s, err := c.Settle(ctx, SettleOptions{
		Max: most, Want: total(l.Before) + int64(e.Claimed), May: may, Quiet: quiet,
	})
	l.Claimed, l.Unknown, l.SettleS = e.Claimed, e.Unknown, s.Took.Seconds()
	c.before = leg{rows: s.Rows, settled: s.Settled, quiet: quiet}
	if s.Rows == nil {
		l.Error = "rows after the leg are missing: " + err.Error()
		return
	}
	l.After, l.AfterAt, l.Settled = s.Rows, s.At.UTC(), s.Settled
	if was := c.refusing; was != nil {
		if is := c.connections(ctx); is != nil && is.refused >= was.refused {
			refused := is.refused - was.refused
			l.Refused, l.MaxConnections = &refused, is.most
		}
	}
	if e.Sent != nil && c.claim != "" {
		if e.ByName != nil {
			e.ByName()
		}
		c.settleNamed(ctx, l, e.Sent, end)
		c.before.rows = l.After
	}
	if l.Late = s.Late; l.Late > 0 {
		l.LateS = s.LateBy.Seconds()
	}
}
