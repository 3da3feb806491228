// Package wire is what all engines must agree on, so that nothing about the
// results changes with the engine: what is put on the wire for a request, where a
// redirect leads, which cookies a client sends, the words for what went wrong, and
// the limits of this machine.
package wire

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
)

// MaxHead is the largest response head that is read, in bytes, 1xx responses
// before it included; a larger one is a failure of class network.
const MaxHead = 1 << 20

// UserAgent is what requests that set none are sent with, where an engine was not
// told another.
const UserAgent = "stress"

// Request is one request of the pass, checked and ready.
type Request struct {
	Message
	// Follow is how many redirects may be followed.
	Follow int
	Expect *attack.Expect
}

// Message is what is sent. It is shared by all clients and never changed.
type Message struct {
	Method string
	URL    *url.URL
	Host   string // "" is the URL's
	Header http.Header
	Body   []byte
	// Withheld names the headers that are not sent, because the request leads to another
	// origin than the target's: what they hold is meant for the target alone.
	Withheld []string
	secret   []string
}

// Prepare makes the requests of a job. The error joins what is wrong with each.
func Prepare(job attack.Job, userAgent string) ([]Request, error) {
	if job.Target == nil || len(job.Requests) == 0 {
		return nil, errors.New("a job needs a target and a request")
	}
	if job.Timeout <= 0 || job.Timeout > attack.MostTimeout {
		return nil, fmt.Errorf("a job needs a timeout above zero, of at most %v", attack.MostTimeout)
	}
	if userAgent == "" {
		userAgent = UserAgent
	}
	rs := make([]Request, len(job.Requests))
	var errs []error
	for i := range job.Requests {
		m, err := newMessage(job.Target, &job.Requests[i], userAgent)
		if err != nil {
			errs = append(errs, fmt.Errorf("request %q: %w", job.Requests[i].Name, err))
		}
		rs[i] = Request{Message: m, Follow: job.Requests[i].Follow, Expect: &job.Requests[i].Expect}
	}
	return rs, errors.Join(errs...)
}

func newMessage(target *url.URL, r *attack.Request, userAgent string) (Message, error) {
	u, err := Resolve(target, r.Path)
	if err != nil {
		return Message{}, err
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return Message{}, fmt.Errorf("%s: not an http or https address", u.Redacted())
	}
	if _, err := route.Host(u); err != nil {
		return Message{}, err
	}
	m := Message{Method: r.Method, URL: u, Header: http.Header{}, Body: r.Body, secret: r.Secret}
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
	if hosts := m.Header["Host"]; len(hosts) > 0 {
		if m.Host, err = httpguts.PunycodeHostPort(hosts[0]); err != nil {
			return Message{}, fmt.Errorf("host %q: %w", hosts[0], err)
		}
		delete(m.Header, "Host")
	}
	if _, ok := m.Header["User-Agent"]; !ok {
		m.Header.Set("User-Agent", userAgent)
	}
	m.authorize(r)
	if route.OriginOf(u) != route.OriginOf(target) {
		m.Withheld = m.withhold()
	}
	return m, nil
}

// authorize sets basic authentication: the request's own, or what the address
// carries.
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

// check finds what net/http would refuse, so that it is refused before the load.
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

// Build makes the request for one sending. The body is read anew each time.
func (m *Message) Build(ctx context.Context, cookies []*http.Cookie) *http.Request {
	r := (&http.Request{
		Method: m.Method, URL: m.URL, Host: m.Host, Header: m.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if len(m.Body) > 0 {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(m.Body)), int64(len(m.Body))
	}
	if len(cookies) > 0 {
		r.Header = m.Header.Clone()
		r.Header.Set("Cookie", cookieHeader(m.Header.Get("Cookie"), cookies))
	}
	return r
}

// cookieHeader puts a client's cookies behind those that the user wrote. It does what
// [http.Request.AddCookie] does, which copies all that is there for each.
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
