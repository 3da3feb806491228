package store

import (
	"context"
	"database/sql"
	"time"
)

// Delivery is what is to be told to an address: that a run has ended.
type Delivery struct {
	ID, Run, Test string // identifiers
	Address       string
	Since         time.Time
	Tries         int
	// Due is when it is tried next; zero is never, because it was taken or given up.
	Due time.Time
	// Done is when it was taken; zero until then.
	Done    time.Time
	Problem string // of the last try; "" for none
}

// addDelivery keeps that somebody wants to hear of the end of a run. It is part of that end, so that
// no kill comes between the two.
func addDelivery(ctx context.Context, tx *sql.Tx, run string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO delivery (id, run, address, since, tries, due, problem)
		SELECT ?, run.id, test.callback, ?, 0, ?, '' FROM run JOIN test ON test.id = run.test WHERE run.id = ? AND test.callback <> ''`,
		NewID(), stored(at), stored(at), run)
	return err
}

const deliveries = `SELECT delivery.id, run, test, address, since, tries, due, done, delivery.problem
	FROM delivery JOIN run ON run.id = delivery.run `

// DueDeliveries are those whose time has come, the longest due first.
func (s *Store) DueDeliveries(ctx context.Context, now time.Time) ([]Delivery, error) {
	return all(ctx, s.db, scanDelivery, deliveries+"WHERE due <= ? ORDER BY due", stored(now))
}

// DeliveriesOf are those of a run, in the order in which they were to be made.
func (s *Store) DeliveriesOf(ctx context.Context, run string) ([]Delivery, error) {
	return all(ctx, s.db, scanDelivery, deliveries+"WHERE run = ? ORDER BY since, delivery.rowid", run)
}

// Tried keeps what became of a try: its Tries, Due, Done and Problem.
func (s *Store) Tried(ctx context.Context, d Delivery) error {
	return found(s.db.ExecContext(ctx, "UPDATE delivery SET tries = ?, due = ?, done = ?, problem = ? WHERE id = ?",
		d.Tries, stored(d.Due), stored(d.Done), d.Problem, d.ID))
}

func scanDelivery(row *sql.Rows) (d Delivery, err error) {
	return d, row.Scan(&d.ID, &d.Run, &d.Test, &d.Address, instant{&d.Since}, &d.Tries, instant{&d.Due}, instant{&d.Done}, &d.Problem)
}
