// Package ownership decides which addresses may be dialled. A loopback or private
// address is its user's own business; a public host must prove that whoever asks
// for the load controls it, by serving a token, as loader.io demands. The proof is
// asked for before every run, at every address of the host, and never remembered.
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
	// KeyFile holds the user's secret from which tokens are made. It is created when
	// a token is first needed, readable by the user alone; "" is none, and no token.
	KeyFile string
	// Override lets public addresses through without proof, those of metadata never.
	Override bool
	// Dial opens the connections over which tokens are fetched; nil is a plain
	// dialer's. Proxies are not used.
	Dial func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	// TXT looks up the texts of a name; nil is the system's resolver.
	TXT func(ctx context.Context, name string) ([]string, error)

	mu     sync.Mutex
	proofs map[claim]Proof
	// unproven are kept for the run: a stranger to whom a name leads is not asked for a token
	// again and again.
	unproven   map[claim]*UnverifiedError
	overridden map[string]bool
}

// claim is that an address belongs to a host.
type claim struct {
	origin  route.Origin
	address netip.AddrPort
}

// Judge says why an address must not be dialled for an origin, nil where it may: it is
// private, or serves the token of the origin's host. The error is an [*UnverifiedError]
// where it does not, and [route.ErrMetadata] whatever it serves. It is a [route.Table]'s Judge.
func (g *Guard) Judge(ctx context.Context, o route.Origin, to netip.AddrPort) error {
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

// Proofs are those found so far, in the order of hosts and addresses.
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

// Overridden lists, in order, the public hosts that [Guard.Override] let through
// without proof: a run records them.
func (g *Guard) Overridden() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.overridden))
}

// Token is the text that a host must serve: loaderio- and 32 hexadecimal digits, different for
// every user and every [route.Origin.Name].
func (g *Guard) Token(o route.Origin) (string, error) {
	key, err := loadKey(g.KeyFile)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return key.token(o.Name()), nil
}
