package rawhttp

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/wire"
)

// read is what a parser made of some bytes.
type read struct {
	status    int
	keepAlive bool
	fields    http.Header
	body      string
	rest      int // bytes behind the response
	err       error
}

var wanted = []string{"Location", "Set-Cookie", "X-Id"}

// parse reads one response from pieces, and at their end the connection ends.
func parse(p *parser, isHead bool, cache *headCache, pieces ...[]byte) read {
	p.reset(question{isHead: isHead, wanted: wanted, cache: cache})
	var r read
	for i, data := range pieces {
		for {
			e, piece, rest, err := p.next(data)
			if err != nil {
				r.err = err
				return r
			}
			data = rest
			if e == needMore {
				break
			}
			switch e {
			case gotHead:
				r.status = p.head.status
				r.fields = http.Header{}
				for _, f := range p.head.fields {
					r.fields.Add(f.name, string(f.value))
				}
			case gotBody:
				r.body += string(piece)
			case gotEnd:
				r.keepAlive = p.head.keepAlive
				for r.rest = len(data); i+1 < len(pieces); i++ {
					r.rest += len(pieces[i+1])
				}
				return r
			}
		}
	}
	r.err = p.atEOF()
	return r
}

func (r read) String() string {
	return fmt.Sprintf("status %d, keep-alive %v, %v, body %q, rest %d, error %v", r.status, r.keepAlive, r.fields, r.body, r.rest, r.err)
}

// peculiar are responses that lie on the borders.
var peculiar = []struct {
	text string
	want string // of read.String
}{
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", `status 200, keep-alive true, map[], body "ok", rest 0, error <nil>`},
	{"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", `status 200, keep-alive true, map[], body "ok", rest 0, error <nil>`},
	{"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200", `status 200, keep-alive true, map[], body "ok", rest 12, error <nil>`},
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", `status 200, keep-alive true, map[], body "ok", rest 0, error <nil>`},
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nok", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nok", `status 200, keep-alive false, map[], body "ok", rest 0, error unexpected EOF`},
	{"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nX-Id: 1\r\n \t folded \r\nContent-Length:\r\n 0\r\n\r\n", `status 200, keep-alive true, map[X-Id:[1 folded]], body "", rest 0, error <nil>`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\tchunked\r\n\r\n2\r\nok\r\n0\r\nX-Id: a\r\n b\r\n\r\n", `status 200, keep-alive true, map[], body "ok", rest 0, error <nil>`},
	{"HTTP/1.1 200 OK\r\n X-Id: 1\r\nContent-Length: 0\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\n  \r\nX-Id: 1\r\nContent-Length: 0\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nX-Id: 1\r\n \x01\r\nContent-Length: 0\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nX-Id\r\n : 1\r\nContent-Length: 0\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nX-ID:\t one \r\nx-id: two\r\nSET-COOKIE: a=b\r\nContent-Length: 0\r\n\r\n", `status 200, keep-alive true, map[Set-Cookie:[a=b] X-Id:[one two]], body "", rest 0, error <nil>`},
	{"HTTP/1.1 200 OK\r\nConnection: Keep-Alive, CLOSE\r\nContent-Length: 0\r\n\r\n", `status 200, keep-alive false, map[], body "", rest 0, error <nil>`},
	{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", `status 200, keep-alive false, map[], body "", rest 0, error <nil>`},
	{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n", `status 200, keep-alive false, map[], body "2\r\n", rest 0, error <nil>`},
	{"HTTP/1.1 200 OK\r\n\r\nto the end", `status 200, keep-alive false, map[], body "to the end", rest 0, error <nil>`},
	{"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", `status 204, keep-alive true, map[], body "", rest 0, error <nil>`},
	{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Id: no\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n", `status 304, keep-alive true, map[], body "", rest 0, error <nil>`},
	{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes", `status 101, keep-alive true, map[], body "", rest 5, error <nil>`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 9\r\n\r\n2;a=b\r\nok\r\n00A \r\n0123456789\r\n0\r\nDigest: x\r\n\r\n!", `status 200, keep-alive true, map[], body "ok0123456789", rest 1, error <nil>`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n", `status 200, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokk\r\n0\r\n\r\n", `status 200, keep-alive false, map[], body "ok", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nbad trailer\r\n\r\n", `status 200, keep-alive false, map[], body "ok", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", `status 200, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", `status 200, keep-alive false, map[], body "ok", rest 0, error unexpected EOF`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 2000 OK\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/11 200 OK\r\n\r\n", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"SSH-2.0", `status 0, keep-alive false, map[], body "", rest 0, error malformed response`},
	{"HTTP/1.1 200 OK\r\nContent-", `status 0, keep-alive false, map[], body "", rest 0, error unexpected EOF`},
	{"", `status 0, keep-alive false, map[], body "", rest 0, error unexpected EOF`},
	// An empty line without CR ends the trailers, once one with CR has come.
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\nHTTP/1.1 200\r\n\r\n", `status 200, keep-alive true, map[], body "", rest 16, error <nil>`},
}

func TestParse(t *testing.T) {
	for _, c := range peculiar {
		if got := parse(new(parser), false, nil, []byte(c.text)).String(); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestParseSplitAtEveryByte(t *testing.T) {
	for _, c := range peculiar {
		var p parser
		m := new(headCache)
		for cut := range len(c.text) + 1 {
			// The parser and its memo remember the response from the cut before.
			if got := parse(&p, false, m, []byte(c.text[:cut]), []byte(c.text[cut:])).String(); got != c.want {
				t.Errorf("%q | %q\n got %s\nwant %s", c.text[:cut], c.text[cut:], got, c.want)
			}
		}
		if got := parse(&p, false, m, slices.Collect(slices.Chunk([]byte(c.text), 1))...).String(); got != c.want {
			t.Errorf("%q byte by byte\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestParseAnswerToHead(t *testing.T) {
	got := parse(new(parser), true, nil, []byte("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")).String()
	if want := `status 200, keep-alive true, map[], body "", rest 0, error <nil>`; got != want {
		t.Errorf("got %s", got)
	}
}

func TestParseKeepsWithinLimits(t *testing.T) {
	for name, c := range map[string]struct {
		begin, repeat string
		err           error
	}{
		"one header":  {"HTTP/1.1 200 OK\r\nX: ", "xxxxxxxxxxxxxxxx", wire.ErrHeadTooLarge},
		"headers":     {"HTTP/1.1 200 OK\r\n", "X: xxxxxxxxxxx\r\n", wire.ErrHeadTooLarge},
		"1xx":         {"", "HTTP/1.1 102 P\r\n\r\n", wire.ErrHeadTooLarge},
		"chunk line":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "xxxxxxxxxxxxxxxx", wire.ErrMalformed},
		"extensions":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;" + strings.Repeat("x", 1000) + "\r\n.\r\n", wire.ErrMalformed},
		"trailers":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: xxxxxxxxxxx\r\n", wire.ErrMalformed},
		"status line": {"HTTP/1.1 200 ", "xxxxxxxxxxxxxxxx", wire.ErrHeadTooLarge},
	} {
		for _, size := range []int{7, 4 << 10, 3 << 20} {
			var p parser
			text := c.begin + strings.Repeat(c.repeat, (2<<20)/len(c.repeat))
			r := parse(&p, false, nil, slices.Collect(slices.Chunk([]byte(text), size))...)
			if r.err != c.err {
				t.Errorf("%s in pieces of %d: %v, want %v", name, size, r.err, c.err)
			}
			if limit := 3 * wire.MaxHead; cap(p.partial) > limit {
				t.Errorf("%s in pieces of %d: %d bytes held", name, size, cap(p.partial))
			}
		}
	}
}

// FuzzParse holds the parser to three things: it agrees with net/http where both take
// a response, how the bytes are cut changes nothing, and neither does what was
// parsed before.
func FuzzParse(f *testing.F) {
	for _, c := range peculiar {
		f.Add([]byte(c.text), false, uint16(5))
		f.Add([]byte(c.text), true, uint16(30))
	}
	f.Fuzz(func(t *testing.T, data []byte, isHead bool, cut uint16) {
		var p parser
		m := new(headCache)
		whole := parse(&p, isHead, m, data)
		if again := parse(&p, isHead, m, data); again.String() != whole.String() {
			t.Fatalf("%q\n first %v\n  then %v", data, whole, again)
		}
		at := int(cut) % (len(data) + 1)
		for _, pieces := range [][][]byte{{data[:at], data[at:]}, slices.Collect(slices.Chunk(data, 1))} {
			got := parse(new(parser), isHead, nil, pieces...)
			if whole.err != nil && got.err != nil {
				// What was seen before the error may differ by a piece of the body.
				got, whole := got, whole
				got.body, whole.body = "", ""
				if got.String() != whole.String() {
					t.Fatalf("%q cut at %d\nwhole %v\n  cut %v", data, at, whole, got)
				}
			} else if got.String() != whole.String() {
				t.Fatalf("%q cut at %d\nwhole %v\n  cut %v", data, at, whole, got)
			}
		}
		peer, err := peerReads(data, isHead)
		if err != nil || whole.err != nil {
			return
		}
		if peer.String() != whole.String() {
			t.Fatalf("%q\n ours %v\npeers %v", data, whole, peer)
		}
	})
}

// peerReads is what net/http makes of the same.
func peerReads(data []byte, isHead bool) (read, error) {
	method := "GET"
	if isHead {
		method = "HEAD"
	}
	in := bytes.NewReader(data)
	b := bufio.NewReader(in)
	for {
		resp, err := http.ReadResponse(b, &http.Request{Method: method})
		if err != nil {
			return read{}, err
		}
		if s := resp.StatusCode; s >= 100 && s < 200 && s != 101 {
			continue
		}
		r := read{status: resp.StatusCode, fields: http.Header{}}
		if resp.StatusCode != 101 {
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return read{}, err
			}
			r.body = string(body)
		}
		for _, name := range wanted {
			if values := resp.Header[name]; len(values) > 0 {
				r.fields[name] = values
			}
		}
		r.rest = b.Buffered() + in.Len()
		r.keepAlive = !resp.Close
		return r, nil
	}
}

// TestParseAgrees makes responses of all shapes and requires that both take them.
func TestParseAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "body")
		var b bytes.Buffer
		fmt.Fprintf(&b, "HTTP/1.%d %d %s\r\n", rapid.IntRange(0, 1).Draw(t, "minor"), rapid.IntRange(200, 599).Draw(t, "status"), rapid.StringMatching(`[ -~]{0,9}`).Draw(t, "reason"))
		for range rapid.IntRange(0, 4).Draw(t, "headers") {
			fmt.Fprintf(&b, "%s:%s\r\n", rapid.SampledFrom([]string{"X-Id", "x-iD", "Set-Cookie", "Server"}).Draw(t, "name"), rapid.StringMatching(`[ \t]?[!-~]{0,9}[ \t]?`).Draw(t, "value"))
		}
		switch rapid.IntRange(0, 2).Draw(t, "framing") {
		case 0:
			fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
		case 1:
			b.WriteString("Transfer-Encoding: chunked\r\n\r\n")
			for len(body) > 0 {
				n := rapid.IntRange(1, len(body)).Draw(t, "chunk")
				fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
				body = body[n:]
			}
			b.WriteString("0\r\n\r\n")
		default:
			fmt.Fprintf(&b, "\r\n%s", body)
		}
		want, err := peerReads(b.Bytes(), false)
		if err != nil {
			t.Fatalf("net/http refuses %q: %v", b.Bytes(), err)
		}
		pieces := slices.Collect(slices.Chunk(b.Bytes(), rapid.IntRange(1, 50).Draw(t, "piece")))
		if got := parse(new(parser), false, nil, pieces...); got.String() != want.String() {
			t.Fatalf("%q\n ours %v\npeers %v", b.Bytes(), got, want)
		}
	})
}
