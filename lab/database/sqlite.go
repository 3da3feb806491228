package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"modernc.org/sqlite"
)

// engine is the one connection to SQLite, whose statements take effect one after the other.
// It is used without database/sql: a pool of one connection costs more than an INSERT does.
type engine struct {
	conn engineConn
	// turn holds a token while no statement runs. It is no mutex, because a client that waits
	// for the slow statement of another must be able to give up.
	turn     chan struct{}
	prepared map[string]driver.StmtExecContext
}

// engineConn is what the driver's connections can do.
type engineConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

// maxPrepared is how many statements are kept ready.
const maxPrepared = 256

// openEngine opens an empty database in memory.
func openEngine() (*engine, error) {
	connector, err := sqlite.NewConnector(":memory:")
	if err != nil {
		return nil, err
	}
	conn, err := connector.Connect(context.Background())
	if err != nil {
		return nil, err
	}
	e := &engine{conn: conn.(engineConn), turn: make(chan struct{}, 1), prepared: map[string]driver.StmtExecContext{}}
	e.turn <- struct{}{}
	return e, nil
}

// acquire waits until no other statement runs. release must be called when its own has ended.
func (e *engine) acquire(ctx context.Context) error {
	select {
	case <-e.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *engine) release() { e.turn <- struct{}{} }

// close waits for the statement that runs.
func (e *engine) close() error {
	<-e.turn
	return e.conn.Close()
}

// query runs a statement that returns rows; args fill its placeholders.
func (e *engine) query(ctx context.Context, text string, args ...any) (*rowset, error) {
	values, err := bindings(args)
	if err != nil {
		return nil, err
	}
	if err := e.acquire(ctx); err != nil {
		return nil, err
	}
	defer e.release()
	rows, err := e.conn.QueryContext(ctx, text, values)
	if err != nil {
		return nil, err
	}
	return readRows(ctx, rows)
}

// exec runs a statement that changes rows and returns how many.
func (e *engine) exec(ctx context.Context, text string, args ...any) (uint64, error) {
	values, err := bindings(args)
	if err != nil {
		return 0, err
	}
	if err := e.acquire(ctx); err != nil {
		return 0, err
	}
	defer e.release()
	return changed(e.conn.ExecContext(ctx, text, values))
}

// execPrepared is exec of a statement that is kept ready under key; text writes it the first
// time. Once it runs nothing can end it: for each statement that a context can end the driver
// starts a goroutine, which costs more than an INSERT does.
func (e *engine) execPrepared(ctx context.Context, key string, text func() (string, error), args []any) (uint64, error) {
	values, err := bindings(args)
	if err != nil {
		return 0, err
	}
	if err := e.acquire(ctx); err != nil {
		return 0, err
	}
	defer e.release()
	ready, err := e.prepare(ctx, key, text)
	if err != nil {
		return 0, err
	}
	return changed(ready.ExecContext(context.Background(), values))
}

// prepare returns the statement that is kept under a key, or makes and keeps the one of
// the text. One that comes when there are [maxPrepared] takes the place of another.
func (e *engine) prepare(ctx context.Context, key string, text func() (string, error)) (driver.StmtExecContext, error) {
	if ready, ok := e.prepared[key]; ok {
		return ready, nil
	}
	translated, err := text()
	if err != nil {
		return nil, err
	}
	stmt, err := e.conn.PrepareContext(ctx, translated)
	if err != nil {
		return nil, err
	}
	for other, old := range e.prepared {
		if len(e.prepared) < maxPrepared {
			break
		}
		delete(e.prepared, other)
		_ = old.(driver.Stmt).Close()
	}
	ready := stmt.(driver.StmtExecContext)
	e.prepared[key] = ready
	return ready, nil
}

// bindings are the values of placeholders in the types that drivers take.
func bindings(args []any) ([]driver.NamedValue, error) {
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, err
		}
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return values, nil
}

// changed is how many rows a statement changed.
func changed(result driver.Result, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return uint64(n), err
}

func readRows(ctx context.Context, rows driver.Rows) (*rowset, error) {
	defer rows.Close()
	set := &rowset{names: rows.Columns()}
	values := make([]driver.Value, len(set.names))
	for ctx.Err() == nil {
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			return set, nil
		} else if err != nil {
			return nil, err
		}
		row := make([]any, len(values))
		for i, v := range values {
			row[i] = v
		}
		set.rows = append(set.rows, row)
	}
	return nil, ctx.Err()
}
