package route

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// Kind is what an address may be used for.
type Kind int

// The kinds of addresses.
const (
	// Public addresses may belong to anybody: their owner must agree to a load.
	Public Kind = iota
	// Private addresses are those of the user's own machine and networks.
	Private
	// Metadata addresses are those of the services where clouds give machines their credentials.
	// They look private, belong to the provider, and are never dialled.
	Metadata
)

// metadata are the addresses of the clouds' metadata, credential and agent services, as their
// providers document them. IPv6 addresses that contain one of IPv4 count too, see [KindOf].
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // AWS, Azure, Google, OpenStack, Oracle, DigitalOcean, Hetzner …
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("169.254.170.2"),   // AWS: credentials of ECS tasks
	netip.MustParseAddr("169.254.170.23"),  // AWS: credentials of EKS pods
	netip.MustParseAddr("fd00:ec2::23"),    // AWS: credentials of EKS pods
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("168.63.129.16"),   // Azure: WireServer
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("169.254.0.23"),    // Tencent
	netip.MustParseAddr("169.254.42.42"),   // Scaleway
	netip.MustParseAddr("fd00:42::42"),     // Scaleway
	netip.MustParseAddr("192.0.0.192"),     // Oracle Classic
}

var (
	sixToFour   = netip.MustParsePrefix("2002::/16")      // RFC 3056
	teredo      = netip.MustParsePrefix("2001::/32")      // RFC 4380
	localNAT64  = netip.MustParsePrefix("64:ff9b:1::/48") // RFC 8215
	linkLocalV4 = netip.MustParsePrefix("169.254.0.0/16") // RFC 3927
)

// KindOf returns the kind of an address. These are private: unspecified addresses (they reach this
// machine), loopback, RFC 1918, RFC 4193, and the link-local addresses of IPv6. The link-local
// addresses of IPv4 are public: except between two machines on one cable, only clouds use them, for
// services that do not belong to their customers. The shared space of RFC 6598 (100.64.0.0/10) is
// public too, because the customers of one carrier share it. An IPv6 address is of kind Metadata if
// a translator or a tunnel would forward it to such an address of IPv4.
func KindOf(a netip.Addr) Kind {
	a = a.Unmap().WithZone("")
	if slices.ContainsFunc(append(embeddedIPv4(a), a), func(a netip.Addr) bool { return slices.Contains(metadata, a) }) {
		return Metadata
	}
	if linkLocalV4.Contains(a) {
		return Public
	}
	if a.IsUnspecified() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsPrivate() {
		return Private
	}
	return Public
}

// embeddedIPv4 returns the IPv4 addresses that an IPv6 address may contain. The last 32 bits count
// in any address: NAT64 (RFC 6052) with any prefix, IPv4-compatible and -translated addresses, and
// ISATAP have it there.
func embeddedIPv4(a netip.Addr) []netip.Addr {
	if a.Is4() {
		return nil
	}
	b := a.As16()
	four := func(i, j, k, l int) netip.Addr { return netip.AddrFrom4([4]byte{b[i], b[j], b[k], b[l]}) }
	in := []netip.Addr{four(12, 13, 14, 15)}
	switch {
	case sixToFour.Contains(a):
		in = append(in, four(2, 3, 4, 5))
	case teredo.Contains(a):
		server, client := four(4, 5, 6, 7), netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
		in = append(in, server, client)
	case localNAT64.Contains(a): // RFC 6052, 2.2: bits 64 to 71 are left out
		in = append(in, four(6, 7, 9, 10), four(7, 9, 10, 11), four(9, 10, 11, 12))
	}
	return in
}

// ErrMetadata says that an address is of kind [Metadata].
var ErrMetadata = errors.New("the metadata service of a cloud, which is never dialled: it hands out the machine's credentials")

// RefuseMetadata is the Control of a [net.Dialer] for connections without load, such as those to a
// database, whose password proves that the user may connect. It refuses only [Metadata].
func RefuseMetadata(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err == nil && KindOf(to.Addr()) == Metadata {
		return fmt.Errorf("%s is %w", to.Addr(), ErrMetadata)
	}
	return nil // sockets of the file system have no port
}
