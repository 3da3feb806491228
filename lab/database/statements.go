package database

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// answer carries out one statement. binary is the encoding of a prepared one's rows.
func (c *session) answer(s statement, query string, args []any, binary bool) (*mysql.Result, error) {
	ctx, end := c.begin(query)
	defer end()
	rows, changed, err := c.perform(ctx, s, args)
	if err != nil {
		return nil, c.server.store.inMySQLWords(ctx, err)
	}
	if rows == nil {
		return &mysql.Result{Status: mysql.SERVER_STATUS_AUTOCOMMIT, AffectedRows: changed}, nil
	}
	return rows.encode(binary)
}

// perform returns the rows of a statement that has some, else how many it changed.
func (c *session) perform(ctx context.Context, s statement, args []any) (*rowset, uint64, error) {
	verb := s.at(0)
	switch {
	case len(s) == 0:
		return nil, 0, nil
	case verb.is("SELECT", "WITH", "VALUES", "TABLE"):
		rows, err := c.query(ctx, s, args)
		return rows, 0, err
	case verb.is("INSERT", "REPLACE", "UPDATE", "DELETE"):
		changed, err := c.change(ctx, s, args)
		return nil, changed, err
	case verb.is("TRUNCATE"):
		return nil, 0, c.truncate(ctx, s)
	case verb.is("SHOW"):
		rows, err := c.show(ctx, s.after(1))
		return rows, 0, err
	case verb.is("DESCRIBE", "DESC"), verb.is("EXPLAIN") && len(s.after(2)) == 0:
		rows, err := c.show(ctx, append(statement{{word, "COLUMNS"}, {word, "FROM"}}, s.after(1)...))
		return rows, 0, err
	case verb.is("USE"):
		return nil, 0, c.UseDB(s.at(1).text)
	case verb.is("SET"):
		return nil, 0, c.assign(s.after(1))
	case verb.is("KILL"):
		return nil, 0, c.killOther(s.after(1))
	case verb.is("BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "LOCK", "UNLOCK", "FLUSH"):
		return nil, 0, nil // as for tables of MySQL's engine MEMORY
	case verb.is("CREATE", "DROP", "ALTER", "RENAME", "GRANT", "REVOKE", "LOAD"):
		return nil, 0, denied(strings.ToUpper(verb.text), c.account())
	}
	return nil, 0, syntaxError(s.String())
}

// change carries out a statement that changes rows. A page writes its values into an
// INSERT, so that no two are the same: with placeholders in their stead they are, and
// SQLite parses them once.
func (c *session) change(ctx context.Context, s statement, args []any) (uint64, error) {
	if shape, values, ok := s.withoutValues(args); ok && s.insertsValues() {
		translate := func() (string, error) { return c.translate(shape) }
		return c.server.store.execPrepared(ctx, c.database+"\x00"+shape.String(), translate, values)
	}
	text, err := c.translate(s)
	if err != nil {
		return 0, err
	}
	return c.server.store.exec(ctx, text, args...)
}

func (c *session) query(ctx context.Context, s statement, args []any) (*rowset, error) {
	text, err := c.translate(s)
	if err != nil {
		return nil, err
	}
	return c.server.store.query(ctx, text, args...)
}

func (c *session) truncate(ctx context.Context, s statement) error {
	name := s.after(1)
	if name.at(0).is("TABLE") {
		name = name.after(1)
	}
	text, err := c.translate(append(statement{{word, "DELETE"}, {space, " "}, {word, "FROM"}, {space, " "}}, name...))
	if err != nil {
		return err
	}
	_, err = c.server.store.exec(ctx, text)
	return err
}

// killOther is KILL [CONNECTION | QUERY] id.
func (c *session) killOther(s statement) error {
	connection := !s.at(0).is("QUERY")
	if s.at(0).is("QUERY", "CONNECTION") {
		s = s.after(1)
	}
	id, err := strconv.ParseUint(s.at(0).text, 10, 32)
	if err != nil {
		return syntaxError(s.String())
	}
	other := c.server.clients.find(uint32(id))
	if other == nil {
		return mysql.NewDefaultError(mysql.ER_NO_SUCH_THREAD, id)
	}
	other.kill(connection)
	return nil
}

// settings are the system variables and their values, all fixed but
// max_execution_time.
var settings = map[string]string{
	"auto_increment_increment": "1", "autocommit": "1", "character_set_client": "utf8mb4", "character_set_connection": "utf8mb4",
	"character_set_database": "utf8mb4", "character_set_results": "utf8mb4", "character_set_server": "utf8mb4",
	"collation_connection": "utf8mb4_0900_ai_ci", "collation_database": "utf8mb4_0900_ai_ci", "collation_server": "utf8mb4_0900_ai_ci",
	"default_storage_engine": "MEMORY", "foreign_key_checks": "1", "have_ssl": "DISABLED", "init_connect": "", "innodb_read_only": "0",
	"interactive_timeout": "28800", "license": "MIT", "lower_case_table_names": "0", "max_allowed_packet": "16777216",
	"net_buffer_length": "16384", "net_read_timeout": "30", "net_write_timeout": "60", "performance_schema": "0", "read_only": "0",
	"session_track_schema": "0", "sql_auto_is_null": "0", "sql_mode": "ONLY_FULL_GROUP_BY,STRICT_ALL_TABLES", "sql_safe_updates": "0",
	"sql_select_limit": "18446744073709551615", "super_read_only": "0", "system_time_zone": "UTC", "time_zone": "SYSTEM",
	"transaction_isolation": "REPEATABLE-READ", "transaction_read_only": "0", "tx_isolation": "REPEATABLE-READ", "unique_checks": "1",
	"version": Version, "version_comment": "the lab of stress: MySQL's protocol, SQLite in memory",
	"version_compile_machine": "x86_64", "version_compile_os": "Linux", "wait_timeout": "28800",
}

// variable is the value of a system variable, with or without @@ and its scope.
func (c *session) variable(name string) (string, bool) {
	name = strings.ToLower(strings.TrimLeft(name, "@"))
	for _, scope := range []string{"session.", "global.", "local."} {
		name = strings.TrimPrefix(name, scope)
	}
	switch name {
	case "max_connections":
		return strconv.Itoa(c.server.config.MaxConnections), true
	case "max_execution_time":
		return strconv.FormatInt(c.limit.Milliseconds(), 10), true
	}
	value, ok := settings[name]
	return value, ok
}

// assign is SET. It takes the values of variables that it knows, and keeps none but the
// limit of a statement's time.
func (c *session) assign(s statement) error {
	if s.at(0).is("NAMES", "CHARACTER", "CHARSET", "TRANSACTION") || s.at(1).is("TRANSACTION") {
		return nil
	}
	for part := range slices.Values(s.split(",")) {
		if part.at(0).is("SESSION", "GLOBAL", "LOCAL") {
			part = part.after(1)
		}
		name := part.at(0)
		if name.kind == variable && !strings.HasPrefix(name.text, "@@") {
			continue
		}
		if !part.at(1).is("=", ":=") {
			return syntaxError(part.String())
		}
		if _, ok := c.variable(name.text); !ok {
			return unknownVariable(name.text)
		}
		if strings.HasSuffix(strings.ToLower(name.text), "max_execution_time") {
			ms, err := strconv.ParseUint(part.at(2).text, 10, 32)
			if err != nil {
				return mysql.NewDefaultError(mysql.ER_WRONG_TYPE_FOR_VAR, "max_execution_time")
			}
			c.limit = time.Duration(ms) * time.Millisecond
		}
	}
	return nil
}

// split cuts a statement at a symbol that is outside parentheses.
func (s statement) split(at string) []statement {
	var parts []statement
	depth, from := 0, 0
	for i, t := range s {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth == 0 && t.is(at):
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}
