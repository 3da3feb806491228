package route_test

import (
	"net/netip"
	"testing"

	"github.com/stress-tool/stress/attack/route"
)

func TestKinds(t *testing.T) {
	for kind, addresses := range map[route.Kind][]string{
		route.Private: {
			"127.0.0.1", "127.255.0.1", "::1", "0.0.0.0", "::", "10.0.0.1", "172.16.0.1", "172.31.255.255",
			"192.168.255.1", "fd12::1", "fe80::1", "fe80::1%eth0", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
		},
		route.Public: {
			"8.8.8.8", "172.32.0.1", "100.64.0.1", "224.0.0.1", "255.255.255.255", "2001:db8::1", "ff02::1",
			"::ffff:8.8.8.8", "64:ff9b::808:808", "169.254.1.1", "::ffff:169.254.1.1", "192.0.0.1", "2002:7f00:1::",
			"64:ff9b::127.0.0.1", "::127.0.0.1",
		},
		route.Metadata: {
			"169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
			"100.100.100.200", "168.63.129.16", "169.254.0.23", "169.254.42.42", "fd00:42::42", "192.0.0.192",
			"::ffff:169.254.169.254", "::ffff:a9fe:a9fe", // mapped
			"::169.254.169.254",                                  // compatible
			"::ffff:0:169.254.169.254",                           // translated
			"64:ff9b::a9fe:a9fe", "2001:db8:64::100.100.100.200", // NAT64
			"64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:0:a9:fea9:fe00:0", // NAT64 of RFC 8215
			"2002:a9fe:a9fe::1",                      // 6to4
			"2001:0:a9fe:a9fe::1", "2001::5601:5601", // Teredo: server, client
			"fe80::5efe:169.254.169.254", "fe80::a9fe:a9fe%eth0", // ISATAP, OpenStack
		},
	} {
		for _, text := range addresses {
			if got := route.KindOf(netip.MustParseAddr(text)); got != kind {
				t.Errorf("%s is of kind %d, want %d", text, got, kind)
			}
		}
	}
}
