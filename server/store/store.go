// Package store keeps what a server knows: hosts, tests, runs and the keys of its API, in one SQLite
// file. A run's directory is the truth about it; its row is an index that can be made anew.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// Files of a store's directory.
const (
	File    = "stress.db"
	lock    = "stress.lock"
	RunsDir = "runs" // holds the run directories
)

// ErrNotFound says that there is nothing with an identifier.
var ErrNotFound = errors.New("no such thing is kept")

// ErrInUse says that another process has the store.
var ErrInUse = errors.New("another server uses this directory")

// Store is an open store. Its methods may be called from several goroutines. Each changes all of
// what it names or nothing, and what it has changed is on the disk when it returns.
type Store struct {
	// WhenFull hears that a change waits for room on the disk; nil tells nobody.
	WhenFull func(error)

	dir      string
	db       *sql.DB
	lock     *sql.DB
	admitted bell // who may come in has changed
}

// Open opens the store of a directory, which it makes where there is none, and brings it up to the
// present schema. The error is [ErrInUse] while another process has it.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, RunsDir), 0o700); err != nil {
		return nil, err
	}
	s := &Store{dir: dir}
	for _, open := range []func(context.Context) error{s.claim, s.tidy, s.connect, s.migrate} {
		if err := open(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("store %s: %w", dir, err), s.Close())
		}
	}
	return s, nil
}

// Close closes the store.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.db, s.lock} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// claim keeps other processes out. A database that is locked as a whole is a lock on every system,
// and the end of a process, of whatever kind, releases it.
func (s *Store) claim(ctx context.Context) (err error) {
	s.lock, err = open(filepath.Join(s.dir, lock), "locking_mode(EXCLUSIVE)", "busy_timeout(0)")
	if err != nil {
		return err
	}
	s.lock.SetMaxOpenConns(1)
	s.lock.SetConnMaxIdleTime(0)
	if _, err := s.lock.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		if ctx.Err() == nil && busy(err) {
			return ErrInUse
		}
		return err
	}
	return nil
}

// tidy removes what a process that was killed left: its runs' scratch, and copies that are not whole.
func (s *Store) tidy(context.Context) error {
	errs := []error{os.RemoveAll(filepath.Join(s.dir, scratchDir))}
	parts, err := fs.Glob(os.DirFS(s.dir), RunsDir+"/*/*"+PartSuffix)
	for _, part := range parts {
		errs = append(errs, os.RemoveAll(filepath.Join(s.dir, filepath.FromSlash(part))))
	}
	return errors.Join(append(errs, err)...)
}

func (s *Store) connect(ctx context.Context) (err error) {
	s.db, err = open(filepath.Join(s.dir, File), "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "busy_timeout(10000)")
	if err != nil {
		return err
	}
	return s.db.PingContext(ctx)
}

func open(file string, pragmas ...string) (*sql.DB, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	// SQLite would make the file readable for everybody, and scenarios hold addresses and more.
	f, err := os.OpenFile(absolute, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	// A transaction that reads first and then writes would fail beside another without this.
	q := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: q.Encode()}).String())
}

//go:embed *.sql
var migrations embed.FS

// migrate performs the steps that the store's file has yet to take. They go forward only: a file
// that knows more steps than this program is refused.
func (s *Store) migrate(ctx context.Context) error {
	steps, err := fs.Glob(migrations, "*.sql") // sorted by name
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		var done int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done); err != nil {
			return err
		}
		if done > len(steps) {
			return fmt.Errorf("it was written by a newer version of stress (schema %d, this one knows %d): take that version", done, len(steps))
		}
		for _, name := range steps[done:] {
			text, err := migrations.ReadFile(name)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("schema %s: %w", name, err)
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps)))
		return err
	})
}

// change does all of what f does, or nothing.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// admit is [Store.change] of who may come in.
func (s *Store) admit(ctx context.Context, f func(*sql.Tx) error) error {
	defer s.admitted.ring()
	return s.change(ctx, f)
}

// NewID is an identifier that nobody can guess.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// instant is a [time.Time] as the store keeps it: NULL is the zero time.
type instant struct{ *time.Time }

func stored(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func (i instant) Scan(v any) error {
	ms, ok := v.(int64)
	if *i.Time = (time.Time{}); v != nil && !ok {
		return fmt.Errorf("an instant is kept as %T", v)
	} else if ok {
		*i.Time = time.UnixMilli(ms).UTC()
	}
	return nil
}
