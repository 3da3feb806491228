package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/dolthub/vitess/go/vt/proto/query"
)

// dialect passes on what a client asks and puts the library's own error texts in
// MySQL's words and numbers, which clients tell apart.
type dialect struct{ mysql.Handler }

func speakMySQL(h mysql.Handler) (mysql.Handler, error) { return dialect{h}, nil }

func (d dialect) ComInitDB(c *mysql.Conn, name string) error {
	return inMySQLWords(d.Handler.ComInitDB(c, name))
}

func (d dialect) ComQuery(ctx context.Context, c *mysql.Conn, q string, callback mysql.ResultSpoolFn) error {
	return inMySQLWords(d.Handler.ComQuery(ctx, c, q, callback))
}

func (d dialect) ComMultiQuery(ctx context.Context, c *mysql.Conn, q string, callback mysql.ResultSpoolFn) (string, error) {
	rest, err := d.Handler.ComMultiQuery(ctx, c, q, callback)
	return rest, inMySQLWords(err)
}

func (d dialect) ComPrepare(ctx context.Context, c *mysql.Conn, q string, p *mysql.PrepareData) ([]*query.Field, error) {
	fields, err := d.Handler.ComPrepare(ctx, c, q, p)
	return fields, inMySQLWords(err)
}

func (d dialect) ComStmtExecute(ctx context.Context, c *mysql.Conn, p *mysql.PrepareData, callback func(*sqltypes.Result) error) error {
	return inMySQLWords(d.Handler.ComStmtExecute(ctx, c, p, callback))
}

// wordings maps the beginning of the library's text to MySQL's error. What
// follows the beginning, up to a closing quote if it starts with one, is the name
// at fault.
var wordings = []struct {
	begins string
	code   int
	state  string
	text   string
}{
	{"table not found: ", mysql.ERNoSuchTable, "42S02", "Table '" + databaseName + ".%s' doesn't exist"},
	{"database not found: ", mysql.ERBadDb, "42000", "Unknown database '%s'"},
	{`column "`, mysql.ERBadFieldError, "42S22", "Unknown column '%s' in 'field list'"},
	{"Unknown column '", mysql.ERBadFieldError, "42S22", "Unknown column '%s' in 'field list'"},
}

func inMySQLWords(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if known, ok := errors.AsType[*mysql.SQLError](err); ok {
		text = known.Message
	}
	for _, w := range wordings {
		if name, ok := strings.CutPrefix(text, w.begins); ok {
			name, _, _ = strings.Cut(name, w.begins[len(w.begins)-1:])
			// The library takes the message for a format.
			return mysql.NewSQLError(w.code, w.state, "%s", fmt.Sprintf(w.text, name))
		}
	}
	return err
}
