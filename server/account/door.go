package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/stress-tool/stress/server/store"
)

// Door lets people in to a server's pages. Make one by [NewDoor].
type Door struct {
	store   *store.Store
	limit   *limiter
	hashing chan struct{} // holds one: hashes take the processors that load is made with
	waiting chan struct{} // those that may wait for it
}

// NewDoor is the door of a store.
func NewDoor(s *store.Store) *Door {
	return &Door{store: s, limit: newLimiter(), hashing: make(chan struct{}, 1), waiting: make(chan struct{}, mostWaiting)}
}

// How long a session goes on: so long after it was last used, and after its log-in whatever happens.
const (
	Idle     = 12 * time.Hour
	Absolute = 7 * 24 * time.Hour
)

const (
	mostWaiting = 16                  // log-ins that wait for the one that is looked at
	knownFor    = 30 * 24 * time.Hour // that an address counts as one of an account
	usedEvery   = time.Minute         // that the use of a session is noted
)

// Errors of log-ins. Nothing in them tells which accounts there are.
var (
	ErrWrong  = errors.New("there is no account of that name with that password")
	ErrBusy   = errors.New("too many log in at once: try again in a few seconds")
	ErrNoUser = errors.New("nobody is logged in")
)

// WaitError says that too many log-ins have failed, and how long the next is refused.
type WaitError struct{ Wait time.Duration }

func (e *WaitError) Error() string {
	return fmt.Sprintf("too many log-ins have failed: try again in %d s", e.Seconds())
}

// Seconds are those to wait, rounded up.
func (e *WaitError) Seconds() int { return int((e.Wait + time.Second - 1) / time.Second) }

// LogIn makes a session, always a new one, and returns its token: 256 random bits.
func (d *Door) LogIn(ctx context.Context, typed, password string, from netip.Addr) (token string, err error) {
	name, _ := Name(typed) // what is no name is no account's
	now := time.Now()
	by := store.By{At: now, From: from.String()}
	known, err := d.known(ctx, name, from, now)
	if err != nil {
		return "", err
	}
	if wait, first := d.limit.try(name, from, known, now); wait > 0 {
		if first {
			by.Who, err = d.whose(ctx, name)
			err = errors.Join(err, d.store.Note(ctx, by, store.LogInRefused, ""))
		}
		return "", errors.Join(&WaitError{wait}, err)
	}
	if err := d.correct(ctx, name, password); err != nil {
		if errors.Is(err, ErrWrong) {
			var nerr error
			by.Who, nerr = d.whose(ctx, name)
			err = errors.Join(err, nerr, d.store.Note(ctx, by, store.LogInFailed, ""))
		}
		return "", err
	}
	d.limit.succeeded(name, from)
	token = newToken()
	by.Who = name
	return token, d.store.AddSession(ctx, token, store.Session{Account: name, Created: now, Used: now}, now.Add(-Absolute), now.Add(-Idle), by)
}

// newToken is the token of a session.
func newToken() string {
	var b [32]byte
	rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// whose is a name that was typed, where it is an account's: others are as likely a password, in the wrong
// field, as a name.
func (d *Door) whose(ctx context.Context, name string) (string, error) {
	_, err := d.store.Account(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return "(no account)", nil
	}
	return name, err
}

// known reports that an account has logged in from an address before.
func (d *Door) known(ctx context.Context, name string, from netip.Addr, now time.Time) (bool, error) {
	before, err := d.store.LoggedInFrom(ctx, name, now.Add(-knownFor))
	return slices.ContainsFunc(before, func(text string) bool {
		a, err := netip.ParseAddr(text)
		return err == nil && network(a) == network(from)
	}), err
}

// correct returns nil where the password is the account's, and takes as long where there is no such account.
func (d *Door) correct(ctx context.Context, name, password string) error {
	a, err := d.store.Account(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		a.Password, err = nobodys, nil
	}
	if err != nil {
		return err
	}
	ok := false
	if err := d.alone(ctx, func() { ok = Matches(a.Password, password) }); err != nil {
		return err
	}
	if !ok || a.Name == "" {
		return ErrWrong
	}
	return nil
}

// alone computes a hash while nobody else does: each takes 64 MiB and the processors.
func (d *Door) alone(ctx context.Context, f func()) error {
	select {
	case d.waiting <- struct{}{}:
	default:
		return ErrBusy
	}
	defer func() { <-d.waiting }()
	select {
	case d.hashing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.hashing }()
	f()
	return nil
}

// User is the account whose session has that token. Without one the error is [ErrNoUser].
func (d *Door) User(ctx context.Context, token string) (string, error) {
	if token == "" {
		return "", ErrNoUser
	}
	v, err := d.store.Session(ctx, token)
	now := time.Now()
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !now.Before(until(v)):
		return "", ErrNoUser
	case err != nil:
		return "", err
	}
	if now.Sub(v.Used) >= usedEvery {
		d.store.UseSession(ctx, token, now) // a full disk keeps nobody from reading
	}
	return v.Account, nil
}

// until is when a session ends by time, unless it is used again.
func until(v store.Session) time.Time {
	idle, absolute := v.Used.Add(Idle), v.Created.Add(Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// While is a context that ends with a session, too, and of nobody's, "", once there is an account: of answers that
// go on for long. To look at one is no use of the session.
func (d *Door) While(ctx context.Context, token string) (context.Context, context.CancelFunc) {
	return d.store.While(ctx, func(ctx context.Context) (time.Time, error) {
		if token == "" {
			all, err := d.store.Accounts(ctx)
			if err == nil && len(all) > 0 {
				err = store.ErrNotFound
			}
			return time.Time{}, err
		}
		v, err := d.store.Session(ctx, token)
		if err == nil && !time.Now().Before(until(v)) {
			err = store.ErrNotFound
		}
		return until(v), err
	})
}

// LogOut ends a session. One that has ended already is no error.
func (d *Door) LogOut(ctx context.Context, token string, by store.By) error {
	if err := d.store.EndSession(ctx, token, by); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// Add keeps an account.
func (d *Door) Add(ctx context.Context, typed, password string, by store.By) error {
	name, err := Name(typed)
	if err == nil {
		err = CheckPassword(name, password)
	}
	if err != nil {
		return &InvalidError{err}
	}
	return d.store.AddAccount(ctx, store.Account{Name: name, Password: Hash(password), Created: by.At}, by)
}

// Change gives the account of a session another password and ends its other sessions; the present password
// is wanted, so that whoever finds a browser open cannot keep its user out.
func (d *Door) Change(ctx context.Context, name, present, password, token string, by store.By) error {
	if err := CheckPassword(name, password); err != nil {
		return &InvalidError{err}
	}
	address, _ := netip.ParseAddr(by.From)
	if wait, _ := d.limit.try(name, address, true, by.At); wait > 0 {
		return &WaitError{wait}
	}
	if err := d.correct(ctx, name, present); err != nil {
		return err
	}
	d.limit.succeeded(name, address)
	return d.store.ChangePassword(ctx, name, Hash(password), token, by)
}

// Remove forgets an account and ends its sessions; not the last one, without which everybody would come in.
func (d *Door) Remove(ctx context.Context, name string, by store.By) error {
	return d.store.RemoveAccount(ctx, name, false, by)
}

// InvalidError says what is wrong with a name or a password.
type InvalidError struct{ Err error }

func (e *InvalidError) Error() string { return e.Err.Error() }
func (e *InvalidError) Unwrap() error { return e.Err }
