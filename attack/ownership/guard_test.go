package ownership_test

import (
	"context"
	"errors"
	"fmt"
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
}

// web answers for every public host: which handler serves is told by the Host.
func web(t *testing.T, hosts map[string]http.HandlerFunc) *http.Client {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := hosts[r.Host]; h != nil {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(srv.Close)
	addr := srv.Listener.Addr().String()
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}}
}

func guard(t *testing.T, hosts map[string]http.HandlerFunc) *ownership.Guard {
	return &ownership.Guard{
		KeyFile:  filepath.Join(t.TempDir(), "stress", "key"),
		Resolver: resolver,
		Client:   web(t, hosts),
	}
}

func offline(t *testing.T) *ownership.Guard {
	return &ownership.Guard{KeyFile: filepath.Join(t.TempDir(), "key"), Resolver: resolver}
}

func parse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func token(t *testing.T, g *ownership.Guard, target string) string {
	t.Helper()
	tok, err := g.Token(parse(t, target))
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
		"http://169.254.1.1", "http://[fe80::1%25eth0]", "http://[::ffff:10.0.0.1]",
		"http://localhost:8080", "http://LocalHost.", "http://my_app", "http://b\u00fccher",
		"unix:///run/app.sock", "http+unix:///run/app.sock",
	} {
		if err := g.Check(t.Context(), parse(t, target)); err != nil {
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
		"http://www.test", "http://both.test", "http://WWW.test.:80/index.php",
	} {
		err := guard(t, nil).Check(t.Context(), parse(t, target))
		var u *ownership.UnverifiedError
		if !errors.As(err, &u) {
			t.Errorf("%s: %v, want an UnverifiedError", target, err)
			continue
		}
		if len(u.Tried) != 3 || u.Tried[0].Found != "status 404" {
			t.Errorf("%s: tried %v", target, u.Tried)
		}
	}
}

func TestUnusableTargets(t *testing.T) {
	for target, want := range map[string]string{
		"ftp://www.test":            "the scheme must be http or https",
		"www.test":                  "the scheme must be http or https",
		"http:///x":                 "there is no host in it",
		"http://lost.test":          "no such host",
		"http://none.test":          "the name has no address",
		"http://a\u200b\u00fc.test": "host",
	} {
		g := guard(t, nil)
		if err := g.Check(t.Context(), parse(t, target)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", target, err, want)
		}
		if err := g.MayFollow(parse(t, target)); err == nil {
			t.Errorf("%s: a redirect may lead there", target)
		}
	}
	_, err := guard(t, nil).Token(parse(t, "ftp://user:secret@www.test"))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("token: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	hosts := map[string]http.HandlerFunc{}
	g := guard(t, hosts)
	tok := token(t, g, "http://www.test")
	hosts["www.test"] = func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, tok) }

	if err := g.MayFollow(parse(t, "http://www.test/x")); !errors.Is(err, ownership.ErrNotVerified) {
		t.Errorf("before the check: %v", err)
	}
	if err := g.Check(t.Context(), parse(t, "http://www.test")); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"http://www.test/x", "https://www.test/x", "http://localhost:9000", "http://10.0.0.1"} {
		for range 2 { // looked up, then remembered
			if err := g.MayFollow(parse(t, to)); err != nil {
				t.Errorf("%s: %v", to, err)
			}
		}
	}
	for _, to := range []string{"http://two.test", "http://www.test:81", "http://8.8.8.8"} {
		for range 2 {
			if err := g.MayFollow(parse(t, to)); !errors.Is(err, ownership.ErrNotVerified) {
				t.Errorf("%s: %v", to, err)
			}
		}
	}
}

func TestRedirectsToManyHostsAreNotAllLookedUp(t *testing.T) {
	g := offline(t)
	if err := g.Check(t.Context(), parse(t, "http://localhost")); err != nil {
		t.Fatal(err)
	}
	var err error
	for port := 1; port <= 2000 && !errors.Is(err, ownership.ErrTooManyHosts); port++ {
		err = g.MayFollow(&url.URL{Scheme: "http", Host: fmt.Sprintf("10.0.0.1:%d", port+1000)})
	}
	if !errors.Is(err, ownership.ErrTooManyHosts) {
		t.Fatalf("2000 hosts were looked up: %v", err)
	}
	if err := g.MayFollow(parse(t, "http://localhost")); err != nil {
		t.Errorf("a known host: %v", err)
	}
}

func TestOverride(t *testing.T) {
	g := offline(t)
	g.Override = true
	for _, target := range []string{"http://www.test:8080", "http://8.8.8.8", "http://lost.test", "http://localhost"} {
		if err := g.Check(t.Context(), parse(t, target)); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	if got, want := g.Overridden(), []string{"8.8.8.8", "lost.test", "www.test:8080"}; !slices.Equal(got, want) {
		t.Errorf("overridden %v, want %v", got, want)
	}
	if err := g.MayFollow(parse(t, "http://www.test:8080/x")); err != nil {
		t.Errorf("redirect within the target: %v", err)
	}
	if err := g.MayFollow(parse(t, "http://two.test")); !errors.Is(err, ownership.ErrNotVerified) {
		t.Errorf("redirect elsewhere: %v", err)
	}
}
