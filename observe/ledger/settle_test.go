package ledger

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// answer is what one count returns, and how long it takes.
type answer struct {
	rows  int64
	err   error
	after time.Duration
}

// replay is a count that returns the answers in turn, the last one for ever.
func replay(answers []answer) func(context.Context) (map[string]int64, error) {
	n := -1
	return func(ctx context.Context) (map[string]int64, error) {
		n = min(n+1, len(answers)-1)
		a := answers[n]
		select {
		case <-time.After(a.after):
		case <-ctx.Done():
			return nil, &Error{Kind: Failed, Text: "canceled", Err: ctx.Err()}
		}
		if a.err != nil {
			return nil, a.err
		}
		return map[string]int64{"a": a.rows}, nil
	}
}

func TestSettle(t *testing.T) {
	lost := &Error{Kind: Unreachable, Text: "lost"}
	gone := &Error{Kind: NoTable, Text: "gone"}
	const never = -1
	for _, c := range []struct {
		name    string
		answers []answer
		options SettleOptions
		rows    int64
		settled bool
		took    time.Duration
		err     error
	}{
		{"at once", []answer{{rows: 5}}, SettleOptions{}, 5, true, 250 * time.Millisecond, nil},
		{"late rows", []answer{{rows: 5}, {rows: 6}, {rows: 7}, {rows: 7}}, SettleOptions{}, 7, true, 750 * time.Millisecond, nil},
		{"quiet while more may come", []answer{{rows: 5}, {rows: 5}, {rows: 6}, {rows: 6}, {rows: 6}}, SettleOptions{Want: 5, May: 2, Quiet: 500 * time.Millisecond}, 6, true, time.Second, nil},
		{"all there is", []answer{{rows: 5}, {rows: 6}}, SettleOptions{Want: 5, May: 1, Quiet: time.Minute}, 6, true, 500 * time.Millisecond, nil},
		{"missing and found", []answer{{rows: 5}, {rows: 5}, {rows: 5}, {rows: 5}, {rows: 7}}, SettleOptions{Want: 7}, 7, true, 1250 * time.Millisecond, nil},
		{"missing for good", []answer{{rows: 5}, {rows: 6}}, SettleOptions{Want: 7, Max: 3 * time.Second, Quiet: time.Second}, 6, true, 3 * time.Second, nil},
		{"missing and still coming", []answer{{rows: 1}, {rows: 2}, {rows: 3}, {rows: 4}, {rows: 5}}, SettleOptions{Want: 7, Max: time.Second, Quiet: 500 * time.Millisecond}, 5, false, time.Second, nil},
		{"slow count", []answer{{rows: 5, after: 2 * time.Second}}, SettleOptions{}, 5, true, 4250 * time.Millisecond, nil},
		{"comes back", []answer{{rows: 4}, {err: lost}, {err: lost}, {rows: 4}, {rows: 4}}, SettleOptions{}, 4, true, time.Second, nil},
		{"never comes back", []answer{{err: lost}}, SettleOptions{Every: time.Second, Max: 3 * time.Second}, never, false, 3 * time.Second, lost},
		{"dies after one count", []answer{{rows: 5}, {err: lost}}, SettleOptions{Every: time.Second, Max: 2 * time.Second}, 5, false, 2 * time.Second, lost},
		{"asking again is no use", []answer{{err: gone}}, SettleOptions{}, never, false, 0, gone},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s, err := settle(t.Context(), replay(c.answers), c.options)
				if !errors.Is(err, c.err) || s.Settled != c.settled || s.Took != c.took {
					t.Errorf("settled %t in %v, error %v; want %t in %v, %v", s.Settled, s.Took, err, c.settled, c.took, c.err)
				}
				want := map[string]int64{"a": c.rows}
				if c.rows == never {
					want = nil
				} else if c.settled && !s.At.Equal(began.Add(c.took)) {
					t.Errorf("counted at %v, want %v", s.At.Sub(began), c.took)
				}
				if !maps.Equal(s.Rows, want) {
					t.Errorf("rows %v, want %v", s.Rows, want)
				}
			})
		})
	}
}

func TestSettleNeverQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := int64(0)
		s, err := settle(t.Context(), func(context.Context) (map[string]int64, error) {
			n++
			return map[string]int64{"a": n}, nil
		}, SettleOptions{})
		if err != nil || s.Settled || s.Took != 10*time.Second || s.Rows["a"] != 41 {
			t.Errorf("%+v, %v; want 41 counts in 10s, not settled", s, err)
		}
	})
}

func TestSettleInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s, err := settle(ctx, replay([]answer{{err: &Error{Kind: Unreachable}}}), SettleOptions{Every: 700 * time.Millisecond})
		if !errors.Is(err, context.DeadlineExceeded) || s.Settled || s.Rows != nil {
			t.Errorf("%+v, %v; want the context's error", s, err)
		}
	})
}

// TestSettleProperties: whatever the database does, the wait is bounded, what is called settled
// has not changed for Quiet, rows that are missing are waited for, and the rows are the last
// that were read.
func TestSettleProperties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := SettleOptions{
			Every: time.Duration(rapid.IntRange(1, 2000).Draw(r, "every")) * time.Millisecond,
			Quiet: time.Duration(rapid.IntRange(0, 5000).Draw(r, "quiet")) * time.Millisecond,
			Want:  rapid.Int64Range(0, 3).Draw(r, "want"), May: rapid.Int64Range(0, 2).Draw(r, "may"),
			Max: time.Duration(rapid.IntRange(1, 20_000).Draw(r, "max")) * time.Millisecond,
		}
		const slowest = 3 * time.Second
		answers := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) answer {
			a := answer{rows: rapid.Int64Range(0, 3).Draw(r, "rows"), after: time.Duration(rapid.Int64Range(0, int64(slowest)).Draw(r, "after"))}
			if rapid.IntRange(0, 4).Draw(r, "lost") == 0 {
				a.err = &Error{Kind: Unreachable}
			}
			return a
		}), 1, 30).Draw(r, "answers")
		var seen []int64 // −1 for an error
		var at []time.Time
		count := replay(answers)
		synctest.Test(t, func(t *testing.T) {
			s, _ := settle(t.Context(), func(ctx context.Context) (map[string]int64, error) {
				rows, err := count(ctx)
				n := int64(-1)
				if err == nil {
					n = rows["a"]
				}
				seen, at = append(seen, n), append(at, time.Now())
				return rows, err
			}, o)
			if s.Took > o.Max+slowest {
				r.Errorf("took %v of %v", s.Took, o.Max)
			}
			last, end := int64(-1), len(seen)-1
			for _, n := range seen {
				if n >= 0 {
					last = n
				}
			}
			from := end // where the rows have been as they are since
			for from > 0 && seen[from-1] == seen[end] {
				from--
			}
			quiet := o.Quiet
			if last >= o.Want+o.May {
				quiet = 0
			}
			same := seen[end] >= 0 && at[end].After(at[from]) && at[end].Sub(at[from]) >= quiet
			if s.Settled != same {
				r.Errorf("settled %t after %v at %v, quiet %v", s.Settled, seen, at, quiet)
			}
			if s.Settled && last < o.Want && s.Took+o.Every <= o.Max {
				r.Errorf("%d rows are missing, and the wait is over after %v of %v", o.Want-last, s.Took, o.Max)
			}
			if (s.Rows == nil) != (last < 0) || last >= 0 && s.Rows["a"] != last {
				r.Errorf("rows %v after %v", s.Rows, seen)
			}
		})
	})
}
