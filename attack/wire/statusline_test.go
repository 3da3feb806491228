package wire_test

import (
	"bufio"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack/wire"
)

func TestAStatusLineIsJudgedByItsFirstWrongByte(t *testing.T) {
	for text, wrong := range map[string]int{ // the index of the byte; -1: none is
		"HTTP/1.1 200 OK\r\n": -1, "HTTP/1.0 404\r\n": -1, "HTTP/1.1 200\n": -1, "HTTP/2.0   500 \n": -1, "HTTP/1.1 200 \x80\r\r\n": -1,
		"": -1, "HTTP/1.1 20": -1, "HTTP/1.1 200\r": -1, "HTTP/1.1     ": -1,
		"220 hello": 0, "SSH-2.0": 0, "\r\nHTTP/1.1": 0, "HTTPS": 4, "HTTP/01.1 200": 6, "HTTP/1.1\t200": 8, "HTTP/1.1\r\n": 8,
		"HTTP/1.1 2 OK": 10, "HTTP/1.1 20x": 11, "HTTP/1.1 2000": 12, "HTTP/1.1 +20 OK": 9, "HTTP/1.1 200\rOK": 13, "HTTP/1.1 200\tOK": 12,
		"HTTP/1.1 \r\n": 9, "ICY 200 OK": 0, "http/1.1 200": 0,
	} {
		var s wire.StatusLine
		got := -1
		for i := range len(text) {
			if _, ok := s.Feed([]byte(text[i : i+1])); !ok {
				got = i
				break
			}
		}
		if got != wrong {
			t.Errorf("%q: wrong at %d, want %d", text, got, wrong)
		}
		if _, ok := new(wire.StatusLine).Feed([]byte(text)); ok != (wrong < 0) {
			t.Errorf("%q in one piece: %v", text, ok)
		}
	}
}

func TestAnOpeningGoesThroughInterimHeads(t *testing.T) {
	for text, ok := range map[string]bool{
		"HTTP/1.1 103 E\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nanything": true,
		"HTTP/1.1 100 C\n\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 200 OK\r\n":  true,
		"HTTP/1.1 100 C\r\n\r\n220 hello":                              false,
		"HTTP/1.1 100 C\r\nA: b\r\n\r\n\r\n":                           false,
		"HTTP/1.1 100 C\r\nA: b\r\n220 hello":                          true, // a line of its head, good or bad
		"HTTP/1.1 101 S\r\n\r\n220 hello":                              true,
		"HTTP/1.1 200 OK\r\n\r\n220 hello":                             true,
	} {
		var whole, dripped wire.ResponseStart
		if got := whole.Feed([]byte(text)); got != ok {
			t.Errorf("%q: %v", text, got)
		}
		got := true
		for i := range len(text) {
			got = got && dripped.Feed([]byte(text[i:i+1]))
		}
		if got != ok {
			t.Errorf("%q byte by byte: %v", text, got)
		}
	}
}

// What net/http takes for a status line this takes too, and the other way round but for
// a sign, which strconv lets pass.
func FuzzStatusLine(f *testing.F) {
	for _, line := range []string{"HTTP/1.1 200 OK\r", "HTTP/1.1 2 OK", "HTTP/1.1   200", "HTTP/3.9 -01 x", "220 hello"} {
		f.Add(line, 3)
	}
	sign := regexp.MustCompile(`^\S+ +[+-]`)
	f.Fuzz(func(t *testing.T, line string, cut int) {
		if strings.Contains(line, "\n") || sign.MatchString(line) {
			return
		}
		text := line + "\n"
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text+"\r\n")), nil)
		var s wire.StatusLine
		cut = min(max(cut, 0), len(text))
		_, ok := s.Feed([]byte(text[:cut]))
		if ok {
			_, ok = s.Feed([]byte(text[cut:]))
		}
		if ok != (err == nil) || ok && !s.Whole {
			t.Fatalf("%q: ok %v, whole %v; net/http: %v", line, ok, s.Whole, err)
		}
		if ok && (s.Status != resp.StatusCode || s.Version != 10*resp.ProtoMajor+resp.ProtoMinor) {
			t.Fatalf("%q: status %d, version %d; net/http %d and %s", line, s.Status, s.Version, resp.StatusCode, resp.Proto)
		}
	})
}
