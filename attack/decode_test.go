package attack_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// encoded is a text in a content coding; "raw" is deflate without zlib around it.
func encoded(coding, text string) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw":
		w, _ = flate.NewWriter(&b, flate.DefaultCompression)
	}
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

// verdict judges a body that comes in pieces of a size.
func verdict(j *attack.Judge, e *attack.Expect, coding string, body []byte, size int) (runlog.Class, string) {
	j.Reset(e, 200, http.Header{"Content-Encoding": {coding}})
	for len(body) > 0 {
		n := min(size, len(body))
		j.Write(body[:n])
		body = body[n:]
	}
	return j.Verdict()
}

const page = "<p>New record created successfully</p>"

func TestEncodedBodiesAreJudgedByWhatTheySay(t *testing.T) {
	long := strings.Repeat("all work and no play ", 100_000) + page
	bomb := encoded("gzip", strings.Repeat("\x00", 20<<20)+page)
	noise := make([]byte, attack.EncodedLimit+100) // does not shrink
	state := uint32(1)
	for i := range noise {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	for _, c := range []struct {
		coding string
		body   []byte
		reason string // "" is a success
	}{
		{"gzip", encoded("gzip", page), ""},
		{"X-GZIP", encoded("gzip", page), ""},
		{"identity, gzip", encoded("gzip", page), ""},
		{"gzip", encoded("gzip", long), ""},
		{"gzip", append(encoded("gzip", "first "), encoded("gzip", page)...), ""},
		{"gzip", append(encoded("gzip", page), "\r\n"...), ""},
		{"deflate", encoded("deflate", page), ""},
		{"deflate", encoded("raw", page), ""},
		{"identity", []byte(page), ""},
		{"", []byte(page), ""},
		{"gzip", encoded("gzip", "no"), `body does not contain "created successfully"`},
		{"gzip", nil, `body does not contain "created successfully"`},
		{"gzip", encoded("gzip", page)[:20], "body is no valid gzip"},
		{"gzip", []byte(page), "body is no valid gzip"},
		{"deflate", []byte(page), "body is no valid deflate"},
		{"gzip", bomb, `body does not contain "created successfully" in the first 8 MiB that it decodes to`},
		{"gzip", encoded("gzip", string(noise)+page), `body does not contain "created successfully" in what its first 1 MiB decode to`},
		{"br", []byte(page), `body is encoded as "br", and only gzip and deflate are decoded: ask for those in Accept-Encoding`},
		{"zstd", []byte(page), `body is encoded as "zstd", and only gzip and deflate are decoded: ask for those in Accept-Encoding`},
		{"gzip, gzip", encoded("gzip", string(encoded("gzip", page))), `body is encoded as "gzip, gzip", and only gzip and deflate are decoded: ask for those in Accept-Encoding`},
	} {
		for _, e := range []*attack.Expect{
			{Body: "created successfully"},
			{Match: regexp.MustCompile(`created success[f]ully`)},
		} {
			if e.Match != nil && len(c.body) > 1000 {
				continue // it sees the beginning alone
			}
			want := strings.Replace(c.reason, `contain "created successfully"`, "match /created success[f]ully/", 1)
			if e.Match == nil {
				want = c.reason
			}
			j := new(attack.Judge)
			for _, size := range []int{1 << 30, 1000, 7} {
				class, reason := verdict(j, e, c.coding, c.body, size)
				if reason != want || (class == runlog.Success) != (want == "") {
					t.Errorf("%s, %d bytes in pieces of %d: %v, %q, want %q", c.coding, len(c.body), size, class, reason, want)
				}
			}
		}
	}
}

func TestExcerptsOfEncodedBodiesCanBeRead(t *testing.T) {
	for _, c := range []struct {
		coding, want string
		body         []byte
	}{
		{"gzip", "no database", encoded("gzip", "no database")},
		{"deflate", "no database", encoded("deflate", "no database")},
		{"gzip", strings.Repeat("e", attack.ExcerptSize), encoded("gzip", strings.Repeat("e", 1<<20))},
		{"gzip", "not encoded at all", []byte("not encoded at all")},
		{"br", "(br)", []byte{0x8b, 1, 2}},
	} {
		j := new(attack.Expect).Judge(500, http.Header{"Content-Encoding": {c.coding}})
		j.Write(c.body)
		if got := string(j.Excerpt()); got != c.want {
			t.Errorf("%s: excerpt %q, want %q", c.coding, got, c.want)
		}
	}
}

// Nothing is decoded where nothing is expected of the body, and a plain one costs nothing.
func TestPlainBodiesAreNotKept(t *testing.T) {
	e := attack.Expect{Body: "created successfully"}
	h := http.Header{"Content-Type": {"text/html"}}
	j, body := new(attack.Judge), []byte(page)
	if n := testing.AllocsPerRun(100, func() {
		j.Reset(&e, 200, h)
		j.Write(body)
		j.Verdict()
	}); n != 0 {
		t.Errorf("%v allocations for a plain body", n)
	}
	if class, reason := verdict(new(attack.Judge), new(attack.Expect), "gzip", []byte("no gzip"), 5); class != runlog.Success {
		t.Errorf("a body of which nothing is expected: %v, %q", class, reason)
	}
}

func FuzzEncodedBody(f *testing.F) {
	for _, coding := range []string{"gzip", "deflate", "raw"} {
		f.Add(coding, encoded(coding, page), uint16(3))
	}
	f.Add("br", []byte("x"), uint16(0))
	e := attack.Expect{Body: "created", Match: regexp.MustCompile("success")}
	whole, cut := new(attack.Judge), new(attack.Judge)
	f.Fuzz(func(t *testing.T, coding string, body []byte, size uint16) {
		class, reason := verdict(whole, &e, coding, body, 1<<30)
		if c, r := verdict(cut, &e, coding, body, int(size)+1); c != class || r != reason || !bytes.Equal(whole.Excerpt(), cut.Excerpt()) {
			t.Fatalf("whole %v %q, in pieces %v %q", class, reason, c, r)
		}
		if len(whole.Excerpt()) > attack.ExcerptSize {
			t.Fatalf("an excerpt of %d bytes", len(whole.Excerpt()))
		}
	})
}
