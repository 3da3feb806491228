package ownership

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack/route"
)

const (
	fetchTimeout = 10 * time.Second
	maxBody      = 4 << 10
	maxRedirects = 5
)

// Proof says where a host serves its token.
type Proof struct {
	Host    string
	Address netip.AddrPort // the address that served it, or whose name has the TXT record
	Where   string         // a URL, "TXT record of …", or "head of " and a URL
}

// Attempt is a place where the token was not found.
type Attempt struct {
	Where string
	Found string // "status 404", "another text", "connection refused" …
}

// UnverifiedError says that a public host does not serve its token.
type UnverifiedError struct {
	Host    string
	Address netip.AddrPort
	Token   string
	Tried   []Attempt
}

// Error says what to serve, where, and what was found there instead.
func (e *UnverifiedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is public and does not prove that you own it", e.Host)
	if at := e.Address.Addr().String(); !strings.Contains(e.Host, at) {
		fmt.Fprintf(&b, " (asked at %s)", at)
	}
	fmt.Fprintf(&b, ": let it serve a file that holds only\n  %s\nat one of", e.Token)
	for _, a := range e.Tried {
		fmt.Fprintf(&b, "\n  %s (%s)", a.Where, a.Found)
	}
	return b.String()
}

// tokenPaths are the suffixes of the paths where a token may be: /TOKEN and one of these.
var tokenPaths = []string{"/", ".txt", ".html", ""}

// prove looks for the token of a host at one of its addresses, at /TOKEN/, /TOKEN.txt, /TOKEN.html and
// /TOKEN. The body must be the token, with white space around it or not. Then prove looks into the
// TXT records of the name, and last into the head of the front page, for each look at a page may be work
// for the service. The error is an [*UnverifiedError] if the token is in none of them.
func (g *Guard) prove(ctx context.Context, c claim) (Proof, error) {
	token, err := g.Token(c.origin)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Host: c.origin.Name(), Address: c.address}
	unverified := &UnverifiedError{Host: p.Host, Address: c.address, Token: token}
	client := g.client(c)
	for _, end := range tokenPaths {
		p.Where = tokenURL(c.origin, token, end)
		found := fetch(ctx, client, p.Where, isToken(token))
		if found == "" {
			// A server that returns the token of any path proves nothing.
			other := randomToken()
			if fetch(ctx, client, tokenURL(c.origin, other, end), isToken(other)) != "" {
				return p, nil
			}
			found = "it serves any token, not only yours"
		}
		if err := ctx.Err(); err != nil {
			return Proof{}, fmt.Errorf("ownership of %s: %w", p.Host, err)
		}
		unverified.Tried = append(unverified.Tried, Attempt{p.Where, found})
	}
	if tried := g.findTXT(ctx, c.origin, token); tried.Found == "" {
		p.Where = tried.Where
		return p, nil
	} else if tried.Where != "" {
		unverified.Tried = append(unverified.Tried, tried)
	}
	front := siteURL(c.origin, "/")
	found := fetch(ctx, client, front, hasMeta(token))
	if err := ctx.Err(); err != nil {
		return Proof{}, fmt.Errorf("ownership of %s: %w", p.Host, err)
	}
	if found == "" {
		p.Where = "head of " + front
		return p, nil
	}
	unverified.Tried = append(unverified.Tried, Attempt{MetaTag(token) + " in the head of " + front, found})
	return Proof{}, unverified
}

func tokenURL(o route.Origin, token, end string) string { return siteURL(o, "/"+token+end) }

func siteURL(o route.Origin, path string) string {
	u := url.URL{Scheme: o.Scheme, Host: o.Name(), Path: path}
	if a, err := netip.ParseAddr(u.Host); err == nil && a.Is6() {
		u.Host = "[" + u.Host + "]"
	}
	return u.String()
}

// fetch returns what was found instead of what a look at an answer of status 200 wants, "" if that was found.
func fetch(ctx context.Context, client *http.Client, at string, look func(*http.Response) string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err.Error()
	}
	resp, err := client.Do(req)
	if err != nil {
		return shortError(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Sprintf("status %d", resp.StatusCode)
	}
	return look(resp)
}

// isToken wants the token and nothing else.
func isToken(token string) func(*http.Response) string {
	return func(resp *http.Response) string {
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
		text := strings.TrimSpace(string(body))
		switch {
		case err != nil:
			return shortError(err)
		case len(body) > maxBody:
			return fmt.Sprintf("more than %d bytes", maxBody)
		case text == token:
			return ""
		case strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) == token:
			return "the token behind a byte order mark: save the file as UTF-8 without BOM"
		}
		return "another text"
	}
}

// client fetches from one address of one host, because another address proves nothing about this
// one. It uses no proxy, because a proxy might connect to another address.
func (g *Guard) client(c claim) *http.Client {
	dial := g.Dial
	if dial == nil {
		dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", to.String())
		}
	}
	return &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				to := c.address
				if address != c.origin.Address { // a redirect between http and https
					to = netip.AddrPortFrom(to.Addr(), usualPort(address))
				}
				ctx, cancel := context.WithTimeout(ctx, fetchTimeout) // net/http goes on dialling after a timeout
				defer cancel()
				return dial(ctx, to)
			},
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			if to := route.OriginOf(req.URL); to.Name() != c.origin.Name() || to.Scheme != "http" && to.Scheme != "https" {
				return fmt.Errorf("redirect to another host, %s", to.Name())
			}
			return nil
		},
	}
}

// usualPort returns the port of an address that is on the usual port of http or https.
func usualPort(address string) uint16 {
	if strings.HasSuffix(address, ":443") {
		return 443
	}
	return 80
}

// findTXT looks for the token in the TXT records of a name and of its parent domains, as loader.io
// does: loaderio= and the digits of the token. The owner of a zone decides about its addresses, so
// the record is a proof for all of them. Found is "" if it was found. Where is "" if there can be no
// such record, as for an IP address.
func (g *Guard) findTXT(ctx context.Context, o route.Origin, token string) Attempt {
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		return Attempt{Found: err.Error()}
	}
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return Attempt{Found: "no name"}
	}
	lookUp := g.TXT
	if lookUp == nil {
		lookUp = net.DefaultResolver.LookupTXT
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	record := "loaderio=" + strings.TrimPrefix(token, TokenPrefix)
	for name := host; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
		texts, err := lookUp(ctx, name)
		if err == nil && slices.Contains(texts, record) {
			return Attempt{Where: "TXT record of " + name}
		}
	}
	return Attempt{Where: "TXT record " + record + " of " + host, Found: "not there"}
}

// shortError returns an error without its URL, which is shown beside it.
func shortError(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return fmt.Sprintf("no answer within %v", fetchTimeout)
		}
		err = u.Err
	}
	return err.Error()
}
