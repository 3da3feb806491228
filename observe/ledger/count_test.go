package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/runlog"
)

// table is a database that answers every query the same way: rows, then an error.
type table struct {
	rows [][]driver.Value
	err  error // instead of the end
}

func (f table) Connect(context.Context) (driver.Conn, error) { return f, nil }
func (f table) Driver() driver.Driver                        { return nil }
func (f table) Prepare(string) (driver.Stmt, error)          { return nil, errors.New("not prepared") }
func (f table) Begin() (driver.Tx, error)                    { return nil, errors.New("not without options") }
func (f table) Close() error                                 { return nil }
func (f table) Commit() error                                { return errors.New("nothing is to be changed") }
func (f table) Rollback() error                              { return nil }
func (f table) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	if !o.ReadOnly {
		return nil, errors.New("the transaction may write")
	}
	return f, nil
}
func (f table) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &cursor{f}, nil
}

type cursor struct{ table }

func (c *cursor) Columns() []string { return []string{"Host", "COUNT(*)"} }
func (c *cursor) Close() error      { return nil }
func (c *cursor) Next(to []driver.Value) error {
	if len(c.rows) == 0 {
		if c.err != nil {
			return c.err
		}
		return io.EOF
	}
	copy(to, c.rows[0])
	c.rows = c.rows[1:]
	return nil
}

func counter(t *testing.T, f table) *Counter {
	t.Helper()
	c := &Counter{
		db:   &database{dialect: mysqlDialect{}, address: "tcp(db)/x", schema: "x", limit: time.Minute},
		pool: sql.OpenDB(f), conn: new(cuttableConn), lock: make(chan struct{}, 1), config: Config{Table: "dados", Column: "Host"},
	}
	if err := c.choose(); err != nil {
		t.Fatal(err)
	}
	c.pool.SetMaxOpenConns(1)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestCount(t *testing.T) {
	var many [][]driver.Value
	for i := range maxHosts + 1 {
		many = append(many, []driver.Value{fmt.Sprint(i), int64(1)})
	}
	for _, c := range []struct {
		name  string
		table table
		want  map[string]int64
		kind  Kind
	}{
		{"empty", table{}, map[string]int64{}, ""},
		{"hosts", table{rows: [][]driver.Value{{"a", int64(3)}, {[]byte("b"), []byte("4")}}}, map[string]int64{"a": 3, "b": 4}, ""},
		{"null", table{rows: [][]driver.Value{{nil, int64(2)}, {"", int64(1)}}}, map[string]int64{NullHost: 2, "": 1}, ""},
		{"null and its name", table{rows: [][]driver.Value{{nil, int64(2)}, {NullHost, int64(3)}}}, map[string]int64{NullHost: 5}, ""},
		{"not UTF-8", table{rows: [][]driver.Value{{"a\xff", int64(2)}, {"a\xfe", int64(3)}}}, map[string]int64{`a\xff`: 2, `a\xfe`: 3}, ""},
		{"case and blanks", table{rows: [][]driver.Value{{"Web-1", int64(1)}, {"web-1", int64(2)}, {"web-1 ", int64(3)}}}, map[string]int64{"Web-1": 1, "web-1": 2, "web-1 ": 3}, ""},
		{"over the server's time", table{err: &mysql.MySQLError{Number: errOverTimeMariaDB, Message: "interrupted"}}, nil, TooSlow},
		{"most hosts", table{rows: many[1:]}, counts(many[1:]), ""},
		{"too many hosts", table{rows: many}, nil, NotHosts},
		{"essays", table{rows: [][]driver.Value{{strings.Repeat("x", maxHostName+1), int64(1)}}}, nil, NotHosts},
		{"cut short", table{rows: many[:3], err: mysql.ErrInvalidConn}, nil, Unreachable},
		{"no number", table{rows: [][]driver.Value{{"a", "many"}}}, nil, Failed},
		// The list of tables needs the one connection that the failed query held.
		{"gone while reading", table{err: &mysql.MySQLError{Number: errNoTable, Message: "no such table"}}, nil, NoTable},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := counter(t, c.table).Count(t.Context())
			if c.kind != "" {
				wantKind(t, err, c.kind)
			} else if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(got, c.want) || (got == nil) != (c.want == nil) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func counts(rows [][]driver.Value) map[string]int64 {
	m := map[string]int64{}
	for _, r := range rows {
		m[r[0].(string)] += r[1].(int64)
	}
	return m
}

func TestAfterKeepsWhatIsThere(t *testing.T) {
	before := map[string]int64{"a": 1}
	l := runlog.Ledger{Before: before}
	counter(t, table{err: &mysql.MySQLError{Number: errAccessDenied, Message: "who are you?"}}).After(t.Context(), &l, Expected{})
	if l.After != nil || l.Settled || !maps.Equal(l.Before, before) || !l.AfterAt.IsZero() {
		t.Errorf("ledger %+v, want Before only", l)
	}
	if !strings.Contains(l.Error, "rows after the leg are missing") || !strings.Contains(l.Error, "who are you?") {
		t.Errorf("error %q does not say what is missing and why", l.Error)
	}
}

func TestErrorsHoldNoControlCharacters(t *testing.T) {
	_, err := counter(t, table{err: &mysql.MySQLError{Number: 1, Message: "\x1b[2Jred\nalert\x00\u202e"}}).Count(t.Context())
	if got := err.Error(); strings.ContainsAny(got, "\x1b\n\x00\u202e") || !strings.Contains(got, "redalert") {
		t.Errorf("error %q", got)
	}
	if said, ok := errors.AsType[*mysql.MySQLError](err); !ok || said.Number != 1 {
		t.Errorf("the server's error is not in %v", err)
	}
}

func TestErrorsAreBounded(t *testing.T) {
	_, err := counter(t, table{err: &mysql.MySQLError{Number: 1, Message: strings.Repeat("é", 3000)}}).Count(t.Context())
	if got := err.Error(); len(got) > maxErrorText+100 || !strings.HasSuffix(got, "é…") {
		t.Errorf("an error of %d bytes: %.80q … %q", len(got), got, got[len(got)-20:])
	}
}

func TestAdviceIsBounded(t *testing.T) {
	f := table{}
	for i := range 1000 {
		f.rows = append(f.rows, []driver.Value{fmt.Sprintf("t%d", i), nil})
	}
	if got := counter(t, f).list(t.Context(), "SHOW TABLES", "none"); !strings.HasSuffix(got, "t18, t19, …") {
		t.Errorf("list %q, want twenty names", got)
	}
}
