package database

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// show answers SHOW, given what follows that word. What MySQL keeps in
// information_schema is asked there; a LIKE holds for the first column.
func (c *session) show(ctx context.Context, s statement) (*rowset, error) {
	full := s.at(0).is("FULL", "EXTENDED")
	for s.at(0).is("FULL", "EXTENDED", "GLOBAL", "SESSION", "LOCAL") {
		s = s.after(1)
	}
	subject, rest := s.at(0), s.after(1)
	switch {
	case subject.is("TABLES"):
		return c.showTables(ctx, rest, full)
	case subject.is("DATABASES", "SCHEMAS"):
		return c.describe(ctx, rest, "SELECT schema_name AS `Database` FROM information_schema.schemata")
	case subject.is("COLUMNS", "FIELDS"):
		return c.showColumns(ctx, rest, full)
	case subject.is("CREATE") && rest.at(0).is("TABLE"):
		return c.showCreate(ctx, rest.after(1))
	case subject.is("VARIABLES"):
		return c.showVariables(ctx, rest)
	case subject.is("PROCESSLIST"):
		return c.showClients(full), nil
	case subject.is("STATUS"):
		return like(&rowset{names: []string{"Variable_name", "Value"}, rows: [][]any{
			{"Max_connections", fmt.Sprint(c.server.config.MaxConnections)}, {"Threads_connected", fmt.Sprint(len(c.server.slots))},
		}}, rest), nil
	case subject.is("TABLE") && rest.at(0).is("STATUS"):
		return c.describe(ctx, rest.after(1), "SELECT table_name AS `Name`, engine AS `Engine` FROM information_schema.tables")
	case subject.is("INDEX", "INDEXES", "KEYS"):
		return &rowset{names: []string{"Table", "Non_unique", "Key_name", "Seq_in_index", "Column_name"}}, nil
	case subject.is("WARNINGS", "ERRORS"):
		return &rowset{names: []string{"Level", "Code", "Message"}}, nil
	case subject.is("ENGINES"):
		return &rowset{names: []string{"Engine", "Support"}, rows: [][]any{{"MEMORY", "DEFAULT"}}}, nil
	}
	return nil, syntaxError(s.String())
}

// describe asks information_schema and keeps what the LIKE of rest holds for.
func (c *session) describe(ctx context.Context, rest statement, query string, args ...any) (*rowset, error) {
	rows, err := c.server.store.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return like(rows, rest), nil
}

// like keeps the rows whose first column is like the pattern in rest, if there is one.
func like(rows *rowset, rest statement) *rowset {
	for i, t := range rest {
		if !t.is("LIKE") && !t.is("=") {
			continue
		}
		pattern := rest[i+1:].at(0).text
		rows.rows = slices.DeleteFunc(rows.rows, func(row []any) bool {
			return !matches(strings.ToLower(fmt.Sprint(row[0])), strings.ToLower(pattern))
		})
	}
	return rows
}

// matches holds a name against a pattern of LIKE: % is any text, _ any character, and
// either stands for itself behind a backslash.
func matches(name, pattern string) bool {
	switch {
	case pattern == "":
		return name == ""
	case pattern[0] == '%':
		return matches(name, pattern[1:]) || name != "" && matches(name[1:], pattern)
	case name == "":
		return false
	case pattern[0] == '_':
		return matches(name[1:], pattern[1:])
	case pattern[0] == '\\' && len(pattern) > 1:
		pattern = pattern[1:]
	}
	return name[0] == pattern[0] && matches(name[1:], pattern[1:])
}

// from takes `FROM name` or `IN name` off the beginning.
func (s statement) from() (name string, rest statement, ok bool) {
	if !s.at(0).is("FROM", "IN") || !s.at(1).names() {
		return "", s, false
	}
	return s.at(1).text, s.after(2), true
}

// table takes `[database.]name` off the beginning of a statement.
func (c *session) table(s statement) (database, table string, rest statement, err error) {
	if !s.at(0).names() {
		return "", "", nil, syntaxError(s.String())
	}
	if s.at(1).is(".") {
		return s.at(0).text, s.at(2).text, s.after(3), nil
	}
	return c.database, s.at(0).text, s.after(1), nil
}

func (c *session) showTables(ctx context.Context, rest statement, full bool) (*rowset, error) {
	database := c.database
	if name, after, ok := rest.from(); ok {
		database, rest = name, after
	}
	if database == "" {
		return nil, noDatabase()
	}
	columns := "table_name AS " + identifier("Tables_in_"+database)
	if full {
		columns += ", table_type AS Table_type"
	}
	return c.describe(ctx, rest, "SELECT "+columns+" FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name", database)
}

func (c *session) showColumns(ctx context.Context, rest statement, full bool) (*rowset, error) {
	if !rest.at(0).is("FROM", "IN") {
		return nil, syntaxError(rest.String())
	}
	database, table, rest, err := c.table(rest.after(1))
	if err != nil {
		return nil, err
	}
	if name, after, ok := rest.from(); ok {
		database, rest = name, after
	}
	columns := "column_name AS `Field`, column_type AS `Type`"
	if full {
		columns += ", collation_name AS `Collation`"
	}
	columns += ", is_nullable AS `Null`, column_key AS `Key`, column_default AS `Default`, extra AS `Extra`"
	if full {
		columns += ", privileges AS `Privileges`, '' AS `Comment`"
	}
	rows, err := c.server.store.query(ctx,
		"SELECT "+columns+" FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position", database, table)
	if err != nil {
		return nil, err
	}
	if len(rows.rows) == 0 {
		return nil, c.server.store.noTable(database, table)
	}
	return like(rows, rest), nil
}

func (c *session) showCreate(ctx context.Context, rest statement) (*rowset, error) {
	database, table, _, err := c.table(rest)
	if err != nil {
		return nil, err
	}
	rows, err := c.server.store.query(ctx,
		"SELECT column_name, column_type FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position", database, table)
	if err != nil {
		return nil, err
	}
	if len(rows.rows) == 0 {
		return nil, c.server.store.noTable(database, table)
	}
	var columns []string
	for _, row := range rows.rows {
		columns = append(columns, fmt.Sprintf("  %s %s DEFAULT NULL", identifier(row[0].(string)), row[1]))
	}
	text := "CREATE TABLE " + identifier(table) + " (\n" + strings.Join(columns, ",\n") + "\n) ENGINE=MEMORY DEFAULT CHARSET=utf8mb4"
	return &rowset{names: []string{"Table", "Create Table"}, rows: [][]any{{table, text}}}, nil
}

func (c *session) showVariables(_ context.Context, rest statement) (*rowset, error) {
	rows := &rowset{names: []string{"Variable_name", "Value"}}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		rows.rows = append(rows.rows, []any{name, settings[name]})
	}
	for _, name := range []string{"max_connections", "max_execution_time"} {
		value, _ := c.variable(name)
		rows.rows = append(rows.rows, []any{name, value})
	}
	return like(rows, rest), nil
}

// showClients lists who is connected and what is asked. Without FULL a statement is cut
// at 100 characters, as MySQL does.
func (c *session) showClients(full bool) *rowset {
	rows := &rowset{names: []string{"Id", "User", "Host", "db", "Command", "Time", "State", "Info"}}
	all := c.server.clients.all()
	slices.SortFunc(all, func(a, b *session) int { return int(a.id) - int(b.id) })
	for _, s := range all {
		command, info := "Sleep", any(nil)
		if text := s.running(); text != "" {
			command, info = "Query", text
			if !full && len(text) > 100 {
				info = text[:100]
			}
		}
		rows.rows = append(rows.rows, []any{int64(s.id), c.server.config.User, s.conn.RemoteAddr().String(), c.server.config.Name, command, int64(0), "", info})
	}
	return rows
}
