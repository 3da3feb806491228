package ledger

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/stress-tool/stress/observe/dsn"
)

// database is where rows are counted, as a data source name says it.
type database struct {
	dialect
	address string // without user and password
	// schema is the one whose tables need not be named with it; "" if each has to be.
	schema string
	limit  time.Duration // how long a count may take
	// connector opens connections by a dial function.
	connector func(dial dialFunc) (driver.Connector, error)
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// dialect is what databases differ in: their SQL, and what their errors mean.
type dialect interface {
	// quote is a name in quotes, so that the database reads exactly this name whatever characters it
	// has; an error is why it has no such names.
	quote(n name) (string, error)
	// text is a column as text, and bytes what tells its values apart by any byte: its collation may
	// hold Web-1 and web-1, or names that differ in blanks at their end, to be the same.
	text(column string) string
	bytes(column string) string
	// timed is a SELECT, given from its columns on, that the server itself ends when it takes longer
	// than the limit, so that none is left running in the database under test, whatever becomes of us.
	timed(limit time.Duration, selected string) statements
	// tables and columns are statements whose rows begin with the names of the tables in a schema, ""
	// for the connection's, and with the names and types of a table's columns.
	tables(schema string) string
	columns(table string) string
	// connections are statements whose rows tell [refusedStatus] and [mostConnections]; none where
	// nothing tells.
	connections() []string
	// classify says what kind of error the driver's or the server's is, and what to do where the kind
	// alone does not tell; [Failed] is one that it does not know.
	classify(err error) (Kind, string)
	// words are the driver's or the server's own of an error.
	words(err error) string
}

// statements are one that answers, and one to be carried out before it, "" for none.
type statements struct{ before, query string }

// readDSN reads a data source name. A count may take timeout where that is given, else what the name
// says, else [DefaultTimeout].
func readDSN(written string, timeout time.Duration) (*database, error) {
	if dsn.IsPostgres(written) {
		return readPostgres(written, timeout)
	}
	return readMySQL(written, timeout)
}

func badDSN(form, text string) *Error {
	return &Error{Kind: BadConfig, Text: "dsn " + text + ": it should look like " + form}
}

var (
	errNotHosts  = errors.New("not host names")
	errNotACount = errors.New("what it answers is no count of rows by host")
	errNoAnswer  = errors.New("connected, but nobody answers")
	errMalformed = errors.New("malformed packet")
)

// classifyConnection returns kind and advice for errors that are no server's.
func classifyConnection(err error, server string) (Kind, string) {
	switch {
	case errors.Is(err, context.Canceled):
		return Failed, ""
	case errors.Is(err, errNotACount):
		return Failed, fmt.Sprintf("is that a %s server, or something that answers for one?", server)
	case errors.Is(err, errMalformed), errors.Is(err, errNoAnswer):
		return Unreachable, fmt.Sprintf("is a %s server listening there?", server)
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Unreachable, fmt.Sprintf("the connection broke; is a %s server running there?", server)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, new(net.Error)):
		return Unreachable, "is it up, and the address in the dsn right?"
	}
	return Failed, ""
}

// untrusted reports that a certificate of the server was not accepted.
func untrusted(err error) bool { return errors.As(err, new(*tls.CertificateVerificationError)) }
