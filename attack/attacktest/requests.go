package attacktest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// seen is what a server remembers of a request.
type seen struct {
	method, uri, host, body string
	header                  http.Header
	peer                    string
}

// watched starts a server that remembers the requests it gets and answers with h.
func (s suite) watched(t *testing.T, h http.HandlerFunc) (*server, func() []seen) {
	t.Helper()
	var mu sync.Mutex
	var all []seen
	srv := s.handled(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		all = append(all, seen{r.Method, r.RequestURI, r.Host, string(b), r.Header.Clone(), r.RemoteAddr})
		mu.Unlock()
		h(w, r)
	})
	return srv, func() []seen {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

func silent(http.ResponseWriter, *http.Request) {}

// requestCases are about what is sent.
var requestCases = map[string]func(*testing.T, suite){
	"as the user wrote it": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		rs := []attack.Request{{
			Name: "post", Method: http.MethodPost, Path: "/p?a=1&b=%2F", Body: []byte("the body"),
			Header: http.Header{
				"Host": {"shop.test"}, "User-Agent": {"mine/1"}, "X-Many": {"one", "two"},
				"Content-Type": {"text/plain"}, "Accept-Encoding": {"br"},
			},
			User: "ann", Password: "s3cret:x",
		}}
		const n = 5
		l := s.run(t, attack.Job{Plan: clients(t, n, 20*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.Success, n)
		for _, r := range requests() {
			user, password, _ := (&http.Request{Header: r.header}).BasicAuth()
			if r.method != "POST" || r.uri != "/p?a=1&b=%2F" || r.host != "shop.test" || r.body != "the body" ||
				r.header.Get("User-Agent") != "mine/1" || strings.Join(r.header["X-Many"], ",") != "one,two" ||
				r.header.Get("Accept-Encoding") != "br" || user != "ann" || password != "s3cret:x" {
				t.Errorf("the server saw %+v", r)
			}
		}
	},

	"nothing of our own": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		l := s.run(t, attack.Job{Plan: clients(t, 3, 20*time.Millisecond), Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Success, 3)
		for _, r := range requests() {
			if !strings.HasPrefix(r.header.Get("User-Agent"), "stress") {
				t.Errorf("user agent %q", r.header.Get("User-Agent"))
			}
			delete(r.header, "User-Agent")
			if len(r.header) > 0 {
				t.Errorf("headers nobody asked for: %v", r.header)
			}
			if r.host != srv.url.Host {
				t.Errorf("host %q, want %q", r.host, srv.url.Host)
			}
		}
	},

	"paths are resolved against the target": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		target := srv.url.JoinPath("/shop/index.php")
		l := s.run(t, attack.Job{
			Plan: clients(t, 1, 20*time.Millisecond), Target: target,
			Requests: get("/abs", "cart?x=1", srv.url.String()+"/whole", ""),
		})
		l.all(t, runlog.Success, 4)
		var got []string
		for _, r := range requests() {
			got = append(got, r.uri)
		}
		if want := "/abs /shop/cart?x=1 /whole /shop/index.php"; strings.Join(got, " ") != want {
			t.Errorf("requested %v, want %v", got, want)
		}
	},

	"a request line has three words whatever the address holds": func(t *testing.T, s suite) {
		var mu sync.Mutex
		var lines []string
		srv := s.bare(t, func(p *peer) {
			line, err := p.in.ReadString('\n')
			if err != nil {
				return
			}
			mu.Lock()
			lines = append(lines, strings.TrimSpace(line))
			mu.Unlock()
			if strings.Contains(line, "/leads") {
				p.say("HTTP/1.1 302 Found\r\nLocation: /on?é \"a b\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
				return
			}
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		})
		rs := get("/busca?nome=João da Silva&a=%2F", "/a b?%zz", "/leads")
		rs[2].Follow = 1
		l := s.run(t, attack.Job{Plan: clients(t, 1, 20*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.Success, 3)
		want := "GET /busca?nome=Jo%C3%A3o%20da%20Silva&a=%2F HTTP/1.1|GET /a%20b?%zz HTTP/1.1|GET /leads HTTP/1.1|GET /on?%C3%A9%20%22a%20b%22 HTTP/1.1"
		if got := strings.Join(lines, "|"); got != want {
			t.Errorf("request lines %s, want %s", got, want)
		}
	},

	"a pass goes in order, each client for itself": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		const n = 10
		l := s.run(t, attack.Job{Plan: clients(t, n, 20*time.Millisecond), Target: srv.url, Requests: get("/1", "/2", "/3")})
		l.all(t, runlog.Success, 3*n)
		passes := make(map[string]string)
		for _, r := range requests() {
			passes[r.peer] += r.uri
		}
		if len(passes) != n {
			t.Errorf("%d clients seen, want %d", len(passes), n)
		}
		for _, p := range passes {
			if p != "/1/2/3" {
				t.Errorf("a pass went %s", p)
			}
		}
	},

	"cookies are bounded as browsers bound them": func(t *testing.T, s suite) {
		const bound = 180
		var mu sync.Mutex
		named, most := 0, 0
		srv := s.handled(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			most = max(most, len(r.Cookies()))
			named++
			http.SetCookie(w, &http.Cookie{Name: fmt.Sprintf("n%d", named), Value: "v"})
		})
		l := s.loop(t, 1, 2*bound, attack.Job{Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Success, l.Sent)
		if most != bound {
			t.Errorf("a request carried %d cookies, want at most %d", most, bound)
		}
	},

	"a pass goes on after a failure": func(t *testing.T, s suite) {
		srv, _ := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/1" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		l := s.run(t, attack.Job{Plan: clients(t, 5, 20*time.Millisecond), Target: srv.url, Requests: get("/1", "/2")})
		if l.Outcomes.HTTP5xx != 5 || l.Outcomes.Success != 5 {
			t.Errorf("outcomes %+v, want 5 of each", l.Outcomes)
		}
	},

	"a large body goes whole, every time": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		rs := get("/1", "/2")
		for i := range rs {
			rs[i].Method, rs[i].Body = http.MethodPut, []byte(strings.Repeat("0123456789abcdef", 16<<10))
		}
		l := s.run(t, attack.Job{Plan: clients(t, 3, 20*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.Success, 6)
		for _, r := range requests() {
			if r.body != string(rs[0].Body) {
				t.Errorf("a body of %d bytes arrived with %d", len(rs[0].Body), len(r.body))
			}
		}
		for _, o := range l.outcomes {
			if o.BytesSent <= int64(len(rs[0].Body)) {
				t.Errorf("%d bytes sent, the body alone has %d", o.BytesSent, len(rs[0].Body))
			}
		}
	},

	"cookies belong to one client": func(t *testing.T, s suite) {
		var mu sync.Mutex
		var given int
		used := make(map[string]int)
		srv := s.handled(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			c, err := r.Cookie("session")
			if err != nil {
				given++
				http.SetCookie(w, &http.Cookie{Name: "session", Value: strings.Repeat("i", given)})
				return
			}
			used[c.Value]++
		})
		const n = 8
		l := s.run(t, attack.Job{Plan: clients(t, n, 20*time.Millisecond), Target: srv.url, Requests: get("/1", "/2", "/3"), Settings: attack.Settings{Connections: attack.Shared}})
		l.all(t, runlog.Success, 3*n)
		if given != n || len(used) != n {
			t.Errorf("%d sessions given to %d clients, %d of them used", given, n, len(used))
		}
		for _, times := range used {
			if times != 2 {
				t.Errorf("a session was used %d times after it was given, want 2", times)
			}
		}
	},

	"a looping client keeps its cookies": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			if len(r.Cookies()) == 0 {
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
			}
		})
		l := s.loop(t, 3, 5, attack.Job{Target: srv.url, Requests: get("/")})
		var fresh int
		for _, r := range requests() {
			if r.header.Get("Cookie") == "" {
				fresh++
			}
		}
		if fresh != 3 {
			t.Errorf("%d of %d requests came without a cookie, want those of 3 new clients", fresh, l.Sent)
		}
	},

	"what cannot be sent is refused before the load": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		for _, r := range []attack.Request{
			{Name: "method", Method: "GE T", Path: "/"},
			{Name: "path", Method: "GET", Path: "/%zz"},
			{Name: "scheme", Method: "GET", Path: "ftp://127.0.0.1/"},
			{Name: "header name", Method: "GET", Path: "/", Header: http.Header{"a b": {"c"}}},
			{Name: "header value", Method: "GET", Path: "/", Header: http.Header{"A": {"b\r\nc: d"}}},
			{Name: "host", Method: "GET", Path: "/", Header: http.Header{"Host": {"a b"}}},
		} {
			_, err := s.perform(t.Context(), attack.Job{
				Plan: clients(t, 3, time.Millisecond), Target: srv.url, Requests: append(get("/"), r),
			}, nil, nil)
			if err == nil || !strings.Contains(err.Error(), r.Name) {
				t.Errorf("%s: error %v, want one that names the request", r.Name, err)
			}
		}
		if n := srv.requests.Load(); n != 0 {
			t.Errorf("%d requests were sent all the same", n)
		}
	},
}
