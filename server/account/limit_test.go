package account

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	noon  = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	home  = netip.MustParseAddr("192.0.2.1")
	third = netip.MustParseAddr("2001:db8::1")
)

// addressAt is the nth address of a network that nobody has.
func addressAt(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 18, byte(n >> 8), byte(n)})
}

// tried counts how many of so many tries, one a second, are looked at.
func tried(l *limiter, account string, known bool, seconds int, from func(n int) netip.Addr) (looked int) {
	for n := range seconds {
		if wait, _ := l.try(account, from(n), known, noon.Add(time.Duration(n)*time.Second)); wait == 0 {
			looked++
		}
	}
	return looked
}

func TestGuessesBecomeRare(t *testing.T) {
	// An hour at one a second: five are free, then 1 + 2 + 4 + … + 60 s between two, and after ten from one
	// address up to five minutes.
	if n := tried(newLimiter(), "anna", false, 3600, func(int) netip.Addr { return home }); n < 20 || n > 40 {
		t.Errorf("from one address %d of 3600 guesses are looked at", n)
	}
	if n := tried(newLimiter(), "anna", false, 3600, addressAt); n < 55 || n > 75 {
		t.Errorf("from 3600 addresses %d guesses are looked at", n)
	}
	l := newLimiter()
	looked := 0
	for n := range 3600 { // an account each
		if wait, _ := l.try("account"+strconv.Itoa(n), home, false, noon.Add(time.Duration(n)*time.Second)); wait == 0 {
			looked++
		}
	}
	if looked > 35 {
		t.Errorf("with 3600 accounts from one address %d guesses are looked at", looked)
	}
}

// However often others fail: from an address that the account has used before it gets in, and from any other
// one within a minute in which nobody else tries.
func TestNobodyIsLockedOutForEver(t *testing.T) {
	l := newLimiter()
	tried(l, "anna", false, 36_000, addressAt)
	now := noon.Add(36_000 * time.Second)
	if wait, _ := l.try("anna", home, true, now); wait > 0 {
		t.Errorf("from where she was before she waits %v", wait)
	}
	l.succeeded("anna", home)
	tried(l, "anna", false, 36_000, addressAt)
	if wait, _ := l.try("anna", third, false, now); wait > mostOfAccount {
		t.Errorf("from elsewhere she waits %v", wait)
	}
	if wait, _ := l.try("anna", third, false, now.Add(mostOfAccount)); wait > 0 {
		t.Errorf("a minute later she waits %v", wait)
	}
	if wait, _ := l.try("anna", home, false, now.Add(mostOfAccount+forgotten)); wait > 0 {
		t.Errorf("an hour later she waits %v", wait)
	}
}

func TestTheFirstRefusalIsTold(t *testing.T) {
	l := newLimiter()
	told := 0
	for range 100 {
		if _, first := l.try("anna", home, false, noon); first {
			told++
		}
	}
	if told != 1 {
		t.Errorf("it is told %d times", told)
	}
}

// Whoever owns a network of IPv6 has one address, and an IPv4 address is one alone.
func TestNetworksOfIPv6AreOne(t *testing.T) {
	if network(netip.MustParseAddr("2001:db8::1")) != network(netip.MustParseAddr("2001:db8::ffff:1")) {
		t.Error("two addresses of a /64 are two")
	}
	if network(netip.MustParseAddr("192.0.2.1")) == network(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two addresses of IPv4 are one")
	}
	newLimiter().try("x", netip.Addr{}, false, noon) // an unknown one is one, too
}

// Memory is bounded whatever comes.
func TestTheLimiterIsBounded(t *testing.T) {
	l := newLimiter()
	for n := range mostAddresses + 100 {
		l.try(strconv.Itoa(n), addressAt(n), false, noon.Add(time.Duration(n)))
	}
	if len(l.addresses) > mostAddresses {
		t.Errorf("%d addresses are kept", len(l.addresses))
	}
	if wait, _ := l.try("x", addressAt(mostAddresses+99), false, noon); len(l.addresses) > mostAddresses || wait > time.Minute {
		t.Errorf("the newest is forgotten, or waits %v", wait)
	}
}

// Nobody who is let try waits, and a wait is never longer than its bound.
func TestWaitsAreWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLimiter()
		now := noon
		for range rapid.IntRange(1, 200).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "pause")) * time.Second)
			account := rapid.SampledFrom([]string{"anna", "ben"}).Draw(t, "account")
			from := rapid.SampledFrom([]netip.Addr{home, third}).Draw(t, "from")
			known := rapid.Bool().Draw(t, "known")
			wait, _ := l.try(account, from, known, now)
			if wait < 0 || wait > mostOfAddress {
				t.Fatalf("a wait of %v", wait)
			}
			if wait == 0 && rapid.Bool().Draw(t, "right") {
				l.succeeded(account, from)
				if again, _ := l.try(account, from, true, now); again > 0 && l.address(from).failed < freeOfAddress {
					t.Fatalf("after a success it waits %v", again)
				}
			}
		}
	})
}
