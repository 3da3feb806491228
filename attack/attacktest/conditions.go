package attacktest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/jsonpath"
	"github.com/stress-tool/stress/runlog"
)

// conditionCases are about what an answer must hold, or must not, beyond its status.
var conditionCases = map[string]func(*testing.T, suite){
	"values, sizes and what must not be": func(t *testing.T, s suite) {
		srv := s.handled(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Cache", "hit")
			fmt.Fprint(w, `{"status":"ok"}`)
		})
		path, err := jsonpath.Parse("$.status")
		if err != nil {
			t.Fatal(err)
		}
		for reason, e := range map[string]attack.Expect{
			"": {
				JSON: []attack.JSONValue{{Path: path, Equals: "ok"}}, Size: []attack.Size{{Op: "==", Bytes: 15}},
				Not: &attack.Expect{Body: "error", Header: map[string]string{"X-Error": "", "X-Cache": "miss"}},
			},
			`$.status is not "down"`:                           {JSON: []attack.JSONValue{{Path: path, Equals: "down"}}},
			"body of 15 bytes, want < 15":                      {Size: []attack.Size{{Op: "<", Bytes: 15}}},
			`header X-Cache contains "hit", which it must not`: {Not: &attack.Expect{Header: map[string]string{"X-Cache": "hit"}}},
			`body contains "ok", which it must not`:            {Not: &attack.Expect{Body: "ok"}},
			"status 200, want none of 2xx":                     {Not: &attack.Expect{Status: []attack.StatusRange{{From: 200, To: 299}}}},
		} {
			want := runlog.Unexpected
			if reason == "" {
				want = runlog.Success
			}
			l := s.run(t, attack.Job{Plan: clients(t, 3, 10*time.Millisecond), Target: srv.url, Requests: []attack.Request{{Name: "one", Path: "/", Expect: e}}})
			l.all(t, want, 3)
			for _, o := range l.outcomes {
				if o.Reason != reason {
					t.Errorf("%q, want %q", o.Reason, reason)
				}
			}
		}
	},
	"what takes longer than it may is too slow": func(t *testing.T, s suite) {
		srv := s.handled(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				time.Sleep(30 * time.Millisecond)
			}
			fmt.Fprint(w, "ok")
		})
		within := func(path string, d time.Duration, e attack.Expect) attack.Request {
			e.Within = d
			return attack.Request{Name: path, Path: path, Expect: e}
		}
		l := s.run(t, attack.Job{Plan: clients(t, 3, 10*time.Millisecond), Target: srv.url, Requests: []attack.Request{
			within("/slow", 10*time.Millisecond, attack.Expect{}), within("/fast", time.Minute, attack.Expect{}),
			within("/slow", 10*time.Millisecond, attack.Expect{Body: "no"}),
		}})
		if o := l.Outcomes; o.TooSlow != 3 || o.Success != 3 || o.Unexpected != 3 || o.Completed() != 9 || o.Failed() != 6 {
			t.Errorf("%+v", o)
		}
		for _, o := range l.outcomes {
			if o.Class == runlog.TooSlow && o.Reason != "took longer than 10ms" {
				t.Errorf("%q", o.Reason)
			}
		}
	},
}
