package lab

import (
	"io"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/proto/query"
)

// Where the rows go, as in the page under test.
const (
	databaseName = "meubanco"
	tableName    = "dados"
)

// table holds the rows that the replicas write. The library's own memory tables
// copy themselves for each session and write the copy back, so that concurrent
// writers undo one another; this one is a slice behind a mutex and loses nothing.
// The zero value is an empty table.
type table struct {
	mu sync.Mutex
	// rows is only ever appended to or replaced, so that a reader may keep a slice
	// of it without a copy.
	rows []sql.Row
}

var (
	_ sql.InsertableTable   = (*table)(nil)
	_ sql.TruncateableTable = (*table)(nil)
)

func (t *table) Name() string               { return tableName }
func (t *table) String() string             { return tableName }
func (t *table) Collation() sql.CollationID { return sql.Collation_Default }

// Schema has neither key nor index nor timestamp, like the original.
func (t *table) Schema() sql.Schema {
	varchar := func(name string, length int64) *sql.Column {
		return &sql.Column{
			Name:           name,
			Type:           types.MustCreateString(query.Type_VARCHAR, length, sql.Collation_Default),
			Nullable:       true,
			Source:         tableName,
			DatabaseSource: databaseName,
		}
	}
	return sql.Schema{
		{Name: "AlunoID", Type: types.Int32, Nullable: true, Source: tableName, DatabaseSource: databaseName},
		varchar("Nome", 50),
		varchar("Sobrenome", 50),
		varchar("Endereco", 150),
		varchar("Cidade", 50),
		varchar("Host", 50),
	}
}

// everything is the table's only partition.
type everything struct{}

func (everything) Key() []byte { return []byte(tableName) }

func (t *table) Partitions(*sql.Context) (sql.PartitionIter, error) {
	return sql.PartitionsToPartitionIter(everything{}), nil
}

// PartitionRows reads the table as it is now; rows written later are not seen.
func (t *table) PartitionRows(*sql.Context, sql.Partition) (sql.RowIter, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &reader{rows: t.rows[:len(t.rows):len(t.rows)]}, nil
}

// reader hands out copies: the engine may write into a row it was given.
type reader struct{ rows []sql.Row }

func (r *reader) Next(*sql.Context) (sql.Row, error) {
	if len(r.rows) == 0 {
		return nil, io.EOF
	}
	row := r.rows[0].Copy()
	r.rows = r.rows[1:]
	return row, nil
}

func (r *reader) Close(*sql.Context) error { return nil }

func (t *table) Truncate(*sql.Context) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.rows)
	t.rows = nil
	return n, nil
}

func (t *table) Inserter(*sql.Context) sql.RowInserter { return &inserter{table: t} }

func (t *table) append(rows []sql.Row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, rows...)
}

// inserter is one INSERT statement: its rows enter the table together, or not at
// all.
type inserter struct {
	table *table
	rows  []sql.Row
}

func (i *inserter) StatementBegin(*sql.Context) { i.rows = nil }

func (i *inserter) Insert(_ *sql.Context, row sql.Row) error {
	i.rows = append(i.rows, row.Copy())
	return nil
}

func (i *inserter) DiscardChanges(*sql.Context, error) error {
	i.rows = nil
	return nil
}

func (i *inserter) StatementComplete(*sql.Context) error {
	i.table.append(i.rows)
	i.rows = nil
	return nil
}

func (i *inserter) Close(*sql.Context) error { return nil }
