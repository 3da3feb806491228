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
}

// AddKey makes a key and returns it: 32 hexadecimal digits. A name that is taken is an error.
func (s *Store) AddKey(ctx context.Context, name string, at time.Time) (key string, err error) {
	key = NewID()
	_, err = s.db.ExecContext(ctx, "INSERT INTO key (hash, name, created) VALUES (?, ?, ?)", hashOf(key), name, stored(at))
	return key, err
}

// DeleteKey takes a key away.
func (s *Store) DeleteKey(ctx context.Context, name string) error {
	return found(s.db.ExecContext(ctx, "DELETE FROM key WHERE name = ?", name))
}

// Keys are all of them, by name.
func (s *Store) Keys(ctx context.Context) ([]Key, error) {
	return all(ctx, s.db, scanKey, "SELECT name, created FROM key ORDER BY name")
}

// KeyOf tells whose key that is. It reports false for one that is nobody's.
func (s *Store) KeyOf(ctx context.Context, key string) (Key, bool, error) {
	k, err := one(ctx, s.db, scanKey, "SELECT name, created FROM key WHERE hash = ?", hashOf(key))
	if errors.Is(err, ErrNotFound) {
		return Key{}, false, nil
	}
	return k, err == nil, err
}

// hashOf needs no salt and no slowness: a key is 128 random bits.
func hashOf(key string) []byte {
	h := sha256.Sum256([]byte(key))
	return h[:]
}

func scanKey(row *sql.Rows) (k Key, err error) {
	return k, row.Scan(&k.Name, instant{&k.Created})
}
