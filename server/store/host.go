package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Host is whom tests may load, once it has proved whose it is.
type Host struct {
	ID       string    // the digits of its ownership token
	Name     string    // with a port where it has one
	Created  time.Time // UTC, in milliseconds, as every instant of a store
	Verified time.Time // when it last proved whose it is; zero is never
}

// AddHost keeps a host. One of that name stays as it is.
func (s *Store) AddHost(ctx context.Context, h Host, by By) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		err := found(tx.ExecContext(ctx, "INSERT INTO host (id, name, created, verified) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
			h.ID, h.Name, stored(h.Created), stored(h.Verified)))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, by, HostAdded, h.Name)
	})
}

// Verify notes that a host proved whose it is, or that it no longer does: the zero time.
func (s *Store) Verify(ctx context.Context, id string, at time.Time, by By) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		h, err := one(ctx, tx, scanHost, hosts+"WHERE id = ?", id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE host SET verified = ? WHERE id = ?", stored(at), id); err != nil || h.Verified.IsZero() == at.IsZero() {
			return err
		}
		did := HostVerified
		if at.IsZero() {
			did = HostUnverified
		}
		return note(ctx, tx, by, did, h.Name)
	})
}

// DeleteHost forgets a host, its tests and their runs. The directories of these stay.
func (s *Store) DeleteHost(ctx context.Context, id string, by By) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		h, err := one(ctx, tx, scanHost, hosts+"WHERE id = ?", id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM host WHERE id = ?", id); err != nil {
			return err
		}
		return note(ctx, tx, by, HostDeleted, h.Name)
	})
}

const hosts = "SELECT id, name, created, verified FROM host "

// Host is the host with an identifier.
func (s *Store) Host(ctx context.Context, id string) (Host, error) {
	return one(ctx, s.db, scanHost, hosts+"WHERE id = ?", id)
}

// HostNamed is the host of that name.
func (s *Store) HostNamed(ctx context.Context, name string) (Host, error) {
	return one(ctx, s.db, scanHost, hosts+"WHERE name = ?", name)
}

// Hosts are all of them, by name.
func (s *Store) Hosts(ctx context.Context) ([]Host, error) {
	return all(ctx, s.db, scanHost, hosts+"ORDER BY name")
}

func scanHost(row *sql.Rows) (h Host, err error) {
	return h, row.Scan(&h.ID, &h.Name, instant{&h.Created}, instant{&h.Verified})
}
