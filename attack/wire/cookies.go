package wire

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
)

// Cookies are one client's. The zero value has none, and costs nothing until a
// response sets one.
type Cookies struct{ jar *cookiejar.Jar }

// For is what the client sends to an address.
func (c *Cookies) For(u *url.URL) []*http.Cookie {
	if c.jar == nil {
		return nil
	}
	return c.jar.Cookies(u)
}

// Keep takes what a response from an address set.
func (c *Cookies) Keep(u *url.URL, cookies []*http.Cookie) {
	if len(cookies) == 0 {
		return
	}
	if c.jar == nil {
		// Without a list of public suffixes the jar is laxer than a browser's about
		// domains; a client of ours sees one site. Its error is always nil.
		c.jar, _ = cookiejar.New(nil)
	}
	c.jar.SetCookies(u, cookies)
}
