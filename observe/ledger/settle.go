package ledger

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// DefaultSettle is how long Settle waits for missing rows.
const DefaultSettle = 10 * time.Second

// countEvery is the time between two counts while rows settle.
const countEvery = 250 * time.Millisecond

// SettleOptions say when rows count as settled. The zero value is the default.
type SettleOptions struct {
	Every time.Duration // between counts; 0 is 250 ms
	Max   time.Duration // after which no count begins; 0 is [DefaultSettle]
	// Want is how many rows there must be. While there are fewer, the wait goes on, up to Max.
	// May is how many more there may be. While these can still come, the rows have settled
	// when none came for Quiet; when all have come, two equal counts are enough.
	Want, May int64
	Quiet     time.Duration
}

// Settled is the result of a wait for rows.
type Settled struct {
	Rows    map[string]int64 // the last count that succeeded; nil if none did
	At      time.Time        // when that count ended
	Settled bool             // the rows stopped changing
	Took    time.Duration    // from the first query to the last answer
	// Late is how many rows came after the first count. LateBy is the time from the first
	// query to the count that first held the last of them.
	Late   int64
	LateBy time.Duration
}

// Settle counts until the rows stop changing, so that late writes are counted: a service may
// answer before its rows come to the table, through a queue or a replica, and a request that
// timed out may still write. If the database does not answer, or has no connection free, Settle
// asks again. The error is that of the last count, nil if it succeeded. Rows that never settle
// are no error.
func (c *Counter) Settle(ctx context.Context, o SettleOptions) (Settled, error) {
	return settle(ctx, c.Count, o)
}

func settle(ctx context.Context, count func(context.Context) (map[string]int64, error), o SettleOptions) (Settled, error) {
	o.Every, o.Max = cmp.Or(max(o.Every, 0), countEvery), cmp.Or(max(o.Max, 0), DefaultSettle)
	var s Settled
	var first int64
	var since time.Time // since when the rows have not changed; zero if not known
	began := time.Now()
	for {
		rows, err := count(ctx)
		now := time.Now()
		s.Took = now.Sub(began)
		switch {
		case err != nil:
			since = time.Time{}
		case s.Rows == nil:
			first, since = total(rows), now
		case !maps.Equal(rows, s.Rows):
			since, s.LateBy = now, s.Took
		case since.IsZero():
			since = now
		}
		if err == nil {
			s.Rows, s.At, s.Late = rows, now, total(rows)-first
		}
		quiet, awaited := o.quiet(s.Rows)
		s.Settled = !since.IsZero() && now.After(since) && now.Sub(since) >= quiet
		if s.Settled && !awaited || cannotRecover(ctx, err) || s.Took+o.Every > o.Max {
			return s, err
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(o.Every):
		}
	}
}

// quiet returns how long the rows must not have changed, and whether more must come.
func (o *SettleOptions) quiet(rows map[string]int64) (quiet time.Duration, awaited bool) {
	n := total(rows)
	if n < o.Want+o.May {
		quiet = o.Quiet
	}
	return quiet, n < o.Want
}

func total(rows map[string]int64) (n int64) {
	for _, r := range rows {
		n += r
	}
	return n
}

// cannotRecover reports whether it is useless to ask again after an error.
func cannotRecover(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return ctx.Err() != nil
	}
	fault, ok := errors.AsType[*Error](err)
	return !ok || !slices.Contains([]Kind{Unreachable, Failed, TooSlow}, fault.Kind)
}
