package store

import (
	"context"
	"database/sql"
	"errors"

	"modernc.org/sqlite"
)

// querier is a database or one of its transactions.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// all are the rows that a query yields.
func all[T any](ctx context.Context, db querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// one is the first row that a query yields, or [ErrNotFound].
func one[T any](ctx context.Context, db querier, scan func(*sql.Rows) (T, error), query string, args ...any) (v T, err error) {
	rows, err := all(ctx, db, scan, query, args...)
	switch {
	case err != nil:
		return v, err
	case len(rows) == 0:
		return v, ErrNotFound
	}
	return rows[0], nil
}

// found is [ErrNotFound] where a change met no row.
func found(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return ErrNotFound
}

// busyCode is SQLite's SQLITE_BUSY; the low byte of an error's code is its kind.
const busyCode = 5

// busy reports that somebody else has a file locked.
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == busyCode
}
