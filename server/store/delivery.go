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

// Delivery is what is to be told to an address: that a run has ended, or, as a ping, that this server would
// tell it.
type Delivery struct {
	ID, Test string // identifiers
	Run      string // identifier; "" is of a ping
	Kind     Kind
	Address  string // of mail, as many as its header may have
	Since    time.Time
	Tries    int
	Tried    time.Time // the last time; zero is never
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
	return tellAll(ctx, tx, t, r.ID, at)
}

// tellAll keeps that everybody who hears of a test is to be told of a run; "" is a ping.
func tellAll(ctx context.Context, tx *sql.Tx, t Test, run string, at time.Time) error {
	for _, to := range []struct {
		kind    Kind
		address string
	}{{t.Form, t.Callback}, {Mail, t.Mail}} {
		if to.address == "" {
			continue
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO delivery ("+deliveryColumns+") VALUES (?, ?, ?, ?, ?, ?, 0, NULL, ?, NULL, '', 0, '')",
			NewID(), t.ID, sql.NullString{String: run, Valid: run != ""}, to.kind, to.address, stored(at), stored(at))
		if err != nil {
			return err
		}
	}
	return nil
}

// Ping keeps that everybody who hears of a test is to get a ping, which is tried once.
func (s *Store) Ping(ctx context.Context, test string, at time.Time) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		t, err := one(ctx, tx, scanTest, tests+"WHERE id = ?", test)
		if err != nil {
			return err
		}
		return tellAll(ctx, tx, t, "", at)
	})
}

// Verdict is what a run came to; "" where it was not judged.
func (r Run) Verdict() result.Verdict {
	if r.Summary == nil {
		return ""
	}
	return r.Summary.Index.Verdict
}

const (
	deliveryColumns = "id, test, run, kind, address, since, tries, tried, due, done, problem, status, answer"
	deliveries      = "SELECT " + deliveryColumns + " FROM delivery "
)

// DueDeliveries are those whose time has come, the longest due first, at most so many.
func (s *Store) DueDeliveries(ctx context.Context, now time.Time, most int) ([]Delivery, error) {
	return all(ctx, s.db, scanDelivery, deliveries+"WHERE due <= ? ORDER BY due, rowid LIMIT ?", stored(now), most)
}

// Delivery is the delivery with an identifier.
func (s *Store) Delivery(ctx context.Context, id string) (Delivery, error) {
	return one(ctx, s.db, scanDelivery, deliveries+"WHERE id = ?", id)
}

// DeliveriesOf are those of a run, in the order in which they were to be made.
func (s *Store) DeliveriesOf(ctx context.Context, run string) ([]Delivery, error) {
	return all(ctx, s.db, scanDelivery, deliveries+"WHERE run = ? ORDER BY rowid", run)
}

// DeliveriesOfTest are those of a test, the newest first, without the first skip, at most so many.
func (s *Store) DeliveriesOfTest(ctx context.Context, test string, skip, most int) ([]Delivery, error) {
	return all(ctx, s.db, scanDelivery, deliveries+"WHERE test = ? ORDER BY rowid DESC LIMIT ? OFFSET ?", test, most, skip)
}

// Attempt is one try of a delivery.
type Attempt struct {
	At      time.Time
	Status  int    // that HTTP answered; 0 is none
	Answer  string // how that answer began
	Problem string // "" of one that was taken
}

// AttemptsOf are the tries of a delivery, the newest first.
func (s *Store) AttemptsOf(ctx context.Context, delivery string) ([]Attempt, error) {
	return all(ctx, s.db, scanAttempt, "SELECT at, status, answer, problem FROM attempt WHERE delivery = ? ORDER BY rowid DESC", delivery)
}

// Tried keeps what became of a try: its Tries, Tried, Due, Done, Problem, Status and Answer.
func (s *Store) Tried(ctx context.Context, d Delivery) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		err := found(tx.ExecContext(ctx, "UPDATE delivery SET tries = ?, tried = ?, due = ?, done = ?, problem = ?, status = ?, answer = ? WHERE id = ?",
			d.Tries, stored(d.Tried), stored(d.Due), stored(d.Done), d.Problem, d.Status, d.Answer, d.ID))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO attempt (delivery, at, status, answer, problem) VALUES (?, ?, ?, ?, ?)",
			d.ID, stored(d.Tried), d.Status, d.Answer, d.Problem)
		return err
	})
}

// Redeliver makes a delivery due again, with the same identifier, and for as long as a new one.
func (s *Store) Redeliver(ctx context.Context, id string, now time.Time) error {
	return found(s.db.ExecContext(ctx, "UPDATE delivery SET since = ?, due = ?, done = NULL, tries = 0 WHERE id = ?", stored(now), stored(now), id))
}

func scanDelivery(row *sql.Rows) (d Delivery, err error) {
	var run sql.NullString
	err = row.Scan(&d.ID, &d.Test, &run, &d.Kind, &d.Address, instant{&d.Since}, &d.Tries, instant{&d.Tried}, instant{&d.Due},
		instant{&d.Done}, &d.Problem, &d.Status, &d.Answer)
	d.Run = run.String
	return d, err
}

func scanAttempt(row *sql.Rows) (a Attempt, err error) {
	return a, row.Scan(instant{&a.At}, &a.Status, &a.Answer, &a.Problem)
}
