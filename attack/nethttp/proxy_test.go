package nethttp_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/runlog"
)

// speaking is a server that says its part to everybody who connects.
func speaking(t *testing.T, say func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				say(c)
			})
		}
	})
	return l.Addr().String()
}

// socks is a SOCKS server (RFC 1928) that sends each reply once it was sent something.
func socks(replies ...string) func(net.Conn) {
	return func(c net.Conn) {
		for _, r := range replies {
			if _, err := c.Read(make([]byte, 1024)); err != nil {
				return
			}
			io.WriteString(c, r)
		}
		io.Copy(io.Discard, c)
	}
}

// A proxy that does not connect is told from a target that does not answer.
func TestWhatAProxyRefusesIsNamed(t *testing.T) {
	tunnel := func(answer string) func(net.Conn) {
		return func(c net.Conn) {
			http.ReadRequest(bufio.NewReader(c))
			io.WriteString(c, answer)
		}
	}
	for _, c := range []struct {
		scheme string
		say    func(net.Conn)
		reason string
	}{
		{"http", tunnel("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"), "proxy: status 407 to CONNECT"},
		{"http", tunnel("HTTP/1.1 502\r\n\r\n"), "proxy: status 502 to CONNECT"},
		{"http", tunnel("HTTP/1.1 302 Found\r\nLocation: http://203.0.113.7/\r\n\r\n"), "proxy: status 302 to CONNECT"},
		{"http", tunnel(""), "unexpected eof"},
		{"socks5", socks("\x05\xff"), "proxy: no acceptable authentication methods"},
		{"socks5", socks("\x05\x02", "\x01\x01"), "proxy: username/password authentication failed"},
		{"socks5", socks("\x05\x00", "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"), "proxy: connection not allowed by ruleset"},
		{"socks5", socks("HTTP/1.1 400 Bad Request\r\n\r\n"), "proxy: unexpected protocol version 72"},
	} {
		at := &url.URL{Scheme: c.scheme, Host: speaking(t, c.say), User: url.UserPassword("ann", "sesame")}
		job := attack.Job{Proxy: at, Routes: &route.Table{Resolver: fixed("127.0.0.1")}}
		for _, o := range attackTLS(t, "https://shop.test", 2, job) {
			if o.Class != runlog.Network || o.Reason != c.reason {
				t.Errorf("%v %q, want %q", o.Class, o.Reason, c.reason)
			}
		}
	}
}
