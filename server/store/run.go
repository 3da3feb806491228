package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// State is how far a run has come.
type State string

// The states, in their order.
const (
	Queued  State = "queued"
	Running State = "running"
	Ended   State = "ended"
)

// Source is what asked for a run.
type Source string

// The sources.
const (
	ByAPI      Source = "api"
	ByPage     Source = "page"
	BySchedule Source = "schedule"
	ByToken    Source = "token" // of the test
	ByImport   Source = "import"
)

// Run is one run of a test, from the moment somebody asked for it.
type Run struct {
	ID, Test string // identifiers
	State    State
	Source   Source
	Asked    time.Time
	Started  time.Time // zero until then
	Ended    time.Time // zero until then
	// Share leads whoever has it to the result, and to nothing else; "" is nobody.
	Share string
	// Problem says why the run could not begin or not go on; "" is nothing.
	Problem string
	// Summary is what it came to; nil until it is judged.
	Summary *Summary
}

// ErrBusy says that a run is queued or running already.
var ErrBusy = errors.New("another run is queued or running")

// Ask queues a run of a test. alone refuses it with [ErrBusy] while any other is queued or running.
func (s *Store) Ask(ctx context.Context, test string, by Source, at time.Time, alone bool) (r Run, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		if _, err := one(ctx, tx, scanTest, tests+"WHERE id = ?", test); err != nil {
			return err
		}
		if alone {
			waiting, err := all(ctx, tx, scanRun, runs+unended+" LIMIT 1")
			if err != nil {
				return err
			}
			if len(waiting) > 0 {
				return ErrBusy
			}
		}
		r, err = ask(ctx, tx, test, by, at)
		return err
	})
	return r, err
}

// AskDue queues a run of every test whose hour has come, once: the hour is taken from it.
func (s *Store) AskDue(ctx context.Context, now time.Time) (asked []Run, err error) {
	const due = "WHERE scheduled <= ? AND archived IS NULL"
	if _, err := one(ctx, s.db, scanTest, tests+due, stored(now)); err != nil { // as a rule there is none
		if errors.Is(err, ErrNotFound) {
			return nil, nil
		}
		return nil, err
	}
	err = s.change(ctx, func(tx *sql.Tx) error {
		ts, err := all(ctx, tx, scanTest, tests+due+" ORDER BY scheduled, rowid", stored(now))
		if err != nil {
			return err
		}
		for _, t := range ts {
			r, err := ask(ctx, tx, t.ID, BySchedule, now)
			if err != nil {
				return err
			}
			asked = append(asked, r)
		}
		_, err = tx.ExecContext(ctx, "UPDATE test SET scheduled = NULL "+due, stored(now))
		return err
	})
	return asked, err
}

func ask(ctx context.Context, tx *sql.Tx, test string, by Source, at time.Time) (Run, error) {
	r := Run{ID: NewID(), Test: test, State: Queued, Source: by, Asked: at.UTC().Truncate(time.Millisecond)}
	if by != ByPage { // loader.io tells programs an address of every result
		r.Share = NewID()
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO run (id, test, state, source, asked, share, problem, summary) VALUES (?, ?, ?, ?, ?, ?, '', '')",
		r.ID, r.Test, r.State, r.Source, stored(r.Asked), r.Share)
	return r, err
}

// Take makes the run that has been queued for longest a running one. Without any the error is
// [ErrNotFound].
func (s *Store) Take(ctx context.Context, now time.Time) (r Run, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		if r, err = one(ctx, tx, scanRun, runs+"WHERE state = 'queued'"+inOrder+" LIMIT 1"); err != nil {
			return err
		}
		r.State, r.Started = Running, now.UTC().Truncate(time.Millisecond)
		_, err := tx.ExecContext(ctx, "UPDATE run SET state = ?, started = ? WHERE id = ?", r.State, stored(r.Started), r.ID)
		return err
	})
	return r, err
}

// End notes what became of a run that was queued or running, and that whoever wants to hear of it is
// to be told. Of one that has ended it is [ErrNotFound].
func (s *Store) End(ctx context.Context, id string, at time.Time, problem string, summary *Summary) error {
	text, err := summaryText(summary)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		err := found(tx.ExecContext(ctx, "UPDATE run SET state = 'ended', ended = ?, problem = ?, summary = ? WHERE id = ? AND state <> 'ended'",
			stored(at), problem, text, id))
		if err != nil {
			return err
		}
		return tell(ctx, tx, id, at)
	})
}

const (
	runColumns = "id, test, state, source, asked, started, ended, share, problem, summary"

	runs    = "SELECT " + runColumns + " FROM run "
	inOrder = " ORDER BY asked, rowid"
	unended = "WHERE state <> 'ended'" + inOrder
)

// Run is the run with an identifier.
func (s *Store) Run(ctx context.Context, id string) (Run, error) {
	return one(ctx, s.db, scanRun, runs+"WHERE id = ?", id)
}

// SharedRun is the run to which a token of its own leads.
func (s *Store) SharedRun(ctx context.Context, token string) (Run, error) {
	return one(ctx, s.db, scanRun, runs+"WHERE share = ? AND share <> ''", token)
}

// Share gives a run another token, or none: "". The old one leads nowhere from then on.
func (s *Store) Share(ctx context.Context, id, token string, by By) error {
	did := ResultShared
	if token == "" {
		did = SharingEnded
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		if err := found(tx.ExecContext(ctx, "UPDATE run SET share = ? WHERE id = ?", token, id)); err != nil {
			return err
		}
		r, err := one(ctx, tx, scanRun, runs+"WHERE id = ?", id)
		if err != nil {
			return err
		}
		t, err := one(ctx, tx, scanTest, tests+"WHERE id = ?", r.Test)
		if err != nil {
			return err
		}
		return note(ctx, tx, by, did, t.Name+", asked for at "+r.Asked.Format(time.DateTime))
	})
}

// RunsOf are the runs of a test, the newest first.
func (s *Store) RunsOf(ctx context.Context, test string) ([]Run, error) {
	return all(ctx, s.db, scanRun, runs+"WHERE test = ? ORDER BY asked DESC, rowid DESC", test)
}

// SomeRunsOf are up to most runs of a test behind the newest skip, the newest first.
func (s *Store) SomeRunsOf(ctx context.Context, test string, skip, most int) ([]Run, error) {
	return all(ctx, s.db, scanRun, runs+"WHERE test = ? ORDER BY asked DESC, rowid DESC LIMIT ? OFFSET ?", test, most, skip)
}

// CountRunsOf is how many runs a test has.
func (s *Store) CountRunsOf(ctx context.Context, test string) (n int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT count(*) FROM run WHERE test = ?", test).Scan(&n)
	return n, err
}

// NewestEnded is the newest run of a test that has ended.
func (s *Store) NewestEnded(ctx context.Context, test string) (Run, error) {
	return one(ctx, s.db, scanRun, runs+"WHERE test = ? AND state = 'ended' ORDER BY asked DESC, rowid DESC LIMIT 1", test)
}

// LatestRuns are up to most runs of each test, the newest first, by the test.
func (s *Store) LatestRuns(ctx context.Context, most int) (map[string][]Run, error) {
	// The index has all that ranks them; what they came to is read of those alone that are asked for.
	const ranked = `SELECT rowid, row_number() OVER (PARTITION BY test ORDER BY asked DESC, rowid DESC) AS nth FROM run`
	latest, err := all(ctx, s.db, scanRun, runs+"WHERE rowid IN (SELECT rowid FROM ("+ranked+") WHERE nth <= ?) ORDER BY test, asked DESC, rowid DESC", most)
	of := map[string][]Run{}
	for _, r := range latest {
		of[r.Test] = append(of[r.Test], r)
	}
	return of, err
}

// Waiting are the runs that have not ended, in the order in which they were asked for.
func (s *Store) Waiting(ctx context.Context) ([]Run, error) {
	return all(ctx, s.db, scanRun, runs+unended)
}

func scanRun(row *sql.Rows) (r Run, err error) {
	var summary string
	err = row.Scan(&r.ID, &r.Test, &r.State, &r.Source, instant{&r.Asked}, instant{&r.Started}, instant{&r.Ended}, &r.Share, &r.Problem, &summary)
	if err != nil || summary == "" {
		return r, err
	}
	return r, json.Unmarshal([]byte(summary), &r.Summary)
}
