package attacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/runlog"
)

// varying is a request with values wherever one may stand.
var varying = attack.Request{
	Name: "varying", Method: http.MethodPost, Path: "/c{{$client}}/%{1, 2:100:2}?n={{$random:1:9}}&id={{$uuid}}",
	Header: http.Header{"X-Pass": {"p{{$pass}}"}, "Content-Type": {"application/json"}},
	Body:   []byte(`{"client":{{$client}},"page":%{10:30:10},"text":"100%%{"}`),
	User:   "user{{$client}}", Password: "s{{$pass}}",
}

var varyingURI = lazy.Regexp(`^/c(\d+)/(\d+)\?n=[1-9]&id=[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// pageOf is the value of %{1, 2:100:2} at a turn of some number.
func pageOf(number int) int {
	if number%2 == 0 {
		return 1
	}
	return 2 + 2*(number/2%50)
}

// checkVarying requires of a request to varying that all its values are those of one turn of a load of
// so many clients, and returns client and pass.
func checkVarying(t *testing.T, r seen, clients int) (client, pass int) {
	t.Helper()
	at := varyingURI().FindStringSubmatch(r.uri)
	if at == nil {
		t.Fatalf("the address is %s", r.uri)
	}
	client, _ = strconv.Atoi(at[1])
	pass, _ = strconv.Atoi(strings.TrimPrefix(r.header.Get("X-Pass"), "p"))
	number := client + pass*clients
	var body struct {
		Client, Page int
		Text         string
	}
	err := json.Unmarshal([]byte(r.body), &body)
	user, password, _ := (&http.Request{Header: r.header}).BasicAuth()
	if err != nil || body.Client != client || body.Page != 10+number%3*10 || body.Text != "100%{" || at[2] != strconv.Itoa(pageOf(number)) ||
		user != fmt.Sprint("user", client) || password != fmt.Sprint("s", pass) {
		t.Errorf("the server saw %+v in pass %d of client %d, error %v", r, pass, client, err)
	}
	return client, pass
}

// valueCases are about requests that change from pass to pass.
var valueCases = map[string]func(*testing.T, suite){
	"every client of an open load has its own": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		const n = 20
		job := attack.Job{Plan: clients(t, n, 20*time.Millisecond), Target: srv.url, Requests: []attack.Request{varying}, Seed: 7}
		s.run(t, job).all(t, runlog.Success, n)
		first := uris(t, requests(), n)
		s.run(t, job).all(t, runlog.Success, n)
		if again := uris(t, requests()[n:], n); fmt.Sprint(again) != fmt.Sprint(first) {
			t.Errorf("the same seed gave %v and %v", first, again)
		}
		job.Seed = 8
		s.run(t, job).all(t, runlog.Success, n)
		if other := uris(t, requests()[2*n:], n); other[0] == first[0] {
			t.Errorf("another seed gave %v again", other[0])
		}
	},

	"every pass of a closed load has its own": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			if len(r.Cookies()) == 0 { // and cookies go the long way
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
			}
		})
		const n = 3
		s.loop(t, n, 4, attack.Job{Target: srv.url, Requests: []attack.Request{varying}})
		next := map[int]int{}
		for _, r := range requests() {
			client, pass := checkVarying(t, r, n)
			if pass != next[client] || (r.header.Get("Cookie") == "") != (pass == 0) {
				t.Errorf("client %d is in pass %d with cookie %q, want pass %d", client, pass, r.header.Get("Cookie"), next[client])
			}
			next[client]++
		}
	},

	"parts of a plan give what the whole gives": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		const n = 12
		whole := newPlan(t, plan.Load{Type: plan.ClientsPerTest, Clients: n, Duration: 20 * time.Millisecond})
		job := attack.Job{Plan: whole, Target: srv.url, Requests: []attack.Request{varying}}
		s.run(t, job).all(t, runlog.Success, n)
		for part := range 2 {
			job.Plan = whole.Part(part, 2)
			s.run(t, job).all(t, runlog.Success, n/2)
		}
		if all, parts := uris(t, requests()[:n], n), uris(t, requests()[n:], n); fmt.Sprint(all) != fmt.Sprint(parts) {
			t.Errorf("the whole plan gives %v, its parts %v", all, parts)
		}
	},

	"a redirect is of the same pass": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/to") {
				http.Redirect(w, r, "/to"+r.URL.Path, http.StatusTemporaryRedirect)
			}
		})
		r := attack.Request{Name: "moved", Path: "/{{$uuid}}", Header: http.Header{"X-Id": {"{{$client}}"}}, Follow: 1}
		const n = 5
		s.run(t, attack.Job{Plan: clients(t, n, 20*time.Millisecond), Target: srv.url, Requests: []attack.Request{r}}).all(t, runlog.Success, n)
		from := map[string]string{}
		for _, r := range requests() {
			if to, moved := strings.CutPrefix(r.uri, "/to"); !moved {
				from[r.uri] = r.header.Get("X-Id")
			} else if id, known := from[to]; !known || id != r.header.Get("X-Id") {
				t.Errorf("%s of client %s follows none of %v", r.uri, r.header.Get("X-Id"), from)
			}
		}
		if len(from) != n {
			t.Errorf("%d addresses of %d clients", len(from), n)
		}
	},

	"a name is escaped for its place": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"}) // the second pass goes the long way
		})
		const nasty = "a/b ?&=%\"\\é\t;#+"
		in := func(content, body string) attack.Request {
			return attack.Request{
				Name: content, Method: http.MethodPost, Path: "/in/{{v}}/x?q={{v}}&r=1", Body: []byte(body),
				Header: http.Header{"Content-Type": {content}, "X-V": {"<{{v}}>"}}, User: "{{v}}", Password: "p",
			}
		}
		job := attack.Job{Target: srv.url, Values: template.Names{"v": fixed(nasty)}, Requests: []attack.Request{
			in("application/x-www-form-urlencoded", "a=1&v={{v}}"), in("application/json", `{"v":"{{v}}"}`), in("text/plain", "v={{v}}"),
		}}
		s.loop(t, 1, 2*len(job.Requests), job)
		bodies := map[string]string{
			"application/x-www-form-urlencoded": "a=1&v=" + url.QueryEscape(nasty), "application/json": `{"v":"a/b ?&=%\"\\é\u0009;#+"}`, "text/plain": "v=" + nasty,
		}
		for _, r := range requests() {
			user, _, _ := (&http.Request{Header: r.header}).BasicAuth()
			if want := "/in/" + strings.ReplaceAll(url.QueryEscape(nasty), "+", "%20") + "/x?q=" + url.QueryEscape(nasty) + "&r=1"; r.uri != want ||
				r.header.Get("X-V") != "<"+nasty+">" || r.body != bodies[r.header.Get("Content-Type")] || user != nasty {
				t.Errorf("the server saw %+v, want the address %s", r, want)
			}
		}
	},

	"a name without a value is an error": func(t *testing.T, s suite) {
		job := attack.Job{Plan: clients(t, 1, time.Millisecond), Target: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, Requests: []attack.Request{{Name: "one", Path: "/{{v}}"}}}
		if _, err := s.perform(t.Context(), job, nil, nil); err == nil || !strings.Contains(err.Error(), "holds {{v}}") {
			t.Errorf("%v", err)
		}
	},

	"a body that is verbatim has none": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		r := attack.Request{Name: "file", Method: http.MethodPost, Path: "/", Body: []byte("%{1, 2} {{$client}} %%{ %{"), Verbatim: true}
		s.run(t, attack.Job{Plan: clients(t, 2, time.Millisecond), Target: srv.url, Requests: []attack.Request{r}}).all(t, runlog.Success, 2)
		for _, got := range requests() {
			if got.body != string(r.Body) {
				t.Errorf("the server saw %q", got.body)
			}
		}
	},
}

// fixed is a text that stands for a name.
type fixed string

func (v fixed) Append(b []byte, _ template.Turn, _ uint64) []byte { return append(b, v...) }
func (fixed) InHeader() error                                     { return nil }

// uris are the addresses of requests to varying by client, each of which has come once.
func uris(t *testing.T, requests []seen, clients int) []string {
	t.Helper()
	all := make([]string, clients)
	for _, r := range requests {
		client, pass := checkVarying(t, r, clients)
		if client >= clients || pass != 0 || all[client] != "" {
			t.Fatalf("client %d is in pass %d, and had %q", client, pass, all[client])
		}
		all[client] = r.uri
	}
	return all
}
