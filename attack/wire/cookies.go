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

// Bounds on a client's cookies, as browsers have them (RFC 6265 §6.1 asks for 50 of 4096
// bytes at least): without, a server that invents names would fill the memory and make
// every request longer than the one before.
const (
	// MaxCookies is how many are kept for a host; then the oldest goes for a new one.
	MaxCookies = 180
	// MaxCookie is the longest name and value together, in bytes; a longer one is not kept.
	MaxCookie = 4096
)

// Cookies are one client's. The zero value has none, and costs nothing until a
// response sets one.
//
// Unlike a browser's they never go to another host or port than the one that set
// them, whatever their Domain says: here another port is another service. http and
// https on their usual ports are one; a Secure cookie goes to https alone.
type Cookies struct{ jars map[string]*jar }

// jar holds the cookies that one host has set.
type jar struct {
	*cookiejar.Jar
	// kept are those in it, the oldest first: a jar of net/http's cannot be asked.
	kept []keptCookie
}

// keptCookie is what makes a cookie another one than those before it, and its end.
type keptCookie struct {
	name, domain, path string
	expires            time.Time // zero: with the client
}

// For is what the client sends to an address.
func (c *Cookies) For(u *url.URL) []*http.Cookie {
	if c.jars == nil {
		return nil
	}
	if jar := c.jars[route.OriginOf(u).Name()]; jar != nil {
		return jar.Cookies(u)
	}
	return nil
}

// Keep takes what a response from an address set.
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

// keep takes one cookie, and gives up another where that is one too many.
func (j *jar) keep(u *url.URL, k *http.Cookie, now time.Time) {
	is := keptCookie{k.Name, strings.ToLower(strings.TrimPrefix(k.Domain, ".")), k.Path, k.Expires}
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
	at := slices.IndexFunc(j.kept, is.same)
	switch gone := k.MaxAge < 0 || is.over(now); {
	case gone && at >= 0:
		j.kept = slices.Delete(j.kept, at, at+1)
	case gone:
	case at >= 0:
		j.kept[at] = is
	default:
		j.kept = append(j.kept, is)
	}
	if len(j.kept) > MaxCookies {
		// One that is over goes first; the jar does not send it any more.
		out := max(slices.IndexFunc(j.kept, func(o keptCookie) bool { return o.over(now) }), 0)
		old := j.kept[out]
		j.SetCookies(u, []*http.Cookie{{Name: old.name, Domain: old.domain, Path: old.path, MaxAge: -1}})
		j.kept = slices.Delete(j.kept, out, out+1)
	}
}

func (k keptCookie) same(o keptCookie) bool {
	return k.name == o.name && k.domain == o.domain && k.path == o.path
}

func (k keptCookie) over(now time.Time) bool { return !k.expires.IsZero() && !k.expires.After(now) }

// matches reports that a host may set a cookie for a domain, "" being itself: RFC 6265
// §5.1.3.
func matches(host, domain string) bool {
	return domain == "" || host == domain || strings.HasSuffix(host, "."+domain)
}

// defaultPath is that of a cookie which names none: RFC 6265 §5.1.4.
func defaultPath(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 || path[0] != '/' {
		return "/"
	}
	return path[:i]
}
