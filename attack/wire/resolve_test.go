package wire_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack/wire"
)

func TestQueriesAreEncodedAsBrowsersDo(t *testing.T) {
	base, err := url.Parse("http://shop.test/dir/index.php")
	if err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{
		"/busca?nome=João da Silva":    "/busca?nome=Jo%C3%A3o%20da%20Silva",
		"/?x=\xff\xfe":                 "/?x=%FF%FE",
		`/?q="<a>'b'`:                  "/?q=%22%3Ca%3E%27b%27",
		"/?q=\\^`{|}":                  "/?q=%5C%5E%60%7B%7C%7D",
		"/?%zz&a=%2F&b=%2f&c=100%":     "/?%zz&a=%2F&b=%2f&c=100%",
		"/?a[1]=x;y&b=+&c=~!$*(),:@/?": "/?a[1]=x;y&b=+&c=~!$*(),:@/?",
		"/a b/ação?a b":                "/a%20b/a%C3%A7%C3%A3o?a%20b",
		"?%20 %20":                     "/dir/index.php?%20%20%20",
		"cart?":                        "/dir/cart?",
		"http://other.test/?ü":         "/?%C3%BC",
		"/%2F?日本":                      "/%2F?%E6%97%A5%E6%9C%AC",
	} {
		u, err := wire.Resolve(base, ref)
		if err != nil {
			t.Errorf("%q: %v", ref, err)
			continue
		}
		if got := u.RequestURI(); got != want {
			t.Errorf("%q: sent as %q, want %q", ref, got, want)
		}
	}
}

// Whatever a scenario or a redirect says, the request line has three words of ASCII.
func FuzzResolve(f *testing.F) {
	for _, ref := range []string{"/a b?c d", "?ü", "/?\"<>{}|^`'", "http://[::1]/?#x", "//host/?a b", "/?%zz", "\x7f?"} {
		f.Add(ref)
	}
	base, err := url.Parse("http://shop.test/dir/index.php?old query")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		u, err := wire.Resolve(base, ref)
		if err != nil || u.Scheme != "http" || u.Host == "" {
			return
		}
		uri := u.RequestURI()
		if strings.IndexFunc(uri, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0 {
			t.Fatalf("%q is sent as %q", ref, uri)
		}
		if _, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + uri + " HTTP/1.1\r\nHost: a\r\n\r\n"))); err != nil {
			t.Fatalf("%q is sent as %q: %v", ref, uri, err)
		}
	})
}
