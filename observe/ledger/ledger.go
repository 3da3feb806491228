// Package ledger asks the service's own database what really happened: how many rows
// each host wrote, counted before and after a leg. The answers of a service can claim
// a write that never was; the rows cannot.
//
// It speaks to MySQL and MariaDB and only ever reads, one aggregate query at a time,
// over at most one connection that is given back soon after: one that stayed open
// through the load would take a slot of the database's max_connections from the
// system under test.
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

// grace is how much later than the server we give up: its own word that the time is
// over leaves the connection whole.
const grace = time.Second

// What a column of host names can be expected to hold. Beyond it the column is the
// wrong one, and memory is at risk.
const (
	maxHosts    = 10_000
	maxHostName = 1024 // bytes
)

// maxRows is more than any host has written, and the sum over all hosts is still a number.
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
	// Control is asked before a connection to a resolved address, as [net.Dialer.Control]; nil
	// lets all through.
	Control func(network, address string, c syscall.RawConn) error
}

// Counter counts the rows of one table per host. Its methods may be called from
// several goroutines; they take turns. A lost connection is opened anew at the next
// call.
type Counter struct {
	db      *sql.DB
	conn    *cuttableConn
	lock    chan struct{} // holds one while somebody counts
	config  Config
	limit   time.Duration
	address string
	tls     bool   // the DSN insists on it
	query   string // of a count

	database, table string // quoted; database is "" for the DSN's
	first           Tally
	before          leg // the newest that was counted to its end
}

// Tally is what a count came to.
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
	column, err := quoteColumn(cfg.Column)
	if err != nil {
		return nil, err
	}
	c.query = countQuery(c.table, column, limit)
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

// First is what the count of [Open] came to.
func (c *Counter) First() Tally { return c.first }

// countQuery counts rows by the bytes of the column: its collation may hold Web-1 and
// web-1, or names that differ in blanks at their end, to be the same. All values of a
// group are alike, and their least is the value in the connection's character set.
//
// The server itself ends a count that takes longer than the limit, so that none is left
// running in the database under test, whatever becomes of us: by SET STATEMENT in a
// comment that only MariaDB reads, by a hint that only MySQL reads.
func countQuery(table, column string, limit time.Duration) string {
	return fmt.Sprintf("/*M!100100 SET STATEMENT max_statement_time=%.3f FOR */ SELECT /*+ MAX_EXECUTION_TIME(%d) */ "+
		"MIN(%[3]s), COUNT(*) FROM %[4]s GROUP BY CAST(%[3]s AS BINARY) LIMIT %[5]d",
		limit.Seconds(), max(1, limit.Milliseconds()), column, table, maxHosts+1)
}

// Count is the rows per host as they stand; empty for an empty table. It ends with ctx,
// and at the latest soon after its time is over. The error is an [*Error].
func (c *Counter) Count(ctx context.Context) (map[string]int64, error) {
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return nil, c.explain(ctx, ctx.Err())
	}
	bounded, cancel := context.WithTimeout(ctx, c.limit+grace)
	defer cancel()
	defer context.AfterFunc(bounded, c.conn.cut)()
	if err := c.db.PingContext(bounded); err != nil {
		if bounded.Err() != nil && c.conn.isOpen() {
			err = errNoAnswer
		}
		return nil, c.explain(bounded, cmp.Or(ctx.Err(), err))
	}
	counts, err := c.count(bounded)
	switch {
	case err == nil:
		return counts, nil
	case ctx.Err() != nil:
		return nil, c.explain(ctx, ctx.Err())
	case bounded.Err() != nil || overTime(err):
		return nil, c.tooSlow(err)
	case errors.Is(err, errNotHosts):
		return nil, c.notHosts()
	}
	return nil, c.explain(bounded, err)
}

var (
	errNotHosts  = errors.New("not host names")
	errNotACount = errors.New("what it answers is no count of rows by host")
	errNoAnswer  = errors.New("connected, but nobody answers")
)

// count asks once. What a server sends against the protocol can make the driver panic;
// here that is one more thing a server may say.
func (c *Counter) count(ctx context.Context) (counts map[string]int64, err error) {
	defer func() {
		if recover() != nil {
			counts, err = nil, mysql.ErrMalformPkt
		}
	}()
	rows, err := c.db.QueryContext(ctx, c.query)
	if err != nil {
		return nil, err
	}
	whole := false
	defer func() {
		if !whole {
			c.conn.cut() // there may be no end to the rest
		}
		rows.Close()
	}()
	// Without rows nothing else tells an empty table from an answer to no question.
	if columns, err := rows.Columns(); err == nil && len(columns) != 2 {
		return nil, errNotACount
	}
	counts = make(map[string]int64)
	for n := 1; rows.Next(); n++ {
		var host sql.NullString
		var count int64
		if rows.Scan(&host, &count) != nil {
			return nil, errNotACount
		}
		if n > maxHosts || len(host.String) > maxHostName {
			return nil, errNotHosts
		}
		name := NullHost
		if host.Valid {
			name = runlog.HostName(host.String)
		}
		// Two groups can come out under one name, such as NULL and the text "(null)".
		if counts[name] += count; count < 0 || count > maxRows || counts[name] > maxRows {
			return nil, errNotACount
		}
	}
	whole = rows.Err() == nil
	return counts, rows.Err()
}

// Address is where the database is, without user and password:
// "tcp(127.0.0.1:3306)/meubanco".
func (c *Counter) Address() string { return c.address }

// Close gives the connection back.
func (c *Counter) Close() error { return c.db.Close() }
