package attacktest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// keepAliveCases are about connections that end after so many requests, and the host that they are asked
// for.
var keepAliveCases = map[string]func(*testing.T, suite){
	"a connection ends after so many requests": func(t *testing.T, s suite) {
		for _, most := range []int{1, 3} {
			srv := s.bare(t, answers(ok))
			job := attack.Job{Target: srv.url, Requests: get("/a", "/b"), Settings: attack.Settings{RequestsPerConnection: most}}
			l := s.loop(t, 4, 12, job)
			l.all(t, runlog.Success, l.Sent)
			srv.counted(t, l)
			l.carried(t, most)
		}
	},

	"a shared connection too": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		l := s.run(t, attack.Job{
			Plan: newPlan(t, plan.Load{Type: plan.Rate, Rate: 100, Duration: time.Second / 5}), Target: srv.url, Requests: get("/"),
			Settings: attack.Settings{Connections: attack.Shared, MaxConnections: 1, RequestsPerConnection: 4},
		})
		l.all(t, runlog.Success, 20)
		srv.counted(t, l)
		if got := srv.conns.Load(); got != 5 {
			t.Errorf("%d connections for 20 requests, 4 on each", got)
		}
	},

	// The server hears of it, and may close the connection itself.
	"without keep-alive every request has its own connection": func(t *testing.T, s suite) {
		for _, resume := range []bool{false, true} {
			srv, requests := s.watched(t, silent)
			l := s.loop(t, 4, 5, attack.Job{
				Target: srv.url, Requests: []attack.Request{{Name: "a", Path: "/"}, {Name: "b", Path: "/", Header: http.Header{"Connection": {"keep-alive"}}}},
				Settings: attack.Settings{NoKeepAlive: true}, Resume: resume,
			})
			l.all(t, runlog.Success, l.Sent)
			l.carried(t, 1)
			for _, r := range requests() {
				if !strings.Contains(strings.Join(r.header["Connection"], ","), "close") {
					t.Errorf("%s %v asks for no end of its connection", r.uri, r.header)
				}
			}
		}
	},

	// A server need not end what it was asked to end: then the client does.
	"a connection that a request asks to end carries no other": func(t *testing.T, s suite) {
		for _, all := range []bool{true, false} {
			srv := s.bare(t, answers(ok))
			job := attack.Job{Target: srv.url, Requests: get("/a", "/b"), Settings: attack.Settings{NoKeepAlive: all}}
			job.Requests[0].Header = http.Header{"Connection": {"close"}}
			job.Requests[1].Header = http.Header{"Connection": {"x"}}
			l := s.loop(t, 2, 5, job)
			l.all(t, runlog.Success, l.Sent)
			most := 2 // what asks for nothing, and what asks for the end
			if all {
				most = 1
			}
			l.carried(t, most)
			if got, want := uint64(srv.conns.Load()), l.Sent/uint64(most); got < want {
				t.Errorf("%d connections for %d requests of which each ends one after %d", got, l.Sent, most)
			}
		}
	},

	"a redirect is a request of its connection": func(t *testing.T, s suite) {
		srv := s.handled(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/from" {
				http.Redirect(w, r, "/to", http.StatusFound)
			}
		})
		job := attack.Job{Target: srv.url, Requests: get("/from"), Settings: attack.Settings{RequestsPerConnection: 1}}
		job.Requests[0].Follow = 1
		l := s.loop(t, 2, 5, job)
		l.all(t, runlog.Success, l.Sent)
		if got := srv.conns.Load(); uint64(got) != 2*l.Sent {
			t.Errorf("%d connections for %d redirected requests", got, l.Sent)
		}
	},

	"the target's host is asked for at its address": func(t *testing.T, s suite) {
		other, atOther := s.watched(t, silent)
		srv, requests := s.watched(t, silent)
		job := attack.Job{Plan: clients(t, 1, time.Millisecond), Target: srv.url, Host: "shop.test:8080", Requests: get("/", other.url.String())}
		job.Requests = append(job.Requests, attack.Request{Name: "own", Path: "/", Header: http.Header{"Host": {"own.test"}}})
		s.run(t, job).all(t, runlog.Success, 3)
		if got := requests(); got[0].host != "shop.test:8080" || got[1].host != "own.test" || atOther()[0].host != other.url.Host {
			t.Errorf("asked for %q, %q and elsewhere %q", got[0].host, got[1].host, atOther()[0].host)
		}
	},

	"HTTP/2 has no such ends": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		for _, settings := range []attack.Settings{{NoKeepAlive: true}, {RequestsPerConnection: 2}} {
			if _, err := s.perform(t.Context(), attack.Job{Plan: clients(t, 1, time.Millisecond), Target: srv.url, HTTP2: true, Requests: get("/"), Settings: settings}, nil, nil); err == nil {
				t.Errorf("%+v over HTTP/2 is no error", settings)
			}
		}
	},
}

// carried requires that no connection carried more answers than it may.
func (l leg) carried(t *testing.T, most int) {
	t.Helper()
	opened := 0
	for _, o := range l.outcomes {
		if o.Connect > 0 {
			opened++
		}
		if o.Nth.Answer > uint64(most) {
			t.Errorf("answer %d of a connection, which may carry %d", o.Nth.Answer, most)
		}
	}
	if opened*most < len(l.outcomes) {
		t.Errorf("%d connections for %d requests, at most %d on each", opened, len(l.outcomes), most)
	}
}
