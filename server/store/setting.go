package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
)

// Setting is a thing that is set for the whole server. Its text is the name it is kept under.
type Setting string

// The settings.
const (
	MailSetting     Setting = "mail"
	DefaultsSetting Setting = "defaults"
)

// MailServer is who sends mail.
type MailServer struct {
	Address  string // smtp://HOST:587, smtps://HOST or smtp+clear://HOST; "" is none
	User     string // "" is nobody
	Password string // kept as it is, for the server wants it
	From     string // the sender
}

// Setting reads a setting into v, which stays as it is where nothing was set.
func (s *Store) Setting(ctx context.Context, name Setting, v any) error {
	text, err := one(ctx, s.db, func(row *sql.Rows) (t string, err error) { return t, row.Scan(&t) }, "SELECT value FROM setting WHERE name = ?", name)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), v)
}

// Set keeps a setting.
func (s *Store) Set(ctx context.Context, name Setting, v any, by By, did Deed) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, string(text))
		if err != nil {
			return err
		}
		return note(ctx, tx, by, did, "")
	})
}
