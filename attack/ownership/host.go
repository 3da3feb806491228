package ownership

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// isSocket reports that a URL names a unix socket, which cannot leave the machine.
func isSocket(u *url.URL) bool {
	return u.Scheme == "unix" || strings.HasSuffix(u.Scheme, "+unix")
}

// standingOf is private for addresses that lead no further than the user's own
// machine and networks: unspecified (which reaches this machine), loopback,
// link-local, RFC 1918 and RFC 4193. Everything else is public, the shared space of
// RFC 6598 (100.64.0.0/10) too: there it is a carrier's customers who are each
// other's neighbours. Who uses it for a network of his own has the override.
func standingOf(a netip.Addr) standing {
	a = a.Unmap()
	if a.IsUnspecified() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsPrivate() {
		return private
	}
	return public
}

// nameOf is the name or address in a URL, as a resolver takes it.
func nameOf(u *url.URL) (string, error) {
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%s: the scheme must be http or https", u.Redacted())
	}
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if name == "" {
		return "", fmt.Errorf("%s: there is no host in it", u.Redacted())
	}
	if !strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return name, nil // as net/http does it; container names have underscores
	}
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return "", fmt.Errorf("host %q: %w", name, err)
	}
	return ascii, nil
}

// hostOf is the host that a token stands for: name or address, and the port unless
// it is the scheme's own.
func hostOf(u *url.URL) (string, error) {
	name, err := nameOf(u)
	if err != nil {
		return "", err
	}
	if a, err := netip.ParseAddr(name); err == nil {
		name = a.Unmap().String()
	}
	port := u.Port()
	if port == "" || port == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		return name, nil
	}
	return net.JoinHostPort(name, port), nil
}
