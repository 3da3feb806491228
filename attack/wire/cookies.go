package wire

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"

	"github.com/stress-tool/stress/attack/route"
)

// Cookies are one client's. The zero value has none, and costs nothing until a
// response sets one.
//
// Unlike a browser's they never go to another host or port than the one that set
// them, whatever their Domain says: here another port is another service. http and
// https on their usual ports are one; a Secure cookie goes to https alone.
type Cookies struct{ jars map[string]*cookiejar.Jar }

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
		c.jars = make(map[string]*cookiejar.Jar)
	}
	host := route.OriginOf(u).Name()
	if c.jars[host] == nil {
		c.jars[host], _ = cookiejar.New(nil) // its error is always nil
	}
	c.jars[host].SetCookies(u, cookies)
}
