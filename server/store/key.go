package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"
)

// Key lets programs use the API. The store has only its hash, so it is shown once.
type Key struct {
	Name    string
	Created time.Time
	Used    time.Time // the last time, to the minute; zero is never
}

// AddKey makes a key and returns it: 32 hexadecimal digits. The error is [ErrTaken] where there is one of
// that name.
func (s *Store) AddKey(ctx context.Context, name string, by By) (key string, err error) {
	key = NewID()
	return key, s.change(ctx, func(tx *sql.Tx) error {
		err := found(tx.ExecContext(ctx, "INSERT INTO key (hash, name, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", hashOf(key), name, stored(by.At)))
		if errors.Is(err, ErrNotFound) {
			return ErrTaken
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, by, KeyMade, name)
	})
}

// DeleteKey takes a key away.
func (s *Store) DeleteKey(ctx context.Context, name string, by By) error {
	return s.admit(ctx, func(tx *sql.Tx) error {
		if err := found(tx.ExecContext(ctx, "DELETE FROM key WHERE name = ?", name)); err != nil {
			return err
		}
		return note(ctx, tx, by, KeyRevoked, name)
	})
}

const keys = "SELECT name, created, used FROM key "

// Keys are all of them, by name.
func (s *Store) Keys(ctx context.Context) ([]Key, error) {
	return all(ctx, s.db, scanKey, keys+"ORDER BY name")
}

// UseKey tells whose key that is, and notes that it is used: once a minute, for reading is what programs do
// often. It reports false for one that is nobody's.
func (s *Store) UseKey(ctx context.Context, key string, at time.Time) (Key, bool, error) {
	k, err := one(ctx, s.db, scanKey, keys+"WHERE hash = ?", hashOf(key))
	if errors.Is(err, ErrNotFound) {
		return Key{}, false, nil
	}
	if err == nil && at.Sub(k.Used) >= time.Minute {
		s.db.ExecContext(ctx, "UPDATE key SET used = ? WHERE hash = ?", stored(at), hashOf(key)) // a full disk keeps nobody from reading
	}
	return k, err == nil, err
}

// WhileKey is a context that ends, too, when a key is taken away: see [Store.While].
func (s *Store) WhileKey(ctx context.Context, key string) (context.Context, context.CancelFunc) {
	return s.While(ctx, func(ctx context.Context) (time.Time, error) {
		_, err := one(ctx, s.db, scanKey, keys+"WHERE hash = ?", hashOf(key))
		return time.Time{}, err
	})
}

// hashOf needs no salt and no slowness: keys and tokens are 128 random bits or more.
func hashOf(key string) []byte {
	h := sha256.Sum256([]byte(key))
	return h[:]
}

func scanKey(row *sql.Rows) (k Key, err error) {
	return k, row.Scan(&k.Name, instant{&k.Created}, instant{&k.Used})
}
