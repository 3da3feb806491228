package attacktest

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// connectionCases are about who opens connections, and when they end.
var connectionCases = map[string]func(*testing.T, suite){
	"each client of an open load has its own": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		const n = 15
		l := s.run(t, attack.Job{Plan: clients(t, n, 60*time.Millisecond), Target: srv.url, Requests: get("/a", "/b")})
		l.all(t, runlog.Success, 2*n)
		srv.counted(t, l)
		if got := srv.conns.Load(); got != n {
			t.Errorf("%d connections for %d clients", got, n)
		}
		for _, o := range l.outcomes {
			if (o.Connect > 0) != (o.Request == 0) {
				t.Errorf("request %d: connecting took %v", o.Request, o.Connect)
			}
			if secured := s.tls != nil && o.Request == 0; (o.Handshake > 0) != secured || o.Handshake > o.Connect {
				t.Errorf("request %d: a handshake of %v, connecting took %v", o.Request, o.Handshake, o.Connect)
			}
		}
	},

	"it is closed when the client ends": func(t *testing.T, s suite) {
		closed := make(chan struct{}, 5)
		srv := s.bare(t, func(p *peer) { answers(ok)(p); closed <- struct{}{} })
		s.run(t, attack.Job{Plan: clients(t, 5, 20*time.Millisecond), Target: srv.url, Requests: get("/")})
		for range 5 {
			select {
			case <-closed:
			case <-time.After(patient):
				t.Fatal("a client has ended and its connection is still open")
			}
		}
	},

	"a looping client keeps its own": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		l := s.loop(t, 4, 20, attack.Job{Target: srv.url, Requests: get("/a", "/b")})
		l.all(t, runlog.Success, l.Sent)
		srv.counted(t, l)
		if got := srv.conns.Load(); got != 4 {
			t.Errorf("%d connections for 4 clients", got)
		}
	},

	"shared connections are bounded": func(t *testing.T, s suite) {
		srv := s.handled(t, func(http.ResponseWriter, *http.Request) { time.Sleep(10 * time.Millisecond) })
		l := s.run(t, attack.Job{
			Plan: clients(t, 20, 40*time.Millisecond), Target: srv.url, Requests: get("/"),
			Settings: attack.Settings{Connections: attack.Shared, MaxConnections: 3},
		})
		l.all(t, runlog.Success, 20)
		srv.counted(t, l)
		if got := srv.conns.Load(); got > 3 {
			t.Errorf("%d connections, at most 3 allowed", got)
		}
	},

	"shared connections are used again": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		p := newPlan(t, plan.Load{Type: plan.Rate, Rate: 100, Duration: time.Second / 5})
		l := s.run(t, attack.Job{Plan: p, Target: srv.url, Requests: get("/"), Settings: attack.Settings{Connections: attack.Shared, MaxConnections: 1}})
		l.all(t, runlog.Success, 20)
		if got := srv.conns.Load(); got != 1 {
			t.Errorf("%d connections, one would do", got)
		}
	},

	// Waiting for a place on our own connections is the generator's lateness, not
	// the target's: it must be in the lag and not in the service time.
	"waiting for a shared connection is lag": func(t *testing.T, s suite) {
		const delay = 50 * time.Millisecond
		srv := s.handled(t, func(http.ResponseWriter, *http.Request) { time.Sleep(delay) })
		l := s.run(t, attack.Job{
			Plan: clients(t, 3, time.Millisecond), Target: srv.url, Requests: get("/"),
			Settings: attack.Settings{Connections: attack.Shared, MaxConnections: 1},
		})
		l.all(t, runlog.Success, 3)
		var last attack.Outcome
		for i, o := range l.outcomes {
			if i > 0 && o.Sent < last.Done {
				t.Errorf("sent at %v on a connection that was busy until %v", o.Sent, last.Done)
			}
			last = o
		}
	},

	"announced closes lose nothing": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			if p.request() != nil {
				p.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
			}
		})
		l := s.loop(t, 3, 20, attack.Job{Target: srv.url, Requests: get("/a", "/b")})
		l.all(t, runlog.Success, l.Sent)
		srv.counted(t, l)
		if got := srv.conns.Load(); uint64(got) != l.Sent {
			t.Errorf("%d connections for %d requests", got, l.Sent)
		}
	},

	// The server hangs up between two requests without a word. A request may meet
	// the closed connection and fail; none may be lost from the account or be sent
	// twice.
	"closes between requests lose and double nothing": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			if p.request() != nil {
				p.say(ok)
			}
		})
		l := s.loop(t, 3, 50, attack.Job{Target: srv.url, Requests: get("/")})
		if got := l.Outcomes.Success + l.Outcomes.Network; got != l.Sent {
			t.Errorf("%d of %d requests succeeded or failed on a closed connection: %+v", got, l.Sent, l.Outcomes)
		}
		if got := uint64(srv.requests.Load()); got != l.Outcomes.Success {
			t.Errorf("the server answered %d requests, %d succeeded", got, l.Outcomes.Success)
		}
	},

	// The server takes the second request of a connection and hangs up: whether it
	// did its work nobody knows. Sending it again in silence would do the work twice.
	"an unanswered request is not repeated": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			if p.request() != nil && p.say(ok) {
				p.request()
			}
		})
		const n = 10
		l := s.run(t, attack.Job{Plan: clients(t, n, 50*time.Millisecond), Target: srv.url, Requests: get("/a", "/b")})
		srv.counted(t, l)
		for _, o := range l.outcomes {
			if want := []runlog.Class{runlog.Success, runlog.Network}[o.Request]; o.Class != want {
				t.Errorf("request %d: %v, want %v", o.Request, o.Class, want)
			}
		}
	},

	// The first server has hung up before the second answers, so the client knows,
	// or can, before it sends the third request.
	"a connection closed while idle is not used": func(t *testing.T, s suite) {
		closed := make(chan struct{}, 1)
		first := s.bare(t, func(p *peer) {
			for r := p.request(); r != nil && p.say(ok); r = p.request() {
				if r.URL.Path == "/1" {
					p.Close()
					closed <- struct{}{}
				}
			}
		})
		second := s.handled(t, func(http.ResponseWriter, *http.Request) { <-closed })
		l := s.loop(t, 1, 150, attack.Job{Target: first.url, Requests: get("/1", second.url.String(), "/3")})
		l.all(t, runlog.Success, l.Sent)
		first.requests.Add(second.requests.Load())
		first.counted(t, l)
	},

	// Many clients at once, so that an engine learns of a connection and of what came on
	// it in the same moment. Nothing more will come, so waiting for it is no use.
	"a server that speaks before it is asked": func(t *testing.T, s suite) {
		for said, closes := range map[string]bool{ok: false, ok[:10]: true, "": true} {
			srv := s.bare(t, func(p *peer) {
				p.say(said)
				if closes {
					p.tcp().CloseWrite()
				}
				p.wait()
			})
			const n = 100
			l := s.run(t, attack.Job{Plan: clients(t, n, 5*time.Millisecond), Target: srv.url, Requests: get("/")})
			// Whether an early answer is one is a matter of taste.
			early := l.Outcomes.Success
			if l.Sent != n || early+l.Outcomes.Network != n || closes && early > 0 {
				t.Errorf("a server that says %q: %d requests, %+v", said, l.Sent, l.Outcomes)
			}
			for _, o := range l.outcomes {
				if o.Done-o.Sent >= patient {
					t.Fatalf("a server that says %q: the request took all of the timeout", said)
				}
			}
		}
	},

	"a server that answers before it has the body": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			if r, err := http.ReadRequest(p.in); err == nil {
				p.s.requests.Add(1)
				p.say("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
				io.Copy(io.Discard, r.Body)
			}
		})
		rs := get("/")
		rs[0].Method, rs[0].Body = http.MethodPost, make([]byte, 1<<20)
		l := s.run(t, attack.Job{Plan: clients(t, 3, 30*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.HTTP4xx, 3)
		srv.counted(t, l)
	},

	"local addresses are used in turn": func(t *testing.T, s suite) {
		var mu sync.Mutex
		from := make(map[string]int)
		srv := s.bare(t, func(p *peer) {
			host, _, _ := net.SplitHostPort(p.RemoteAddr().String())
			mu.Lock()
			from[host]++
			mu.Unlock()
			answers(ok)(p)
		})
		if l, err := net.Listen("tcp", "127.0.0.2:0"); err != nil {
			t.Skip("this machine has no 127.0.0.2")
		} else {
			l.Close()
		}
		l := s.run(t, attack.Job{
			Plan: clients(t, 10, 50*time.Millisecond), Target: srv.url, Requests: get("/"),
			Settings: attack.Settings{LocalAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}},
		})
		l.all(t, runlog.Success, 10)
		if from["127.0.0.1"] != 5 || from["127.0.0.2"] != 5 {
			t.Errorf("connections came from %v, want 5 from each address", from)
		}
	},

	"a unix socket": func(t *testing.T, s suite) {
		path := filepath.Join(t.TempDir(), "s")
		srv := s.bareOn(t, listen(t, "unix", path), answers(ok))
		l := s.run(t, attack.Job{
			Plan: clients(t, 5, 20*time.Millisecond), Target: mustParse(t, s.scheme()+"://behind.test/"), Socket: path, Requests: get("/"),
		})
		l.all(t, runlog.Success, 5)
		srv.counted(t, l)
	},

	"IPv6": func(t *testing.T, s suite) {
		ln := listen(t, "tcp6", "[::1]:0")
		if ln == nil {
			t.Skip("this machine has no IPv6 loopback")
		}
		srv := s.bareOn(t, ln, answers(ok))
		l := s.run(t, attack.Job{Plan: clients(t, 5, 20*time.Millisecond), Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Success, 5)
		srv.counted(t, l)
	},
}
