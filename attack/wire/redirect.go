package wire

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/secret"
)

// Next returns the message to send after a response to m, which redirects redirects came before.
// It is nil if the response is the answer: no redirect, one too many, or one that must not be
// followed.
func (r *Request) Next(job *attack.Job, m *Message, redirects, status int, location string) *Message {
	if redirects >= r.Follow {
		return nil
	}
	next := m.redirected(status, location)
	if next == nil || !mayFollow(job, next.URL) {
		return nil
	}
	return next
}

func mayFollow(job *attack.Job, u *url.URL) bool {
	if job.MayFollow == nil {
		return SameHost(u, job.Target)
	}
	return job.MayFollow(u) == nil
}

// redirected returns the message that follows a redirect, nil if the response is none or has no
// usable location. Method, body and headers change as RFC 9110 §15.4 asks and as browsers do.
func (m *Message) redirected(status int, location string) *Message {
	if location == "" {
		return nil
	}
	next := *m
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		if m.Method != http.MethodHead {
			next.Method = http.MethodGet
		}
		next.Body = nil
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil
	}
	u, err := Resolve(m.URL, location)
	if err != nil || !reachable(u) {
		return nil
	}
	u.User = nil
	next.URL = u
	next.Header = m.Header.Clone()
	if len(m.Body) > 0 && next.Body == nil {
		for name := range next.Header {
			if strings.HasPrefix(name, "Content-") {
				delete(next.Header, name)
			}
		}
	}
	if route.OriginOf(u) != route.OriginOf(m.URL) {
		next.withhold()
		if !SameHost(u, m.URL) {
			next.Host = ""
		}
	}
	return &next
}

// withhold removes the headers that only the target may see, and returns their names.
func (m *Message) withhold() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		if secret.Named(name) || slices.Contains(m.secret, name) {
			names = append(names, name)
			delete(m.Header, name)
		}
	}
	return names
}

func reachable(u *url.URL) bool {
	_, err := route.Host(u)
	return (u.Scheme == "http" || u.Scheme == "https") && err == nil
}

// SameHost reports that two URLs name one host, whatever their schemes and ports.
func SameHost(a, b *url.URL) bool {
	x, xerr := route.Host(a)
	y, yerr := route.Host(b)
	return xerr == nil && yerr == nil && x == y
}
