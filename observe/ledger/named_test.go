package ledger_test

import (
	"database/sql"
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
		sent := &ledger.Sent{Outcomes: &claim.Outcomes{Names: claim.Names{Leg: claim.NewLeg()}, Sent: []uint64{8}}, Claims: []int{1}, Claimed: 5}
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

// testNamedScan reads the rows of a leg in one scan, however many requests there are and however
// many of a pass claim rows.
func testNamedScan(t *testing.T, s *stack.Stack) {
	execute(t, s.DSN(), "CREATE TABLE scanned (Host VARCHAR(20), Nome VARCHAR(50))")
	c, err := ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Table: "scanned", Column: "Host", Claim: "Nome", ClaimLength: claim.Length(3)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l, err := c.Before(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Of a pass the first request claims a row, the second two and the third none. Number 1
	// wrote one too many, on both hosts.
	sent := &ledger.Sent{Outcomes: &claim.Outcomes{Names: claim.Names{Leg: claim.NewLeg()}, Sent: []uint64{200_001}}, Claims: []int{1, 2, 0}, Claimed: 5}
	for i, number := range []uint64{0, 1, 1, 1, 4, 4} {
		execute(t, s.DSN(), fmt.Sprintf("INSERT INTO scanned VALUES ('h%d', '%s')", i%2, sent.Names.Name(int(number%3), number)))
	}
	execute(t, s.DSN(), fmt.Sprintf("INSERT INTO scanned VALUES ('h0', '%s')", sent.Names.Name(2, 2)))
	selects := func() (n int) {
		db, err := sql.Open("mysql", s.DSN())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var name string
		if err := db.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Com_select'").Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := selects()
	c.After(t.Context(), &l, ledger.Expected{Claimed: 5, Sent: sent})
	if asked := selects() - before; asked > 4 {
		t.Errorf("%d queries, want one scan of the leg's rows after the counts of all", asked)
	}
	want := &runlog.Named{Success: runlog.NamedRows{Wrote: 3, Rows: 6, Doubled: 1}, Altered: 1, Hosts: map[string]int64{"h0": 4, "h1": 3}}
	if !reflect.DeepEqual(l.Named, want) || l.NamedError != "" {
		t.Errorf("%+v, error %q; want %+v", l.Named, l.NamedError, want)
	}
}
