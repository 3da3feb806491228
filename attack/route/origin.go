package route

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Origin is scheme, host and port (RFC 6454): the destination of a request, which may see its
// credentials. Two origins are the same if they are equal.
type Origin struct {
	Scheme string
	// Address is host:port, always with a port; the host has the form of [Host].
	Address string
}

// OriginOf returns the origin of a URL. If the URL's host is invalid, the origin's address cannot be
// looked up.
func OriginOf(u *url.URL) Origin {
	host, err := Host(u)
	if err != nil {
		host = u.Hostname()
	}
	port := u.Port()
	if port == "" {
		port = usualPorts[u.Scheme]
	}
	return Origin{u.Scheme, net.JoinHostPort(host, port)}
}

var usualPorts = map[string]string{"http": "80", "https": "443"}

// Name is the host for people and tokens: without the port if that is the scheme's usual one. So
// http and https on their usual ports have the same name.
func (o Origin) Name() string {
	host, port, err := net.SplitHostPort(o.Address)
	if err != nil || port != usualPorts[o.Scheme] {
		return o.Address
	}
	return host
}

// String returns the origin as the beginning of a URL: scheme://host:port.
func (o Origin) String() string { return o.Scheme + "://" + o.Address }

// Host returns the host of a URL in the form for resolvers, TLS and HTTP: lower case, no final dot,
// internationalised names in ASCII (RFC 5891), IPv4 addresses in IPv6 unmapped. The error says that
// there is no valid name.
func Host(u *url.URL) (string, error) { return ASCIIHost(u.Hostname()) }

// ASCIIHost is [Host] for a host without port and brackets.
func ASCIIHost(host string) (string, error) {
	name := strings.ToLower(host)
	// As in net/http, names in ASCII are not checked: names of containers have underscores.
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		ascii, err := idna.Lookup.ToASCII(name)
		if err != nil {
			return "", fmt.Errorf("host %q: %w", name, err)
		}
		name = ascii
	}
	name = strings.TrimSuffix(name, ".")
	if name == "" || strings.HasSuffix(name, ".") {
		return "", fmt.Errorf("host %q: there is no name in it, or none between two dots", host)
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Unmap().String(), nil
	}
	return name, nil
}
