package store

import (
	"cmp"
	"context"
	"database/sql"
	"time"
)

// Missed is what becomes of a time that passed while no server ran.
type Missed string

// What becomes of it.
const (
	RunMissed  Missed = "run" // once, however many times have passed
	SkipMissed Missed = "skip"
)

// Schedule is when a test runs by itself, again and again.
type Schedule struct {
	ID, Test string        // identifiers
	Cron     string        // an expression of five fields; "" is an interval
	Every    time.Duration // that interval, in milliseconds; 0 is none
	Zone     string        // a name of IANA's, such as Europe/Berlin
	Missed   Missed
	Created  time.Time // intervals count from then
	Next     time.Time // when it is due; zero while it is paused
	Last     time.Time // when it last queued a run; zero is never
	Note     string    // why its latest time queued none; "" is nothing
}

// AddSchedule keeps a schedule. Its test must be kept already.
func (s *Store) AddSchedule(ctx context.Context, c Schedule, by By) error {
	return s.ofSchedule(ctx, c, by, ScheduleMade, "INSERT INTO schedule ("+scheduleColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		c.ID, c.Test, c.Cron, c.Every.Milliseconds(), c.Zone, c.Missed, stored(c.Created), stored(c.Next), stored(c.Last), c.Note)
}

// ofSchedule makes a change that is of one schedule, and says who made it.
func (s *Store) ofSchedule(ctx context.Context, c Schedule, by By, did Deed, query string, args ...any) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		t, err := one(ctx, tx, scanTest, tests+"WHERE id = ?", c.Test)
		if err != nil {
			return err
		}
		if err := found(tx.ExecContext(ctx, query, args...)); err != nil {
			return err
		}
		return note(ctx, tx, by, did, t.Name+": "+c.words())
	})
}

// words say when a schedule is due.
func (c Schedule) words() string {
	rule := cmp.Or(c.Cron, "every "+c.Every.String()) + ", " + c.Zone
	if c.Next.IsZero() {
		rule += ", paused"
	}
	return rule
}

// ChangeSchedule keeps another rule for a schedule, and when it is due by that.
func (s *Store) ChangeSchedule(ctx context.Context, c Schedule, by By) error {
	return s.ofSchedule(ctx, c, by, ScheduleChanged, "UPDATE schedule SET cron = ?, every = ?, zone = ?, missed = ?, created = ?, next = ?, note = '' WHERE id = ?",
		c.Cron, c.Every.Milliseconds(), c.Zone, c.Missed, stored(c.Created), stored(c.Next), c.ID)
}

// DeleteSchedule forgets a schedule. What it has queued stays so.
func (s *Store) DeleteSchedule(ctx context.Context, id string, by By) error {
	c, err := s.Schedule(ctx, id)
	if err != nil {
		return err
	}
	return s.ofSchedule(ctx, c, by, ScheduleDeleted, "DELETE FROM schedule WHERE id = ?", id)
}

// Fire takes from a schedule the time it is due at and gives it the next one, and queues a run unless
// skip says why not. While a run of the test has not ended there is none either: runs of one schedule do
// not pile up. It does all of that or nothing, so a kill leaves the time due, or its run queued. queued
// reports whether there is a run. Of a schedule that is due at another time meanwhile the error is
// [ErrNotFound].
func (s *Store) Fire(ctx context.Context, c Schedule, next time.Time, skip string, now time.Time) (queued bool, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		going, err := all(ctx, tx, scanRun, runs+"WHERE test = ? AND state <> 'ended' LIMIT 1", c.Test)
		if err != nil {
			return err
		}
		if len(going) > 0 && skip == "" {
			skip = "the run before it had not ended"
		}
		last := c.Last
		if queued = skip == ""; queued {
			last = now
		} else {
			skip = c.Next.UTC().Format(time.RFC3339) + ": " + skip
		}
		err = found(tx.ExecContext(ctx, "UPDATE schedule SET next = ?, last = ?, note = ? WHERE id = ? AND next = ?",
			stored(next), stored(last), skip, c.ID, stored(c.Next)))
		if err != nil || !queued {
			return err
		}
		_, err = ask(ctx, tx, c.Test, BySchedule, now)
		return err
	})
	return queued && err == nil, err
}

const (
	scheduleColumns = "id, test, cron, every, zone, missed, created, next, last, note"
	schedules       = "SELECT " + scheduleColumns + " FROM schedule "
)

// Schedule is the schedule with an identifier.
func (s *Store) Schedule(ctx context.Context, id string) (Schedule, error) {
	return one(ctx, s.db, scanSchedule, schedules+"WHERE id = ?", id)
}

// SchedulesOf are those of a test, in the order in which they were made.
func (s *Store) SchedulesOf(ctx context.Context, test string) ([]Schedule, error) {
	return all(ctx, s.db, scanSchedule, schedules+"WHERE test = ? ORDER BY rowid", test)
}

// Schedules are those of all tests: those that are due first, paused ones last.
func (s *Store) Schedules(ctx context.Context) ([]Schedule, error) {
	return all(ctx, s.db, scanSchedule, schedules+"ORDER BY next IS NULL, next, rowid")
}

// DueSchedules are those of tests in use whose time has come, the longest due first.
func (s *Store) DueSchedules(ctx context.Context, now time.Time) ([]Schedule, error) {
	return all(ctx, s.db, scanSchedule, schedules+"WHERE next <= ? AND test IN (SELECT id FROM test WHERE archived IS NULL) ORDER BY next, rowid", stored(now))
}

func scanSchedule(row *sql.Rows) (c Schedule, err error) {
	var every int64
	err = row.Scan(&c.ID, &c.Test, &c.Cron, &every, &c.Zone, &c.Missed, instant{&c.Created}, instant{&c.Next}, instant{&c.Last}, &c.Note)
	c.Every = time.Duration(every) * time.Millisecond
	return c, err
}
