// Package ownership decides which targets may be loaded. A loopback or private
// address is its user's own business; a public host must prove that whoever asks
// for the load controls it, by serving a token, as loader.io demands. The proof is
// asked for before every run and never remembered.
package ownership

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Resolver looks up the addresses of a name; [net.Resolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Guard lets targets through, for one run. Its methods may be called from several
// goroutines; its fields must be set before the first call.
type Guard struct {
	// KeyFile holds the user's secret from which tokens are made. It is created when
	// a token is first needed, readable by the user alone.
	KeyFile string
	// Resolver is asked for the addresses of names; nil is the system's.
	Resolver Resolver
	// Client fetches tokens; nil is http.DefaultClient. Its Timeout and its
	// CheckRedirect are not used.
	Client *http.Client
	// Override lets public targets through without proof. Redirects to hosts that
	// are no targets stay forbidden.
	Override bool

	mu         sync.Mutex
	known      map[string]standing
	overridden map[string]bool
}

// standing is what a guard knows of a host, by its normalised form.
type standing int

const (
	unknown standing = iota
	private
	public
	allowed // public, proven or overridden
)

const (
	resolveTimeout = 5 * time.Second
	// maxKnown bounds the hosts remembered, since a target picks where its redirects
	// lead. Further ones are refused without a lookup.
	maxKnown = 1000
)

// Errors of [Guard.MayFollow].
var (
	ErrNotVerified  = errors.New("a public host that is not a verified target")
	ErrTooManyHosts = errors.New("too many hosts in redirects")
)

// Check lets a target through or says why not: an [*UnverifiedError] when it is
// public and its token was not found. Unix sockets, loopback, link-local and
// private addresses need no proof. A name is public when any of its addresses is.
func (g *Guard) Check(ctx context.Context, target *url.URL) error {
	if isSocket(target) {
		return nil
	}
	host, err := hostOf(target)
	if err != nil {
		return fmt.Errorf("ownership: %w", err)
	}
	standing, err := g.resolve(ctx, target)
	switch {
	case err == nil && standing == private:
		g.learn(host, private)
		return nil
	case g.Override:
		g.override(host) // also when only a proxy can resolve the name
		return nil
	case err != nil:
		return fmt.Errorf("ownership of %s: %w", host, err)
	}
	_, err = g.Verify(ctx, target)
	return err
}

// MayFollow decides on a redirect: its host must be private, or a target that this
// guard has let through.
func (g *Guard) MayFollow(to *url.URL) error {
	host, err := hostOf(to)
	if err != nil {
		return fmt.Errorf("redirect: %w", err)
	}
	g.mu.Lock()
	standing, full := g.known[host], len(g.known) >= maxKnown
	g.mu.Unlock()
	switch {
	case standing == unknown && full:
		return fmt.Errorf("redirect to %s: %w", host, ErrTooManyHosts)
	case standing == unknown:
		ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
		defer cancel()
		if standing, err = g.resolve(ctx, to); err != nil {
			return fmt.Errorf("redirect to %s: %w", host, err)
		}
		g.learn(host, standing)
	}
	if standing == public {
		return fmt.Errorf("redirect to %s: %w", host, ErrNotVerified)
	}
	return nil
}

// Overridden lists, in order, the public hosts that [Guard.Override] let through
// without proof: a run records them.
func (g *Guard) Overridden() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.overridden))
}

// Token is the text that the host of a URL must serve: loaderio- and 32 hexadecimal
// digits, different for every user and every host. http and https on their usual
// ports are one host; any other port makes another.
func (g *Guard) Token(target *url.URL) (string, error) {
	host, err := hostOf(target)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	key, err := loadKey(g.KeyFile)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return key.token(host), nil
}

// resolve tells private from public.
func (g *Guard) resolve(ctx context.Context, u *url.URL) (standing, error) {
	name, err := nameOf(u)
	if err != nil {
		return unknown, err
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return standingOf(a), nil
	}
	r := g.Resolver
	if r == nil {
		r = net.DefaultResolver
	}
	addrs, err := r.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return unknown, err
	}
	if len(addrs) == 0 {
		return unknown, errors.New("the name has no address")
	}
	worst := private
	for _, a := range addrs {
		worst = max(worst, standingOf(a))
	}
	return worst, nil
}

func (g *Guard) learn(host string, s standing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil {
		g.known = make(map[string]standing)
	}
	g.known[host] = max(g.known[host], s) // what was proven stays proven
}

func (g *Guard) override(host string) {
	g.learn(host, allowed)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.overridden == nil {
		g.overridden = make(map[string]bool)
	}
	g.overridden[host] = true
}
