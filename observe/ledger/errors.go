package ledger

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
	"unicode"

	"github.com/go-sql-driver/mysql"
)

// Kind is the kind of an [Error].
type Kind string

// The kinds of [Error].
const (
	BadConfig   Kind = "bad-config"  // a DSN, table or column that cannot be right
	TooSlow     Kind = "too-slow"    // counting takes longer than it may
	Unreachable Kind = "unreachable" // no answer, no free connection, no agreement on TLS
	Denied      Kind = "denied"      // wrong user or password
	NoDatabase  Kind = "no-database"
	NoTable     Kind = "no-table"
	NoColumn    Kind = "no-column"
	NoRight     Kind = "no-right"  // the user may not read the table
	NotHosts    Kind = "not-hosts" // the column does not hold host names
	Failed      Kind = "failed"    // anything else that the server says
)

// Error is why rows cannot be counted.
type Error struct {
	Kind Kind
	// Text is the whole message, free of passwords and control characters: what is
	// wrong, and what to do.
	Text string
	// Err is the cause, nil for a fault found here. It is the driver's or the
	// server's own and may hold any character.
	Err error
}

func (e *Error) Error() string { return e.Text }

func (e *Error) Unwrap() error { return e.Err }

// Numbers of MySQL's server errors.
// https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
const (
	errTooManyConnections = 1040
	errDatabaseDenied     = 1044
	errAccessDenied       = 1045
	errNoDatabase         = 1049
	errShuttingDown       = 1053
	errNoColumn           = 1054
	errHostNotAllowed     = 1130
	errTableDenied        = 1142
	errColumnDenied       = 1143
	errNoTable            = 1146
	errAccessDeniedPlain  = 1698 // no password was needed, or none would do
	errOverTimeMariaDB    = 1969 // https://mariadb.com/kb/en/e1969/
	errOverTime           = 3024
	errTLSRequired        = 3159
)

// explain turns what the driver says into what the user can act on.
func (c *Counter) explain(ctx context.Context, err error) *Error {
	kind, advice := c.classify(ctx, err)
	text := fmt.Sprintf("database %s: %s", c.address, shortened(err.Error()))
	if advice != "" {
		text += ": " + advice
	}
	return &Error{Kind: kind, Text: printable(text), Err: err}
}

func (c *Counter) classify(ctx context.Context, err error) (Kind, string) {
	said, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return classifyConnection(err)
	}
	switch said.Number {
	case errTooManyConnections:
		return Unreachable, "its max_connections are all in use"
	case errShuttingDown:
		return Unreachable, "it is shutting down"
	case errAccessDenied, errAccessDeniedPlain:
		if c.tls {
			return Denied, "check user and password in the dsn"
		}
		return Denied, "check user and password in the dsn, or does the user have to use TLS? Then add ?tls=true"
	case errTLSRequired:
		return Denied, "add ?tls=true to the dsn"
	case errHostNotAllowed:
		return Denied, "the user may not connect from this machine"
	case errNoDatabase:
		return NoDatabase, "check the name after the / in the dsn"
	case errDatabaseDenied:
		return NoRight, "check the database in the dsn, or grant the user SELECT on it"
	case errTableDenied, errColumnDenied:
		return NoRight, fmt.Sprintf("grant the user SELECT on %s", c.config.Table)
	case errNoTable:
		return NoTable, "it has " + c.list(ctx, "SHOW TABLES"+c.fromDatabase(), "no tables")
	case errNoColumn:
		return NoColumn, c.config.Table + " has " + c.list(ctx, "SHOW COLUMNS FROM "+c.table, "no columns to show")
	}
	return Failed, ""
}

// classifyConnection returns kind and advice for errors that are not MySQL's.
func classifyConnection(err error) (Kind, string) {
	switch {
	case errors.Is(err, context.Canceled):
		return Failed, ""
	case errors.Is(err, errNotACount):
		return Failed, "is that a MySQL server, or something that answers for one?"
	case errors.Is(err, mysql.ErrNoTLS):
		return Unreachable, "take tls out of the dsn, or switch it on in the server"
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return Unreachable, "tls=skip-verify in the dsn trusts any certificate"
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrOldProtocol), errors.Is(err, errNoAnswer):
		return Unreachable, "is a MySQL server listening there?"
	case errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, driver.ErrBadConn), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF):
		return Unreachable, "the connection broke; is a MySQL server running there?"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, new(net.Error)):
		return Unreachable, "is it up, and the address in the dsn right?"
	}
	return Failed, ""
}

// overTime reports that the server ended a statement because its time was over.
func overTime(err error) bool {
	said, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && (said.Number == errOverTime || said.Number == errOverTimeMariaDB)
}

func (c *Counter) tooSlow(err error, limit time.Duration, column string) *Error {
	return &Error{Kind: TooSlow, Err: err, Text: printable(fmt.Sprintf(
		"database %s: counting the rows of %s took longer than %v: index the column %s, or raise ledger.timeout in the scenario",
		c.address, c.config.Table, limit, column))}
}

// notHosts is the error for a column of something else.
func (c *Counter) notHosts() *Error {
	return &Error{Kind: NotHosts, Text: fmt.Sprintf(
		"database %s: column %s of %s does not look like host names: it has more than %d values, or some longer than %d bytes",
		c.address, c.config.Column, c.config.Table, maxHosts, maxHostName)}
}

// fromDatabase is the clause for the database that the table's name is given with.
func (c *Counter) fromDatabase() string {
	if c.database == "" {
		return ""
	}
	return " FROM " + c.database
}

// list returns the first column of a query's result as "a, b, c", or none. It is for advice, so it
// returns none after an error: the error that is being explained matters more.
func (c *Counter) list(ctx context.Context, query, none string) string {
	const most = 20
	rows, err := c.db.QueryContext(ctx, query)
	if err != nil {
		return none
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || len(columns) == 0 {
		return none
	}
	fields := make([]any, len(columns))
	for i := range fields {
		fields[i] = new(any)
	}
	var name string
	fields[0] = &name
	var names []string
	for rows.Next() && rows.Scan(fields...) == nil {
		if len(names) == most {
			c.conn.cut() // the rest may be endless
			names = append(names, "…")
			break
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, ", ")
}

// maxErrorText is the length of MySQL's longest error, in bytes. Another server may send more.
const maxErrorText = 512

func shortened(s string) string {
	if len(s) <= maxErrorText {
		return s
	}
	return strings.ToValidUTF8(s[:maxErrorText], "") + "…"
}

// printable removes control characters from a text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
}
