package wire

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/stress-tool/stress/attack"
)

// Next is what follows a response to m, the hop after so many redirects; nil where
// the response is the answer: no redirect, one too many, or one that may not be
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
		return sameHost(u, job.Target)
	}
	return job.MayFollow(u) == nil
}

// redirected is what a client sends next on a redirect, nil where the response is
// none or leads nowhere. Methods, bodies and headers change as RFC 9110 §15.4 asks
// and as browsers do.
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
	if !sameHost(u, m.URL) {
		for _, name := range []string{"Authorization", "Cookie"} {
			delete(next.Header, name)
		}
		next.Host = ""
	}
	return &next
}

func reachable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

func sameHost(a, b *url.URL) bool { return strings.EqualFold(a.Hostname(), b.Hostname()) }
