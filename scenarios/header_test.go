package scenarios

import (
	"fmt"
	"strings"
	"testing"
)

// with is the smallest scenario with headers, for a target.
func with(headers, target string) string {
	return fmt.Sprintf("load: {type: clients-per-test, clients: 5, duration: 1s}\nrequest: {path: /, headers: %s}\ntargets: [{name: one, %s}]\n", headers, target)
}

const plainHTTP = `url: "http://127.0.0.1:8080"`

func TestHeadersThatCannotBeSentAreFaults(t *testing.T) {
	for headers, want := range map[string]string{
		`{Host: "a b"}`:                "some.yaml:2:36: request.headers.Host: must be a host, such as shop.example",
		`{Host: ""}`:                   "must be a host",
		`{host: a.test/path}`:          "must be a host",
		`{Host: "user@a.test"}`:        "must be a host",
		`{Host: "a.test:"}`:            "must be a host",
		`{Host: "a.test:99x"}`:         "must be a host",
		`{Host: "http://a.test"}`:      "must be a host",
		`{Host: "a.test, b.test"}`:     "must be a host",
		`{X-A: "\u0001"}`:              "request.headers.X-A: holds a control character",
		`{X-A: "a\x7fb"}`:              "holds a control character",
		`{X-A: "a\r\nX-B: c"}`:         "must be one line of text",
		`{X-A: "a\nb"}`:                "must be one line of text",
		`{"X A": b}`:                   "is no valid header name",
		`{"X:A": b}`:                   "is no valid header name",
		`{"": b}`:                      "is no valid header name",
		`{X-Ä: b}`:                     "is no valid header name",
		`{Content-Length: 5}`:          "cannot be set: it is the length of the body",
		`{content-length: 5}`:          "cannot be set",
		`{Transfer-Encoding: chunked}`: "cannot be set: bodies are sent whole",
		`{Trailer: X}`:                 "cannot be set",
		`{X-A: b}, expect: {header: {Transfer-Encoding: chunked}}`: "request.expect.header.Transfer-Encoding: cannot be expected",
		`{X-A: b}, expect: {header: {X: "\u0002"}}`:                "request.expect.header.X: holds a control character",
	} {
		wantFault(t, with(headers, plainHTTP), want)
	}
	if got := strings.Join(faultsOf(t, smallest, "request.headers.Host=a b"), "\n"); !strings.HasPrefix(got, "--set request.headers.Host: must be a host") {
		t.Errorf("set from outside: %s", got)
	}
}

func TestHeadersThatCanBeSentAreTaken(t *testing.T) {
	for _, headers := range []string{
		`{Host: shop.example}`, `{Host: "shop.example:8080"}`, `{Host: "[::1]:80"}`, `{Host: bücher.example}`, `{Host: 127.0.0.1}`,
		`{X-A: ""}`, `{X-A: "a\tb"}`, `{X-A: é}`, `{User-Agent: ""}`, `{Connection: close}`, `{Expect: 100-continue}`,
		`{X-A: b}, expect: {header: {Content-Length: "", Set-Cookie: a}}`,
	} {
		parse(t, with(headers, plainHTTP))
	}
}

// HTTP/2 has no headers of a connection; net/http leaves some out and fails on others.
func TestHeadersOfAConnectionAreFaultsWhereHTTP2IsSpoken(t *testing.T) {
	for _, name := range []string{"Connection", "keep-alive", "Upgrade", "Proxy-Connection"} {
		headers := fmt.Sprintf("{%s: x}", name)
		wantFault(t, with(headers, `url: "https://127.0.0.1", http2: true`), "is never sent over HTTP/2, which target one is to speak")
		parse(t, with(headers, `url: "https://127.0.0.1"`))
	}
}

func TestAFaultOfAHeaderKeepsItsSecret(t *testing.T) {
	_, err := Parse("some.yaml", []byte(with(`{Authorization: "${TOKEN}"}`, plainHTTP)), Options{Lookup: env(map[string]string{"TOKEN": "s3cret\x01"})})
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "holds a control character") {
		t.Errorf("got %v", err)
	}
}

// Basic authentication ends the name at its first colon: the server would see another user.
func TestAUserNameHoldsNoColon(t *testing.T) {
	wantFault(t, with(`{X: y}, auth: {user: "a:b", password: c}`, plainHTTP), "request.auth.user: must be a user name without a colon")
	parse(t, with(`{X: y}, auth: {user: ä, password: "a:b"}`, plainHTTP))
}
