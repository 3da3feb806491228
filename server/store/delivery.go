package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// Kind is how an address is told.
type Kind string

// The kinds.
const (
	Form Kind = "" // a POST of loader.io's form
	JSON Kind = "json"
	Mail Kind = "mail"
)

// Tell is which ends of runs are told.
type Tell string

// The ends.
const (
	EveryEnd Tell = ""
	OnChange Tell = "change" // those with another verdict than the one before
)

// Delivery is what is to be told to an address: that a run has ended.
type Delivery struct {
	ID, Run, Test string // identifiers
	Kind          Kind
	Address       string // of mail, as many as its header may have
	Since         time.Time
	Tries         int
	Tried         time.Time // the last time; zero is never
	// Due is when it is tried next; zero is never, because it was taken or given up.
	Due time.Time
	// Done is when it was taken; zero until then.
	Done    time.Time
	Problem string // of the last try; "" for none
	Status  int    // that HTTP answered at the last try; 0 is none
	Answer  string // how that answer began
}

// tell keeps that somebody wants to hear of the end of a run. It is part of that end, so that no kill
// comes between the two.
func tell(ctx context.Context, tx *sql.Tx, id string, at time.Time) error {
	r, err := one(ctx, tx, scanRun, runs+"WHERE id = ?", id)
	if err != nil {
		return err
	}
	t, err := one(ctx, tx, scanTest, tests+"WHERE id = ?", r.Test)
	if err != nil {
		return err
	}
	if t.Tell == OnChange {
		before, err := one(ctx, tx, scanRun, runs+"WHERE test = ? AND state = 'ended' AND id <> ? ORDER BY ended DESC, rowid DESC LIMIT 1", r.Test, r.ID)
		if err == nil && before.Verdict() == r.Verdict() {
			return nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	for _, to := range []struct {
		kind    Kind
		address string
	}{{t.Form, t.Callback}, {Mail, t.Mail}} {
		if to.address == "" {
			continue
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO delivery (id, run, kind, address, since, tries, due, problem) VALUES (?, ?, ?, ?, ?, 0, ?, '')",
			NewID(), r.ID, to.kind, to.address, stored(at), stored(at))
		if err != nil {
			return err
		}
	}
	return nil
}

// Verdict is what a run came to; "" where it was not judged.
func (r Run) Verdict() result.Verdict {
	if r.Summary == nil {
		return ""
	}
	return r.Summary.Index.Verdict
}

const deliveries = `SELECT delivery.id, run, test, kind, address, since, tries, tried, due, done, delivery.problem, status, answer
	FROM delivery JOIN run ON run.id = delivery.run `

// DueDeliveries are those whose time has come, the longest due first, at most so many.
func (s *Store) DueDeliveries(ctx context.Context, now time.Time, most int) ([]Delivery, error) {
	return all(ctx, s.db, scanDelivery, deliveries+"WHERE due <= ? ORDER BY due, delivery.rowid LIMIT ?", stored(now), most)
}

// Delivery is the delivery with an identifier.
func (s *Store) Delivery(ctx context.Context, id string) (Delivery, error) {
	return one(ctx, s.db, scanDelivery, deliveries+"WHERE delivery.id = ?", id)
}

// DeliveriesOf are those of a run, in the order in which they were to be made.
func (s *Store) DeliveriesOf(ctx context.Context, run string) ([]Delivery, error) {
	return all(ctx, s.db, scanDelivery, deliveries+"WHERE run = ? ORDER BY since, delivery.rowid", run)
}

// DeliveriesOfTest are those of all runs of a test, those of the newest run first, without the first skip, at most so
// many.
func (s *Store) DeliveriesOfTest(ctx context.Context, test string, skip, most int) ([]Delivery, error) {
	return all(ctx, s.db, scanDelivery, deliveries+"WHERE test = ? ORDER BY run.asked DESC, run.rowid DESC, delivery.rowid DESC LIMIT ? OFFSET ?", test, most, skip)
}

// Tried keeps what became of a try: its Tries, Tried, Due, Done, Problem, Status and Answer.
func (s *Store) Tried(ctx context.Context, d Delivery) error {
	return found(s.db.ExecContext(ctx, "UPDATE delivery SET tries = ?, tried = ?, due = ?, done = ?, problem = ?, status = ?, answer = ? WHERE id = ?",
		d.Tries, stored(d.Tried), stored(d.Due), stored(d.Done), d.Problem, d.Status, d.Answer, d.ID))
}

// Redeliver makes a delivery due again, with the same identifier, and for as long as a new one.
func (s *Store) Redeliver(ctx context.Context, id string, now time.Time) error {
	return found(s.db.ExecContext(ctx, "UPDATE delivery SET since = ?, due = ?, done = NULL, tries = 0 WHERE id = ?", stored(now), stored(now), id))
}

func scanDelivery(row *sql.Rows) (d Delivery, err error) {
	return d, row.Scan(&d.ID, &d.Run, &d.Test, &d.Kind, &d.Address, instant{&d.Since}, &d.Tries, instant{&d.Tried}, instant{&d.Due},
		instant{&d.Done}, &d.Problem, &d.Status, &d.Answer)
}
