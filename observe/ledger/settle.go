package ledger

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// SettleOptions say when rows count as settled. The zero value is the default.
type SettleOptions struct {
	Every time.Duration // between counts; 0 is 250 ms
	Quiet int           // equal counts in a row that are needed; 0 is 2
	Max   time.Duration // after which no count begins; 0 is 10 s
}

// Settled is what a wait for the rows came to.
type Settled struct {
	Rows    map[string]int64 // the last count that succeeded; nil if none did
	At      time.Time        // when it did
	Settled bool             // the rows stopped changing
	Took    time.Duration    // from the first query to the last answer
}

// Settle counts until the rows stop changing, so that writes that arrive late are
// counted: an answer can reach the client before others' rows reach the table, and a
// request that timed out may still be at work. A database that is gone for a while,
// or full of the load's connections, is asked again. The error is that of the last
// count, nil when it succeeded; rows that never settle are no error.
func (c *Counter) Settle(ctx context.Context, o SettleOptions) (Settled, error) {
	return settle(ctx, c.Count, o)
}

func settle(ctx context.Context, count func(context.Context) (map[string]int64, error), o SettleOptions) (Settled, error) {
	if o.Every <= 0 {
		o.Every = 250 * time.Millisecond
	}
	if o.Quiet <= 0 {
		o.Quiet = 2
	}
	if o.Max <= 0 {
		o.Max = 10 * time.Second
	}
	var s Settled
	equal := 0
	began := time.Now()
	for {
		rows, err := count(ctx)
		now := time.Now()
		s.Took = now.Sub(began)
		if err == nil {
			if s.Rows == nil || !maps.Equal(rows, s.Rows) {
				equal = 0
			}
			equal++
			s.Rows, s.At = rows, now
		} else {
			equal = 0
		}
		if s.Settled = equal >= o.Quiet; s.Settled || final(ctx, err) || s.Took+o.Every > o.Max {
			return s, err
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(o.Every):
		}
	}
}

// final reports that asking again cannot help.
func final(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return ctx.Err() != nil
	}
	fault, ok := errors.AsType[*Error](err)
	return !ok || !slices.Contains([]Kind{Unreachable, Failed, TooSlow}, fault.Kind)
}
