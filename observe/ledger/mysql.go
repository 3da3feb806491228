package ledger

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/observe/dsn"
)

// mysqlDialect is that of MySQL and MariaDB.
type mysqlDialect struct {
	tls bool // the DSN requires TLS
}

// readMySQL reads a data source name of go-sql-driver/mysql.
func readMySQL(written string, timeout time.Duration) (*database, error) {
	cfg, limit, err := parseMySQL(written, timeout)
	if err != nil {
		return nil, err
	}
	return &database{
		dialect: mysqlDialect{tls: cfg.TLSConfig != "" && cfg.TLSConfig != "false" && cfg.TLSConfig != "preferred"},
		address: dsn.Name{Network: cfg.Net, Address: cfg.Addr, Database: cfg.DBName}.String(),
		schema:  cfg.DBName, limit: limit,
		connector: func(dial dialFunc) (driver.Connector, error) {
			cfg.DialFunc = dial
			connector, err := mysql.NewConnector(cfg)
			if err != nil {
				return nil, badMySQL(driverText(err))
			}
			return connector, nil
		},
	}, nil
}

// parseMySQL returns what the driver is to do, and how long a count may take: timeout where that is
// given, else the name's own readTimeout, else [DefaultTimeout].
func parseMySQL(written string, timeout time.Duration) (*mysql.Config, time.Duration, error) {
	if written == "" {
		return nil, 0, badMySQL("is empty")
	}
	cfg, err := mysql.ParseDSN(written)
	if err != nil {
		return nil, 0, badMySQL(driverText(err))
	}
	// The driver takes anything before the bracket for a network and would show it
	// when dialing fails: in "root:secret(host)/db", the password.
	if !slices.Contains([]string{"tcp", "tcp4", "tcp6", "unix"}, cfg.Net) {
		return nil, 0, badMySQL("names no network, tcp or unix")
	}
	if cfg.Net != "unix" && strings.Contains(cfg.Addr, "@") {
		return nil, 0, badMySQL("has the user inside the brackets")
	}
	if host, port, err := net.SplitHostPort(cfg.Addr); err == nil && cfg.Net != "unix" {
		ascii, err := route.ASCIIHost(host)
		if err != nil {
			return nil, 0, badMySQL("names no host that can be looked up")
		}
		cfg.Addr = net.JoinHostPort(ascii, port)
	}
	for _, t := range []time.Duration{cfg.ReadTimeout, DefaultTimeout} {
		if timeout <= 0 {
			timeout = t
		}
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = timeout
	}
	// A count ends as a whole; while the server counts it sends nothing.
	cfg.ReadTimeout = timeout + 2*grace
	if cfg.WriteTimeout <= 0 {
		cfg.WriteTimeout = timeout
	}
	// In another character set a byte of a name could swallow the back-tick behind it.
	if err := cfg.Apply(mysql.Charset("utf8mb4", "")); err != nil {
		return nil, 0, badMySQL(driverText(err))
	}
	cfg.MultiStatements = false     // a query is one statement
	cfg.Logger = &mysql.NopLogger{} // the driver's own writes to standard error
	return cfg, timeout, nil
}

func badMySQL(text string) *Error { return badDSN(dsn.FormMySQL, text) }

// driverText says what the driver finds wrong with a data source name. Its own words
// are passed on only where they are constant: elsewhere they quote what may be a
// piece of the password.
func driverText(err error) string {
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "invalid DSN: "):
		return "is invalid: " + strings.TrimPrefix(text, "invalid DSN: ")
	case strings.HasPrefix(text, "default addr for network"):
		return "names no network, tcp or unix"
	}
	return "has a parameter or a database name that is not understood"
}

// maxName is the longest name of a database, a table or a column, in characters
// (https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html).
const maxName = 64

// quote takes the names that MySQL has (https://dev.mysql.com/doc/refman/8.4/en/identifiers.html). The
// connection must use UTF-8, where no back-tick is a part of another character.
func (mysqlDialect) quote(n name) (string, error) {
	switch {
	case utf8.RuneCountInString(n.text) > maxName:
		return "", fmt.Errorf("it has more than %d characters", maxName)
	case strings.HasSuffix(n.text, " "):
		return "", errors.New("MySQL has no names that end in a blank")
	case strings.ContainsFunc(n.text, func(r rune) bool { return r == 0 || r > 0xFFFF }):
		return "", errors.New("it has a character that MySQL does not take")
	}
	return "`" + strings.ReplaceAll(n.text, "`", "``") + "`", nil
}

func (mysqlDialect) text(column string) string  { return column }
func (mysqlDialect) bytes(column string) string { return "CAST(" + column + " AS BINARY)" }

// timed sets the limit by SET STATEMENT in a comment that only MariaDB reads, and by a hint that only
// MySQL reads.
func (mysqlDialect) timed(limit time.Duration, selected string) statements {
	return statements{query: fmt.Sprintf("/*M!100100 SET STATEMENT max_statement_time=%.3f FOR */ SELECT /*+ MAX_EXECUTION_TIME(%d) */ ",
		limit.Seconds(), max(1, limit.Milliseconds())) + selected}
}

func (mysqlDialect) tables(schema string) string {
	if schema == "" {
		return "SHOW TABLES"
	}
	return "SHOW TABLES FROM " + schema
}

func (mysqlDialect) columns(table string) string { return "SHOW COLUMNS FROM " + table }

func (mysqlDialect) connections() []string {
	return []string{"SHOW GLOBAL STATUS LIKE '" + refusedStatus + "'", "SHOW GLOBAL VARIABLES LIKE '" + mostConnections + "'"}
}

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
	errReadOnly           = 1792 // a statement writes
	errOverTimeMariaDB    = 1969 // https://mariadb.com/kb/en/e1969/
	errOverTime           = 3024
	errTLSRequired        = 3159
)

func (d mysqlDialect) classify(err error) (Kind, string) {
	said, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return classifyMySQLConnection(err)
	}
	switch said.Number {
	case errTooManyConnections:
		return Unreachable, "its max_connections are all in use"
	case errShuttingDown:
		return Unreachable, "it is shutting down"
	case errAccessDenied, errAccessDeniedPlain:
		if d.tls {
			return Denied, "check user and password in the dsn"
		}
		return Denied, "check user and password in the dsn, or does the user have to use TLS? Then add ?tls=true"
	case errTLSRequired:
		return Denied, "add ?tls=true to the dsn"
	case errHostNotAllowed:
		return Denied, "the user may not connect from this machine"
	case errDatabaseDenied:
		return NoRight, "check the database in the dsn, or grant the user SELECT on it"
	}
	return mysqlKinds[said.Number], ""
}

// mysqlKinds are the kinds of errors that need no advice of their own.
var mysqlKinds = map[uint16]Kind{
	errNoDatabase: NoDatabase, errTableDenied: NoRight, errColumnDenied: NoRight, errNoTable: NoTable, errNoColumn: NoColumn,
	errReadOnly: Writes, errOverTimeMariaDB: TooSlow, errOverTime: TooSlow,
}

func classifyMySQLConnection(err error) (Kind, string) {
	switch {
	case errors.Is(err, mysql.ErrNoTLS):
		return Unreachable, "take tls out of the dsn, or switch it on in the server"
	case untrusted(err):
		return Unreachable, "tls=skip-verify in the dsn trusts any certificate"
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrOldProtocol):
		err = errMalformed
	case errors.Is(err, mysql.ErrInvalidConn):
		err = driver.ErrBadConn
	}
	return classifyConnection(err, "MySQL")
}

func (mysqlDialect) words(err error) string { return err.Error() }
