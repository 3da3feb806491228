package ledger

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/stress-tool/stress/observe/dsn"
)

// postgresDialect is that of PostgreSQL.
type postgresDialect struct{}

// maxMessage is the largest message that is read, in bytes: one is a row, or an error.
const maxMessage = 1 << 20

// readPostgres reads a URL of PostgreSQL. What it leaves open the variables of the environment and the
// files say that PostgreSQL's own programs read, such as PGSSLMODE and .pgpass.
func readPostgres(written string, timeout time.Duration) (*database, error) {
	bad := func(text string) error { return badDSN(dsn.FormPostgres, text) }
	n, err := dsn.Parse(written)
	if err != nil {
		return nil, bad(err.Error())
	}
	if n.Database == "" {
		return nil, bad("names no database")
	}
	cfg, err := pgx.ParseConfig(postgresURL(n))
	if err != nil {
		return nil, bad("has a parameter with a value that cannot be used, such as a file that cannot be read")
	}
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	if cfg.ConnectTimeout <= 0 {
		cfg.ConnectTimeout = timeout
	}
	// A statement of this mode is one alone, and nothing of it stays in the server, which a pool of
	// connections between here and there could give to another.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.MaxProtocolMessageBodyLen = maxMessage
	return &database{
		dialect: postgresDialect{}, address: n.String(), schema: n.Database, limit: timeout,
		connector: func(dial dialFunc) (driver.Connector, error) {
			cfg.DialFunc = dial
			return stdlib.GetConnector(*cfg), nil
		},
	}, nil
}

// postgresURL is what the driver is to read: what was read here and no more.
func postgresURL(n dsn.Name) string {
	u := url.URL{Scheme: "postgres", User: url.User(n.User), Host: n.Address, Path: "/" + n.Database, RawQuery: n.Parameters.Encode()}
	if n.Password != "" {
		u.User = url.UserPassword(n.User, n.Password)
	}
	if n.Network == "unix" {
		u.Host = ""
	}
	return u.String()
}

// maxPostgresName is the longest name, in bytes
// (https://www.postgresql.org/docs/current/sql-syntax-lexical.html).
const maxPostgresName = 63

// quote reads a bare name as SQL does: in small letters. The server takes no NUL and cuts long names.
func (postgresDialect) quote(n name) (string, error) {
	switch {
	case len(n.text) > maxPostgresName:
		return "", fmt.Errorf("it has more than %d bytes", maxPostgresName)
	case strings.Contains(n.text, "\x00"):
		return "", errors.New("it has a character that PostgreSQL does not take")
	case !n.exact:
		n.text = strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}, n.text)
	}
	return `"` + strings.ReplaceAll(n.text, `"`, `""`) + `"`, nil
}

func (postgresDialect) text(column string) string { return "CAST(" + column + " AS text)" }

func (d postgresDialect) bytes(column string) string { return d.text(column) + ` COLLATE "C"` }

// timed sets the limit for the transaction alone.
func (postgresDialect) timed(limit time.Duration, selected string) statements {
	return statements{
		before: fmt.Sprintf("SET LOCAL statement_timeout = %d", max(1, limit.Milliseconds())),
		query:  "SELECT " + selected,
	}
}

// asWritten is a name as a scenario has it: in back-ticks where capital letters matter.
const asWritten = "CASE WHEN %[1]s = lower(%[1]s) THEN CAST(%[1]s AS text) ELSE '`' || %[1]s || '`' END"

func (postgresDialect) tables(schema string) string {
	of := "pg_table_is_visible(oid) AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
	if schema != "" {
		of = "relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = " + literal(unquoted(schema)) + ")"
	}
	return "SELECT " + fmt.Sprintf(asWritten, "relname") + " FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND " + of + " ORDER BY relname"
}

func (postgresDialect) columns(table string) string {
	return "SELECT " + fmt.Sprintf(asWritten, "attname") + ", format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = " +
		literal(table) + "::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
}

// literal is a string of SQL, and unquoted a name without its quotes.
func literal(s string) string  { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func unquoted(s string) string { return strings.ReplaceAll(s[1:len(s)-1], `""`, `"`) }

func (postgresDialect) connections() []string { return nil }

// postgresKinds are the kinds of errors by their SQLSTATE
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
var postgresKinds = map[string]struct {
	kind   Kind
	advice string
}{
	"28P01": {Denied, "check user and password in the dsn"},
	"28000": {Denied, "check user and password in the dsn, and what the server's pg_hba.conf asks of this machine: for TLS add ?sslmode=require"},
	"3D000": {NoDatabase, ""},
	"42P01": {NoTable, ""},
	"42703": {NoColumn, ""},
	"42501": {NoRight, ""},
	"25006": {Writes, ""},
	"57014": {TooSlow, ""},
	"53300": {Unreachable, "its max_connections are all in use"},
	"57P01": {Unreachable, "it is shutting down"},
	"57P02": {Unreachable, "it is shutting down"},
	"57P03": {Unreachable, "it is starting or shutting down"},
}

func (postgresDialect) classify(err error) (Kind, string) {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		found := postgresKinds[said.Code]
		return found.kind, found.advice
	}
	switch {
	case untrusted(err):
		return Unreachable, "sslmode=require in the dsn trusts any certificate"
	case strings.Contains(err.Error(), "server refused TLS connection"): // the driver has no value for it
		return Unreachable, "write sslmode=disable in the dsn, or switch TLS on in the server"
	case errors.As(err, new(*pgproto3.ExceededMaxBodyLenErr)), strings.Contains(err.Error(), "unexpected message"):
		err = errMalformed
	}
	return classifyConnection(err, "PostgreSQL")
}

// words leave out what the driver says of every attempt to connect: user, database and address.
func (postgresDialect) words(err error) string {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return said.Error()
	}
	if failed, ok := errors.AsType[*net.OpError](err); ok {
		return failed.Error()
	}
	if tried, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		err = tried.Unwrap()
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}
