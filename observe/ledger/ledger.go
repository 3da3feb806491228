// Package ledger counts, in the service's own database, how many rows each host has written, before and
// after a leg. The answers of a service can claim a write that did not happen; rows cannot.
//
// It supports MySQL, MariaDB and PostgreSQL and only reads: one aggregate query at a time, in a transaction
// that may only read, over at most one connection, which it closes soon after. A connection that stays open
// during the load would use one of the database's max_connections, which the system under test needs.
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
	// DSN is a data source name of go-sql-driver/mysql, with any of its options,
	// "user:password@tcp(host:port)/database?tls=true", or a URL of PostgreSQL,
	// "postgres://user:password@host:port/database?sslmode=require".
	DSN string
	// Table, or database.table (schema.table for PostgreSQL), and the Column that holds the
	// host's name: each name as the database has it, bare or in back-ticks, where it must be if
	// it holds a dot. PostgreSQL reads a bare name in small letters.
	Table, Column string
	// Query, "" for none, is asked instead: one SELECT that yields each host once, and how many
	// rows it wrote.
	Query string
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
	db     *database
	pool   *sql.DB
	conn   *cuttableConn
	lock   chan struct{} // holds one value while a count runs
	config Config
	// counted is what a count selects: a host and its rows.
	counted string

	// Names, quoted; schema is "" for the connection's, claim for none.
	schema, table, column, claim string

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
	db, err := readDSN(cfg.DSN, cfg.Timeout)
	if err != nil {
		return nil, err
	}
	c := &Counter{db: db, conn: &cuttableConn{dialer: net.Dialer{Control: cfg.Control}}, lock: make(chan struct{}, 1), config: cfg}
	if err := c.choose(); err != nil {
		return nil, err
	}
	connector, err := db.connector(c.conn.dial)
	if err != nil {
		return nil, err
	}
	c.pool = sql.OpenDB(panicSafe{connector})
	c.pool.SetMaxOpenConns(1)
	c.pool.SetConnMaxIdleTime(time.Second)
	began := time.Now()
	counts, err := c.Count(ctx)
	if err == nil && c.claim != "" {
		err = c.guarded(ctx, db.limit, c.config.Claim, func(ctx context.Context) error { return c.fits(ctx, cfg.ClaimLength) })
	}
	if err != nil {
		c.pool.Close()
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

// choose decides what a count selects.
func (c *Counter) choose() (err error) {
	if c.config.Query != "" {
		c.counted, err = c.db.queried(c.config.Query)
		return err
	}
	if c.schema, c.table, err = quoteTable(c.db, c.config.Table, c.db.schema); err != nil {
		return err
	}
	if c.column, err = quoteColumn(c.db, "column", c.config.Column); err != nil {
		return err
	}
	if c.config.Claim != "" {
		if c.claim, err = quoteColumn(c.db, "claim.column", c.config.Claim); err != nil {
			return err
		}
	}
	c.counted = c.byHost("FROM " + c.table)
	return nil
}

// byHost counts rows by the bytes of the column. All values of a group are alike, and their least is
// the value as the connection has it.
func (c *Counter) byHost(rows string) string {
	return fmt.Sprintf("MIN(%s), COUNT(*) %s GROUP BY %s LIMIT %d", c.db.text(c.column), rows, c.db.bytes(c.column), maxHosts+1)
}

// Count returns the present rows per host, empty for an empty table. It ends with ctx, and at the latest
// soon after its timeout. The error is an [*Error].
func (c *Counter) Count(ctx context.Context) (map[string]int64, error) {
	return c.hosts(ctx, c.counted)
}

// hosts are the counts by hosts that are selected.
func (c *Counter) hosts(ctx context.Context, selected string) (map[string]int64, error) {
	counts := make(hostRows)
	scan := counts.scan
	if c.config.Query != "" {
		scan = counts.scanQueried
	}
	if err := c.ask(ctx, c.db.limit, c.db.timed(c.db.limit, selected), c.config.Column, scan); err != nil {
		return nil, err
	}
	return counts, nil
}

// hostRows are rows by host.
type hostRows map[string]int64

// scan books a row of a count.
func (h hostRows) scan(row *sql.Rows) error {
	var host sql.NullString
	var rows int64
	if row.Scan(&host, &rows) != nil {
		return errNotACount
	}
	return h.add(host, rows)
}

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
func (c *Counter) ask(ctx context.Context, limit time.Duration, asked statements, column string, each func(*sql.Rows) error) error {
	return c.guarded(ctx, limit, column, func(ctx context.Context) error { return c.read(ctx, asked, each) })
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
	if err := c.pool.PingContext(bounded); err != nil {
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
	case bounded.Err() != nil:
		return c.tooSlow(err, limit, column)
	case errors.Is(err, errNotHosts):
		return c.notHosts()
	case errors.As(err, new(*notCounts)):
		return &Error{Kind: NotCounts, Text: printable(fmt.Sprintf("database %s: ledger.query %v", c.db.address, err))}
	}
	if kind, _ := c.db.classify(err); kind == TooSlow {
		return c.tooSlow(err, limit, column)
	}
	return c.explain(bounded, err)
}

// read asks once, in a transaction that may only read. What a server sends against the protocol can
// make the driver panic; here that is one more thing a server may say.
func (c *Counter) read(ctx context.Context, asked statements, each func(*sql.Rows) error) (err error) {
	defer func() {
		if recover() != nil {
			err = errMalformed
		}
	}()
	tx, err := c.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing was changed
	if asked.before != "" {
		if _, err := tx.ExecContext(ctx, asked.before); err != nil {
			return err
		}
	}
	rows, err := tx.QueryContext(ctx, asked.query)
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
		if c.config.Query != "" {
			return notTwo(len(columns))
		}
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
// "tcp(127.0.0.1:3306)/meubanco", "postgres://127.0.0.1:5432/meubanco".
func (c *Counter) Address() string { return c.db.address }

// Close closes the connection.
func (c *Counter) Close() error { return c.pool.Close() }
