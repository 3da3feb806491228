package ownership_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
)

// names is a resolver that knows only what is in it.
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	texts, ok := n[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	var addrs []netip.Addr
	for _, t := range texts {
		addrs = append(addrs, netip.MustParseAddr(t))
	}
	return addrs, nil
}

var resolver = names{
	"localhost":     {"127.0.0.1", "::1"},
	"my_app":        {"10.0.0.7"},
	"www.test":      {"203.0.113.7"},
	"two.test":      {"203.0.113.8"},
	"both.test":     {"10.0.0.1", "203.0.113.7"},
	"none.test":     {},
	"xn--bcher-kva": {"192.168.1.4"},
	"cloud.test":    {"10.0.0.1", "169.254.169.254"},
	// What getaddrinfo makes of them.
	"2852039166": {"169.254.169.254"}, "0x7f.1": {"127.0.0.1"}, "0310.0.2.1": {"200.0.2.1"},
}

// web serves as every public host: which handler serves is told by the Host.
func web(t *testing.T, hosts map[string]http.HandlerFunc) func(context.Context, netip.AddrPort) (net.Conn, error) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := hosts[r.Host]; h != nil {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(srv.Close)
	addr := srv.Listener.Addr().String()
	return func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		if route.KindOf(to.Addr()) == route.Metadata {
			t.Errorf("%v was dialled", to)
		}
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
}

func guard(t *testing.T, hosts map[string]http.HandlerFunc) *ownership.Guard {
	g := offline(t)
	g.Dial = web(t, hosts)
	return g
}

// offline is a guard that can reach nothing.
func offline(t *testing.T) *ownership.Guard {
	return &ownership.Guard{
		KeyFile: filepath.Join(t.TempDir(), "stress", "key"),
		Dial:    func(context.Context, netip.AddrPort) (net.Conn, error) { return nil, errors.New("offline") },
		TXT:     func(context.Context, string) ([]string, error) { return nil, errors.New("no such record") },
	}
}

// check asks for a target as a run does.
func check(t *testing.T, g *ownership.Guard, target string) error {
	t.Helper()
	routes := route.Table{Resolver: resolver, Judge: g.Judge}
	return routes.Resolve(t.Context(), route.Hop{Origin: origin(t, target)})
}

func origin(t *testing.T, target string) route.Origin {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return route.OriginOf(u)
}

func token(t *testing.T, g *ownership.Guard, target string) string {
	t.Helper()
	tok, err := g.Token(origin(t, target))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestPrivateTargetsNeedNoProof(t *testing.T) {
	g := guard(t, nil)
	for _, target := range []string{
		"http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:80/x", "http://0.0.0.0:4500", "http://[::]",
		"http://10.1.2.3", "http://172.16.0.1", "http://172.31.255.255", "https://192.168.0.1", "http://[fd00::1]",
		"http://[fe80::1%25eth0]", "http://[::ffff:10.0.0.1]", "http://0x7f.1",
		"http://localhost:8080", "http://LocalHost.", "http://my_app", "http://b\u00fccher", "http://１２７.0.0.1",
	} {
		if err := check(t, g, target); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	if _, err := os.Stat(g.KeyFile); err == nil {
		t.Error("a key was made although nobody needed a token")
	}
}

func TestPublicTargetsNeedProof(t *testing.T) {
	for _, target := range []string{
		"http://203.0.113.7", "http://8.8.8.8:80", "http://172.32.0.1", "http://100.64.0.1", "http://[2001:db8::1]",
		"http://[::ffff:8.8.8.8]", "http://[64:ff9b::808:808]", "http://224.0.0.1", "http://255.255.255.255",
		"http://169.254.1.1", "http://0310.0.2.1",
		"http://www.test", "http://both.test", "http://WWW.test.:80/index.php",
	} {
		err := check(t, guard(t, nil), target)
		var u *ownership.UnverifiedError
		if !errors.As(err, &u) {
			t.Errorf("%s: %v, want an UnverifiedError", target, err)
			continue
		}
		if len(u.Tried) < 4 || u.Tried[0].Found != "status 404" {
			t.Errorf("%s: tried %v", target, u.Tried)
		}
	}
}

// Whatever they serve, and whatever the user asserts.
func TestMetadataIsNeverLoaded(t *testing.T) {
	for _, override := range []bool{false, true} {
		for _, target := range []string{
			"http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]", "http://[fd00:ec2::254]",
			"http://100.100.100.200", "http://[64:ff9b::169.254.169.254]", "http://2852039166", "http://cloud.test",
			"http://１６９.254.169.254", "http://169.254.169.254.",
		} {
			g := guard(t, nil)
			g.Override = override
			err := check(t, g, target)
			if !errors.Is(err, route.ErrMetadata) || strings.Contains(err.Error(), "169.254.169.254 leads to 169.254.169.254") {
				t.Errorf("%s (override %v): %v", target, override, err)
			}
		}
	}
}

func TestUnusableTargets(t *testing.T) {
	for target, want := range map[string]string{
		"http://lost.test":       "no such host",
		"http://none.test":       "the name has no address",
		"http://127.0.0.1:99999": "is no port",
	} {
		if err := check(t, guard(t, nil), target); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", target, err, want)
		}
	}
}

func TestOverride(t *testing.T) {
	g := offline(t)
	g.Override = true
	for _, target := range []string{"http://www.test:8080", "http://8.8.8.8", "http://localhost"} {
		if err := check(t, g, target); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	if got, want := g.Overridden(), []string{"8.8.8.8", "www.test:8080"}; !slices.Equal(got, want) {
		t.Errorf("overridden %v, want %v", got, want)
	}
}

// A name that leads to several public addresses is loaded at each, so each must serve the
// token: the first alone would let a name lead the load to a stranger.
func TestEveryAddressMustProveItself(t *testing.T) {
	hosts := map[string]http.HandlerFunc{}
	g := guard(t, hosts)
	tok := token(t, g, "http://www.test")
	hosts["www.test"] = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, tok) {
			io.WriteString(w, tok)
		}
	}
	served := g.Dial
	g.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		if to.Addr() == netip.MustParseAddr("203.0.113.9") {
			return nil, errors.New("a stranger")
		}
		return served(ctx, to)
	}
	routes := route.Table{Resolver: names{"www.test": {"203.0.113.7", "203.0.113.9"}}, Judge: g.Judge}
	err := routes.Resolve(t.Context(), route.Hop{Origin: origin(t, "http://www.test")})
	var u *ownership.UnverifiedError
	if !errors.As(err, &u) || u.Address.Addr().String() != "203.0.113.9" {
		t.Errorf("%v, want 203.0.113.9 to be unverified", err)
	}
}

// A guard that is limited to networks allows nothing else, private addresses neither.
func TestGuardsWithinNetworks(t *testing.T) {
	g := guard(t, nil)
	g.Override, g.Within = true, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("203.0.113.7/32"), netip.MustParsePrefix("fe80::/16")}
	for target, want := range map[string]bool{
		"http://10.0.0.9": true, "http://www.test": true, "http://[::ffff:10.0.0.1]": true, "http://[fe80::1%25eth0]": true,
		"http://[::ffff:10.0.1.1]": false, "http://[64:ff9b::10.0.0.1]": false, "http://0.0.0.0": false, "http://[fd00::1]": false,
		"http://10.0.1.1": false, "http://127.0.0.1": false, "http://two.test": false, "http://both.test": true, "http://[::1]": false,
	} {
		if err := check(t, g, target); (err == nil) != want || err != nil && !errors.Is(err, ownership.ErrOutside) {
			t.Errorf("%s: %v", target, err)
		}
	}
}
