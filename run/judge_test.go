package run

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"context"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
)

// An address that serves many hosts, as those of a content network do, proves only the one that is asked
// for; a header Host asks for another.
func TestHostsNamedInHeadersProveThatTheyAreOwned(t *testing.T) {
	public := netip.MustParseAddrPort("192.0.2.55:80")
	own := route.Origin{Scheme: "http", Address: "own.test:80"}
	guard := &ownership.Guard{KeyFile: filepath.Join(t.TempDir(), "key")}
	token, err := guard.Token(own)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "own.test" && strings.HasPrefix(r.URL.Path, "/"+token) {
			fmt.Fprint(w, token)
			return
		}
		http.NotFound(w, r)
	}))
	defer srv.Close()
	guard.Dial = func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", srv.Listener.Addr().String())
	}
	guard.TXT = func(context.Context, string) ([]string, error) { return nil, errors.New("no such record") }

	text := "name: x\nload: {clients: 1, duration: 1s, type: per-test}\nrequest: {path: /%s}\ntargets: [{name: a, url: \"http://own.test\"%s}]\n"
	for _, c := range []struct {
		headers, host string
		refused       string // the host that proves nothing
	}{
		{"", "", ""},
		{"", ", host: own.test", ""},
		{"", ", host: \"own.test:8080\"", ""},
		{"", ", host: shop.test", "shop.test"},
		{"", ", host: \"shop.test:80\"", "shop.test"},
		{", headers: {host: shop.test}", "", "shop.test"},
		{", headers: {host: own.test}", ", host: shop.test", "shop.test"},
	} {
		r, err := newRunner(scenario(t, fmt.Sprintf(text, c.headers, c.host)), Options{Guard: guard})
		if err != nil {
			t.Fatal(err)
		}
		var unverified *ownership.UnverifiedError
		err = r.judge(t.Context(), own, public)
		if errors.As(err, &unverified) != (c.refused != "") || c.refused != "" && unverified.Host != c.refused {
			t.Errorf("headers %q, host %q: %v", c.headers, c.host, err)
		}
		if err := r.judge(t.Context(), own, netip.MustParseAddrPort("127.0.0.1:80")); err != nil {
			t.Errorf("headers %q, host %q: at a private address %v", c.headers, c.host, err)
		}
	}
}
