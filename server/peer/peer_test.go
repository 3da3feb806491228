package peer_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stress-tool/stress/server/peer"
)

// Whoever is no proxy writes what he likes, and it is believed of nobody but a proxy.
func TestProxiesAloneAreBelieved(t *testing.T) {
	proxies := peer.Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for name, c := range map[string]struct {
		proxies peer.Proxies
		from    string
		tls     bool
		header  http.Header
		want    peer.Peer
	}{
		"directly":           {nil, "192.0.2.1:80", false, nil, peer.Peer{Address: netip.MustParseAddr("192.0.2.1")}},
		"directly by TLS":    {nil, "192.0.2.1:80", true, nil, peer.Peer{Address: netip.MustParseAddr("192.0.2.1"), Secure: true}},
		"IPv4 within IPv6":   {nil, "[::ffff:192.0.2.1]:80", false, nil, peer.Peer{Address: netip.MustParseAddr("192.0.2.1")}},
		"forged without":     {nil, "10.0.0.1:80", false, http.Header{"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Proto": {"https"}}, peer.Peer{Address: netip.MustParseAddr("10.0.0.1"), Proxied: true}},
		"forged beside":      {proxies, "192.0.2.1:80", false, http.Header{"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Proto": {"https"}}, peer.Peer{Address: netip.MustParseAddr("192.0.2.1"), Proxied: true}},
		"through a proxy":    {proxies, "10.0.0.1:80", false, http.Header{"X-Forwarded-For": {"192.0.2.7"}, "X-Forwarded-Proto": {"https"}}, peer.Peer{Address: netip.MustParseAddr("192.0.2.7"), Secure: true, Proxied: true}},
		"forged through":     {proxies, "10.0.0.1:80", false, http.Header{"X-Forwarded-For": {"127.0.0.1, 192.0.2.7"}, "X-Forwarded-Proto": {"https, http"}}, peer.Peer{Address: netip.MustParseAddr("192.0.2.7"), Proxied: true}},
		"in two lines":       {proxies, "10.0.0.1:80", false, http.Header{"X-Forwarded-For": {"127.0.0.1", "192.0.2.7"}}, peer.Peer{Address: netip.MustParseAddr("192.0.2.7"), Proxied: true}},
		"through two":        {proxies, "[::1]:80", false, http.Header{"X-Forwarded-For": {"192.0.2.7, 10.2.3.4"}}, peer.Peer{Address: netip.MustParseAddr("192.0.2.7"), Proxied: true}},
		"nonsense through":   {proxies, "10.0.0.1:80", false, http.Header{"X-Forwarded-For": {"127.0.0.1, x\"><b>"}}, peer.Peer{Address: netip.MustParseAddr("10.0.0.1"), Proxied: true}},
		"a proxy asks":       {proxies, "10.0.0.1:80", false, nil, peer.Peer{Address: netip.MustParseAddr("10.0.0.1")}},
		"a proxy says clear": {proxies, "10.0.0.1:80", true, http.Header{"X-Forwarded-Proto": {"http"}}, peer.Peer{Address: netip.MustParseAddr("10.0.0.1"), Proxied: true}},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		r.TLS = nil
		if c.tls {
			r.TLS = new(tls.ConnectionState)
		}
		if c.header != nil {
			r.Header = c.header
		}
		var got peer.Peer
		c.proxies.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = peer.Of(r.Context()) })).ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if p := peer.Of(peer.Named(r.Context(), "anna")); p.Name != "anna" {
			t.Errorf("%s: named %q", name, p.Name)
		}
	}
}
