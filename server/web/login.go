package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/server/account"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/peer"
)

// What somebody sends whom nobody knows yet is short and comes at once.
const (
	mostLogin     = 4 << 10
	mostLoginTime = 10 * time.Second
)

// cookieName is the cookie of a session. Over TLS no other host, and nobody who changes what goes in clear,
// can set one of that name (RFC 6265bis, section 4.1.3.2).
func cookieName(secure bool) string {
	if secure {
		return "__Host-stress"
	}
	return "stress"
}

// cookie is the Set-Cookie of a session; "" takes it away. It goes along where another page leads here, so
// that links in mails work; what changes something is refused to other sites by [Site.guarded].
func cookie(r *http.Request, token string) http.Header {
	secure := peer.Of(r.Context()).Secure
	c := http.Cookie{Name: cookieName(secure), Value: token, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode, MaxAge: int(account.Absolute / time.Second)}
	if token == "" {
		c.MaxAge = -1
	}
	return http.Header{"Set-Cookie": {c.String()}}
}

// tokenOf is what a request brings of a session, "" for nothing.
func tokenOf(r *http.Request) string {
	c, err := r.Cookie(cookieName(peer.Of(r.Context()).Secure))
	if err != nil {
		return ""
	}
	return c.Value
}

// admitted lets through who is logged in, and whoever comes where there is no account and none is needed.
// Everybody gets the page to log in, and what that looks like.
func (s *Site) admitted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, err := s.Door.User(r.Context(), tokenOf(r))
		switch {
		case err == nil:
			next.ServeHTTP(w, r.WithContext(peer.Named(r.Context(), name)))
		case !errors.Is(err, account.ErrNoUser):
			s.show(w, r, s.faulty(err))
		case r.URL.Path == "/login" || strings.HasPrefix(r.URL.Path, "/assets/"):
			next.ServeHTTP(w, r)
		default:
			s.stranger(w, r, next)
		}
	})
}

func (s *Site) stranger(w http.ResponseWriter, r *http.Request, next http.Handler) {
	open, err := s.open(r)
	switch {
	case err != nil:
		s.show(w, r, s.faulty(err))
	case open && peer.Of(r.Context()).Proxied:
		s.show(w, r, s.faulty(&codeError{http.StatusForbidden, errors.New("this came through a proxy, and whoever reaches that would come in: make an account, and start the server with --trust-proxy and the proxy's address")}))
	case open:
		next.ServeHTTP(w, r)
	case r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, "/events"):
		http.Redirect(w, r, "/login?"+url.Values{"next": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
	default:
		s.show(w, r, s.faulty(&codeError{http.StatusUnauthorized, errors.New("you are no longer logged in, and nothing was done: log in in another tab, then come back to the page before this one and send it again")}))
	}
}

// open reports that whoever comes may come in: there is no account, and this machine alone reaches the server.
func (s *Site) open(r *http.Request) (bool, error) {
	if !s.Open {
		return false, nil
	}
	all, err := s.Control.Store.Accounts(r.Context())
	return err == nil && len(all) == 0, err
}

// loginView is the page to log in.
type loginView struct {
	Name, Next, Fault string
}

func (s *Site) loginPage(r *http.Request) (reply, error) {
	next := localPath(r.URL.Query().Get("next"))
	open, err := s.open(r)
	if err != nil {
		return reply{}, err
	}
	if open || peer.Of(r.Context()).Name != "" {
		return reply{to: next}, nil
	}
	return reply{page: "login", title: "Log in", data: loginView{Next: next}, bare: true}, nil
}

func (s *Site) logIn(r *http.Request) (reply, error) {
	v := loginView{Name: r.PostForm.Get("name"), Next: localPath(r.PostForm.Get("next"))}
	token, err := s.Door.LogIn(r.Context(), v.Name, r.PostForm.Get("password"), peer.Of(r.Context()).Address)
	var wait *account.WaitError
	out := reply{page: "login", title: "Log in", code: http.StatusUnauthorized, bare: true}
	switch {
	case err == nil:
		if before := tokenOf(r); before != "" {
			err = s.Door.LogOut(r.Context(), before, control.By(r.Context()))
		}
		return reply{to: v.Next, header: cookie(r, token)}, err
	case errors.As(err, &wait):
		out.code, out.header = http.StatusTooManyRequests, http.Header{"Retry-After": {strconv.Itoa(wait.Seconds())}}
		v.Fault = fmt.Sprintf("Too many log-ins have failed: try again in %d s.", wait.Seconds())
	case errors.Is(err, account.ErrBusy):
		out.code, v.Fault = http.StatusServiceUnavailable, "Too many log in at once: try again in a few seconds."
	case errors.Is(err, account.ErrWrong):
		v.Fault = "There is no account of that name with that password."
	default:
		return reply{}, err
	}
	out.data = v
	return out, nil
}

func (s *Site) logOut(r *http.Request) (reply, error) {
	err := s.Door.LogOut(r.Context(), tokenOf(r), control.By(r.Context()))
	return reply{to: "/login", header: cookie(r, "")}, err
}

// localPath is a place of this server to go on at: whatever else somebody has written there, "/". What begins
// with two slashes, or one of each kind, is another host to browsers, and they leave out characters of control.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsFunc(path, func(c rune) bool { return c <= ' ' || c == '\\' || c == 0x7f }) || u.Path == "/login" {
		return "/"
	}
	return path
}
