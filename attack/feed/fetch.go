package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// fetchTime bounds how long a source is fetched.
const fetchTime = 5 * time.Minute

// maxRedirects is how many a source may be moved.
const maxRedirects = 5

// errPlain says that credentials would leave a secured connection.
var errPlain = errors.New("is moved from https to http, which is not followed")

// Fetch is the content at an address. dial opens every connection and judges where it leads, redirects
// included. An error holds no more of the address than hosts: the rest of it may be secret.
func Fetch(ctx context.Context, u *url.URL, dial func(ctx context.Context, network, address string) (net.Conn, error)) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	client := &http.Client{
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			r.Header.Del("Referer") // it would tell the whole address
			switch {
			case len(via) > maxRedirects:
				return fmt.Errorf("is moved more than %d times", maxRedirects)
			case via[0].URL.Scheme == "https" && r.URL.Scheme != "https":
				return errPlain
			}
			return nil
		},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel()
		return nil, errors.New("is no address")
	}
	answer, err := client.Do(r)
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if err == nil && answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		err = fmt.Errorf("answered %s, want 200", answer.Status)
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("%s: %w", u.Host, err)
	}
	return &fetched{answer.Body, cancel}, nil
}

// fetched is a body whose end ends its request.
type fetched struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (f *fetched) Close() error {
	defer f.cancel()
	return f.ReadCloser.Close()
}
