package database

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
)

// store is the tables.
type store struct {
	*engine
	name string
}

// informationSchema is the name of MySQL's description of itself.
const informationSchema = "information_schema"

// openStore makes the database and its description. Each is a database that SQLite has
// attached, so that clients can qualify tables with its name as in MySQL.
func openStore(name, schema string) (*store, error) {
	e, err := openEngine()
	if err != nil {
		return nil, fmt.Errorf("opening SQLite: %w", err)
	}
	s := &store{engine: e, name: name}
	if err := s.create(schema); err != nil {
		_ = e.close()
		return nil, fmt.Errorf("making the tables of %s: %w", name, err)
	}
	return s, nil
}

func (s *store) create(schema string) error {
	ctx := context.Background()
	statements := []string{
		"ATTACH ':memory:' AS " + identifier(s.name),
		"ATTACH ':memory:' AS " + informationSchema,
		// What the schema declares is read from a copy that SQLite has parsed.
		schema,
		"CREATE TABLE information_schema.schemata (CATALOG_NAME, SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME)",
		"CREATE TABLE information_schema.tables (TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS)",
		"CREATE TABLE information_schema.columns (TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION INT, " +
			"COLUMN_DEFAULT, IS_NULLABLE, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH INT, CHARACTER_SET_NAME, COLLATION_NAME, COLUMN_TYPE, COLUMN_KEY, EXTRA, PRIVILEGES)",
		"INSERT INTO information_schema.schemata VALUES ('def', 'information_schema', 'utf8mb3', 'utf8mb3_general_ci'), " +
			"('def', " + literal(s.name) + ", 'utf8mb4', 'utf8mb4_0900_ai_ci')",
	}
	for _, text := range statements {
		if _, err := s.exec(ctx, text); err != nil {
			return err
		}
	}
	tables, err := s.query(ctx, "SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY rowid")
	if err != nil {
		return err
	}
	for _, row := range tables.rows {
		if err := s.createTable(ctx, row[0].(string)); err != nil {
			return err
		}
	}
	return nil
}

// createTable makes the table that stands in main again, in the database itself, with
// what MySQL holds of its columns.
func (s *store) createTable(ctx context.Context, table string) error {
	declared, err := s.query(ctx, "SELECT name, type, \"notnull\" FROM pragma_table_info("+literal(table)+") ORDER BY cid")
	if err != nil {
		return err
	}
	var columns []string
	for i, row := range declared.rows {
		c, err := newColumn(row[0].(string), row[1].(string), row[2].(int64) != 0)
		if err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		columns = append(columns, c.definition())
		if _, err := s.exec(ctx, "INSERT INTO information_schema.columns VALUES ('def', ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, '', '', 'select,insert,update')",
			s.name, table, c.name, i+1, c.nullable(), c.kind, c.length, c.characterSet(), c.collation(), c.declared()); err != nil {
			return err
		}
	}
	for _, text := range []string{
		"DROP TABLE main." + identifier(table),
		"CREATE TABLE " + identifier(s.name) + "." + identifier(table) + " (" + strings.Join(columns, ", ") + ")",
		"INSERT INTO information_schema.tables VALUES ('def', " + literal(s.name) + ", " + literal(table) + ", 'BASE TABLE', 'MEMORY', NULL)",
	} {
		if _, err := s.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// column is a column of the types that a schema may have. length is nil for an int.
type column struct {
	name, kind string
	length     any
	required   bool
}

var varchar = lazy.Regexp(`(?i)^varchar\((\d{1,5})\)$`)

func newColumn(name, declared string, required bool) (column, error) {
	if strings.EqualFold(declared, "int") {
		return column{name: name, kind: "int", required: required}, nil
	}
	if m := varchar().FindStringSubmatch(declared); m != nil {
		n, err := strconv.Atoi(m[1])
		return column{name: name, kind: "varchar", length: n, required: required}, err
	}
	return column{}, fmt.Errorf("column %s has the type %q: int and varchar(n) can be had", name, declared)
}

// definition is the column in SQLite's words. SQLite takes any value in any column; the
// constraints refuse what MySQL refuses, and their names are the number of its error
// and the column. Text compares without regard to case, as MySQL's usual collations do.
func (c column) definition() string {
	name := identifier(c.name)
	constraint := func(code int, holds string) string {
		return fmt.Sprintf(" CONSTRAINT %s CHECK (%s)", identifier(fmt.Sprintf("%d:%s", code, c.name)), holds)
	}
	text := name + " " + c.declared()
	if c.required {
		text += " NOT NULL"
	}
	if c.kind == "int" {
		return text + constraint(wrongInteger, fmt.Sprintf("typeof(%s) IN ('integer', 'null')", name)) +
			constraint(outOfRange, fmt.Sprintf("%s BETWEEN -2147483648 AND 2147483647", name))
	}
	return text + " COLLATE NOCASE" + constraint(tooLong, fmt.Sprintf("length(%s) <= %d", name, c.length))
}

// declared is the type as MySQL prints it.
func (c column) declared() string {
	if c.length == nil {
		return c.kind
	}
	return fmt.Sprintf("%s(%d)", c.kind, c.length)
}

func (c column) nullable() string {
	if c.required {
		return "NO"
	}
	return "YES"
}

func (c column) characterSet() any { return c.ofText("utf8mb4") }
func (c column) collation() any    { return c.ofText("utf8mb4_0900_ai_ci") }

func (c column) ofText(value string) any {
	if c.length == nil {
		return nil
	}
	return value
}

// identifier quotes a name for SQLite, literal a text.
func identifier(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func literal(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		return fmt.Sprintf("CAST(x'%x' AS TEXT)", text)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
