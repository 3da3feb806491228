package attacktest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// said is a server that says the same to every request, and what it must come to.
type said struct {
	method string // "" is GET
	text   string
	class  runlog.Class
	status int
	// closes says that the server closes the connection afterwards.
	closes bool
	// drips says that every byte is sent by itself.
	drips bool
	// body is what the engine must have read.
	body string
	// header is what its header X-Id must hold.
	header string
}

// responses are read as RFC 9112 says.
var responses = map[string]said{
	"a length":                  {text: ok, status: 200, body: "ok"},
	"no body":                   {text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", status: 200},
	"chunks":                    {text: chunked("5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n"), status: 200, body: "hello world"},
	"chunks with trailers":      {text: chunked("2\r\nok\r\n0\r\nDigest: x\r\nServer-Timing: y\r\n\r\n"), status: 200, body: "ok"},
	"until the end":             {text: "HTTP/1.1 200 OK\r\n\r\nto the end", status: 200, closes: true, body: "to the end"},
	"HTTP/1.0":                  {text: "HTTP/1.0 200 OK\r\n\r\nold", status: 200, closes: true, body: "old"},
	"HTTP/1.0 kept alive":       {text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold", status: 200, body: "old"},
	"204":                       {text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204},
	"304 with a length":         {text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", status: 304},
	"HEAD with a length":        {method: "HEAD", text: "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", status: 200},
	"100 before it":             {text: "HTTP/1.1 100 Continue\r\n\r\n" + ok, status: 200, body: "ok"},
	"103 before it":             {text: "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + ok, status: 200, body: "ok"},
	"several 1xx before it":     {text: strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 4) + ok, status: 200, body: "ok"},
	"a reason of its own":       {text: "HTTP/1.1 299 Quite All Right\r\nContent-Length: 0\r\n\r\n", status: 299},
	"no reason":                 {text: "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
	"a large head":              {text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + head(AcceptedHead) + "\r\nok", status: 200, body: "ok"},
	"a head larger than memory": {text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + head(RefusedHead) + "\r\nok", class: runlog.Network},
	"a body too short":          {text: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", closes: true, class: runlog.Network, status: 200},
	"chunks cut off":            {text: chunked("64\r\nhalf"), closes: true, class: runlog.Network, status: 200},
	"no last chunk":             {text: chunked("2\r\nok\r\n"), closes: true, class: runlog.Network, status: 200},
	"a chunk without a size":    {text: chunked("zz\r\nok\r\n0\r\n\r\n"), class: runlog.Network, status: 200},
	"garbage":                   {text: "SSH-2.0-OpenSSH_9.6\r\n\r\n\r\n", class: runlog.Network},
	"an end without a word":     {closes: true, class: runlog.Network},
	"half a head":               {text: "HTTP/1.1 200 OK\r\nContent-Le", closes: true, class: runlog.Network},
	"a header on two lines":     {text: "HTTP/1.1 200 OK\r\nX-Id: one\r\n\ttwo\r\nContent-Length:\r\n 2\r\n\r\nok", status: 200, body: "ok", header: "one two"},
	"a trailer on two lines":    {text: chunked("2\r\nok\r\n0\r\nDigest: x\r\n y\r\n\r\n"), status: 200, body: "ok"},
	"a greeting, and silence":   {text: "220 hello", class: runlog.Network},
	"a short status":            {text: "HTTP/1.1 2 OK\r\n", class: runlog.Network},
	"a line without a colon":    {text: "HTTP/1.1 200 OK\r\nno header\r\n", class: runlog.Network},
	"two different lengths":     {text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", class: runlog.Network},
}

// nobody is an address of this machine that refuses connections. A free port that was listened on and closed is
// soon taken by another test.
const nobody = "127.0.0.1:1"

func chunked(body string) string {
	return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
}

// head is header lines of n bytes in all.
func head(n int) string {
	const line = 4 << 10
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "X-%d: %s\r\n", i, strings.Repeat("x", line))
	}
	return b.String()
}

// wireCases are about reading what servers send, good and bad.
var wireCases = map[string]func(*testing.T, suite){
	"responses": func(t *testing.T, s suite) {
		for name, r := range responses {
			t.Run(name, func(t *testing.T) { r.hold(t, s) })
		}
	},

	"responses byte by byte": func(t *testing.T, s suite) {
		for name, r := range responses {
			if len(r.text) < 1000 {
				r.drips = true
				t.Run(name, func(t *testing.T) { r.hold(t, s) })
			}
		}
	},

	"a reset before the head": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) { p.request(); p.reset() })
		l := s.run(t, attack.Job{Plan: clients(t, 5, 50*time.Millisecond), Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Network, 5)
		srv.counted(t, l)
	},

	"a reset within the body": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			p.reset()
		})
		l := s.run(t, attack.Job{Plan: clients(t, 5, 50*time.Millisecond), Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Network, 5)
		srv.counted(t, l)
	},

	// A server that refuses an upload answers, and leaves with the rest unread: its reset follows
	// the answer.
	"an answer before the request is whole": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			p.in.ReadByte()
			p.say("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge")
		})
		rs := get("/")
		rs[0].Method, rs[0].Body = "POST", make([]byte, 16<<20)
		l := s.run(t, attack.Job{Plan: clients(t, 5, 50*time.Millisecond), Target: srv.url, Requests: rs})
		l.all(t, runlog.HTTP4xx, 5)
	},

	"nobody listens": func(t *testing.T, s suite) {
		out := s.run(t, attack.Job{Plan: clients(t, 5, 50*time.Millisecond), Target: mustParse(t, "http://"+nobody), Requests: get("/")})
		out.all(t, runlog.Network, 5)
		if got := out.reason(t); got != "connection refused" {
			t.Errorf("reason %q", got)
		}
	},

	"bytes are heads and bodies": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		l := s.run(t, attack.Job{Plan: clients(t, 10, 50*time.Millisecond), Target: srv.url, Requests: get("/one", "/two")})
		l.all(t, runlog.Success, 20)
		var sent int64
		for _, o := range l.outcomes {
			sent += o.BytesSent
			if o.BytesReceived != int64(len(ok)) {
				t.Errorf("%d bytes received, the server sends %d", o.BytesReceived, len(ok))
			}
		}
		if got := srv.received.Load(); sent != got {
			t.Errorf("%d bytes sent, the server received %d", sent, got)
		}
	},
}

func (r said) say(p *peer) bool {
	if !r.drips {
		return p.say(r.text)
	}
	for i := range r.text {
		if !p.say(r.text[i : i+1]) {
			return false
		}
		runtime.Gosched() // let whoever reads see it alone
	}
	return true
}

// hold has the answer given to passes of two requests, so that what a response
// leaves on the connection meets the next.
func (r said) hold(t *testing.T, s suite) {
	srv := s.bare(t, func(p *peer) {
		for p.request() != nil && r.say(p) && !r.closes {
		}
	})
	rs := get("/1", "/2")
	for i := range rs {
		rs[i].Method = max(r.method, "GET")
		rs[i].Expect = attack.Expect{Body: r.body}
		if r.header != "" {
			rs[i].Expect.Header = map[string]string{"X-Id": r.header}
		}
	}
	const n = 3
	l := s.run(t, attack.Job{Plan: clients(t, n, 15*time.Millisecond), Target: srv.url, Requests: rs})
	l.all(t, r.class, 2*n)
	for _, o := range l.outcomes {
		if o.Status != r.status {
			t.Errorf("status %d, want %d", o.Status, r.status)
		}
		if o.Class == runlog.Success && o.BytesReceived != int64(len(r.text)) {
			t.Errorf("%d bytes received, the server sends %d", o.BytesReceived, len(r.text))
		}
	}
	srv.counted(t, l)
}
