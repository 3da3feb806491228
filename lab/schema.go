package lab

import (
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
)

// schema is the database: one table, which can be neither dropped nor joined by
// another.
type schema struct{ table *table }

// The library asks every database for views and triggers before it touches a
// table, and takes the lack of an interface for an error.
var (
	_ sql.ViewDatabase    = schema{}
	_ sql.TriggerDatabase = schema{}
)

var errFixed = errors.New("the lab's database has one table and no room for more")

func (s schema) Name() string { return databaseName }

func (s schema) GetTableInsensitive(_ *sql.Context, name string) (sql.Table, bool, error) {
	t, ok := sql.GetTableInsensitive(name, map[string]sql.Table{tableName: s.table})
	return t, ok, nil
}

func (s schema) GetTableNames(*sql.Context) ([]string, error) { return []string{tableName}, nil }

func (s schema) CreateView(*sql.Context, string, string, string) error { return errFixed }

func (s schema) DropView(*sql.Context, string) error { return errFixed }

func (s schema) GetViewDefinition(*sql.Context, string) (sql.ViewDefinition, bool, error) {
	return sql.ViewDefinition{}, false, nil
}

func (s schema) AllViews(*sql.Context) ([]sql.ViewDefinition, error) { return nil, nil }

func (s schema) GetTriggers(*sql.Context) ([]sql.TriggerDefinition, error) { return nil, nil }

func (s schema) CreateTrigger(*sql.Context, sql.TriggerDefinition) error { return errFixed }

func (s schema) DropTrigger(*sql.Context, string) error { return errFixed }
