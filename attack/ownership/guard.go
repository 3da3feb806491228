// Package ownership decides which addresses may be dialled. Loopback and private addresses always
// may. A public host must serve a token, as loader.io demands, to prove that the user controls it.
// The token is fetched before every run, from every address of the host, and the result is not kept.
package ownership

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/stress-tool/stress/attack/route"
)

// Guard judges addresses, for one run. Its methods may be called from several
// goroutines; its fields must be set before the first call.
type Guard struct {
	// KeyFile holds the user's secret from which tokens are made. It is created when a token is
	// first needed, readable by the user only; without it ("") there are no tokens.
	KeyFile string
	// Override allows public addresses without proof, except those of metadata services.
	Override bool
	// Within, unless it is empty, holds every address that may be dialled at all, private ones too.
	Within []netip.Prefix
	// Dial opens the connections over which tokens are fetched; nil is a plain
	// dialer's. Proxies are not used.
	Dial func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	// TXT looks up the TXT records of a name; nil is the system's resolver.
	TXT func(ctx context.Context, name string) ([]string, error)

	mu     sync.Mutex
	proofs map[claim]Proof
	// unproven are kept for the run, so that a host that is not the user's is not asked again
	// and again.
	unproven   map[claim]*UnverifiedError
	overridden map[string]bool
}

// ErrOutside says that an address is none of those in [Guard.Within].
var ErrOutside = errors.New("outside the networks to which this program was limited")

// claim says that an address belongs to a host.
type claim struct {
	origin  route.Origin
	address netip.AddrPort
}

// Judge returns why an address must not be dialled for an origin. It is nil if the address is
// private or serves the token of the origin's host. Otherwise it is an [*UnverifiedError], or wraps
// [route.ErrMetadata] or [ErrOutside]. It is the Judge of a [route.Table].
func (g *Guard) Judge(ctx context.Context, o route.Origin, to netip.AddrPort) error {
	if len(g.Within) > 0 && !slices.ContainsFunc(g.Within, func(p netip.Prefix) bool { return p.Contains(to.Addr().Unmap().WithZone("")) }) {
		return fmt.Errorf("%s is %w", to.Addr(), ErrOutside)
	}
	switch route.KindOf(to.Addr()) {
	case route.Metadata:
		if o.Name() == to.Addr().String() {
			return fmt.Errorf("%s is %w", to.Addr(), route.ErrMetadata)
		}
		return fmt.Errorf("%s leads to %s, %w", o.Name(), to.Addr(), route.ErrMetadata)
	case route.Private:
		return nil
	}
	if g.Override {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.overridden == nil {
			g.overridden = make(map[string]bool)
		}
		g.overridden[o.Name()] = true
		return nil
	}
	c := claim{o, to}
	g.mu.Lock()
	_, proven := g.proofs[c]
	unproven := g.unproven[c]
	g.mu.Unlock()
	switch {
	case proven:
		return nil
	case unproven != nil:
		return unproven
	}
	p, err := g.prove(ctx, c)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.proofs == nil {
		g.proofs, g.unproven = make(map[claim]Proof), make(map[claim]*UnverifiedError)
	}
	if err == nil {
		g.proofs[c] = p
	} else if errors.As(err, &unproven) {
		g.unproven[c] = unproven
	}
	return err
}

// Proofs returns the proofs found so far, in the order of hosts and addresses.
func (g *Guard) Proofs() []Proof {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.SortedFunc(maps.Values(g.proofs), func(a, b Proof) int {
		if c := strings.Compare(a.Host, b.Host); c != 0 {
			return c
		}
		return a.Address.Compare(b.Address)
	})
}

// Overridden returns the public hosts that [Guard.Override] allowed without proof, in order. A run
// records them.
func (g *Guard) Overridden() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.overridden))
}

// Token returns the text that a host must serve: loaderio- and 32 hexadecimal digits, different for
// every user and every [route.Origin.Name]. The error is that of the key file.
func (g *Guard) Token(o route.Origin) (string, error) {
	key, err := loadKey(g.KeyFile)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return key.token(o.Name()), nil
}
