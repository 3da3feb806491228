package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// Test is a scenario that is kept.
type Test struct {
	ID, Host string // identifiers, of the test and of the host that it loads
	Name     string
	Notes    string
	Scenario string // YAML
	// Secrets are what the scenario's variables stand for, by their names.
	Secrets  map[string]string
	Tags     []string
	Callback string // the address that hears of every end; "" is none
	Form     Kind   // what that address gets: Form or JSON
	Secret   string // signs what that address gets; "" is no signature
	Mail     string // who hears of it by mail; "" is nobody
	Tell     Tell   // which ends are told
	// Scheduled is when the test is to run once; zero is never.
	Scheduled time.Time
	// Token lets whoever has it run the test, and nothing else.
	Token string
	// Badge lets whoever has it see the last verdict, and nothing else; "" is nobody.
	Badge    string
	Created  time.Time
	Archived time.Time // zero for a test in use
}

const testColumns = "id, host, name, notes, scenario, secrets, tags, callback, mail, scheduled, token, created, archived, form, secret, tell, badge"

// AddTest keeps a test. Its host must be kept already.
func (s *Store) AddTest(ctx context.Context, t Test, by By) error {
	tags, err := json.Marshal(append([]string{}, t.Tags...))
	if err != nil {
		return err
	}
	secrets, err := json.Marshal(t.Secrets)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO test ("+testColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			t.ID, t.Host, t.Name, t.Notes, t.Scenario, string(secrets), string(tags), t.Callback, t.Mail, stored(t.Scheduled), t.Token, stored(t.Created), stored(t.Archived),
			t.Form, t.Secret, t.Tell, sql.NullString{String: t.Badge, Valid: t.Badge != ""})
		if err != nil {
			return err
		}
		return note(ctx, tx, by, TestMade, t.Name)
	})
}

// ofTest makes a change that is of one test, and says who made it. Of a test that is not kept the error is
// [ErrNotFound].
func (s *Store) ofTest(ctx context.Context, id string, by By, did Deed, query string, args ...any) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		t, err := one(ctx, tx, scanTest, tests+"WHERE id = ?", id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
		return note(ctx, tx, by, did, t.Name)
	})
}

// DeleteTest forgets a test and its runs. The directories of these stay.
func (s *Store) DeleteTest(ctx context.Context, id string, by By) error {
	return s.ofTest(ctx, id, by, TestDeleted, "DELETE FROM test WHERE id = ?", id)
}

// ArchiveTest takes a test out of use, or back: the zero time.
func (s *Store) ArchiveTest(ctx context.Context, id string, at time.Time, by By) error {
	did := TestArchived
	if at.IsZero() {
		did = TestRestored
	}
	return s.ofTest(ctx, id, by, did, "UPDATE test SET archived = ? WHERE id = ?", stored(at), id)
}

// RenewToken gives a test another token. The old one is worth nothing from then on.
func (s *Store) RenewToken(ctx context.Context, id, token string) error {
	return found(s.db.ExecContext(ctx, "UPDATE test SET token = ? WHERE id = ?", token, id))
}

// TellOf changes who hears of a test's ends, and how: its Callback, Form, Secret, Mail and Tell.
func (s *Store) TellOf(ctx context.Context, t Test, by By) error {
	return s.ofTest(ctx, t.ID, by, TellingChanged, "UPDATE test SET callback = ?, form = ?, secret = ?, mail = ?, tell = ? WHERE id = ?",
		t.Callback, t.Form, t.Secret, t.Mail, t.Tell, t.ID)
}

// RenewBadge gives a test another token of its badge, or none: "". The old one is worth nothing then.
func (s *Store) RenewBadge(ctx context.Context, id, badge string, by By) error {
	did := BadgeMade
	if badge == "" {
		did = BadgeRemoved
	}
	return s.ofTest(ctx, id, by, did, "UPDATE test SET badge = ? WHERE id = ?", sql.NullString{String: badge, Valid: badge != ""}, id)
}

// TestOfBadge is the test whose badge has that token.
func (s *Store) TestOfBadge(ctx context.Context, badge string) (Test, error) {
	return one(ctx, s.db, scanTest, tests+"WHERE badge = ?", badge)
}

const tests = "SELECT " + testColumns + " FROM test "

// Test is the test with an identifier.
func (s *Store) Test(ctx context.Context, id string) (Test, error) {
	return one(ctx, s.db, scanTest, tests+"WHERE id = ?", id)
}

// Tests are all of them, the newest first; inUse leaves out those that are archived.
func (s *Store) Tests(ctx context.Context, inUse bool) ([]Test, error) {
	return all(ctx, s.db, scanTest, tests+"WHERE archived IS NULL OR NOT ? ORDER BY created DESC, rowid DESC", inUse)
}

func scanTest(row *sql.Rows) (t Test, err error) {
	var secrets, tags string
	var badge sql.NullString
	err = row.Scan(&t.ID, &t.Host, &t.Name, &t.Notes, &t.Scenario, &secrets, &tags, &t.Callback, &t.Mail,
		instant{&t.Scheduled}, &t.Token, instant{&t.Created}, instant{&t.Archived}, &t.Form, &t.Secret, &t.Tell, &badge)
	if err != nil {
		return t, err
	}
	t.Badge = badge.String
	return t, errors.Join(json.Unmarshal([]byte(secrets), &t.Secrets), json.Unmarshal([]byte(tags), &t.Tags))
}
