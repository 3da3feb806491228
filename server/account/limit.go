package account

import (
	"container/list"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// A few tries that fail are free, of an account and of an address. Each one more doubles the time in which
// the next is refused, up to a bound, and after a while without any all is forgotten.
const (
	freeOfAccount = 5
	freeOfAddress = 10
	mostOfAccount = time.Minute
	mostOfAddress = 5 * time.Minute
	forgotten     = time.Hour
)

// Bounds of memory. Of accounts, names share fixed places, so that names which are made up displace none;
// of addresses the one that tried longest ago gives way.
const (
	accountPlaces = 1 << 12
	mostAddresses = 1 << 14
)

// tries are those that failed one after the other.
type tries struct {
	failed int
	last   time.Time
	until  time.Time // the next is refused before
	told   bool      // that it is
}

// limiter says who may try to log in.
type limiter struct {
	mu        sync.Mutex
	seed      maphash.Seed // so that nobody can choose who shares a place
	accounts  [accountPlaces]tries
	addresses map[netip.Prefix]*list.Element
	recent    *list.List // of *fromAddress, that which tried last in front
}

// fromAddress are the tries from an address.
type fromAddress struct {
	at netip.Prefix
	tries
}

func newLimiter() *limiter {
	return &limiter{seed: maphash.MakeSeed(), addresses: map[netip.Prefix]*list.Element{}, recent: list.New()}
}

// network is what counts as one address: of IPv6 a network, of which its owner has every address.
func network(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the zero prefix of no address
	return p
}

// try counts a try as one that failed, before it is looked at, so that those made at once count as those
// made one after the other. It returns how long the caller has to wait, 0 where it may go on, and whether
// it is the first that has to. known says that the account has logged in from there before: how often
// others failed with it does not count then.
func (l *limiter) try(account string, from netip.Addr, known bool, now time.Time) (wait time.Duration, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	address, name := l.address(from), l.account(account)
	for _, t := range []*tries{address, name} {
		if now.Sub(t.last) >= forgotten {
			*t = tries{}
		}
	}
	first = address.refuse(now, &wait)
	if !known {
		first = name.refuse(now, &wait) || first
	}
	if wait > 0 {
		return wait, first
	}
	address.fail(now, freeOfAddress, mostOfAddress)
	if !known {
		name.fail(now, freeOfAccount, mostOfAccount)
	}
	return 0, false
}

// succeeded takes back what [limiter.try] has counted.
func (l *limiter) succeeded(account string, from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.address(from) // the others of that address have failed all the same
	t.failed, t.until = max(0, t.failed-1), time.Time{}
	*l.account(account) = tries{}
}

func (l *limiter) account(name string) *tries {
	return &l.accounts[maphash.String(l.seed, name)%accountPlaces]
}

func (l *limiter) address(from netip.Addr) *tries {
	at := network(from)
	if e := l.addresses[at]; e != nil {
		l.recent.MoveToFront(e)
		return &e.Value.(*fromAddress).tries
	}
	if len(l.addresses) >= mostAddresses {
		oldest := l.recent.Remove(l.recent.Back()).(*fromAddress)
		delete(l.addresses, oldest.at)
	}
	t := &fromAddress{at: at}
	l.addresses[at] = l.recent.PushFront(t)
	return &t.tries
}

// refuse makes a wait no shorter than these tries ask for, and reports that it is the first to hear of it.
func (t *tries) refuse(now time.Time, wait *time.Duration) bool {
	left := t.until.Sub(now)
	if left <= 0 {
		return false
	}
	*wait = max(*wait, left)
	first := !t.told
	t.told = true
	return first
}

func (t *tries) fail(now time.Time, free int, most time.Duration) {
	t.failed++
	t.last, t.told = now, false
	if over := t.failed - free; over >= 0 {
		t.until = now.Add(min(time.Second<<min(over, 20), most))
	}
}
