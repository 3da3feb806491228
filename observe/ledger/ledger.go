// Package ledger counts, in the service's own database, how many rows each host has written, before and
// after a leg. The answers of a service can claim a write that did not happen; rows cannot.
//
// It supports MySQL and MariaDB and only reads: one aggregate query at a time, over at most one connection,
// which it closes soon after. A connection that stays open during the load would use one of the database's
// max_connections, which the system under test needs.
package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/runlog"
)

// DefaultTimeout is how long one count may take, from connecting to the last row.
const DefaultTimeout = 5 * time.Second

// grace is how much later than the server's own timeout a count is ended here: the server's error leaves the
// connection usable.
const grace = time.Second

// Bounds on a column of host names. A column beyond them is the wrong one, and might take too much memory.
const (
	maxHosts    = 10_000
	maxHostName = 1024 // bytes
)

// maxRows is more than any host can have written; the sum over all hosts does not overflow.
const maxRows = 1 << 49

// NullHost stands for rows whose host is NULL.
const NullHost = "(null)"

// Config says where the rows are.
type Config struct {
	// DSN is a data source name of go-sql-driver/mysql, with any of its options:
	// "user:password@tcp(host:port)/database?tls=true".
	DSN string
	// Table, or database.table, and the Column that holds the host's name: each name as
	// MySQL has it, bare or in back-ticks, where it must be if it holds a dot.
	Table, Column string
	// Timeout is how long one count may take; 0 is the DSN's readTimeout or, without
	// one, [DefaultTimeout].
	Timeout time.Duration
	// Settle is how long rows that are missing after a leg are waited for; 0 is
	// [DefaultSettle].
	Settle time.Duration
	// Claim is the column that holds the names of requests, "" for none, and ClaimLength how
	// many characters the longest of them has.
	Claim       string
	ClaimLength int
	// Control is the [net.Dialer.Control] of the connection; nil allows every address.
	Control func(network, address string, c syscall.RawConn) error
}

// Counter counts the rows of one table per host. Its methods may be called from several goroutines; they
// run one after the other. A lost connection is opened again at the next call.
type Counter struct {
	db      *sql.DB
	conn    *cuttableConn
	lock    chan struct{} // holds one value while a count runs
	config  Config
	limit   time.Duration
	address string
	tls     bool   // the DSN requires TLS
	query   string // of a count

	// Names, quoted; database is "" for the DSN's, claim for none.
	database, table, column, claim string

	first  Tally
	before leg // the newest that was counted to its end
	// refusing is what the database said of its connections before the leg, nil for nothing.
	refusing *connections
}

// Tally is the result of a count.
type Tally struct {
	Rows  int64
	Hosts int
	Took  time.Duration
}

// Open connects and counts the rows once, as every later count does, so that any fault
// shows before load is sent: that counting takes too long is one. The error is an
// [*Error]; it never holds the password.
func Open(ctx context.Context, cfg Config) (*Counter, error) {
	source, limit, err := parseDSN(cfg.DSN, cfg.Timeout)
	if err != nil {
		return nil, err
	}
	c := &Counter{
		conn: &cuttableConn{dialer: net.Dialer{Control: cfg.Control}}, lock: make(chan struct{}, 1), config: cfg, limit: limit,
		address: fmt.Sprintf("%s(%s)/%s", source.Net, source.Addr, source.DBName),
		tls:     source.TLSConfig != "" && source.TLSConfig != "false" && source.TLSConfig != "preferred",
	}
	if c.database, c.table, err = quoteTable(cfg.Table, source.DBName); err != nil {
		return nil, err
	}
	if c.column, err = quoteColumn("column", cfg.Column); err != nil {
		return nil, err
	}
	if cfg.Claim != "" {
		if c.claim, err = quoteColumn("claim.column", cfg.Claim); err != nil {
			return nil, err
		}
	}
	c.query = c.bounded(limit, "MIN(%[1]s), COUNT(*) FROM %[2]s GROUP BY CAST(%[1]s AS BINARY) LIMIT %[3]d", c.column, c.table, maxHosts+1)
	source.DialFunc = c.conn.dial
	connector, err := mysql.NewConnector(source)
	if err != nil {
		return nil, badDSN(driverText(err))
	}
	c.db = sql.OpenDB(panicSafe{connector})
	c.db.SetMaxOpenConns(1)
	c.db.SetConnMaxIdleTime(time.Second)
	began := time.Now()
	counts, err := c.Count(ctx)
	if err == nil && c.claim != "" {
		err = c.guarded(ctx, limit, c.config.Claim, func(ctx context.Context) error { return c.fits(ctx, cfg.ClaimLength) })
	}
	if err != nil {
		c.db.Close()
		return nil, err
	}
	c.first = Tally{Hosts: len(counts), Took: time.Since(began)}
	for _, n := range counts {
		c.first.Rows += n
	}
	return c, nil
}

// First returns the result of the count in [Open].
func (c *Counter) First() Tally { return c.first }

// bounded is a SELECT that the server itself ends when it takes longer than the limit, so that
// none is left running in the database under test, whatever becomes of us: by SET STATEMENT in
// a comment that only MariaDB reads, by a hint that only MySQL reads.
//
// Those that group do it by the bytes of a column: its collation may hold Web-1 and web-1, or
// names that differ in blanks at their end, to be the same. All values of a group are alike, and
// their least is the value in the connection's character set.
func (c *Counter) bounded(limit time.Duration, query string, args ...any) string {
	return fmt.Sprintf("/*M!100100 SET STATEMENT max_statement_time=%.3f FOR */ SELECT /*+ MAX_EXECUTION_TIME(%d) */ ",
		limit.Seconds(), max(1, limit.Milliseconds())) + fmt.Sprintf(query, args...)
}

// Count returns the present rows per host, empty for an empty table. It ends with ctx, and at the latest
// soon after its timeout. The error is an [*Error].
func (c *Counter) Count(ctx context.Context) (map[string]int64, error) { return c.hosts(ctx, c.query) }

// hosts are the counts of a query by hosts.
func (c *Counter) hosts(ctx context.Context, query string) (map[string]int64, error) {
	counts := make(hostRows)
	err := c.ask(ctx, c.limit, query, c.config.Column, func(row *sql.Rows) error {
		var host sql.NullString
		var rows int64
		if row.Scan(&host, &rows) != nil {
			return errNotACount
		}
		return counts.add(host, rows)
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// hostRows are rows by host.
type hostRows map[string]int64

// add books rows of a host. Two values can come out under one name, such as NULL and the text
// "(null)".
func (h hostRows) add(host sql.NullString, rows int64) error {
	if rows < 0 || rows > maxRows {
		return errNotACount
	}
	name := NullHost
	if host.Valid {
		name = runlog.HostName(host.String)
	}
	h[name] += rows
	switch {
	case len(h) > maxHosts || len(host.String) > maxHostName:
		return errNotHosts
	case h[name] > maxRows:
		return errNotACount
	}
	return nil
}

// ask has each see the rows of an answer, two columns wide; it must not ask again.
func (c *Counter) ask(ctx context.Context, limit time.Duration, query, column string, each func(*sql.Rows) error) error {
	return c.guarded(ctx, limit, column, func(ctx context.Context) error { return c.read(ctx, query, each) })
}

// guarded asks the database something about a column: when it is its turn, and for no longer
// than the limit, whatever is at the other end.
func (c *Counter) guarded(ctx context.Context, limit time.Duration, column string, ask func(context.Context) error) error {
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return c.explain(ctx, ctx.Err())
	}
	bounded, cancel := context.WithTimeout(ctx, limit+grace)
	defer cancel()
	defer context.AfterFunc(bounded, c.conn.cut)()
	if err := c.db.PingContext(bounded); err != nil {
		if bounded.Err() != nil && c.conn.isOpen() {
			err = errNoAnswer
		}
		return c.explain(bounded, cmp.Or(ctx.Err(), err))
	}
	err := ask(bounded)
	switch {
	case err == nil || errors.As(err, new(*Error)):
		return err
	case ctx.Err() != nil:
		return c.explain(ctx, ctx.Err())
	case bounded.Err() != nil || overTime(err):
		return c.tooSlow(err, limit, column)
	case errors.Is(err, errNotHosts):
		return c.notHosts()
	}
	return c.explain(bounded, err)
}

var (
	errNotHosts  = errors.New("not host names")
	errNotACount = errors.New("what it answers is no count of rows by host")
	errNoAnswer  = errors.New("connected, but nobody answers")
)

// read asks once. What a server sends against the protocol can make the driver panic;
// here that is one more thing a server may say.
func (c *Counter) read(ctx context.Context, query string, each func(*sql.Rows) error) (err error) {
	defer func() {
		if recover() != nil {
			err = mysql.ErrMalformPkt
		}
	}()
	rows, err := c.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	whole := false
	defer func() {
		if !whole {
			c.conn.cut() // the rest may be endless
		}
		rows.Close()
	}()
	// Without rows nothing else tells an empty table from an answer to no question.
	if columns, err := rows.Columns(); err == nil && len(columns) != 2 {
		return errNotACount
	}
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	whole = rows.Err() == nil
	return rows.Err()
}

// Address returns the address of the database, without user and password:
// "tcp(127.0.0.1:3306)/meubanco".
func (c *Counter) Address() string { return c.address }

// Close closes the connection.
func (c *Counter) Close() error { return c.db.Close() }
