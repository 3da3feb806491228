package account_test

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/server/account"
	"github.com/stress-tool/stress/server/store"
)

const password = "four words of mine"

var home = netip.MustParseAddr("192.0.2.1")

func door(t *testing.T) (*account.Door, *store.Store) {
	t.Helper()
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	d := account.NewDoor(s)
	if err := d.Add(t.Context(), "Anna", password, store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return d, s
}

func TestASessionEndsByTime(t *testing.T) {
	d, s := door(t)
	now := time.Now()
	for name, c := range map[string]struct {
		made, used time.Duration // ago
		fine       bool
	}{
		"new": {0, 0, true}, "in use": {time.Hour, time.Minute, true}, "idle": {account.Idle + time.Minute, account.Idle + time.Second, false},
		"old": {account.Absolute + time.Second, time.Second, false}, "nearly idle": {account.Idle, account.Idle - time.Minute, true},
		"nearly old": {account.Absolute - time.Minute, time.Second, true},
	} {
		v := store.Session{Account: "anna", Created: now.Add(-c.made), Used: now.Add(-c.used)}
		if err := s.AddSession(t.Context(), name, v, now.Add(-2*account.Absolute), now.Add(-2*account.Absolute), store.By{At: now}); err != nil {
			t.Fatal(err)
		}
		if who, err := d.User(t.Context(), name); (err == nil) != c.fine || c.fine && who != "anna" || !c.fine && !errors.Is(err, account.ErrNoUser) {
			t.Errorf("%s: %q, %v", name, who, err)
		}
	}
	// The next log-in forgets those that have ended.
	if _, err := d.LogIn(t.Context(), "anna", password, home); err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]bool{"new": true, "in use": true, "idle": false, "old": false, "nearly idle": true} {
		if _, err := s.Session(t.Context(), name); (err == nil) != there {
			t.Errorf("%s is there: %v", name, err)
		}
	}
}

// How long an answer takes does not tell which accounts there are.
func TestAnUnknownNameTakesAsLong(t *testing.T) {
	took := map[string][]time.Duration{}
	for range 3 {
		d, _ := door(t) // without failures from before
		for _, name := range []string{"anna", "nobody", "", "a\r\nb"} {
			from := time.Now()
			if _, err := d.LogIn(t.Context(), name, "a wrong password", home); !errors.Is(err, account.ErrWrong) {
				t.Fatalf("%q: %v", name, err)
			}
			took[name] = append(took[name], time.Since(from))
		}
	}
	least := func(name string) time.Duration { return slices.Min(took[name]) } // a busy machine only adds to it
	for name := range took {
		if ratio := float64(least(name)) / float64(least("anna")); ratio < 1/3. || ratio > 3 {
			t.Errorf("%q takes %.2f times as long as an account that is there: %v", name, ratio, took)
		}
	}
}

// Of many guesses at once no more are looked at than of as many one after the other.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	d, _ := door(t)
	var mu sync.Mutex
	wrong := 0
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			_, err := d.LogIn(t.Context(), "anna", "a wrong password", home)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, account.ErrWrong) {
				wrong++
			} else if !errors.As(err, new(*account.WaitError)) && !errors.Is(err, account.ErrBusy) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if wrong > 8 {
		t.Errorf("%d guesses are looked at", wrong)
	}
}

// While others guess, who has been there before gets in from there.
func TestGuessesOfOthersKeepNobodyOut(t *testing.T) {
	d, _ := door(t)
	if _, err := d.LogIn(t.Context(), "anna", password, home); err != nil {
		t.Fatal(err)
	}
	refused := false
	for n := range 12 {
		_, err := d.LogIn(t.Context(), "anna", "a wrong password", netip.AddrFrom4([4]byte{198, 18, 0, byte(n)}))
		refused = refused || errors.As(err, new(*account.WaitError))
	}
	if !refused {
		t.Error("nobody was refused")
	}
	if _, err := d.LogIn(t.Context(), "anna", password, home); err != nil {
		t.Errorf("from where she was before: %v", err)
	}
}

// What follows a session ends with it.
func TestWhileEndsWithItsSession(t *testing.T) {
	d, s := door(t)
	token, err := d.LogIn(t.Context(), "anna", password, home)
	if err != nil {
		t.Fatal(err)
	}
	ctx, done := d.While(t.Context(), token)
	defer done()
	if ctx.Err() != nil {
		t.Error("it has ended before its session")
	}
	if err := d.Add(t.Context(), "ben", password, store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove(t.Context(), "anna", store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if err := d.Remove(t.Context(), "ben", store.By{At: time.Now()}); !errors.Is(err, store.ErrLast) {
		t.Errorf("removing the last one: %v", err)
	}
	if all, err := s.Accounts(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("accounts %v, %v", all, err)
	}
}
