// Package route decides which addresses are dialled. Every address that the program dials, for load
// or before it, comes from a [Table]: names are looked up in one place, every address is judged
// before it is used, and exactly the judged address is dialled. If a later lookup of a name returns
// other addresses (DNS rebinding), those are judged too.
//
// # Names with several addresses
//
// The addresses are used in turn, in the resolver's order: each new connection tries the next one
// first, and those after it if that one refuses.
//
// # How long an answer is used
//
// Go's resolver does not return a record's time to live. So a name is looked up again when its
// answer is older than [Table.ResolveEvery]. Connections use the old answer meanwhile: a load must
// not wait for a name server, because that time would count as the target's.
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

// Resolver looks up the addresses of a name; [net.Resolver] implements it.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Hop is the destination of a connection.
type Hop struct {
	// Origin is the destination of the requests. Public addresses must prove that its owner
	// wants the load.
	Origin Origin
	// To is what is dialled instead: one or more host:port, separated by commas; "" dials the
	// origin's own address.
	To string
}

// Bounds on what others decide: a target chooses the destinations of its redirects, a name server
// how many addresses a name has. resolveTimeout includes the proof of ownership.
const (
	maxHops        = 1000
	maxAddresses   = 256
	lookupTimeout  = 10 * time.Second
	resolveTimeout = 2 * time.Minute
)

// RefusedError says that a hop leads to an address that must not be dialled.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Errors of a [Table].
var (
	// ErrUnresolved says that a hop's addresses are not known yet: [Table.Resolve] looks them up.
	ErrUnresolved = errors.New("not looked up yet")
	// ErrTooMany says that a table would need more hops than it holds.
	ErrTooMany = errors.New("too many different hosts")
	// ErrPublic is the error of a table without a Judge for addresses that are not private.
	ErrPublic = errors.New("not a private address")
)

// Table holds the addresses of a run. The zero value looks each name up once, with the system's
// resolver, and allows private addresses only. Its methods may be called from several goroutines;
// its fields must be set before the first call.
type Table struct {
	// Resolver looks up names; nil is the system's resolver.
	Resolver Resolver
	// ResolveEvery is the age at which an answer is looked up again; 0 is never.
	ResolveEvery time.Duration
	// Judge returns why an address must not be dialled for an origin, nil if it may be. A nil
	// Judge allows private addresses only.
	Judge func(context.Context, Origin, netip.AddrPort) error

	mu   sync.Mutex
	hops map[Hop]*entry
}

// entry holds the addresses of a hop, or why none of them may be dialled.
type entry struct {
	addresses  []netip.AddrPort
	refused    error
	resolvedAt time.Time
	next       int
	pending    *pendingLookup // nil is none
}

func (e *entry) known() bool { return e.refused != nil || len(e.addresses) > 0 }

// pendingLookup is a lookup that has not ended.
type pendingLookup struct {
	done chan struct{} // closed at its end
	err  error         // set at its end: why the addresses are not known
}

// Addresses are the addresses for one connection, in the order in which to try them.
type Addresses struct {
	addresses []netip.AddrPort
	first     int
}

// Len returns their number.
func (t Addresses) Len() int { return len(t.addresses) }

// At returns the i-th address to try, i in [0, Len).
func (t Addresses) At(i int) netip.AddrPort { return t.addresses[(t.first+i)%len(t.addresses)] }

// Next returns the addresses for a new connection. It never waits. The error is [ErrUnresolved] for
// a hop that was not looked up. For a hop with an old answer Next starts a lookup and returns the
// old answer.
func (t *Table) Next(h Hop) (Addresses, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.hops[h]
	if e == nil || !e.known() {
		return Addresses{}, ErrUnresolved
	}
	if t.ResolveEvery > 0 && e.pending == nil && time.Since(e.resolvedAt) >= t.ResolveEvery {
		t.startLookup(h, e)
	}
	if e.refused != nil {
		return Addresses{}, e.refused
	}
	e.next++
	return Addresses{e.addresses, (e.next - 1) % len(e.addresses)}, nil
}

// Resolve waits until the addresses of a hop are known. The error is that of the lookup, or a
// [*RefusedError] if one of them must not be dialled.
func (t *Table) Resolve(ctx context.Context, h Hop) error {
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
	if e.pending == nil {
		t.startLookup(h, e)
	}
	a := e.pending
	t.mu.Unlock()
	select {
	case <-a.done:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Dial opens a connection to one of a hop's addresses, in the order of [Table.Next]. dial is called
// with one address at a time; nil is a plain dialer's. The error is that of the first address.
func (t *Table) Dial(ctx context.Context, h Hop, dial func(context.Context, netip.AddrPort) (net.Conn, error)) (net.Conn, netip.AddrPort, error) {
	turn, err := t.addresses(ctx, h)
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

// Permit returns why a hop must not be dialled, nil if it may be. It is for connections that a proxy
// opens for us.
func (t *Table) Permit(ctx context.Context, h Hop) error {
	_, err := t.addresses(ctx, h)
	return err
}

// addresses is [Table.Next], and waits for the lookup if it must.
func (t *Table) addresses(ctx context.Context, h Hop) (Addresses, error) {
	turn, err := t.Next(h)
	if errors.Is(err, ErrUnresolved) {
		if err = t.Resolve(ctx, h); err == nil {
			turn, err = t.Next(h)
		}
	}
	return turn, err
}

func dialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", to.String())
}

// startLookup looks a hop up in a goroutine of its own. Several callers may wait for it, so the end
// of one caller's context does not end it. The caller holds the lock.
func (t *Table) startLookup(h Hop, e *entry) {
	a := &pendingLookup{done: make(chan struct{})}
	e.pending = a
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
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
		e.update(addresses, err)
		close(a.done)
	}()
}

// update stores the answer of a lookup. If the lookup failed, the old answer stays: a name server
// that is down must not end a run. Addresses that must not be dialled replace the old ones.
func (e *entry) update(addresses []netip.AddrPort, err error) {
	e.pending, e.resolvedAt = nil, time.Now()
	switch {
	case len(addresses) == 0:
	case err != nil:
		e.addresses, e.refused = nil, err
	default:
		e.refused = nil
		if !sameSet(e.addresses, addresses) { // name servers shuffle the order; keep ours
			e.addresses = addresses
		}
	}
}

func sameSet(a, b []netip.AddrPort) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x netip.AddrPort) bool { return !slices.Contains(b, x) })
}

// lookUp returns the addresses of a hop, each once.
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

// judge returns why one of the addresses must not be dialled. One such address refuses the whole
// hop: a name for both the user's machine and somebody else's must not be loaded.
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
