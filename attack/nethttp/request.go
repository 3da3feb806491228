package nethttp

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
)

// request is one request of the pass, checked and ready.
type request struct {
	message
	follow int
	expect *attack.Expect
}

// message is what is sent. It is shared by all clients and never changed.
type message struct {
	method string
	url    *url.URL
	host   string // "" is the URL's
	header http.Header
	body   []byte
}

func prepare(job attack.Job, userAgent string) ([]request, error) {
	if job.Target == nil || len(job.Requests) == 0 {
		return nil, errors.New("a job needs a target and a request")
	}
	rs := make([]request, len(job.Requests))
	var errs []error
	for i := range job.Requests {
		m, err := newMessage(job.Target, &job.Requests[i], userAgent)
		if err != nil {
			errs = append(errs, fmt.Errorf("request %q: %w", job.Requests[i].Name, err))
		}
		rs[i] = request{message: m, follow: job.Requests[i].Follow, expect: &job.Requests[i].Expect}
	}
	return rs, errors.Join(errs...)
}

func newMessage(target *url.URL, r *attack.Request, userAgent string) (message, error) {
	u, err := target.Parse(r.Path)
	if err != nil {
		return message{}, err
	}
	if !reachable(u) {
		return message{}, fmt.Errorf("%s: not an http or https address", u.Redacted())
	}
	m := message{method: r.Method, url: u, header: http.Header{}, body: r.Body}
	if m.method == "" {
		m.method = http.MethodGet
	}
	for name, values := range r.Header {
		name = http.CanonicalHeaderKey(name)
		m.header[name] = append(m.header[name], values...)
	}
	if hosts := m.header["Host"]; len(hosts) > 0 {
		m.host = hosts[0]
		delete(m.header, "Host")
	}
	if _, ok := m.header["User-Agent"]; !ok {
		m.header.Set("User-Agent", userAgent)
	}
	m.authorize(r)
	return m, m.check()
}

// authorize sets basic authentication: the request's own, or what the address
// carries.
func (m *message) authorize(r *attack.Request) {
	user, password := r.User, r.Password
	if info := m.url.User; info != nil {
		if user == "" {
			user = info.Username()
			password, _ = info.Password()
		}
		u := *m.url
		u.User = nil
		m.url = &u
	}
	if user == "" || m.header.Get("Authorization") != "" {
		return
	}
	m.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

// check finds what net/http would refuse, so that it is refused before the load.
func (m *message) check() error {
	if _, err := http.NewRequest(m.method, m.url.String(), nil); err != nil {
		return err
	}
	if !httpguts.ValidHostHeader(m.host) {
		return fmt.Errorf("host %q: invalid", m.host)
	}
	for name, values := range m.header {
		if !httpguts.ValidHeaderFieldName(name) {
			return fmt.Errorf("header name %q: invalid", name)
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return fmt.Errorf("header %s: a value holds a control character", name)
			}
		}
	}
	return nil
}

// build makes the request for one sending. The body is read anew each time.
func (m *message) build(ctx context.Context, cookies []*http.Cookie) *http.Request {
	r := (&http.Request{
		Method: m.method, URL: m.url, Host: m.host, Header: m.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if len(m.body) > 0 {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(m.body)), int64(len(m.body))
	}
	if len(cookies) > 0 {
		r.Header = m.header.Clone()
		for _, c := range cookies {
			r.AddCookie(c)
		}
	}
	return r
}

// redirected is what a client sends next on a redirect, nil where the response is
// none or leads nowhere. Methods, bodies and headers change as RFC 9110 §15.4 asks
// and as browsers do.
func (m *message) redirected(resp *http.Response) *message {
	location := resp.Header.Get("Location")
	if location == "" {
		return nil
	}
	next := *m
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		if m.method != http.MethodHead {
			next.method = http.MethodGet
		}
		next.body = nil
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil
	}
	u, err := m.url.Parse(location)
	if err != nil || !reachable(u) {
		return nil
	}
	u.User = nil
	next.url = u
	next.header = m.header.Clone()
	if len(m.body) > 0 && next.body == nil {
		for name := range next.header {
			if strings.HasPrefix(name, "Content-") {
				delete(next.header, name)
			}
		}
	}
	if !sameHost(u, m.url) {
		for _, name := range []string{"Authorization", "Cookie"} {
			delete(next.header, name)
		}
		next.host = ""
	}
	return &next
}

func reachable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

func sameHost(a, b *url.URL) bool { return strings.EqualFold(a.Hostname(), b.Hostname()) }
