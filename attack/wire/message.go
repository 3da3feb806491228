// Package wire holds what all engines must do alike, so that results do not depend on the engine:
// the bytes of a request, the rules for redirects, the cookies of a client, the names of failures,
// and the limits of this machine.
package wire

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/route"
)

// MaxHead is the largest head of a response that is read, in bytes, with the 1xx responses before
// it. A larger one is a failure of class network.
const MaxHead = 1 << 20

// defaultUserAgent is the User-Agent of requests that set none, if the engine has no other.
const defaultUserAgent = "stress"

// Request is one request of the pass, checked and ready.
type Request struct {
	Message
	// Follow is how many redirects may be followed.
	Follow int
	Expect *attack.Expect
	// Captures are the values that later requests need of its answer; nil is none.
	Captures *capture.Set
	// later is how many requests of the pass come after it.
	later int
}

// Secured reports that the request goes over TLS.
func (r Request) Secured() bool { return r.URL.Scheme == "https" }

// Message is one HTTP request as it is sent. All clients share it, and nobody changes it. Where parts of it
// change from pass to pass, [Message.For] is what is sent.
type Message struct {
	Method string
	URL    *url.URL
	Host   string // "" is the URL's
	Header http.Header
	Body   []byte
	// Withheld names the headers that are not sent because they are secret and the request goes
	// to another origin than the target's.
	Withheld []string
	// Name is that of the request with number 0; "" for one that is sent without.
	Name   string
	place  claim.Place
	secret []string
	holes  []hole
}

// Prepare makes the requests of a job. userAgent is for requests that set none; "" is "stress".
// The error joins the faults of all requests.
func Prepare(job attack.Job, userAgent string) ([]Request, error) {
	if job.Target == nil || len(job.Requests) == 0 {
		return nil, errors.New("a job needs a target and a request")
	}
	if job.Timeout <= 0 || job.Timeout > attack.MaxTimeout {
		return nil, fmt.Errorf("a job needs a timeout above zero, of at most %v", attack.MaxTimeout)
	}
	if job.HTTP2 && (job.NoKeepAlive || job.RequestsPerConnection > 0) {
		return nil, errors.New("over HTTP/2 requests share a connection, which neither keep_alive: false nor requests_per_connection can end: leave them out, or speak HTTP/1.1 (http2: false)")
	}
	if userAgent == "" {
		userAgent = defaultUserAgent
	}
	rs := make([]Request, len(job.Requests))
	var errs []error
	marks, captured := newMarker(job.Values), 0
	for i := range job.Requests {
		m, err := newMessage(&job, job.Requests[i], userAgent, marks)
		if err == nil && job.Names != nil && job.Requests[i].Claims > 0 {
			m.name(*job.Names, i)
		}
		captures := job.Requests[i].Captures
		if err = cmp.Or(err, marks.capture(captures, captured)); err != nil {
			errs = append(errs, fmt.Errorf("request %q: %w", job.Requests[i].Name, err))
		}
		rs[i] = Request{
			Message: m, Follow: job.Requests[i].Follow, Expect: &job.Requests[i].Expect,
			Captures: capture.NewSet(captures, captured), later: attack.PerPass(job.Requests[i:]) - 1,
		}
		captured += len(captures)
	}
	return rs, errors.Join(errs...)
}

func newMessage(job *attack.Job, r attack.Request, userAgent string, marks *marker) (Message, error) {
	var m Message
	r, err := marks.request(&m, r)
	if err != nil {
		return Message{}, err
	}
	u, err := Resolve(job.Target, r.Path)
	if err != nil {
		return Message{}, err
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return Message{}, fmt.Errorf("%s: not an http or https address", u.Redacted())
	}
	if _, err := route.Host(u); err != nil {
		return Message{}, err
	}
	m.Method, m.URL, m.Header, m.Body, m.secret = r.Method, u, http.Header{}, r.Body, r.Secret
	if m.Method == "" {
		m.Method = http.MethodGet
	}
	for name, values := range r.Header {
		name = http.CanonicalHeaderKey(name)
		m.Header[name] = append(m.Header[name], values...)
	}
	if err := m.check(); err != nil {
		return Message{}, err
	}
	elsewhere := route.OriginOf(u) != route.OriginOf(job.Target)
	host := m.Header.Get("Host")
	if host == "" && !elsewhere {
		host = job.Host
	}
	if m.Host, err = httpguts.PunycodeHostPort(host); err != nil {
		return Message{}, fmt.Errorf("host %q: %w", host, err)
	}
	delete(m.Header, "Host")
	if job.NoKeepAlive && !m.Closes() {
		m.Header["Connection"] = append([]string{"close"}, m.Header["Connection"]...) // net/http looks at the first alone
	}
	if _, ok := m.Header["User-Agent"]; !ok {
		m.Header.Set("User-Agent", userAgent)
	}
	m.authorize(&r)
	if elsewhere {
		m.Withheld = m.withhold()
	}
	return m, nil
}

// authorize sets basic authentication from the request, or else from the user in the URL, which it
// removes there.
func (m *Message) authorize(r *attack.Request) {
	user, password := r.User, r.Password
	if info := m.URL.User; info != nil {
		if user == "" {
			user = info.Username()
			password, _ = info.Password()
		}
		u := *m.URL
		u.User = nil
		m.URL = &u
	}
	if user == "" || m.Header.Get("Authorization") != "" {
		return
	}
	m.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

// check returns the error that net/http would return for each sending.
func (m *Message) check() error {
	if _, err := http.NewRequest(m.Method, m.URL.String(), nil); err != nil {
		return err
	}
	for name, values := range m.Header {
		for _, v := range values {
			if err := attack.CheckHeader(name, v); err != nil {
				return fmt.Errorf("header %q: %w", name, err)
			}
		}
	}
	return nil
}

// name gives the message the name of its request with number 0.
func (m *Message) name(names claim.Names, request int) {
	m.Name, m.place = names.Name(request, 0), names.Place
	if m.place.Header != "" {
		m.Header.Set(m.place.Header, m.Name)
		return
	}
	u := *m.URL
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += url.QueryEscape(m.place.Query) + "=" + m.Name
	m.URL = &u
}

// named are header and address with the name of a request of some number. A redirect may have
// led to an address that holds none.
func (m *Message) named(number uint64) (http.Header, *url.URL) {
	if m.Name == "" {
		return m.Header, m.URL
	}
	name := []byte(m.Name)
	claim.Put(name, number)
	if m.place.Header != "" {
		h := maps.Clone(m.Header)
		h.Set(m.place.Header, string(name))
		return h, m.URL
	}
	u := *m.URL
	u.RawQuery = strings.Replace(u.RawQuery, m.Name, string(name), 1)
	return m.Header, &u
}

// Build makes the request for one sending, with the cookies of one client and, if it has one, the
// name of that number.
func (m *Message) Build(ctx context.Context, cookies []*http.Cookie, number uint64) *http.Request {
	header, u := m.named(number)
	r := (&http.Request{
		Method: m.Method, URL: u, Host: m.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Close: m.Closes(), // net/http goes by this alone, and not by the header, where the server leaves the connection open
	}).WithContext(ctx)
	if len(m.Body) > 0 {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(m.Body)), int64(len(m.Body))
	}
	if len(cookies) > 0 {
		r.Header = header.Clone()
		r.Header.Set("Cookie", cookieHeader(m.Header.Get("Cookie"), cookies))
	}
	return r
}

// cookieHeader appends a client's cookies to those that the user wrote. [http.Request.AddCookie]
// does the same, but copies the whole header for each cookie.
func cookieHeader(written string, cookies []*http.Cookie) string {
	all := make([]string, 0, len(cookies)+1)
	if written != "" {
		all = append(all, written)
	}
	for _, c := range cookies {
		all = append(all, (&http.Cookie{Name: c.Name, Value: c.Value, Quoted: c.Quoted}).String())
	}
	return strings.Join(all, "; ")
}

// Closes reports that the message itself asks for the connection to be closed.
func (m *Message) Closes() bool {
	return httpguts.HeaderValuesContainsToken(m.Header["Connection"], "close")
}
