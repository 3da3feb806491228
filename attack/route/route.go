// Package route says where connections lead. Every address that the program dials, for load or
// for anything before it, comes from a [Table]: names are looked up in one place, every address
// is judged before it is used, and what was judged is what is dialled. A name that leads
// elsewhere the next time it is asked (DNS rebinding) is judged again.
//
// # Names with several addresses
//
// They are used in turn: each new connection begins at the next one, whoever opens it, and
// goes on to those after it where it is refused. Their order is the resolver's.
//
// # How long an answer is good
//
// Go's resolver does not tell a record's time to live. So a name is asked again when its answer
// is older than [Table.Every], while connections go on with the old one: a load must not wait
// for a name server, which would be booked as the target's time.
package route

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Resolver looks up the addresses of a name; [net.Resolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Hop is a connection to be made.
type Hop struct {
	// Origin is what requests on it are for. Public addresses must prove that its owner
	// wants the load.
	Origin Origin
	// To is what is dialled for it, host:port, several with commas between; "" is the origin's
	// own address.
	To string
}

// Bounds of what strangers decide: a target picks where its redirects lead, a name server
// how many addresses a name has. Finding out about a name includes the proof of ownership.
const (
	maxHops       = 1000
	maxAddresses  = 256
	lookupTimeout = 10 * time.Second
	askTimeout    = 2 * time.Minute
)

// RefusedError says that a hop leads to an address that must not be dialled.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Errors of a [Table].
var (
	// ErrUnasked says that a hop's addresses are not known yet: [Table.Ask] finds them.
	ErrUnasked = errors.New("not looked up yet")
	// ErrTooMany says that more different hops were asked for than a table holds.
	ErrTooMany = errors.New("too many different hosts")
	// ErrPublic is what a table without a Judge says of addresses that are not private.
	ErrPublic = errors.New("not a private address")
)

// Table knows the addresses of a run. The zero value asks the system's resolver once for each
// name and lets private addresses through. Its methods may be called from several goroutines; its fields
// must be set before the first call.
type Table struct {
	// Resolver is asked for the addresses of names; nil is the system's.
	Resolver Resolver
	// Every is how old an answer may become before the name is asked again; 0 is the whole run.
	Every time.Duration
	// Judge says why an address must not be dialled for an origin, nil where it may; a nil
	// Judge allows private ones only.
	Judge func(context.Context, Origin, netip.AddrPort) error

	mu   sync.Mutex
	hops map[Hop]*entry
}

// entry is what is known of a hop: its addresses, or why it has none that may be dialled.
type entry struct {
	addresses []netip.AddrPort
	refused   error
	asked     time.Time
	turn      int
	asking    *asking // nil: nobody is
}

func (e *entry) known() bool { return e.refused != nil || len(e.addresses) > 0 }

// asking is a lookup under way.
type asking struct {
	done chan struct{} // closed at its end
	err  error         // then: why nothing is known
}

// Turn is the addresses for one connection, in the order in which to try them.
type Turn struct {
	addresses []netip.AddrPort
	first     int
}

// Len is how many there are.
func (t Turn) Len() int { return len(t.addresses) }

// At is the i-th to try, from 0.
func (t Turn) At(i int) netip.AddrPort { return t.addresses[(t.first+i)%len(t.addresses)] }

// Next is the addresses for a new connection. It never waits: of a hop that was never asked for
// it says [ErrUnasked], and one whose answer is old is asked again meanwhile.
func (t *Table) Next(h Hop) (Turn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.hops[h]
	if e == nil || !e.known() {
		return Turn{}, ErrUnasked
	}
	if t.Every > 0 && e.asking == nil && time.Since(e.asked) >= t.Every {
		t.begin(h, e)
	}
	if e.refused != nil {
		return Turn{}, e.refused
	}
	e.turn++
	return Turn{e.addresses, (e.turn - 1) % len(e.addresses)}, nil
}

// Ask waits until the addresses of a hop are known. The error is that of the lookup, or a
// [*RefusedError]: one of them must not be dialled.
func (t *Table) Ask(ctx context.Context, h Hop) error {
	t.mu.Lock()
	e := t.hops[h]
	switch {
	case e != nil && e.known():
		defer t.mu.Unlock()
		return e.refused
	case e == nil && len(t.hops) >= maxHops:
		t.mu.Unlock()
		return ErrTooMany
	case e == nil:
		e = new(entry)
		if t.hops == nil {
			t.hops = make(map[Hop]*entry)
		}
		t.hops[h] = e
	}
	if e.asking == nil {
		t.begin(h, e)
	}
	a := e.asking
	t.mu.Unlock()
	select {
	case <-a.done:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Dial opens a connection to one of a hop's addresses, the one whose turn it is first. dial is
// given one address at a time; nil is a plain dialer's. The error is that of the first.
func (t *Table) Dial(ctx context.Context, h Hop, dial func(context.Context, netip.AddrPort) (net.Conn, error)) (net.Conn, netip.AddrPort, error) {
	turn, err := t.turn(ctx, h)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	if dial == nil {
		dial = dialTCP
	}
	var first error
	for i := range turn.Len() {
		to := turn.At(i)
		c, err := dial(ctx, to)
		if err == nil {
			return c, to, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, netip.AddrPort{}, first
}

// Permit says why a hop must not be dialled, nil where it may: for connections that somebody
// else opens in our name.
func (t *Table) Permit(ctx context.Context, h Hop) error {
	_, err := t.turn(ctx, h)
	return err
}

// turn is [Table.Next], after a wait where that is needed.
func (t *Table) turn(ctx context.Context, h Hop) (Turn, error) {
	turn, err := t.Next(h)
	if errors.Is(err, ErrUnasked) {
		if err = t.Ask(ctx, h); err == nil {
			turn, err = t.Next(h)
		}
	}
	return turn, err
}

func dialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", to.String())
}

// begin has a hop looked up, for whoever wants to know: no single caller can end it. The lock
// is held.
func (t *Table) begin(h Hop, e *entry) {
	a := &asking{done: make(chan struct{})}
	e.asking = a
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		defer cancel()
		addresses, err := t.lookUp(ctx, h)
		if err == nil {
			err = t.judge(ctx, h.Origin, addresses)
		} else {
			addresses = nil
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		a.err = err
		e.learn(addresses, err)
		close(a.done)
	}()
}

// learn takes the answer of a lookup. Where there was none, what was known before stays: a name
// server that is down must not end a run. Addresses that may not be dialled replace those that might.
func (e *entry) learn(addresses []netip.AddrPort, err error) {
	e.asking, e.asked = nil, time.Now()
	switch {
	case len(addresses) == 0:
	case err != nil:
		e.addresses, e.refused = nil, err
	default:
		e.refused = nil
		if !sameSet(e.addresses, addresses) { // name servers shuffle; turns go on
			e.addresses = addresses
		}
	}
}

func sameSet(a, b []netip.AddrPort) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x netip.AddrPort) bool { return !slices.Contains(b, x) })
}

// lookUp finds the addresses of a hop, each once.
func (t *Table) lookUp(ctx context.Context, h Hop) ([]netip.AddrPort, error) {
	to := h.To
	if to == "" {
		to = h.Origin.Address
	}
	var found []netip.AddrPort
	for _, address := range strings.Split(to, ",") {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is no port", address, port)
		}
		ips, err := t.addressesOf(ctx, host)
		if err != nil {
			return nil, err
		}
		for _, ip := range ips {
			if a := netip.AddrPortFrom(ip.Unmap(), uint16(n)); !slices.Contains(found, a) {
				found = append(found, a)
			}
		}
	}
	return found[:min(len(found), maxAddresses)], nil
}

func (t *Table) addressesOf(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	var r Resolver = net.DefaultResolver
	if t.Resolver != nil {
		r = t.Resolver
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	ips, err := r.LookupNetIP(ctx, "ip", host)
	if err == nil && len(ips) == 0 {
		err = &net.DNSError{Err: "the name has no address", Name: host, IsNotFound: true}
	}
	return ips, err
}

// judge refuses a hop for any of its addresses: a name that leads to the user's machine and to
// somebody else's is not half allowed.
func (t *Table) judge(ctx context.Context, o Origin, addresses []netip.AddrPort) error {
	for _, a := range addresses {
		switch {
		case t.Judge != nil:
			if err := t.Judge(ctx, o, a); err != nil {
				return &RefusedError{err}
			}
		case KindOf(a.Addr()) != Private:
			return &RefusedError{fmt.Errorf("%s leads to %s: %w", o.Name(), a.Addr(), ErrPublic)}
		}
	}
	return nil
}
