package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Account is somebody who may use the pages.
type Account struct {
	Name     string // in small letters
	Password string // its hash, as PHC strings have it
	Created  time.Time
}

// Errors of accounts and keys.
var (
	ErrTaken = errors.New("that name is taken")
	ErrLast  = errors.New("it is the last account")
)

// AddAccount keeps an account. The error is [ErrTaken] where there is one of that name.
func (s *Store) AddAccount(ctx context.Context, a Account, by By) error {
	return s.admit(ctx, func(tx *sql.Tx) error {
		err := found(tx.ExecContext(ctx, "INSERT INTO account (name, password, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", a.Name, a.Password, stored(a.Created)))
		if errors.Is(err, ErrNotFound) {
			return ErrTaken
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, by, AccountMade, a.Name)
	})
}

// RemoveAccount forgets an account and ends its sessions. The last one stays where last does not say that
// it may go, too: the error is [ErrLast].
func (s *Store) RemoveAccount(ctx context.Context, name string, last bool, by By) error {
	return s.admit(ctx, func(tx *sql.Tx) error {
		if err := found(tx.ExecContext(ctx, "DELETE FROM account WHERE name = ?", name)); err != nil {
			return err
		}
		left, err := all(ctx, tx, scanAccount, accounts+"LIMIT 1")
		if err != nil {
			return err
		}
		if len(left) == 0 && !last {
			return ErrLast
		}
		return note(ctx, tx, by, AccountRemoved, name)
	})
}

const accounts = "SELECT name, password, created FROM account "

// Account is the account of that name.
func (s *Store) Account(ctx context.Context, name string) (Account, error) {
	return one(ctx, s.db, scanAccount, accounts+"WHERE name = ?", name)
}

// Accounts are all of them, by name.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) {
	return all(ctx, s.db, scanAccount, accounts+"ORDER BY name")
}

// ChangePassword keeps another hash of a password, and ends all sessions of its account but the one with
// that token.
func (s *Store) ChangePassword(ctx context.Context, name, password, token string, by By) error {
	return s.admit(ctx, func(tx *sql.Tx) error {
		if err := found(tx.ExecContext(ctx, "UPDATE account SET password = ? WHERE name = ?", password, name)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM session WHERE account = ? AND hash <> ?", name, hashOf(token)); err != nil {
			return err
		}
		return note(ctx, tx, by, PasswordChanged, name)
	})
}

func scanAccount(row *sql.Rows) (a Account, err error) {
	return a, row.Scan(&a.Name, &a.Password, instant{&a.Created})
}

// Session is the time between a log-in and what ends it.
type Session struct {
	Account string
	Created time.Time
	Used    time.Time // the last time, to the minute
}

// mostSessions is how many of an account are kept: the one that was used least recently gives way.
const mostSessions = 20

// AddSession keeps a session under its token, of which the store has only the hash, and forgets those that
// were made, or used, before these instants.
func (s *Store) AddSession(ctx context.Context, token string, v Session, made, used time.Time, by By) error {
	return s.admit(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM session WHERE created < ? OR used < ?", stored(made), stored(used)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO session (hash, account, created, used) VALUES (?, ?, ?, ?)", hashOf(token), v.Account, stored(v.Created), stored(v.Used))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM session WHERE rowid IN (SELECT rowid FROM session WHERE account = ? ORDER BY used DESC, rowid DESC LIMIT -1 OFFSET ?)", v.Account, mostSessions)
		if err != nil {
			return err
		}
		return note(ctx, tx, by, LoggedIn, "")
	})
}

// Session is the one with that token.
func (s *Store) Session(ctx context.Context, token string) (Session, error) {
	return one(ctx, s.db, func(row *sql.Rows) (v Session, err error) {
		return v, row.Scan(&v.Account, instant{&v.Created}, instant{&v.Used})
	}, "SELECT account, created, used FROM session WHERE hash = ?", hashOf(token))
}

// UseSession notes that a session is used.
func (s *Store) UseSession(ctx context.Context, token string, at time.Time) error {
	return found(s.db.ExecContext(ctx, "UPDATE session SET used = ? WHERE hash = ?", stored(at), hashOf(token)))
}

// EndSession ends a session.
func (s *Store) EndSession(ctx context.Context, token string, by By) error {
	return s.admit(ctx, func(tx *sql.Tx) error {
		if err := found(tx.ExecContext(ctx, "DELETE FROM session WHERE hash = ?", hashOf(token))); err != nil {
			return err
		}
		return note(ctx, tx, by, LoggedOut, "")
	})
}
