package attacktest

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// hostCases are about answers that name the host which gave them, and about how many answers
// a connection carries.
var hostCases = map[string]func(*testing.T, suite){
	"each connection has its own": func(t *testing.T, s suite) {
		var next atomic.Int64
		srv := s.bare(t, func(p *peer) { answers(named(fmt.Sprint("host", next.Add(1))))(p) })
		const n, each = 3, 20
		l := s.loop(t, n, each, attack.Job{Target: srv.url, Requests: get("/"), HostFrom: byHeader})
		served, carried := l.hosts()
		var squares, all uint64
		for name, host := range served {
			if host.Squares != host.Answers*host.Answers || host.Success != host.Answers {
				t.Errorf("%s: %+v on one connection", name, host)
			}
			squares += host.Squares
			all += host.Answers
		}
		if len(served) != n || all != l.Outcomes.Success || all < n*each {
			t.Errorf("%+v of %d answers", served, l.Outcomes.Success)
		}
		if want := (runlog.Carried{Connections: n, Squares: squares, NamedSquares: squares}); carried != want {
			t.Errorf("%+v, want %+v", carried, want)
		}
	},

	"each answer has its own": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			for i := 0; p.request() != nil && p.say(named(fmt.Sprint("host", i%2))); i++ {
			}
		})
		l := s.run(t, attack.Job{Plan: clients(t, 5, 50*time.Millisecond), Target: srv.url, Requests: get("/1", "/2", "/3", "/4", "/5"), HostFrom: byHeader})
		served, carried := l.hosts()
		if want := map[string]runlog.Served{"host0": {Answers: 15, Success: 15, Squares: 5 * 9}, "host1": {Answers: 10, Success: 10, Squares: 5 * 4}}; !maps.Equal(served, want) {
			t.Errorf("%+v, want %+v", served, want)
		}
		if want := (runlog.Carried{Connections: 5, Squares: 5 * 25, NamedSquares: 5 * 25}); carried != want {
			t.Errorf("%+v, want %+v", carried, want)
		}
	},

	"a connection for each request": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			if p.request() != nil {
				p.say("HTTP/1.1 200 OK\r\nX-Served-By: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			}
		})
		l := s.loop(t, 2, 10, attack.Job{Target: srv.url, Requests: get("/"), HostFrom: byHeader})
		n := l.Outcomes.Success
		served, carried := l.hosts()
		if want := (runlog.Served{Answers: n, Success: n, Squares: n}); served["a"] != want || len(served) != 1 {
			t.Errorf("%+v, want %+v", served, want)
		}
		if want := (runlog.Carried{Connections: n, Squares: n, NamedSquares: n}); carried != want {
			t.Errorf("%+v, want %+v", carried, want)
		}
	},

	// What cannot be told apart is counted together, and no name is lost in another.
	"names as they come": func(t *testing.T, s suite) {
		for _, c := range []struct {
			head string
			want string // "" is no name
		}{
			{"X-Served-By: web-1", "web-1"},
			{"x-served-BY:\tWEB-1 ", "WEB-1"},
			{"X-Served-By: a\r\nX-Other: c\r\nX-Served-By: b", "a, b"},
			{"X-Served-By: a\r\n  b", "a b"},
			{"X-Served-By:", ""},
			{"X-Served-By:\r\nX-Served-By: b", ", b"},
			{"X-Other: a", ""},
			{"X-Served-By: café \xff", `café \xff`},
			{"X-Served-By: " + strings.Repeat("x", 255), strings.Repeat("x", 255)},
			{"X-Served-By: " + strings.Repeat("x", 256), runlog.OtherHosts},
			{"X-Served-By: " + strings.Repeat("x", 64<<10), runlog.OtherHosts},
		} {
			srv := s.bare(t, answers("HTTP/1.1 200 OK\r\n"+c.head+"\r\nContent-Length: 2\r\n\r\nok"))
			l := s.run(t, attack.Job{Plan: clients(t, 2, time.Millisecond), Target: srv.url, Requests: get("/"), HostFrom: byHeader})
			l.all(t, runlog.Success, 2)
			served, _ := l.hosts()
			want := map[string]runlog.Served{c.want: {Answers: 2, Success: 2, Squares: 2}}
			if c.want == "" {
				want = map[string]runlog.Served{}
			}
			if !maps.Equal(served, want) {
				t.Errorf("%.80q: %+v, want %+v", c.head, served, want)
			}
		}
	},

	"names in bodies": func(t *testing.T, s suite) {
		for body, want := range map[string]string{
			"<p>Host: web-1</p>": "web-1",
			"Host: \x1b[2Jx":     "\x1b[2Jx",
			"Host: a\xff":        `a\xff`,
			"Host: a\xfe":        `a\xfe`,
			"Host: ":             "",
			"nothing":            "",
			strings.Repeat("x", attack.MatchLimit) + "Host: late": "",
		} {
			srv := s.bare(t, answers(fmt.Sprintf("HTTP/1.1 503 Busy\r\nContent-Length: %d\r\n\r\n%s", len(body), body)))
			l := s.run(t, attack.Job{Plan: clients(t, 2, time.Millisecond), Target: srv.url, Requests: get("/"),
				HostFrom: attack.HostFrom{Body: regexp.MustCompile(`Host: ([^<]+)`)}})
			l.all(t, runlog.HTTP5xx, 2)
			served, _ := l.hosts()
			if host, known := served[want]; known != (want != "") || known && host != (runlog.Served{Answers: 2, Squares: 2}) {
				t.Errorf("%.80q: %+v, want %q", body, served, want)
			}
		}
	},

	// A server that gives a new name with every answer fills neither memory nor disk.
	"a new name with every answer": func(t *testing.T, s suite) {
		var next atomic.Int64
		srv := s.bare(t, func(p *peer) {
			for p.request() != nil && p.say(named(fmt.Sprint(next.Add(1)))) {
			}
		})
		l := s.loop(t, 2, 300, attack.Job{Target: srv.url, Requests: get("/"), HostFrom: byHeader})
		served, _ := l.hosts()
		others := served[runlog.OtherHosts]
		if len(served) != 201 || others.Answers != l.Outcomes.Success-200 {
			t.Errorf("%d names, %d answers of others of %d", len(served), others.Answers, l.Outcomes.Success)
		}
	},

	"the last answer of a chain counts": func(t *testing.T, s suite) {
		last := s.bare(t, answers(named("last")))
		first := s.bare(t, answers("HTTP/1.1 302 Found\r\nX-Served-By: first\r\nLocation: "+last.url.String()+"\r\nContent-Length: 0\r\n\r\n"))
		rs := get("/")
		rs[0].Follow = 1
		l := s.run(t, attack.Job{Plan: clients(t, 3, 30*time.Millisecond), Target: first.url, Requests: rs, HostFrom: byHeader, MayFollow: func(*url.URL) error { return nil }})
		l.all(t, runlog.Success, 3)
		served, carried := l.hosts()
		if want := (runlog.Served{Answers: 3, Success: 3, Squares: 3}); served["last"] != want || len(served) != 1 || carried.Connections != 3 {
			t.Errorf("%+v, %+v", served, carried)
		}
	},

	// An answer that breaks off is none, whoever began it.
	"answers that break off": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			if p.request() != nil {
				p.say("HTTP/1.1 200 OK\r\nX-Served-By: a\r\nContent-Length: 9\r\n\r\nok")
			}
		})
		l := s.run(t, attack.Job{Plan: clients(t, 3, 30*time.Millisecond), Target: srv.url, Requests: get("/"), HostFrom: byHeader})
		l.all(t, runlog.Network, 3)
		if served, carried := l.hosts(); len(served) != 0 || carried != (runlog.Carried{}) {
			t.Errorf("%+v, %+v", served, carried)
		}
	},
}

var byHeader = attack.HostFrom{Header: "X-Served-By"}

// named is an answer that names its host.
func named(host string) string {
	return "HTTP/1.1 200 OK\r\nX-Served-By: " + host + "\r\nContent-Length: 2\r\n\r\nok"
}

// hosts are the answers by host, and what connections carried, of all seconds.
func (l leg) hosts() (map[string]runlog.Served, runlog.Carried) {
	all, carried := map[string]runlog.Served{}, runlog.Carried{}
	for _, sec := range l.seconds {
		for name, served := range sec.Served {
			served.Merge(all[name])
			all[name] = served
		}
		carried.Merge(sec.Carried)
	}
	return all, carried
}
