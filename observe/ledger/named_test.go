package ledger_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/lab/stack"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/runlog"
)

// testNamed counts rows by the names of requests, and refuses columns that cannot hold one.
func testNamed(t *testing.T, s *stack.Stack) {
	execute(t, s.DSN(), "CREATE TABLE named (Host VARCHAR(20), n INT, short VARCHAR(20), fits CHAR(23), big MEDIUMTEXT, fold VARCHAR(60) COLLATE utf8mb4_unicode_ci, uca VARBINARY(60))")
	open := func(column string, length int) (*ledger.Counter, error) {
		return ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Table: "named", Column: "Host", Claim: column, ClaimLength: length, Settle: time.Second})
	}
	for column, says := range map[string]string{
		"short": "column short of named holds 20 characters, a claim needs 23", "n": "is of type int(11): a claim is text of 23 characters", "none": "named has no column none",
	} {
		_, err := open(column, claim.Length(1))
		if fault, ok := errors.AsType[*ledger.Error](err); !ok || !strings.Contains(fault.Text, says) {
			t.Errorf("%s: %v, want %q", column, err, says)
		}
	}
	for _, column := range []string{"fits", "big", "fold", "uca", "FITS"} {
		c, err := open(column, claim.Length(1))
		if err != nil {
			t.Errorf("%s: %v", column, err)
			continue
		}
		defer c.Close()
		// Successes 0 … 4: one row, none, two, one and one that was altered; 5 is unknown and
		// wrote, 6 is unknown and did not, 7 failed and wrote. 8 was never sent.
		sent := &ledger.Sent{Outcomes: &claim.Outcomes{Names: claim.Names{Leg: claim.NewLeg()}}, Count: 8, Claims: []int{1}, Claimed: 5}
		sent.Note(5, claim.Unknown)
		sent.Note(6, claim.Unknown)
		sent.Note(7, claim.Failed)
		l, err := c.Before(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		name := func(n uint64) string { return sent.Names.Name(0, n) }
		for i, value := range []string{name(0), name(2), name(2), name(3), name(4)[:20] + "xxx", name(5), name(7), name(8), "a stranger", strings.Replace(name(1), sent.Names.Leg, claim.NewLeg(), 1)} {
			execute(t, s.DSN(), fmt.Sprintf("INSERT INTO named (Host, %s) VALUES ('h%d', '%s')", column, i%2, value))
		}
		c.After(t.Context(), &l, ledger.Expected{Claimed: 5, Unknown: 2, Sent: sent})
		want := &runlog.Named{
			Success: runlog.NamedRows{Wrote: 3, Rows: 4, Missing: 2, Doubled: 1},
			Unknown: runlog.NamedRows{Wrote: 1, Rows: 1}, Failed: runlog.NamedRows{Wrote: 1, Rows: 1},
			Altered: 2, Hosts: map[string]int64{"h0": 4, "h1": 4},
		}
		if !reflect.DeepEqual(l.Named, want) || l.NamedError != "" {
			t.Errorf("%s: %+v, error %q; want %+v", column, l.Named, l.NamedError, want)
		}
	}
}
