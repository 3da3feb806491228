package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/runlog"
)

// While load is put on the rows are counted once a second; a count that fails leaves a gap, a slow
// one gets a twentieth of the time, and a leg of hours has fewer of them.
func TestRowsAreCountedDuringALeg(t *testing.T) {
	for name, c := range map[string]struct {
		every, takes, lasts time.Duration
		fails               func(n int) bool
		want                int // lines
	}{
		"once a second":   {every: time.Second, lasts: 10500 * time.Millisecond, want: 10},
		"not at all":      {lasts: 10 * time.Second},
		"a slow database": {every: time.Second, takes: 100 * time.Millisecond, lasts: 10500 * time.Millisecond, want: 5},
		"one that dies":   {every: time.Second, lasts: 10500 * time.Millisecond, fails: func(n int) bool { return n > 3 && n < 6 }, want: 8},
		"a day":           {every: time.Second, lasts: 24 * time.Hour, want: 8770},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, table := 0, map[string]int64{"web": 7, "old": 3}
				o := &rows{every: c.every}
				o.leg.Before = maps.Clone(table)
				o.counter = &fakeRows{count: func() (map[string]int64, error) {
					time.Sleep(c.takes)
					if n++; c.fails != nil && c.fails(n) {
						return nil, errors.New("too many connections")
					}
					table["web"] += 10
					return maps.Clone(table), nil
				}}
				ctx, end := context.WithTimeout(t.Context(), c.lasts)
				defer end()
				notes := &keptNotes{}
				if err := o.During(ctx, runlog.Leg{Started: time.Now()}, notes); err != nil {
					t.Fatal(err)
				}
				if len(notes.rows) != c.want {
					t.Errorf("%d lines, want %d", len(notes.rows), c.want)
				}
				for i, l := range notes.rows {
					if len(l.Hosts) != 1 || l.Hosts["web"] != int64(10*(i+1)) || l.TookS != c.takes.Seconds() {
						t.Fatalf("line %d: %+v", i, l)
					}
				}
			})
		})
	}
}

// Of a column that holds no hosts no lines are kept.
func TestTooManyHostsAreNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := map[string]int64{}
		for i := range mostCounted + 1 {
			many[fmt.Sprint(i)] = 1
		}
		o := &rows{every: time.Second, counter: &fakeRows{count: func() (map[string]int64, error) { return many, nil }}}
		o.leg.Before = map[string]int64{}
		notes := &keptNotes{}
		if err := o.During(t.Context(), runlog.Leg{Started: time.Now()}, notes); err != nil || len(notes.rows) > 0 {
			t.Errorf("%v, %+v", err, notes.rows)
		}
	})
}
