package attacktest

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/runlog"
)

// nameCases are about the names that requests are sent with.
var nameCases = map[string]func(*testing.T, suite){
	"in a header": func(t *testing.T, s suite) {
		passes(t, s, claim.Place{Header: "X-Stress-Claim"}, func(r *http.Request) string { return r.Header.Get("X-Stress-Claim") })
	},
	"in the query": func(t *testing.T, s suite) {
		passes(t, s, claim.Place{Query: "claim of"}, func(r *http.Request) string { return r.URL.Query().Get("claim of") })
	},
	"after a redirect": func(t *testing.T, s suite) {
		names := claim.Names{Place: claim.Place{Header: "X-Stress-Claim"}, Leg: claim.NewLeg()}
		srv, requests := s.hops(t)
		rs := follow("/2", 3)
		rs[0].Claims = 1
		l := s.run(t, attack.Job{Plan: clients(t, 3, 20*time.Millisecond), Target: srv.url, Requests: rs, Names: &names})
		l.all(t, runlog.Success, 3)
		hops := map[string]int{}
		for _, r := range requests() {
			hops[r.header.Get("X-Stress-Claim")]++
		}
		for _, o := range l.outcomes {
			if got := hops[names.Name(0, o.Number)]; got != 3 {
				t.Errorf("request %d had its name in %d of 3 hops", o.Number, got)
			}
		}
	},
}

// passes sends passes of three requests, of which one claims nothing. The server sees each name
// once, with whatever else is in the request, and what became of each is known by its number.
func passes(t *testing.T, s suite, place claim.Place, of func(*http.Request) string) {
	names := claim.Names{Place: place, Leg: claim.NewLeg()}
	var mu sync.Mutex
	seen := map[string]string{} // by name
	srv := s.handled(t, func(w http.ResponseWriter, r *http.Request) {
		name := of(r)
		number, ok := claim.Number(name, names.Prefix(0))
		if r.URL.Path == "/many" {
			number, ok = claim.Number(name, names.Prefix(2))
		}
		mu.Lock()
		if _, twice := seen[name]; twice || ok == (r.URL.Path == "/none") || r.URL.Query().Get("kept") != "1" {
			t.Errorf("%s: name %q, seen before: %v", r.RequestURI, name, twice)
		}
		if name != "" {
			seen[name] = r.URL.Path
		}
		mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: "visit", Value: strings.Repeat("x", int(number%7))})
		switch {
		case r.URL.Path == "/none":
		case number%5 == 1:
			w.WriteHeader(http.StatusInternalServerError)
		case number%5 == 3:
			<-r.Context().Done()
		}
	})
	rs := get("/one?kept=1", "/none?kept=1", "/many?kept=1")
	rs[0].Claims, rs[2].Claims = 1, 2
	l := s.run(t, attack.Job{
		Plan: clients(t, 12, 100*time.Millisecond), Target: srv.url, Requests: rs, Names: &names,
		Settings: attack.Settings{Timeout: 3 * time.Second}, // of those that are to wait for it alone
	})
	want := map[runlog.Class]claim.Kind{runlog.Success: claim.Success, runlog.Timeout: claim.Unknown, runlog.HTTP5xx: claim.Failed}
	for _, o := range l.outcomes {
		kind, known := want[o.Class]
		if got := l.Named.Of(o.Number); !known || got != kind {
			t.Errorf("request %d ended as %v, and is of kind %d", o.Number, o.Class, got)
		}
		path := seen[names.Name(o.Request, o.Number)]
		if sent := (&url.URL{Path: path}).Path; o.Request != 1 && !strings.HasPrefix(rs[o.Request].Path, sent+"?") {
			t.Errorf("request %d of %s came to %q", o.Number, rs[o.Request].Path, sent)
		}
	}
	if len(l.Requests) != 3 || l.Requests[0].Ended() != 12 || l.Requests[1].Success != 12 {
		t.Errorf("outcomes by request: %+v", l.Requests)
	}
	if got := len(seen); got != 2*12 {
		t.Errorf("%d names for 24 requests that claim rows", got)
	}
}
