package embedded

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// upstreamScript is what the upstreams of a test do, by address, and who was
// asked.
type upstreamScript struct {
	do    map[string]func(*http.Request) (*http.Response, error)
	asked []string
}

func (s *upstreamScript) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, r.URL.Host)
	return s.do[r.URL.Host](r)
}

func answers(r *http.Request) (*http.Response, error) {
	body := "hello"
	if r.Body != nil {
		if sent, _ := io.ReadAll(r.Body); len(sent) > 0 {
			body = string(sent)
		}
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func refuses(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
}

func breaks(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

func hangs(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), upstreamTimeout)
	defer cancel()
	<-ctx.Done()
	return nil, ctx.Err()
}

func newScript(do ...func(*http.Request) (*http.Response, error)) (*upstreamScript, *upstreams) {
	s := &upstreamScript{do: map[string]func(*http.Request) (*http.Response, error){}}
	var addresses []string
	for i, f := range do {
		address := string(rune('a' + i))
		addresses = append(addresses, address)
		s.do[address] = f
	}
	u := newUpstreams(addresses, log.New(io.Discard, "", 0))
	u.transport = s
	return s, u
}

// through sends one request through a proxy with room for one request.
func through(u *upstreams, method, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	newProxy(u, newSlots(1)).ServeHTTP(w, httptest.NewRequest(method, "http://lab/index.php", strings.NewReader(body)))
	return w
}

func TestProxyTriesTheNextUpstream(t *testing.T) {
	for _, test := range []struct {
		name   string
		method string
		first  func(*http.Request) (*http.Response, error)
		asked  string
		status int
	}{
		{"GET after a refused connection", "GET", refuses, "ab", 200},
		{"GET after a broken one", "GET", breaks, "ab", 200},
		{"PUT after a broken one", "PUT", breaks, "ab", 200},
		{"POST after a refused connection", "POST", refuses, "ab", 200},
		{"POST after a broken one", "POST", breaks, "a", 502},
		{"PATCH after a broken one", "PATCH", breaks, "a", 502},
	} {
		t.Run(test.name, func(t *testing.T) {
			script, u := newScript(test.first, answers)
			w := through(u, test.method, "body")
			if asked := strings.Join(script.asked, ""); asked != test.asked || w.Code != test.status {
				t.Errorf("asked %q, status %d; want %q, %d", asked, w.Code, test.asked, test.status)
			}
			if w.Code == 200 && w.Body.String() != "body" {
				t.Errorf("the next upstream was sent %q", w.Body)
			}
		})
	}
}

func TestProxySkipsAFailedUpstreamForTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script, u := newScript(answers, breaks, answers)
		get := func(n int) string {
			script.asked = nil
			for range n {
				if w := through(u, "GET", ""); w.Code != 200 {
					t.Fatalf("status %d", w.Code)
				}
			}
			return strings.Join(script.asked, "")
		}
		if got, want := get(6), "abcacac"; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
		script.do["b"] = answers
		time.Sleep(failTimeout)
		if got := get(4); strings.Contains(got, "b") {
			t.Errorf("asked %s within fail_timeout", got)
		}
		time.Sleep(time.Millisecond)
		if got := get(6); strings.Count(got, "b") != 2 {
			t.Errorf("asked %s, want b back in turn", got)
		}
	})
}

func TestProxyWithoutLiveUpstreams(t *testing.T) {
	script, u := newScript(refuses, breaks, refuses)
	if w := through(u, "GET", ""); w.Code != http.StatusBadGateway || len(script.asked) != 3 {
		t.Errorf("status %d after asking %v", w.Code, script.asked)
	}
	script.asked = nil
	if w := through(u, "GET", ""); w.Code != http.StatusBadGateway || len(script.asked) != 0 {
		t.Errorf("status %d after asking %v, although all are down", w.Code, script.asked)
	}
}

func TestProxyTimeoutIs504(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script, u := newScript(hangs, hangs)
		start := time.Now()
		w := through(u, "GET", "")
		if w.Code != http.StatusGatewayTimeout || time.Since(start) != 2*upstreamTimeout || len(script.asked) != 2 {
			t.Errorf("status %d after %v and asking %v", w.Code, time.Since(start), script.asked)
		}
	})
}

func TestProxyDoesNotBlameUpstreamsForAClientThatLeft(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	script, u := newScript(func(r *http.Request) (*http.Response, error) {
		leave()
		return nil, r.Context().Err()
	}, answers)
	r := httptest.NewRequestWithContext(ctx, "GET", "http://lab/", nil)
	if !aborts(newProxy(u, newSlots(1)), r) {
		t.Error("the proxy answered a client that had left")
	}
	if slices.ContainsFunc(u.balancer.peers, func(p peer) bool { return p.failing }) || len(script.asked) != 1 {
		t.Errorf("asked %v; peers %+v", script.asked, u.balancer.peers)
	}
}

func TestProxyHangsUpWithoutAFreeConnection(t *testing.T) {
	script, u := newScript(answers)
	if !aborts(newProxy(u, newSlots(0)), httptest.NewRequest("GET", "http://lab/", nil)) {
		t.Error("the proxy answered without a connection to spare")
	}
	if len(script.asked) != 0 {
		t.Errorf("asked %v", script.asked)
	}
}

// aborts reports that h cut the connection instead of answering.
func aborts(h http.Handler, r *http.Request) (aborted bool) {
	defer func() {
		if recovered := recover(); recovered == http.ErrAbortHandler {
			aborted = true
		} else if recovered != nil {
			panic(recovered)
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), r)
	return false
}

func TestProxyRefusesALargeBody(t *testing.T) {
	script, u := newScript(answers)
	if w := through(u, "POST", strings.Repeat("x", bodyLimit)); w.Code != 200 {
		t.Errorf("status %d for a body at the limit", w.Code)
	}
	if w := through(u, "POST", strings.Repeat("x", bodyLimit+1)); w.Code != http.StatusRequestEntityTooLarge || len(script.asked) != 1 {
		t.Errorf("status %d for a body beyond the limit, asked %v", w.Code, script.asked)
	}
}

func TestProxyGivesItsConnectionsBack(t *testing.T) {
	_, u := newScript(answers)
	free := newSlots(1)
	proxy := newProxy(u, free)
	for range 3 {
		w := httptest.NewRecorder()
		proxy.ServeHTTP(w, httptest.NewRequest("GET", "http://lab/", nil))
		if w.Code != 200 || len(free) != 0 {
			t.Fatalf("status %d, %d connections still taken", w.Code, len(free))
		}
	}
}
