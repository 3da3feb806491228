package ownership

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	fetchTimeout = 10 * time.Second
	maxBody      = 4 << 10
	maxRedirects = 5
)

// Proof is where a host served its token.
type Proof struct {
	Host  string
	URL   string // as asked for
	Where string // the path in it
}

// Attempt is a place where the token was not.
type Attempt struct {
	URL   string
	Found string // "status 404", "another text", "connection refused" …
}

// UnverifiedError says that a public host does not serve its token.
type UnverifiedError struct {
	Host  string
	Token string
	Tried []Attempt
}

// Error says what to serve, where, and what was found there instead.
func (e *UnverifiedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is public and does not prove that you own it: let it serve a file that holds only\n  %s\nat one of", e.Host, e.Token)
	for _, a := range e.Tried {
		fmt.Fprintf(&b, "\n  %s (%s)", a.URL, a.Found)
	}
	b.WriteString("\nand try again; if it is yours and cannot serve a file, --i-own-this-target says so, and is recorded")
	return b.String()
}

// Verify looks for the token of a host, public or not, at /TOKEN/, /TOKEN.txt and
// /TOKEN.html; the body, white space around it aside, must be the token and nothing
// else. The error is an [*UnverifiedError] when it is at none of them.
func (g *Guard) Verify(ctx context.Context, target *url.URL) (Proof, error) {
	token, err := g.Token(target)
	if err != nil {
		return Proof{}, err
	}
	host, err := hostOf(target)
	if err != nil {
		return Proof{}, err
	}
	unverified := &UnverifiedError{Host: host, Token: token}
	for _, end := range []string{"/", ".txt", ".html"} {
		at := &url.URL{Scheme: target.Scheme, Host: target.Host, Path: "/" + token + end}
		found := g.fetch(ctx, host, token, at)
		if err := ctx.Err(); err != nil {
			return Proof{}, fmt.Errorf("ownership of %s: %w", host, err)
		}
		if found == "" {
			g.learn(host, allowed)
			return Proof{Host: host, URL: at.String(), Where: at.Path}, nil
		}
		unverified.Tried = append(unverified.Tried, Attempt{URL: at.String(), Found: found})
	}
	return Proof{}, unverified
}

// fetch says what was found instead of the token, "" when it was there.
func (g *Guard) fetch(ctx context.Context, host, token string, at *url.URL) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return err.Error()
	}
	resp, err := g.client(host).Do(req)
	if err != nil {
		return cause(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Sprintf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return cause(err)
	case len(body) > maxBody:
		return fmt.Sprintf("more than %d bytes", maxBody)
	case strings.TrimSpace(string(body)) != token:
		return "another text"
	}
	return ""
}

// client is the guard's client, kept to one host: what another host serves proves
// nothing about this one.
func (g *Guard) client(host string) *http.Client {
	c := http.Client{}
	if g.Client != nil {
		c = *g.Client
	}
	c.Timeout = fetchTimeout
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		to, err := hostOf(req.URL)
		if err == nil && to != host {
			err = fmt.Errorf("redirect to another host, %s", to)
		}
		return err
	}
	return &c
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
