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
	// Public addresses may belong to anybody: whoever dials one must own it.
	Public Kind = iota
	// Private addresses lead no further than the user's own machine and networks.
	Private
	// Metadata addresses are where clouds give machines their credentials. They look
	// private, belong to the provider, and are never dialled.
	Metadata
)

// metadata are the addresses of the clouds' metadata, credential and agent services, each as its
// provider documents it. IPv6 addresses that hold one of IPv4 count too: see [KindOf].
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

// KindOf is the kind of an address. Private are unspecified (which reaches this machine), loopback,
// RFC 1918, RFC 4193, and the link-local addresses of IPv6. Those of IPv4 are public: apart
// from two machines on one cable, only clouds use them, for services that are not their
// customers'. So is the shared space of RFC 6598 (100.64.0.0/10): there a carrier's customers
// are each other's neighbours. An IPv6 address is metadata's where a translator or a tunnel
// would send it on to such an address of IPv4.
func KindOf(a netip.Addr) Kind {
	a = a.Unmap().WithZone("")
	if slices.ContainsFunc(append(embedded(a), a), func(a netip.Addr) bool { return slices.Contains(metadata, a) }) {
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

// embedded are the IPv4 addresses that an IPv6 address may stand for. The last 32 bits are taken of
// any: NAT64 (RFC 6052) with whatever prefix the network has, IPv4-compatible and -translated
// addresses, and ISATAP hold it there.
func embedded(a netip.Addr) []netip.Addr {
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

// RefuseMetadata is a [net.Dialer]'s Control for connections that carry no load, such as those to a
// database: their owner is known by the password that opens it.
func RefuseMetadata(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err == nil && KindOf(to.Addr()) == Metadata {
		return fmt.Errorf("%s is %w", to.Addr(), ErrMetadata)
	}
	return nil // sockets of the file system have no port
}
