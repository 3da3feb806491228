package attacktest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// hops is a server on which /3 leads to /2 to /1 to /0, /loop to itself, and /away
// to the same server under another name. Every answer sets and shows a cookie.
func (s suite) hops(t *testing.T) (*server, func() []seen) {
	t.Helper()
	var port string
	srv, requests := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "c" + r.URL.Path[1:], Value: "1"})
		code := http.StatusFound
		fmt.Sscan(r.URL.Query().Get("code"), &code)
		switch r.URL.Path {
		case "/3", "/2", "/1":
			http.Redirect(w, r, string([]byte{'/', r.URL.Path[1] - 1}), code)
		case "/loop":
			http.Redirect(w, r, "/loop", code)
		case "/away":
			http.Redirect(w, r, s.scheme()+"://localhost:"+port+"/0", code)
		case "/nowhere":
			w.WriteHeader(code)
		}
	})
	port = srv.url.Port()
	return srv, requests
}

func follow(path string, n int) []attack.Request {
	rs := get(path)
	rs[0].Follow = n
	return rs
}

// redirectCases are about following redirects: a chain is one request.
var redirectCases = map[string]func(*testing.T, suite){
	"a chain is one request": func(t *testing.T, s suite) {
		srv, requests := s.hops(t)
		const n = 5
		rs := follow("/3", 3)
		rs[0].Expect = attack.Expect{Status: []attack.StatusRange{{From: 200, To: 200}}}
		l := s.run(t, attack.Job{Plan: clients(t, n, 20*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.Success, n)
		for _, o := range l.outcomes {
			if o.Redirects != 3 || o.Status != 200 {
				t.Errorf("status %d after %d redirects, want 200 after 3", o.Status, o.Redirects)
			}
		}
		if got := srv.requests.Load(); got != 4*n {
			t.Errorf("%d hops seen, want %d", got, 4*n)
		}
		if got := srv.conns.Load(); got != n {
			t.Errorf("%d connections for %d clients", got, n)
		}
		for _, r := range requests() {
			if r.uri == "/0" && r.header.Get("Cookie") != "c3=1; c2=1; c1=1" {
				t.Errorf("cookies at the end of the chain: %q", r.header.Get("Cookie"))
			}
		}
	},

	"unasked it is the answer": func(t *testing.T, s suite) {
		srv, _ := s.hops(t)
		l := s.run(t, attack.Job{Plan: clients(t, 3, 20*time.Millisecond), Target: srv.url, Requests: get("/3")})
		l.all(t, runlog.Success, 3)
		srv.counted(t, l)
		if o := l.outcomes[0]; o.Status != http.StatusFound || o.Redirects != 0 {
			t.Errorf("status %d after %d redirects", o.Status, o.Redirects)
		}
	},

	"a loop ends with the hops allowed": func(t *testing.T, s suite) {
		srv, _ := s.hops(t)
		l := s.run(t, attack.Job{Plan: clients(t, 2, 20*time.Millisecond), Target: srv.url, Requests: follow("/loop", 5)})
		for _, o := range l.outcomes {
			if o.Redirects != 5 || o.Status != http.StatusFound {
				t.Errorf("status %d after %d redirects, want 302 after 5", o.Status, o.Redirects)
			}
		}
		if got := srv.requests.Load(); got != 2*6 {
			t.Errorf("%d hops seen, want 12", got)
		}
	},

	"to nowhere it is the answer": func(t *testing.T, s suite) {
		srv, _ := s.hops(t)
		l := s.run(t, attack.Job{Plan: clients(t, 2, 20*time.Millisecond), Target: srv.url, Requests: follow("/nowhere", 5)})
		l.all(t, runlog.Success, 2)
		srv.counted(t, l)
	},

	"to another host only where allowed": func(t *testing.T, s suite) {
		for name, c := range map[string]struct {
			may  func(*url.URL) error
			hops int
		}{
			"by default": {nil, 0},
			"refused":    {func(*url.URL) error { return errors.New("not ours") }, 0},
			"allowed":    {func(*url.URL) error { return nil }, 1},
		} {
			srv, requests := s.hops(t)
			rs := follow("/away", 3)
			rs[0].User, rs[0].Password = "ann", "secret"
			l := s.run(t, attack.Job{Plan: clients(t, 2, 20*time.Millisecond), Target: srv.url, Requests: rs, MayFollow: c.may})
			for _, o := range l.outcomes {
				if o.Redirects != c.hops {
					t.Errorf("%s: %d redirects followed, want %d", name, o.Redirects, c.hops)
				}
			}
			if got, want := srv.requests.Load(), int64(2*(1+c.hops)); got != want {
				t.Errorf("%s: %d hops seen, want %d", name, got, want)
			}
			for _, r := range requests() {
				if r.uri == "/0" && (r.header.Get("Authorization") != "" || r.header.Get("Cookie") != "") {
					t.Errorf("%s: secrets of one host were sent to another: %v", name, r.header)
				}
			}
		}
	},

	"method and body": func(t *testing.T, s suite) {
		for code, want := range map[int]seen{
			301: {method: "GET"}, 302: {method: "GET"}, 303: {method: "GET"},
			307: {method: "POST", body: "form"}, 308: {method: "POST", body: "form"},
		} {
			srv, requests := s.hops(t)
			rs := follow(fmt.Sprintf("/1?code=%d", code), 1)
			rs[0].Method, rs[0].Body = http.MethodPost, []byte("form")
			rs[0].Header = http.Header{"Content-Type": {"text/plain"}}
			l := s.run(t, attack.Job{Plan: clients(t, 1, 20*time.Millisecond), Target: srv.url, Requests: rs})
			l.all(t, runlog.Success, 1)
			got := requests()[1]
			if got.method != want.method || got.body != want.body || (got.header.Get("Content-Type") != "") != (want.body != "") {
				t.Errorf("%d: then came %s with %q and %v", code, got.method, got.body, got.header)
			}
		}
	},

	"every hop's bytes count": func(t *testing.T, s suite) {
		first := "HTTP/1.1 302 Found\r\nLocation: /2\r\nContent-Length: 5\r\n\r\nmoved"
		srv := s.bare(t, func(p *peer) {
			for r := p.request(); r != nil; r = p.request() {
				if r.URL.Path == "/1" {
					p.say(first)
				} else {
					p.say(ok)
				}
			}
		})
		l := s.run(t, attack.Job{Plan: clients(t, 3, 20*time.Millisecond), Target: srv.url, Requests: follow("/1", 1)})
		l.all(t, runlog.Success, 3)
		var sent int64
		for _, o := range l.outcomes {
			sent += o.BytesSent
			if want := int64(len(first) + len(ok)); o.BytesReceived != want {
				t.Errorf("%d bytes received, want %d", o.BytesReceived, want)
			}
		}
		if got := srv.received.Load(); sent != got {
			t.Errorf("%d bytes sent, the server received %d", sent, got)
		}
	},
}
