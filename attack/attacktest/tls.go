package attacktest

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// tlsCases are about what only TLS has: names, certificates, alerts, records, and an end of its
// own.
var tlsCases = map[string]func(*testing.T, suite){
	"the name and the protocol that are asked for": func(t *testing.T, s suite) {
		for name, want := range map[string]string{"": "shop.test", "internal.test": "internal.test"} {
			var mu sync.Mutex
			var asked []string
			own := s.tls.Certificates[0]
			s.tls = s.tls.Clone()
			s.tls.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, h.ServerName+" "+strings.Join(h.SupportedProtos, ","))
				return nil, nil
			}
			srv := s.bare(t, answers(ok))
			job := attack.Job{
				Plan: clients(t, 3, 10*time.Millisecond), Target: mustParse(t, "https://shop.test"), ConnectTo: []string{srv.url.Host},
				ServerName: name, Roots: trusting(&own), Requests: get("/"),
			}
			s.run(t, job).all(t, runlog.Success, 3)
			for _, a := range asked {
				if a != want+" http/1.1" {
					t.Errorf("a client asked for %q, want %s and http/1.1", a, want)
				}
			}
		}
	},

	"certificates that are refused are named": func(t *testing.T, s suite) {
		own := s.tls.Certificates[0]
		expired := certificate(t, elliptical(t), -time.Hour)
		for reason, c := range map[string]struct {
			shown *tls.Certificate
			job   attack.Job
		}{
			"tls: certificate of an unknown authority":  {&own, attack.Job{Roots: trusting(expired)}},
			"tls: certificate for another name":         {&own, attack.Job{Roots: trusting(&own), ServerName: "other.test"}},
			"tls: certificate expired or not yet valid": {expired, attack.Job{Roots: trusting(expired)}},
		} {
			s := s
			s.tls = s.tls.Clone()
			s.tls.Certificates = []tls.Certificate{*c.shown}
			c.job.Plan, c.job.Target, c.job.Requests = clients(t, 3, 10*time.Millisecond), mustParse(t, "https://shop.test"), get("/")
			c.job.ConnectTo = []string{s.bare(t, answers(ok)).url.Host}
			l := s.run(t, c.job)
			l.all(t, runlog.Network, 3)
			if got := l.reason(t); got != reason {
				t.Errorf("%q, want %q", got, reason)
			}
		}
	},

	"a client shows its certificate to the target alone": func(t *testing.T, s suite) {
		client := certificate(t, elliptical(t), time.Hour)
		var mu sync.Mutex
		shown := make(map[string]int)
		server := func(name string) *server {
			s := s
			s.tls = s.tls.Clone()
			s.tls.ClientAuth = tls.RequestClientCert
			return s.handled(t, func(_ http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				shown[name] += len(r.TLS.PeerCertificates)
			})
		}
		target, other := server("target"), server("other")
		l := s.run(t, attack.Job{Plan: clients(t, 3, 10*time.Millisecond), Target: target.url, Certificate: client, Requests: get("/", other.url.String()+"/")})
		l.all(t, runlog.Success, 6)
		if shown["target"] != 3 || shown["other"] != 0 {
			t.Errorf("shown %v, want 3 times to the target", shown)
		}
	},

	"alerts are named": func(t *testing.T, s suite) {
		for reason, alert := range map[string]byte{
			"tls: handshake failure": 40, "tls: bad certificate": 42, "tls: unknown certificate authority": 48, "tls: access denied": 49,
			"tls: protocol version not supported": 70, "tls: internal error": 80, "tls: unrecognized name": 112, "tls: no application protocol": 120,
		} {
			srv := suite{}.bare(t, func(p *peer) {
				p.Read(make([]byte, 4<<10)) // the ClientHello, all of it on a loopback
				p.Write([]byte{21, 3, 3, 0, 2, 2, alert})
				p.tcp().CloseWrite()
				p.wait()
			})
			srv.url.Scheme = "https"
			l := s.run(t, attack.Job{Plan: clients(t, 3, 10*time.Millisecond), Target: srv.url, Requests: get("/")})
			l.all(t, runlog.Network, 3)
			if got := l.reason(t); got != reason {
				t.Errorf("%q, want %q", got, reason)
			}
		}
	},

	"a certificate that is required": func(t *testing.T, s suite) {
		s.tls = s.tls.Clone()
		s.tls.ClientAuth = tls.RequireAnyClientCert
		want := "tls: certificate required"
		if s.tls.MaxVersion == tls.VersionTLS12 {
			want = "tls: handshake failure" // it has no alert for it
		}
		srv := s.bare(t, answers(ok))
		l := s.run(t, attack.Job{Plan: clients(t, 3, 10*time.Millisecond), Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Network, 3)
		if got := l.reason(t); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	},

	"what is no TLS": func(t *testing.T, s suite) {
		for said, reason := range map[string]string{
			"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n": "tls: the server does not speak TLS: is its address http://?",
			"\x16\x03\x03\xff\xff": "tls: oversized record",
			"":                     "unexpected eof",
			"\x16\x03\x03\x00":     "unexpected eof",
		} {
			srv := suite{}.bare(t, func(p *peer) {
				p.Read(make([]byte, 4<<10))
				p.say(said)
				p.tcp().CloseWrite()
				p.wait()
			})
			srv.url.Scheme = "https"
			l := s.run(t, attack.Job{Plan: clients(t, 3, 10*time.Millisecond), Target: srv.url, Requests: get("/")})
			l.all(t, runlog.Network, 3)
			if got := l.reason(t); got != reason {
				t.Errorf("a server that says %q: %q, want %q", said, got, reason)
			}
		}
	},

	// The others, who have a server of their own, go on meanwhile.
	"a handshake that never ends is a timeout": func(t *testing.T, s suite) {
		srv := suite{}.bare(t, (*peer).wait)
		srv.url.Scheme = "https"
		quick := s.bare(t, answers(ok))
		job := attack.Job{Plan: clients(t, 5, 20*time.Millisecond), Target: srv.url, Requests: get("/", quick.url.String()+"/")}
		job.Timeout = 3 * time.Second
		l := s.whole(t, job)
		if l.Outcomes.Timeout != 5 || l.Outcomes.Success != 5 {
			t.Errorf("outcomes %+v", l.Outcomes)
		}
		for _, o := range l.outcomes {
			if o.Class == runlog.Timeout && (o.Done-o.Sent < job.Timeout || !strings.HasPrefix(o.Reason, "no ")) {
				t.Errorf("%q after %v", o.Reason, o.Done-o.Sent)
			}
		}
	},

	"a leg ends in the midst of handshakes": func(t *testing.T, s suite) {
		arrived := make(chan struct{}, 100)
		srv := suite{}.bare(t, func(p *peer) { arrived <- struct{}{}; p.wait() })
		srv.url.Scheme = "https"
		drain := make(chan struct{})
		go func() {
			for range 10 {
				<-arrived
			}
			close(drain)
		}()
		job := attack.Job{Plan: loops(t, 10, time.Hour), Target: srv.url, Requests: get("/")}
		job.Timeout = 300 * time.Millisecond
		l, err := s.perform(t.Context(), job, drain, nil)
		if err != nil || l.Outcomes.Timeout+l.Outcomes.Cut != l.Sent {
			t.Errorf("outcomes %+v, error %v", l.Outcomes, err)
		}
	},

	// An answer in as many records as it has bytes, and these in as many segments as the kernel
	// makes of writes of a byte.
	"records that come in pieces": func(t *testing.T, s suite) {
		for size := range []int{1, 2, 7, 100} {
			size := size + 1
			srv := s.slicing(t, size, func(p *peer) {
				for p.request() != nil {
					for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello, world") {
						if !p.say(string(b)) {
							return
						}
					}
				}
			})
			job := attack.Job{Plan: clients(t, 2, 10*time.Millisecond), Target: srv.url, Requests: get("/a", "/b")}
			job.Requests[0].Expect.Body, job.Requests[1].Expect.Body = "hello, world", "hello, world"
			s.run(t, job).all(t, runlog.Success, 4)
		}
	},

	"a large answer": func(t *testing.T, s suite) {
		body := strings.Repeat("0123456789", 300_000)
		srv := s.slicing(t, 10_007, func(p *peer) {
			for p.request() != nil && p.say("HTTP/1.1 200 OK\r\nContent-Length: 3000002\r\n\r\n"+body+"ok") {
			}
		})
		job := attack.Job{Plan: clients(t, 2, 10*time.Millisecond), Target: srv.url, Requests: get("/a", "/b")}
		job.Requests[0].Expect.Body, job.Requests[1].Expect.Body = "789ok", "789ok"
		l := s.run(t, job)
		l.all(t, runlog.Success, 4)
		for _, o := range l.outcomes {
			if o.BytesReceived < 3_000_002 {
				t.Errorf("%d bytes received of a body of 3000002", o.BytesReceived)
			}
		}
	},

	// The socket takes it in many steps: the server reads slowly.
	"a large request": func(t *testing.T, s suite) {
		got := make(chan int64, 4)
		srv := s.bare(t, func(p *peer) {
			for {
				r, err := http.ReadRequest(p.in)
				if err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
				n, _ := io.Copy(io.Discard, r.Body)
				got <- n
				p.say(ok)
			}
		})
		body := []byte(strings.Repeat("0123456789", 1_000_000))
		job := attack.Job{Plan: clients(t, 2, 10*time.Millisecond), Target: srv.url, Requests: []attack.Request{
			{Name: "/a", Method: "POST", Path: "/a", Body: body}, {Name: "/b", Method: "POST", Path: "/b", Body: body},
		}}
		l := s.run(t, job)
		l.all(t, runlog.Success, 4)
		for _, o := range l.outcomes {
			if n := <-got; n != int64(len(body)) || o.BytesSent < n {
				t.Errorf("%d bytes arrived of %d, %d were sent", n, len(body), o.BytesSent)
			}
		}
	},

	"an answer to no request ends the connection": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			for p.request() != nil && p.say(ok+ok) {
			}
		})
		l := s.loop(t, 2, 10, attack.Job{Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Success, l.Sent)
		if uint64(srv.conns.Load()) != l.Sent {
			t.Errorf("%d connections for %d requests, each with two answers", srv.conns.Load(), l.Sent)
		}
	},

	"sessions are taken up only if that is asked for": func(t *testing.T, s suite) {
		for _, resume := range []bool{false, true} {
			var resumed atomic.Int64
			srv := s.handled(t, func(_ http.ResponseWriter, r *http.Request) {
				if r.TLS.DidResume {
					resumed.Add(1)
				}
			})
			job := attack.Job{Plan: clients(t, 1, time.Millisecond), Target: srv.url, Requests: get("/a", "/b", "/c", "/d"), Resume: resume}
			for i := range job.Requests {
				job.Requests[i].Header = http.Header{"Connection": {"close"}}
			}
			s.run(t, job).all(t, runlog.Success, 4)
			if want := map[bool]int64{true: 3}[resume]; resumed.Load() != want || srv.conns.Load() != 4 {
				t.Errorf("resume %v: %d of %d connections took up a session, want %d", resume, resumed.Load(), srv.conns.Load(), want)
			}
		}
	},

	"a version of TLS below the least": func(t *testing.T, s suite) {
		s.tls = s.tls.Clone()
		s.tls.MinVersion, s.tls.MaxVersion = 0, tls.VersionTLS12
		srv := s.bare(t, answers(ok))
		l := s.run(t, attack.Job{Plan: clients(t, 3, 10*time.Millisecond), Target: srv.url, Requests: get("/"), MinVersion: tls.VersionTLS13})
		l.all(t, runlog.Network, 3)
		if got, want := l.reason(t), "tls: protocol version not supported"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	},

	// Where the length is not known, the end of the connection is the end of the answer: TLS says
	// whether it is the server's.
	"an end that TLS does not say": func(t *testing.T, s suite) {
		for said, c := range map[string]struct {
			polite bool
			reason string
		}{
			"HTTP/1.1 200 OK\r\n\r\nto the end":                    {true, ""},
			"HTTP/1.1 200 OK\r\n\r\nto the":                        {false, "tls: connection closed without close_notify: the answer may be incomplete"},
			"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nto the":   {false, ""},
			"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nto the":  {true, "unexpected eof"},
			"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nto the ": {false, "unexpected eof"},
		} {
			srv := s.bare(t, func(p *peer) {
				if p.request() == nil {
					return
				}
				p.say(said)
				if c.polite {
					p.Conn.(*tls.Conn).CloseWrite()
				} else {
					p.tcp().CloseWrite()
				}
				p.wait()
			})
			l := s.run(t, attack.Job{Plan: clients(t, 2, 10*time.Millisecond), Target: srv.url, Requests: get("/")})
			if got := l.reason(t); got != c.reason || l.Sent != 2 {
				t.Errorf("%q, polite %v: %q of %d requests, want %q", said, c.polite, got, l.Sent, c.reason)
			}
		}
	},
}

// slicing is bare with a server whose bytes below TLS come in writes of a size.
func (s suite) slicing(t *testing.T, size int, talk func(*peer)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s.bareOn(t, slicer{l, size}, talk)
}

type slicer struct {
	net.Listener
	size int
}

func (s slicer) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return sliced{c, s.size}, nil
}

type sliced struct {
	net.Conn
	size int
}

func (s sliced) Write(p []byte) (n int, err error) {
	for err == nil && n < len(p) {
		var m int
		m, err = s.Conn.Write(p[n:min(n+s.size, len(p))])
		n += m
	}
	return n, err
}
