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

// Proof is where a host shows its token.
type Proof struct {
	Host    string
	Address netip.AddrPort // that served it, or for which the name vouches
	Where   string         // a URL, or "TXT record of …"
}

// Attempt is a place where the token was not.
type Attempt struct {
	Where string
	Found string // "status 404", "another text", "connection refused" …
}

// UnverifiedError says that a public host does not show its token.
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
	b.WriteString("\nand try again; if it is yours and cannot serve a file, --i-own-this-target says so, and is recorded")
	return b.String()
}

// places are where a token may be, behind /TOKEN.
var places = []string{"/", ".txt", ".html", ""}

// prove looks for the token of a host at one of its addresses, at /TOKEN/, /TOKEN.txt,
// /TOKEN.html and /TOKEN; the body, white space around it aside, must be the token and
// nothing else. Then it looks into the name's TXT records. The error is an
// [*UnverifiedError] when it is in none of them.
func (g *Guard) prove(ctx context.Context, c claim) (Proof, error) {
	token, err := g.Token(c.origin)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Host: c.origin.Name(), Address: c.address}
	unverified := &UnverifiedError{Host: p.Host, Address: c.address, Token: token}
	client := g.client(c)
	for _, end := range places {
		p.Where = placed(c.origin, token, end)
		found := fetch(ctx, client, p.Where, token)
		if found == "" {
			// A server that answers any question with its own words proves nothing.
			stranger := randomToken()
			if fetch(ctx, client, placed(c.origin, stranger, end), stranger) != "" {
				return p, nil
			}
			found = "it serves any token, not only yours"
		}
		if err := ctx.Err(); err != nil {
			return Proof{}, fmt.Errorf("ownership of %s: %w", p.Host, err)
		}
		unverified.Tried = append(unverified.Tried, Attempt{p.Where, found})
	}
	if tried := g.named(ctx, c.origin, token); tried.Found == "" {
		p.Where = tried.Where
		return p, nil
	} else if tried.Where != "" {
		unverified.Tried = append(unverified.Tried, tried)
	}
	return Proof{}, unverified
}

func placed(o route.Origin, token, end string) string {
	u := url.URL{Scheme: o.Scheme, Host: o.Name(), Path: "/" + token + end}
	if a, err := netip.ParseAddr(u.Host); err == nil && a.Is6() {
		u.Host = "[" + u.Host + "]"
	}
	return u.String()
}

// fetch says what was found instead of the token, "" when it was there.
func fetch(ctx context.Context, client *http.Client, at, token string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err.Error()
	}
	resp, err := client.Do(req)
	if err != nil {
		return cause(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Sprintf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	text := strings.TrimSpace(string(body))
	switch {
	case err != nil:
		return cause(err)
	case len(body) > maxBody:
		return fmt.Sprintf("more than %d bytes", maxBody)
	case text == token:
		return ""
	case strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) == token:
		return "the token behind a byte order mark: save the file as UTF-8 without BOM"
	}
	return "another text"
}

// client fetches from one address of one host: what another serves proves nothing about this one.
// It uses no proxy: the load would go elsewhere.
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
				ctx, cancel := context.WithTimeout(ctx, fetchTimeout) // net/http goes on dialling without us
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

// usualPort is the port of an address whose host has the name of its origin.
func usualPort(address string) uint16 {
	if strings.HasSuffix(address, ":443") {
		return 443
	}
	return 80
}

// named looks for the token in the TXT records of a name and of those above it, as loader.io
// does: loaderio= and the digits of the token. Whoever can write into a name's zone can lead it
// anywhere, so this vouches for its addresses. An address has no such records: Where is "".
func (g *Guard) named(ctx context.Context, o route.Origin, token string) Attempt {
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
	record := "loaderio=" + strings.TrimPrefix(token, tokenPrefix)
	for name := host; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
		texts, err := lookUp(ctx, name)
		if err == nil && slices.Contains(texts, record) {
			return Attempt{Where: "TXT record of " + name}
		}
	}
	return Attempt{Where: "TXT record " + record + " of " + host, Found: "not there"}
}

// cause is an error without the URL, which stands beside it already.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return fmt.Sprintf("no answer within %v", fetchTimeout)
		}
		err = u.Err
	}
	return err.Error()
}
