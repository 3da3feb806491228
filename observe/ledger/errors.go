package ledger

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Kind is the kind of an [Error].
type Kind string

// The kinds of [Error].
const (
	BadConfig   Kind = "bad-config"  // a DSN, table, column or query that cannot be right
	TooSlow     Kind = "too-slow"    // counting takes longer than it may
	Unreachable Kind = "unreachable" // no answer, no free connection, no agreement on TLS
	Denied      Kind = "denied"      // wrong user or password
	NoDatabase  Kind = "no-database"
	NoTable     Kind = "no-table"
	NoColumn    Kind = "no-column"
	NoRight     Kind = "no-right"   // the user may not read the table
	NotHosts    Kind = "not-hosts"  // the column does not hold host names
	NotCounts   Kind = "not-counts" // the query yields no counts of rows by host
	Writes      Kind = "writes"     // the query would change something
	Failed      Kind = "failed"     // anything else that the server says
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

// explain turns what the driver says into what the user can act on.
func (c *Counter) explain(ctx context.Context, err error) *Error {
	kind, advice := c.db.classify(err)
	kind = cmp.Or(kind, Failed)
	if advice == "" {
		advice = c.advise(ctx, kind, err)
	}
	text := fmt.Sprintf("database %s: %s", c.db.address, shortened(c.db.words(err)))
	if advice != "" {
		text += ": " + advice
	}
	return &Error{Kind: kind, Text: printable(text), Err: err}
}

// advise says what to do about an error of a kind, "" for nothing.
func (c *Counter) advise(ctx context.Context, kind Kind, err error) string {
	queried := c.config.Query != ""
	switch {
	case kind == NoDatabase:
		return "check the name after the / in the dsn"
	case kind == NoTable:
		return "it has " + c.list(ctx, c.db.tables(c.schema), "no tables")
	case kind == NoRight && queried:
		return "grant the user SELECT on what ledger.query reads"
	case kind == NoRight:
		return "grant the user SELECT on " + c.config.Table
	case kind == Writes:
		return "ledger.query may only read"
	case queried && (kind == NoColumn || kind == Failed && ctx.Err() == nil):
		return "check ledger.query"
	case kind == NoColumn:
		return c.config.Table + " has " + c.list(ctx, c.db.columns(c.table), "no columns to show")
	}
	return ""
}

func (c *Counter) tooSlow(err error, limit time.Duration, column string) *Error {
	what, remedy := "counting the rows of "+c.config.Table, "index the column "+column
	if c.config.Query != "" {
		what, remedy = "ledger.query", "have it read less, or by an index"
	}
	return &Error{Kind: TooSlow, Err: err, Text: printable(fmt.Sprintf(
		"database %s: %s took longer than %v: %s, or raise ledger.timeout in the scenario", c.db.address, what, limit, remedy))}
}

// notHosts is the error for a column, or a query, of something else.
func (c *Counter) notHosts() *Error {
	what := fmt.Sprintf("column %s of %s", c.config.Column, c.config.Table)
	if c.config.Query != "" {
		what = "what ledger.query yields first"
	}
	return &Error{Kind: NotHosts, Text: fmt.Sprintf(
		"database %s: %s does not look like host names: it has more than %d values, or some longer than %d bytes",
		c.db.address, what, maxHosts, maxHostName)}
}

// list returns the first column of a query's result as "a, b, c", or none. It is for advice, so it
// returns none after an error: the error that is being explained matters more.
func (c *Counter) list(ctx context.Context, query, none string) string {
	const most = 20
	rows, err := c.pool.QueryContext(ctx, query)
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
