package web

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// policy lets a page be made of this server's own files, and reach nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'self'"

// guarded lets pages through that are asked for by the pages of this server. Any site may lead the
// user's browser to an address of this machine: what changes something is refused to other origins
// by what browsers say of where a request comes from, so that forms need no tokens, and a name that
// was made to lead here by its owner's DNS is no name of this server.
func (s *Site) guarded(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if base, err := url.Parse(s.Base); err == nil && base.Host != "" {
		cross.AddTrustedOrigin(base.Scheme + "://" + base.Host)
	}
	cross.SetDenyHandler(s.answer(func(*http.Request) (reply, error) {
		return reply{}, &codeError{http.StatusForbidden, errors.New("another site asked for this: do it here, on a page of this server")}
	}))
	next = cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // addresses of results are the keys to them
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.Open && !s.ownName(r.Host) { // elsewhere a cookie says who asks, which goes to no other name
			http.Error(w, "this server is not known by that name: start it with --base and the address that you use", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownName reports that a Host is one of this server's: that of its base, or this machine's own.
func (s *Site) ownName(host string) bool {
	if base, err := url.Parse(s.Base); err == nil && base.Host == host {
		return true
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return name == "localhost" || err == nil && ip.IsLoopback()
}
