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
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/runlog"
)

// DefaultTimeout bounds each step of talking to the database: to connect, to write a
// query, to wait for its answer.
const DefaultTimeout = 5 * time.Second

// What a column of host names can be expected to hold. Beyond it the column is the
// wrong one, and memory is at risk.
const (
	maxHosts    = 10_000
	maxHostName = 1024 // bytes
)

// NullHost stands for rows whose host is NULL.
const NullHost = "(null)"

// Config says where the rows are.
type Config struct {
	// DSN is a data source name of go-sql-driver/mysql, with any of its options:
	// "user:password@tcp(host:port)/database?tls=true".
	DSN string
	// Table, or database.table, and the Column that holds the host's name. Letters,
	// digits, _ and $ only.
	Table, Column string
	// Timeout is for what the DSN sets no timeout, readTimeout or writeTimeout; 0 is
	// [DefaultTimeout].
	Timeout time.Duration
}

// Counter counts the rows of one table per host. Its methods may be called from
// several goroutines; they take turns. A lost connection is opened anew at the next
// call.
type Counter struct {
	db            *sql.DB
	config        Config
	address       string
	table, column string // quoted
}

// Open connects and checks that the rows can be counted, so that any fault shows
// before load is sent. The error is an [*Error]; it never holds the password.
func Open(ctx context.Context, cfg Config) (*Counter, error) {
	source, err := parseDSN(cfg.DSN, cfg.Timeout)
	if err != nil {
		return nil, err
	}
	c := &Counter{config: cfg, address: fmt.Sprintf("%s(%s)/%s", source.Net, source.Addr, source.DBName)}
	if c.table, err = quoteTable(cfg.Table, source.DBName); err != nil {
		return nil, err
	}
	if c.column, err = quoteName(cfg.Column); err != nil {
		return nil, &Error{Kind: BadConfig, Text: "column " + err.Error()}
	}
	connector, err := mysql.NewConnector(source)
	if err != nil {
		return nil, badDSN(driverText(err))
	}
	c.db = sql.OpenDB(connector)
	c.db.SetMaxOpenConns(1)
	c.db.SetConnMaxIdleTime(time.Second)
	if err := c.Check(ctx); err != nil {
		c.db.Close()
		return nil, err
	}
	return c, nil
}

// Check reports whether rows can be counted now: the database answers, lets the user
// in, has the table and the column, and lets it be read.
func (c *Counter) Check(ctx context.Context) error {
	if err := c.db.PingContext(ctx); err != nil {
		return c.explain(ctx, err)
	}
	rows, err := c.db.QueryContext(ctx, "SELECT "+c.column+" FROM "+c.table+" LIMIT 0")
	if err != nil {
		return c.explain(ctx, err)
	}
	if err := rows.Close(); err != nil {
		return c.explain(ctx, err)
	}
	return nil
}

// Count is the rows per host as they stand; empty for an empty table. The error is an
// [*Error].
func (c *Counter) Count(ctx context.Context) (map[string]int64, error) {
	counts, err := c.count(ctx)
	if errors.Is(err, errNotHosts) {
		return nil, c.notHosts()
	} else if err != nil {
		return nil, c.explain(ctx, err)
	}
	return counts, nil
}

var errNotHosts = errors.New("not host names")

func (c *Counter) count(ctx context.Context) (map[string]int64, error) {
	rows, err := c.db.QueryContext(ctx, "SELECT "+c.column+", COUNT(*) FROM "+c.table+
		" GROUP BY "+c.column+" LIMIT "+strconv.Itoa(maxHosts+1))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := make(map[string]int64)
	for n := 1; rows.Next(); n++ {
		var host sql.NullString
		var count int64
		if err := rows.Scan(&host, &count); err != nil {
			return nil, err
		}
		if n > maxHosts || len(host.String) > maxHostName {
			return nil, errNotHosts
		}
		name := NullHost
		if host.Valid {
			name = strings.ToValidUTF8(host.String, "\uFFFD")
		}
		// Two groups can come out under one name, such as NULL and the text "(null)".
		counts[name] += count
	}
	return counts, rows.Err()
}

// Address is where the database is, without user and password:
// "tcp(127.0.0.1:3306)/meubanco".
func (c *Counter) Address() string { return c.address }

// Close gives the connection back.
func (c *Counter) Close() error { return c.db.Close() }

// Before begins a leg's ledger. With an error it holds the names only.
func (c *Counter) Before(ctx context.Context) (runlog.Ledger, error) {
	l := runlog.Ledger{Table: c.config.Table, Column: c.config.Column}
	counts, err := c.Count(ctx)
	if err != nil {
		return l, err
	}
	l.Before, l.BeforeAt = counts, time.Now().UTC()
	return l, nil
}

// After ends a leg's ledger with the rows once they have settled, by the defaults of
// [SettleOptions]. When no count succeeds, After stays nil and Error says what is
// missing: what was measured keeps its worth without it.
func (c *Counter) After(ctx context.Context, l *runlog.Ledger) {
	s, err := c.Settle(ctx, SettleOptions{})
	l.SettleS = s.Took.Seconds()
	if s.Rows == nil {
		l.Error = "rows after the leg are missing: " + err.Error()
		return
	}
	l.After, l.AfterAt, l.Settled = s.Rows, s.At.UTC(), s.Settled
}
