package route

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// FuzzHost: the name that is judged is the name that is asked for. It holds nothing
// that ends a host in a URL, and reading it again changes nothing.
func FuzzHost(f *testing.F) {
	for _, host := range []string{"localhost", "LOCALHOST.", "bücher.test", "127.1", "0177.0.0.1", "[::1]", "[::ffff:169.254.169.254]", "[fe80::1%25lo]",
		"１２７.0.0.1", "169.254.169.254", "a@b", "a\u3002b", "xn--a", "..", "a_b", "[::1", "%31"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		u, err := url.Parse("http://" + host + ":80/")
		if err != nil {
			return
		}
		name, err := Host(u)
		if err != nil {
			return
		}
		if again, err := ASCIIHost(name); err != nil || again != name {
			t.Errorf("%q is %q, and that is %q, %v", host, name, again, err)
		}
		if name != strings.ToLower(name) || strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 }) {
			t.Errorf("%q is %q", host, name)
		}
		if a, err := netip.ParseAddr(name); err == nil && a.Is4In6() {
			t.Errorf("%q is %q: IPv4 within IPv6", host, name)
		}
		if a, err := netip.ParseAddr(name); err == nil && KindOf(a) == Private && strings.HasPrefix(a.String(), "169.254.") {
			t.Errorf("%q is private", host)
		}
	})
}
