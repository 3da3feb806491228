package nethttp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/runlog"
)

// certificate is one for a client or for servers of some names, that signs itself.
func certificate(t *testing.T, names ...string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func pool(c *tls.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.Leaf)
	return p
}

// handshakes is a TLS server that remembers what clients ask for and show.
type handshakes struct {
	*httptest.Server
	mu    sync.Mutex
	names []string
	shown int
}

func newHandshakes(t *testing.T, own *tls.Certificate, ask tls.ClientAuthType) *handshakes {
	h := &handshakes{}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.shown += len(r.TLS.PeerCertificates)
		h.mu.Unlock()
		io.WriteString(w, "ok "+r.Host)
	}))
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.EnableHTTP2 = true
	h.TLS = &tls.Config{
		ClientAuth: ask, Certificates: []tls.Certificate{*own},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.names = append(h.names, hello.ServerName)
			return nil, nil
		},
	}
	h.StartTLS()
	t.Cleanup(h.Close)
	return h
}

// A replica behind the certificate of the whole: curl's --connect-to.
func TestConnectToKeepsTheNameInTLS(t *testing.T) {
	own := certificate(t, "shop.test", "internal.test")
	for _, http2 := range []bool{false, true} {
		for server, want := range map[string]string{"": "shop.test", "internal.test": "internal.test"} {
			srv := newHandshakes(t, own, tls.NoClientCert)
			job := attack.Job{ConnectTo: []string{srv.Listener.Addr().String()}, Roots: pool(own), ServerName: server, HTTP2: http2}
			for _, o := range attackTLS(t, "https://shop.test", 2, job) {
				if o.Class != runlog.Success {
					t.Errorf("server name %q, HTTP/2 %v: %s", server, http2, o.Reason)
				}
			}
			for _, name := range srv.names {
				if name != want {
					t.Errorf("TLS asked for %q, want %q", name, want)
				}
			}
		}
		srv := newHandshakes(t, own, tls.NoClientCert)
		job := attack.Job{ConnectTo: []string{srv.Listener.Addr().String()}, Roots: pool(own), ServerName: "other.test", HTTP2: http2}
		for _, o := range attackTLS(t, "https://shop.test", 1, job) {
			if o.Reason != "tls: certificate for another name" {
				t.Errorf("a certificate without the name: %q", o.Reason)
			}
		}
	}
}

func TestClientCertificatesAreShownToTheTargetAlone(t *testing.T) {
	own, client := certificate(t, "shop.test", "other.test"), certificate(t)
	for _, http2 := range []bool{false, true} {
		target, other := newHandshakes(t, own, tls.RequireAnyClientCert), newHandshakes(t, own, tls.RequestClientCert)
		dns := fixed("127.0.0.1")
		job := attack.Job{
			ConnectTo: []string{target.Listener.Addr().String()}, Roots: pool(own), Certificate: client, HTTP2: http2,
			Routes: &route.Table{Resolver: dns},
		}
		for _, o := range attackTLS(t, "https://shop.test", 2, job) {
			if o.Class != runlog.Success {
				t.Errorf("HTTP/2 %v: %s", http2, o.Reason)
			}
		}
		whole := "https://other.test:" + portOf(t, other.URL) + "/"
		for _, o := range attackPath(t, "https://shop.test", whole, 1, job) {
			if o.Class != runlog.Success {
				t.Errorf("HTTP/2 %v, elsewhere: %s", http2, o.Reason)
			}
		}
		if target.shown == 0 || other.shown != 0 {
			t.Errorf("HTTP/2 %v: shown %d times to the target, %d times to another", http2, target.shown, other.shown)
		}
	}
}

// forward is a proxy as RFC 9110 has them, for http and, by CONNECT, for https.
func forward(t *testing.T, to string) (proxy *httptest.Server, asked func() []*http.Request) {
	var mu sync.Mutex
	var all []*http.Request
	proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		all = append(all, r.Clone(context.Background()))
		mu.Unlock()
		if r.Method != http.MethodConnect {
			io.WriteString(w, "ok through a proxy")
			return
		}
		there, err := net.Dial("tcp", to)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer there.Close()
		w.WriteHeader(http.StatusOK)
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer here.Close()
		go io.Copy(there, buffered)
		io.Copy(here, there)
	}))
	t.Cleanup(proxy.Close)
	return proxy, func() []*http.Request { mu.Lock(); defer mu.Unlock(); return all }
}

func TestProxies(t *testing.T) {
	own := certificate(t, "shop.test")
	for _, http2 := range []bool{false, true} {
		srv := newHandshakes(t, own, tls.NoClientCert)
		proxy, asked := forward(t, srv.Listener.Addr().String())
		job := attack.Job{
			Roots: pool(own), HTTP2: http2, Routes: &route.Table{Resolver: fixed("127.0.0.1")},
			Proxy: &url.URL{Scheme: "http", Host: proxy.Listener.Addr().String(), User: url.UserPassword("ann", "sesame")},
		}
		for _, target := range []string{"http://shop.test", "https://shop.test"} {
			for _, o := range attackTLS(t, target, 1, job) {
				if o.Class != runlog.Success {
					t.Errorf("%s, HTTP/2 %v: %s", target, http2, o.Reason)
				}
			}
		}
		for _, r := range asked() {
			if r.Host != "shop.test" && r.Host != "shop.test:443" || r.Header.Get("Proxy-Authorization") == "" {
				t.Errorf("the proxy was asked for %s %s with %v", r.Method, r.Host, r.Header)
			}
		}
		if len(asked()) != 3 { // two plain requests on one connection, one tunnel
			t.Errorf("the proxy was asked %d times", len(asked()))
		}
	}
}

// The gate is before the proxy, and the proxy stands behind it too.
func TestProxiesAreNoWayAroundTheGate(t *testing.T) {
	proxy, asked := forward(t, "")
	at := &url.URL{Scheme: "http", Host: proxy.Listener.Addr().String()}
	for name, job := range map[string]attack.Job{
		"a public target": {Proxy: at, Routes: &route.Table{Resolver: fixed("203.0.113.7")}},
		"metadata":        {Proxy: at, Routes: &route.Table{Resolver: fixed("169.254.169.254")}},
		"a public proxy":  {Proxy: &url.URL{Scheme: "http", Host: "203.0.113.9:3128"}, Routes: &route.Table{Resolver: fixed("127.0.0.1")}},
	} {
		for _, o := range attackTLS(t, "http://shop.test", 1, job) {
			if !strings.Contains(o.Reason, "must not be loaded") {
				t.Errorf("%s: %v %q", name, o.Class, o.Reason)
			}
		}
	}
	if len(asked()) != 0 {
		t.Errorf("the proxy was asked %d times", len(asked()))
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	proxy, asked := forward(t, "")
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	defer srv.Close()
	job := attack.Job{Routes: &route.Table{Resolver: fixed("127.0.0.1")}}
	for _, o := range attackTLS(t, "http://shop.test:"+portOf(t, srv.URL), 1, job) {
		if o.Class != runlog.Success {
			t.Error(o.Reason)
		}
	}
	if len(asked()) != 0 {
		t.Error("a proxy that nobody asked for was used")
	}
}

// fixed is a resolver with one answer to everything.
type fixed string

func (f fixed) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr(string(f))}, nil
}

func portOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}
