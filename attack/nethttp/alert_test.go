package nethttp_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// refusing is a TLS server that takes no client, for a reason of its own.
func refusing(t *testing.T, http2 bool, configure func(*tls.Config)) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.EnableHTTP2 = http2
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	configure(s.TLS)
	return s.URL
}

// alerting answers every greeting with one alert, in the bytes of RFC 8446 §6.
func alerting(t *testing.T, alert byte) string {
	t.Helper()
	return "https://" + speaking(t, func(c net.Conn) {
		c.Read(make([]byte, 4<<10)) // the ClientHello, all of it on a loopback
		c.Write([]byte{21, 3, 3, 0, 2, 2, alert})
		c.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, c)
	})
}

func TestTLSAlertsAreNamed(t *testing.T) {
	servers := map[string]func(http2 bool) string{
		"tls: unrecognized name": func(http2 bool) string {
			return refusing(t, http2, func(c *tls.Config) {
				c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return new(tls.Config), nil }
			})
		},
		"tls: certificate required": func(http2 bool) string {
			return refusing(t, http2, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert })
		},
		"tls: handshake failure": func(http2 bool) string { // a certificate required before TLS 1.3
			return refusing(t, http2, func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12 })
		},
		"tls: protocol version not supported": func(http2 bool) string {
			return refusing(t, http2, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
		},
		"tls: bad certificate":               func(bool) string { return alerting(t, 42) },
		"tls: expired certificate":           func(bool) string { return alerting(t, 45) },
		"tls: unknown certificate authority": func(bool) string { return alerting(t, 48) },
		"tls: access denied":                 func(bool) string { return alerting(t, 49) },
	}
	for reason, server := range servers {
		for _, http2 := range []bool{false, true} {
			for _, o := range attackTLS(t, server(http2), 5, attack.Job{Insecure: true, HTTP2: http2}) {
				// The server leaves with a request unread, and resets the connection behind its alert.
				// It may have left before there is a request; then net/http shows no alert over HTTP/2.
				early := http2 && o.Reason == "http/2 connection closed before the request"
				if o.Class != runlog.Network || o.Reason != reason && !early {
					t.Errorf("%v %q, want %q (HTTP/2 %v)", o.Class, o.Reason, reason, http2)
				}
			}
		}
	}
}
