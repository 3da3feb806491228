package wire

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack/route"
)

// Bounds on a client's cookies, as browsers have them; RFC 6265 §6.1 asks for at least 50 of 4096
// bytes. Without bounds a server with ever new names would fill the memory and make each request
// longer than the last.
const (
	// MaxCookies is how many are kept for a host; then the oldest goes for a new one.
	MaxCookies = 180
	// MaxCookie is the longest name and value together, in bytes; a longer one is not kept.
	MaxCookie = 4096
)

// Cookies are the cookies of one client. The zero value has none, and allocates nothing until a
// response sets one.
//
// Unlike in a browser, a cookie is only sent to the host and port that set it, whatever its Domain
// says: another port is another service. http and https on their usual ports count as one. A
// Secure cookie is only sent over https, and to the loopback, as browsers do.
type Cookies struct{ jars map[string]*jar }

// jar holds the cookies that one host has set.
type jar struct {
	*cookiejar.Jar
	// stored lists the cookies of the jar, oldest first: net/http's jar cannot list them.
	stored []storedCookie
}

// storedCookie identifies a cookie in a jar, and says when it expires.
type storedCookie struct {
	name, domain, path string
	expires            time.Time // zero: when the client ends
}

// Any reports that a response has set a cookie.
func (c *Cookies) Any() bool { return c.jars != nil }

// For returns the cookies that the client sends to an address.
func (c *Cookies) For(u *url.URL) []*http.Cookie {
	if c.jars == nil {
		return nil
	}
	if jar := c.jars[route.OriginOf(u).Name()]; jar != nil {
		return jar.Cookies(u)
	}
	return nil
}

// Keep stores the cookies of a response from an address.
func (c *Cookies) Keep(u *url.URL, cookies []*http.Cookie) {
	if len(cookies) == 0 {
		return
	}
	if c.jars == nil {
		c.jars = make(map[string]*jar)
	}
	host := route.OriginOf(u).Name()
	j := c.jars[host]
	if j == nil {
		all, _ := cookiejar.New(nil) // its error is always nil
		j = &jar{Jar: all}
		c.jars[host] = j
	}
	now := time.Now()
	for _, k := range cookies {
		j.keep(u, k, now)
	}
}

// keep stores one cookie, and removes an old one if there are too many.
func (j *jar) keep(u *url.URL, k *http.Cookie, now time.Time) {
	is := storedCookie{k.Name, strings.ToLower(strings.TrimPrefix(k.Domain, ".")), k.Path, k.Expires}
	if len(k.Name)+len(k.Value) > MaxCookie || !matches(strings.ToLower(u.Hostname()), is.domain) {
		return
	}
	j.SetCookies(u, []*http.Cookie{k})
	if !strings.HasPrefix(is.path, "/") {
		is.path = defaultPath(u.Path)
	}
	if k.MaxAge > 0 {
		is.expires = now.Add(time.Duration(k.MaxAge) * time.Second)
	}
	at := slices.IndexFunc(j.stored, is.same)
	switch gone := k.MaxAge < 0 || is.expired(now); {
	case gone && at >= 0:
		j.stored = slices.Delete(j.stored, at, at+1)
	case gone:
	case at >= 0:
		j.stored[at] = is
	default:
		j.stored = append(j.stored, is)
	}
	if len(j.stored) > MaxCookies {
		// Remove an expired one first: the jar does not send it any more.
		out := max(slices.IndexFunc(j.stored, func(o storedCookie) bool { return o.expired(now) }), 0)
		old := j.stored[out]
		j.SetCookies(u, []*http.Cookie{{Name: old.name, Domain: old.domain, Path: old.path, MaxAge: -1}})
		j.stored = slices.Delete(j.stored, out, out+1)
	}
}

func (k storedCookie) same(o storedCookie) bool {
	return k.name == o.name && k.domain == o.domain && k.path == o.path
}

func (k storedCookie) expired(now time.Time) bool {
	return !k.expires.IsZero() && !k.expires.After(now)
}

// matches reports that a host may set a cookie for a domain, "" for itself (RFC 6265 §5.1.3).
func matches(host, domain string) bool {
	return domain == "" || host == domain || strings.HasSuffix(host, "."+domain)
}

// defaultPath is the path of a cookie without one (RFC 6265 §5.1.4).
func defaultPath(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 || path[0] != '/' {
		return "/"
	}
	return path[:i]
}
