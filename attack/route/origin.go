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

// Origin is scheme, host and port: what a request is for, and who may see its credentials
// (RFC 6454). Two are the same place if they are equal.
type Origin struct {
	Scheme string
	// Address is host:port, as it is dialled: always with a port, the host as [Host] has it.
	Address string
}

// OriginOf is where a URL leads. Of one whose host is impossible the address is one that
// cannot be looked up.
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

// Name is how people and tokens call the host: without the port where it is the scheme's own.
// http and https on their usual ports so have one name.
func (o Origin) Name() string {
	host, port, err := net.SplitHostPort(o.Address)
	if err != nil || port != usualPorts[o.Scheme] {
		return o.Address
	}
	return host
}

// String is the origin as the beginning of a URL.
func (o Origin) String() string { return o.Scheme + "://" + o.Address }

// Host is the name or address in a URL as resolvers, TLS and HTTP want it: small letters, no
// final dot, internationalised names in ASCII (RFC 5891), IPv4 addresses within IPv6 unmapped.
func Host(u *url.URL) (string, error) { return ASCIIHost(u.Hostname()) }

// ASCIIHost is [Host] of a host by itself, without port or brackets.
func ASCIIHost(host string) (string, error) {
	name := strings.ToLower(host)
	// Names in ASCII go as they are, as net/http has it: those of containers have underscores.
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
