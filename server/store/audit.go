package store

import (
	"context"
	"database/sql"
	"time"
)

// Deed is what somebody did that others may have to know of.
type Deed string

// The deeds.
const (
	LoggedIn        Deed = "log-in"
	LogInFailed     Deed = "log-in failed"
	LogInRefused    Deed = "log-in refused" // too many had failed
	LoggedOut       Deed = "log-out"
	AccountMade     Deed = "account made"
	AccountRemoved  Deed = "account removed"
	PasswordChanged Deed = "password changed"
	KeyMade         Deed = "key made"
	KeyRevoked      Deed = "key revoked"
	HostAdded       Deed = "host added"
	HostVerified    Deed = "host verified"
	HostUnverified  Deed = "host no longer verified"
	HostDeleted     Deed = "host deleted"
	TestMade        Deed = "test made"
	TestArchived    Deed = "test archived"
	TestRestored    Deed = "test restored"
	TestDeleted     Deed = "test deleted"
	TellingChanged  Deed = "notifications changed"
	BadgeMade       Deed = "badge made"
	BadgeRemoved    Deed = "badge removed"
	ScheduleMade    Deed = "schedule made"
	ScheduleChanged Deed = "schedule changed"
	ScheduleDeleted Deed = "schedule deleted"
	ResultShared    Deed = "result shared"
	SharingEnded    Deed = "sharing ended"
	MailChanged     Deed = "mail changed"
	DefaultsChanged Deed = "defaults changed"
	Calibrated      Deed = "agents calibrated"
)

// By is who does something, from where, and when.
type By struct {
	At   time.Time
	Who  string // an account, or "API key NAME"; "" is whoever uses a server without accounts
	From string // the address; "" is the command line
}

// Line says that somebody did something.
type Line struct {
	By
	Did   Deed
	About string // what it was done to; no secret
}

// mostLines is how many lines of each deed are kept, so that failures, which anybody can make, displace
// nothing but failures.
const mostLines = 10_000

// Note keeps a line.
func (s *Store) Note(ctx context.Context, by By, did Deed, about string) error {
	return s.change(ctx, func(tx *sql.Tx) error { return note(ctx, tx, by, did, about) })
}

// note keeps a line together with what it says was done.
func note(ctx context.Context, tx *sql.Tx, by By, did Deed, about string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO audit (at, did, who, address, about) VALUES (?, ?, ?, ?, ?)", stored(by.At), did, by.Who, by.From, about)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM audit WHERE id <= (SELECT id FROM audit WHERE did = ? ORDER BY id DESC LIMIT 1 OFFSET ?) AND did = ?", did, mostLines, did)
	return err
}

// Audit are up to most lines behind the newest skip, the newest first.
func (s *Store) Audit(ctx context.Context, skip, most int) ([]Line, error) {
	return all(ctx, s.db, scanLine, "SELECT at, did, who, address, about FROM audit ORDER BY id DESC LIMIT ? OFFSET ?", most, skip)
}

// LoggedInFrom are the addresses from which an account has logged in since an instant.
func (s *Store) LoggedInFrom(ctx context.Context, account string, since time.Time) ([]string, error) {
	return all(ctx, s.db, func(row *sql.Rows) (a string, err error) { return a, row.Scan(&a) },
		"SELECT DISTINCT address FROM audit WHERE did = ? AND who = ? AND at >= ?", LoggedIn, account, stored(since))
}

func scanLine(row *sql.Rows) (l Line, err error) {
	return l, row.Scan(instant{&l.At}, &l.Did, &l.Who, &l.From, &l.About)
}
