package attacktest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/jsonpath"
	"github.com/stress-tool/stress/runlog"
)

// login is a request that captures a value from wherever one may be, use one that sends them all.
func login(t *testing.T) []attack.Request {
	path := jsonPath(t, "$.user.ids[1]")
	return []attack.Request{{
		Name: "login", Method: http.MethodPost, Path: "/login", Captures: []capture.Capture{
			{Name: "token", Header: "X-Token"}, {Name: "csrf", Cookie: "csrf"}, {Name: "id", JSON: path},
			{Name: "nonce", Match: regexp.MustCompile(`nonce=(\w+)`)}, {Name: "word", Match: regexp.MustCompile(`hel+o`)},
		},
	}, {
		Name: "use", Method: http.MethodPost, Path: "/use/{{word}}?id={{id}}", User: "{{id}}", Password: "{{nonce}}",
		Header: http.Header{"X-Token": {"t {{token}}"}, "Content-Type": {"application/json"}}, Body: []byte(`{"csrf":"{{csrf}}","id":{{id}},"nonce":"{{nonce}}"}`),
	}}
}

func jsonPath(t *testing.T, s string) *jsonpath.Path {
	t.Helper()
	p, err := jsonpath.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

// sayLogin is the answer to login number n.
func sayLogin(w http.ResponseWriter, n int64) {
	w.Header().Set("X-Token", fmt.Sprint("token", n))
	w.Header().Add("X-Token", "another")
	http.SetCookie(w, &http.Cookie{Name: "csrf", Value: fmt.Sprint("csrf", n), Path: "/"})
	fmt.Fprintf(w, `{"say": "helllo nonce=nonce%d", "user": {"ids": [0, %d]}}`, n, n)
}

// captureCases are about values of answers in the requests after them.
var captureCases = map[string]func(*testing.T, suite){
	"what an answer gives stands in the requests after it": func(t *testing.T, s suite) {
		var logins atomic.Int64
		srv, requests := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				sayLogin(w, logins.Add(1))
			}
		})
		l := s.loop(t, 5, 6, attack.Job{Target: srv.url, Requests: login(t)})
		l.all(t, runlog.Success, l.Sent)
		used := map[int]bool{}
		for _, r := range requests() {
			if r.uri == "/login" {
				continue
			}
			var body struct {
				Csrf, Nonce string
				ID          int
			}
			err := json.Unmarshal([]byte(r.body), &body)
			n := body.ID
			user, password, _ := (&http.Request{Header: r.header}).BasicAuth()
			if err != nil || used[n] || r.uri != fmt.Sprintf("/use/helllo?id=%d", n) || r.header.Get("X-Token") != fmt.Sprint("t token", n) ||
				body.Csrf != fmt.Sprint("csrf", n) || body.Nonce != fmt.Sprint("nonce", n) || user != fmt.Sprint(n) || password != body.Nonce {
				t.Errorf("the server saw %+v, %v", r, err)
			}
			used[n] = true
		}
		if len(used) < 15 {
			t.Errorf("%d of %d logins were used", len(used), logins.Load())
		}
	},

	"a value that is missing skips the rest of the pass": func(t *testing.T, s suite) {
		var n atomic.Int64
		srv, requests := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			if i := n.Add(1); r.URL.Path == "/login" && i%2 == 0 {
				sayLogin(w, i)
			} else if r.URL.Path == "/login" {
				w.Header().Set("X-Token", "some")
			}
		})
		rs := append(get("/before"), append(login(t), get("/after")...)...)
		const clientsN = 20
		l := s.run(t, attack.Job{Plan: clients(t, clientsN, 20*time.Millisecond), Target: srv.url, Requests: rs})
		srv.counted(t, l)
		missing := l.Outcomes.Unexpected
		if l.Planned != 4*clientsN || missing == 0 || missing == clientsN || l.Skipped != 2*missing || l.Sent+l.Skipped != l.Planned || l.Dropped != 0 {
			t.Errorf("planned %d, sent %d, skipped %d, dropped %d, outcomes %+v", l.Planned, l.Sent, l.Skipped, l.Dropped, l.Outcomes)
		}
		by := map[string]uint64{}
		for _, sec := range l.seconds {
			for name, n := range sec.Skipped {
				by[name] += n
			}
		}
		if fmt.Sprint(by) != fmt.Sprint(map[string]uint64{"csrf": l.Skipped}) {
			t.Errorf("skipped by value %v, want all %d by csrf", by, l.Skipped)
		}
		for _, f := range l.Failures {
			if f.Request != "login" || f.Reason != "capture csrf: cookie csrf is not set" || f.Count != missing {
				t.Errorf("%+v", f)
			}
		}
		for _, r := range requests() {
			if strings.HasPrefix(r.uri, "/use") && !strings.HasPrefix(r.uri, "/use/helllo?id=") {
				t.Errorf("%s was sent", r.uri)
			}
		}
	},

	"a failure of another kind skips the rest too": func(t *testing.T, s suite) {
		rs := []attack.Request{{Name: "one", Path: "/one", Captures: []capture.Capture{{Name: "v", Header: "X-V"}}}, {Name: "two", Path: "/{{v}}"}}
		for name, c := range map[string]struct {
			talk  func(*peer)
			class runlog.Class
		}{
			"status":  {answers("HTTP/1.1 503 Gone\r\nX-V: 1\r\nContent-Length: 0\r\n\r\n"), runlog.HTTP5xx},
			"network": {func(p *peer) { p.request() }, runlog.Network},
		} {
			const n = 4
			srv := s.bare(t, c.talk)
			l := s.run(t, attack.Job{Plan: clients(t, n, time.Millisecond), Target: srv.url, Requests: rs})
			l.all(t, c.class, n)
			if l.Skipped != n || l.Planned != 2*n || l.outcomes[0].Lacks != "v" || l.outcomes[0].Skipped != 1 {
				t.Errorf("%s: planned %d, skipped %d; %+v", name, l.Planned, l.Skipped, l.outcomes[0])
			}
		}
	},

	"a closed load goes on with the next pass": func(t *testing.T, s suite) {
		var n atomic.Int64
		srv, requests := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			if i := n.Add(1); i%3 > 0 && r.URL.Path == "/one" {
				w.Header().Set("X-V", fmt.Sprint("v", i))
			}
		})
		rs := []attack.Request{{Name: "one", Path: "/one", Captures: []capture.Capture{{Name: "v", Header: "X-V"}}}, {Name: "two", Path: "/{{v}}"}}
		l := s.loop(t, 1, 12, attack.Job{Target: srv.url, Requests: rs})
		var uris []string
		for _, r := range requests() {
			uris = append(uris, r.uri)
		}
		// Of every third answer the value is missing; the values are of the same pass.
		if got := strings.Join(uris[:11], " "); got != "/one /v1 /one /one /v4 /one /one /v7 /one /one /v10" || l.Skipped != l.Outcomes.Unexpected || l.Planned != l.Sent+l.Skipped {
			t.Errorf("%s; planned %d, sent %d, skipped %d, outcomes %+v", got, l.Planned, l.Sent, l.Skipped, l.Outcomes)
		}
	},

	"the answer behind a redirect gives the values": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-V", strings.TrimPrefix(r.URL.Path, "/"))
			if r.URL.Path == "/one" {
				http.SetCookie(w, &http.Cookie{Name: "c", Value: "from-one", Path: "/"})
				http.Redirect(w, r, "/moved", http.StatusFound)
			}
		})
		rs := []attack.Request{
			{Name: "one", Path: "/one", Follow: 1, Captures: []capture.Capture{{Name: "v", Header: "X-V"}, {Name: "c", Cookie: "c"}}},
			{Name: "two", Path: "/two?v={{v}}&c={{c}}"},
		}
		s.run(t, attack.Job{Plan: clients(t, 1, time.Millisecond), Target: srv.url, Requests: rs}).all(t, runlog.Success, 2)
		if r := requests(); r[len(r)-1].uri != "/two?v=moved&c=from-one" {
			t.Errorf("%+v", r[len(r)-1])
		}
	},

	"an answer that means harm changes no request": func(t *testing.T, s suite) {
		long := strings.Repeat("x", capture.Limit)
		for name, c := range map[string]struct {
			answer string
			want   string // the address of the request after it, or why there is none
		}{
			"plain":         {"X-V: a b/?&#%\r\nContent-Length: 2\r\n\r\nok", "/two?v=a+b%2F%3F%26%23%25"},
			"no UTF-8":      {"X-V: \xff\xfe\r\nContent-Length: 2\r\n\r\nok", "/two?v=%FF%FE"},
			"longest":       {"X-V: " + long + "\r\nContent-Length: 2\r\n\r\nok", "/two?v=" + long},
			"too long":      {"X-V: " + long + "x\r\nContent-Length: 2\r\n\r\nok", "capture v: value is longer than 4 KiB"},
			"empty":         {"X-V:\r\nContent-Length: 2\r\n\r\nok", "capture v: value is empty"},
			"a NUL":         {"X-V: a\x00b\r\nContent-Length: 2\r\n\r\nok", "malformed response"},
			"a folded line": {"X-V: a\r\n b\r\nContent-Length: 2\r\n\r\nok", "/two?v=a+b"},
		} {
			got := s.after(t, "HTTP/1.1 200 OK\r\n"+c.answer, capture.Capture{Name: "v", Header: "X-V"})
			if got != c.want {
				t.Errorf("%s: %.80q, want %.80q", name, got, c.want)
			}
		}
		bodies := map[string][2]string{
			"a line's end":   {`{"v": "a\r\nX-Evil: 1"}`, "capture v: value holds a control character, such as the end of a line"},
			"deep":           {strings.Repeat(`{"v":`, 100_000), "capture v: body is no JSON"},
			"deep lists":     {`{"a":` + strings.Repeat(`[`, 500_000), "capture v: body is no JSON"},
			"no JSON":        {"<html>", "capture v: body is no JSON"},
			"cut":            {`{"a": "` + strings.Repeat("x", attack.MatchLimit) + `", "v": 1}`, "capture v: body is JSON without its end in the first 1 MiB"},
			"within":         {`{"v": 1, "a": "` + strings.Repeat("x", 3*attack.MatchLimit) + `"}`, "/two?v=1"},
			"nothing there":  {`{"w": 1}`, "capture v: body has nothing at $.v"},
			"null":           {`{"v": null}`, "capture v: body has null at $.v"},
			"quotes, a list": {`{"v": ["a\"b",  1]}`, "/two?v=%5B%22a%5C%22b%22%2C1%5D"},
		}
		for name, c := range bodies {
			got := s.after(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(c[0]), c[0]), capture.Capture{Name: "v", JSON: jsonPath(t, "$.v")})
			if got != c[1] {
				t.Errorf("%s: %.80q, want %.80q", name, got, c[1])
			}
		}
	},

	"a compressed body gives values": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, strings.Repeat("much before ", 10_000)+"v=value")
			z.Close()
		})
		rs := []attack.Request{{Name: "one", Path: "/one", Captures: []capture.Capture{{Name: "v", Match: regexp.MustCompile(`v=(\w+)`)}}}, {Name: "two", Path: "/{{v}}"}}
		s.run(t, attack.Job{Plan: clients(t, 1, time.Millisecond), Target: srv.url, Requests: rs}).all(t, runlog.Success, 2)
		if got := requests()[1].uri; got != "/value" {
			t.Error(got)
		}
	},

	"a name must be captured before": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		v := []capture.Capture{{Name: "v", Header: "X-V"}}
		for want, rs := range map[string][]attack.Request{
			"holds {{v}}":             {{Name: "one", Path: "/{{v}}", Captures: v}, {Name: "two", Path: "/"}},
			"a value of that name":    {{Name: "one", Path: "/", Captures: v}, {Name: "two", Path: "/", Captures: v}},
			"of that name already":    {{Name: "one", Path: "/", Captures: append(v, v...)}},
			`request "two": captures`: {{Name: "one", Path: "/", Captures: v}, {Name: "two", Path: "/", Captures: v}},
		} {
			_, err := s.perform(t.Context(), attack.Job{Plan: clients(t, 1, time.Millisecond), Target: srv.url, Requests: rs}, nil, nil)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	},
}

// after is the address of the request behind one of whose answer a value is captured, or the reason for
// which there is none.
func (s suite) after(t *testing.T, answer string, c capture.Capture) string {
	t.Helper()
	uri := make(chan string, 1)
	srv := s.bare(t, func(p *peer) {
		for r := p.request(); r != nil; r = p.request() {
			if r.URL.Path == "/one" {
				p.say(answer)
				continue
			}
			uri <- r.RequestURI
			p.say(ok)
		}
	})
	rs := []attack.Request{{Name: "one", Path: "/one", Captures: []capture.Capture{c}}, {Name: "two", Path: "/two?v={{" + c.Name + "}}"}}
	l := s.run(t, attack.Job{Plan: clients(t, 1, time.Millisecond), Target: srv.url, Requests: rs})
	if l.Skipped == 0 {
		return <-uri
	}
	return l.reason(t)
}
