// Package reach says which addresses a server asks on behalf of whoever uses it: to tell of an end, or to
// fetch data. What may be loaded is the matter of attack/ownership.
package reach

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/stress-tool/stress/attack/route"
)

// special are the networks that are not of the public Internet, by the registries of IANA for special
// purposes (RFC 6890), and those of IPv6 that lead into IPv4. Whoever may name an address must not
// reach through this server what he cannot reach himself.
var special = sync.OnceValue(func() (all []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
})

// global is where the public addresses of IPv6 are (RFC 4291, 2.4, as IANA gives them out).
var global = netip.MustParsePrefix("2000::/3")

// Networks are those that may be asked beside public addresses, whatever they are but for services of
// metadata.
type Networks []netip.Prefix

// Judge returns why an address must not be asked, nil if it may. What a name led to before says nothing:
// judge what is dialled.
func (within Networks) Judge(to netip.Addr) error {
	to = to.Unmap().WithZone("")
	holds := func(p netip.Prefix) bool { return p.Contains(to) }
	switch {
	case route.KindOf(to) == route.Metadata:
		return fmt.Errorf("%s is %w", to, route.ErrMetadata)
	case slices.ContainsFunc(within, holds):
		return nil
	case to.Is6() && !global.Contains(to), slices.ContainsFunc(special(), holds):
		return fmt.Errorf("%s is no public address: whoever runs this server may allow it, with --call %s", to, netip.PrefixFrom(to, to.BitLen()))
	}
	return nil
}
