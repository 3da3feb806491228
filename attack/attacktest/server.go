package attacktest

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// server is a server on the loopback that counts what reaches it.
type server struct {
	url *url.URL
	// conns counts connections ever accepted, requests those whose head was read,
	// received the bytes of them.
	conns, requests, received atomic.Int64
}

// bare starts a server that runs talk on every connection and closes it afterwards.
func (s suite) bare(t *testing.T, talk func(*peer)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s.bareOn(t, l, talk)
}

func (s suite) bareOn(t *testing.T, l net.Listener, talk func(*peer)) *server {
	t.Helper()
	srv := &server{url: mustParse(t, s.scheme()+"://"+l.Addr().String())}
	if s.tls != nil {
		l = tls.NewListener(l, s.tls)
	}
	var wg sync.WaitGroup
	var peers sync.Map
	t.Cleanup(func() {
		l.Close()
		peers.Range(func(p, _ any) bool { p.(*peer).Close(); return true })
		wg.Wait()
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p := &peer{Conn: c, s: srv}
			p.in = bufio.NewReader(io.TeeReader(c, count{&srv.received}))
			peers.Store(p, nil)
			srv.conns.Add(1)
			wg.Go(func() {
				defer peers.Delete(p)
				defer c.Close()
				talk(p)
			})
		}
	})
	return srv
}

type count struct{ n *atomic.Int64 }

func (c count) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// counted requires that the server saw exactly the requests that were sent.
func (s *server) counted(t *testing.T, l leg) {
	t.Helper()
	if got := s.requests.Load(); uint64(got) != l.Sent {
		t.Errorf("the server saw %d requests, the engine sent %d", got, l.Sent)
	}
}

// peer is the server's end of one connection.
type peer struct {
	net.Conn
	s  *server
	in *bufio.Reader
}

// request reads the next request with its body; nil when the client is gone.
func (p *peer) request() *http.Request {
	r, err := http.ReadRequest(p.in)
	if err != nil {
		return nil
	}
	p.s.requests.Add(1)
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil
	}
	return r
}

// say writes; that the client may be gone is no concern of the server's.
func (p *peer) say(text string) bool {
	_, err := io.WriteString(p, text)
	return err == nil
}

// wait returns when the client has closed the connection.
func (p *peer) wait() { io.Copy(io.Discard, p.in) }

// reset closes the connection with RST instead of FIN.
func (p *peer) reset() {
	tcp := p.tcp()
	tcp.SetLinger(0)
	tcp.Close()
}

// tcp is the connection below TLS, nil for a unix socket.
func (p *peer) tcp() *net.TCPConn {
	c := p.Conn
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	tcp, _ := c.(*net.TCPConn)
	return tcp
}

// answers talks by saying the same to every request.
func answers(text string) func(*peer) {
	return func(p *peer) {
		for p.request() != nil && p.say(text) {
		}
	}
}

// ok is a plain answer.
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// handled starts a well-behaved server.
func (s suite) handled(t *testing.T, h http.HandlerFunc) *server {
	t.Helper()
	srv := &server{}
	hs := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		srv.requests.Add(1)
		h(w, r)
	}))
	hs.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			srv.conns.Add(1)
		}
	}
	if s.tls != nil {
		hs.TLS = s.tls.Clone()
		hs.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that leave in the handshake are part of it
		hs.StartTLS()
	} else {
		hs.Start()
	}
	t.Cleanup(hs.Close)
	srv.url = mustParse(t, hs.URL)
	return srv
}

// listen opens a listener, nil where the machine lacks the network.
func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	var op *net.OpError
	if errors.As(err, &op) && strings.HasPrefix(network, "tcp6") {
		return nil
	} else if err != nil {
		t.Fatal(err)
	}
	return l
}
