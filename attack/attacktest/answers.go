package attacktest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// answerCases are about what counts as success.
var answerCases = map[string]func(*testing.T, suite){
	"by status": func(t *testing.T, s suite) {
		srv := s.handled(t, func(w http.ResponseWriter, r *http.Request) {
			var code int
			fmt.Sscanf(r.URL.Path, "/%d", &code)
			w.WriteHeader(code)
			fmt.Fprint(w, "because")
		})
		l := s.run(t, attack.Job{
			Plan: clients(t, 2, 20*time.Millisecond), Target: srv.url,
			Requests: get("/200", "/302", "/404", "/429", "/500", "/503"),
		})
		want := []runlog.Class{runlog.Success, runlog.Success, runlog.HTTP4xx, runlog.HTTP4xx, runlog.HTTP5xx, runlog.HTTP5xx}
		status := []int{200, 302, 404, 429, 500, 503}
		for _, o := range l.outcomes {
			if o.Class != want[o.Request] || o.Status != status[o.Request] {
				t.Errorf("status %d: %v, want %v", o.Status, o.Class, want[o.Request])
			}
			if o.Class != runlog.Success && string(o.Excerpt) != "because" {
				t.Errorf("status %d: excerpt %q", o.Status, o.Excerpt)
			}
			if o.Class == runlog.Success && len(o.Excerpt) > 0 {
				t.Errorf("status %d: an excerpt of a success", o.Status)
			}
		}
		stored := map[int]uint64{}
		for _, sec := range l.seconds {
			for code, n := range sec.Statuses {
				stored[code] += n
			}
		}
		if each := uint64(len(l.outcomes)) / 6; len(stored) != 6 || stored[200] != each || stored[302] != each || stored[503] != each {
			t.Errorf("%d requests of six statuses are stored as %v", len(l.outcomes), stored)
		}
	},

	"a page that says 200 and means no": func(t *testing.T, s suite) {
		srv := s.handled(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Error: too many connections") })
		rs := get("/")
		rs[0].Expect = attack.Expect{Body: "New record created successfully"}
		l := s.run(t, attack.Job{Plan: clients(t, 5, 20*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.Unexpected, 5)
		for _, o := range l.outcomes {
			if o.Status != 200 || string(o.Excerpt) != "Error: too many connections" {
				t.Errorf("status %d, excerpt %q", o.Status, o.Excerpt)
			}
		}
		l.reason(t)
	},

	"a text that comes in pieces": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			for p.request() != nil {
				for _, part := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n", "New record", " created succ", "essfully"} {
					p.say(part)
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
		rs := get("/")
		rs[0].Expect = attack.Expect{Body: "New record created successfully"}
		l := s.run(t, attack.Job{Plan: clients(t, 5, 20*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.Success, 5)
	},

	"a text behind a large body": func(t *testing.T, s suite) {
		const size = 3 << 20
		srv := s.handled(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat("x", size), "the end")
		})
		rs := get("/", "/")
		rs[0].Expect = attack.Expect{Body: "the end"}
		rs[1].Expect = attack.Expect{Match: regexp.MustCompile(`^x+`), Header: map[string]string{"Date": "GMT"}}
		l := s.run(t, attack.Job{Plan: clients(t, 2, 20*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.Success, 4)
		for _, o := range l.outcomes {
			if o.BytesReceived < size {
				t.Errorf("%d bytes received of a body of more than %d", o.BytesReceived, size)
			}
		}
	},

	"a compressed page is judged by what it says": func(t *testing.T, s suite) {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		fmt.Fprint(w, "New record created successfully")
		w.Close()
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", packed.Len(), &packed)
		srv := s.bare(t, answers(answer))
		rs := get("/", "/")
		rs[0].Expect = attack.Expect{Body: "created successfully"}
		rs[1].Expect = attack.Expect{Body: "no such text"}
		l := s.run(t, attack.Job{Plan: clients(t, 3, 20*time.Millisecond), Target: srv.url, Requests: rs})
		for _, o := range l.outcomes {
			want := []string{"", `body does not contain "no such text"`}[o.Request]
			if o.Reason != want || o.BytesReceived != int64(len(answer)) {
				t.Errorf("request %d: %q, %d bytes, want %q and %d", o.Request, o.Reason, o.BytesReceived, want, len(answer))
			}
			if o.Request == 1 && string(o.Excerpt) != "New record created successfully" {
				t.Errorf("excerpt %q", o.Excerpt)
			}
		}
	},

	"an answer that unfolds to gigabytes costs no more than another": func(t *testing.T, s suite) {
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
		for range 100 {
			w.Write(make([]byte, 1<<20))
		}
		w.Close()
		srv := s.handled(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed.Bytes())
		})
		rs := get("/")
		rs[0].Expect = attack.Expect{Body: "no such text"}
		l := s.run(t, attack.Job{Plan: clients(t, 3, 20*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.Unexpected, 3)
		if got, want := l.reason(t), `body does not contain "no such text" in the first 8 MiB that it decodes to`; got != want {
			t.Errorf("reason %q, want %q", got, want)
		}
	},

	"excerpts are bounded": func(t *testing.T, s suite) {
		srv := s.handled(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, strings.Repeat("e", 1<<20))
		})
		l := s.run(t, attack.Job{Plan: clients(t, 2, 20*time.Millisecond), Target: srv.url, Requests: get("/")})
		l.all(t, runlog.HTTP5xx, 2)
		for _, o := range l.outcomes {
			if n := len(o.Excerpt); n == 0 || n > attack.ExcerptSize {
				t.Errorf("excerpt of %d bytes, want 1 to %d", n, attack.ExcerptSize)
			}
		}
	},
}
