package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"
)

// The seed's nginx.conf sets none of these: they are nginx's defaults.
const (
	workerConnections = 512
	upstreamTimeout   = 60 * time.Second
	bodyLimit         = 1 << 20
)

// upstreamName is the Host that replicas see, as proxy_pass http://all gives it.
const upstreamName = "all"

// proxyConfig is a proxy child's part.
type proxyConfig struct {
	// Upstreams are host:port.
	Upstreams []string
	// Connections bounds clients and upstream connections together; a connection
	// beyond it is closed.
	Connections int
}

// serve proxies what arrives on l until l is closed, and tells errors of
// upstreams, and only those, in log lines on stderr. Each order is a list of other
// upstreams, as JSON.
func (c proxyConfig) serve(l net.Listener, orders <-chan []byte, stderr io.Writer) error {
	free := newSlots(c.Connections)
	errorLog := log.New(stderr, "", 0)
	to := newUpstreams(c.Upstreams, errorLog)
	go func() {
		for line := range orders {
			var addresses []string
			if err := json.Unmarshal(line, &addresses); err != nil {
				errorLog.Printf("proxy: reading its upstreams: %v", err)
				continue
			}
			to.lead(addresses)
		}
	}()
	server := &http.Server{
		Handler:           newProxy(to, free),
		ReadHeaderTimeout: upstreamTimeout,
		IdleTimeout:       75 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	return server.Serve(&limitListener{Listener: l, slots: free, refuse: func(conn net.Conn) { _ = conn.Close() }})
}

// newProxy hands requests to upstreams. It takes a slot of free for as long as a
// request is with an upstream, and hangs up if there is none: nginx first drops
// idle clients to make room, but in the end somebody is cut off there too.
func newProxy(upstreams http.RoundTripper, free slots) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.URL.Host = upstreamName
			r.Out.Host = upstreamName
		},
		Transport:    upstreams,
		ErrorHandler: answerError,
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !free.take() {
			panic(http.ErrAbortHandler)
		}
		defer free.give()
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
		proxy.ServeHTTP(w, r)
	})
}

// answerError is what a client reads when no upstream answered. One that left is
// not there to read anything.
func answerError(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadGateway
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler)
	case tooLarge:
		status = http.StatusRequestEntityTooLarge
	case isTimeout(err):
		status = http.StatusGatewayTimeout
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html>\n<head><title>%[1]d %[2]s</title></head>\n<body>\n<h1>%[1]d %[2]s</h1>\n</body>\n</html>\n",
		status, http.StatusText(status))
}

// upstreams sends a request to one of several servers, and to the next one when
// that fails.
type upstreams struct {
	transport http.RoundTripper
	log       *log.Logger

	mu sync.Mutex
	servers
}

// servers are where requests lead, and which of them is next. A request keeps to those that
// there were when it came.
type servers struct {
	addresses []string
	balancer  *balancer
}

var errNoLiveUpstreams = errors.New("no live upstreams")

func newUpstreams(addresses []string, errorLog *log.Logger) *upstreams {
	return &upstreams{
		servers: servers{addresses, newBalancer(len(addresses))},
		log:     errorLog,
		transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: upstreamTimeout}).DialContext,
			ResponseHeaderTimeout: upstreamTimeout,
			DisableKeepAlives:     true,
			DisableCompression:    true,
		},
	}
}

// lead has the requests to come go to other servers.
func (u *upstreams) lead(addresses []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.servers = servers{addresses, newBalancer(len(addresses))}
}

func (u *upstreams) current() servers {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.servers
}

// RoundTrip implements http.RoundTripper. The body is read first, as nginx does,
// so that it can be sent again. A request goes to every upstream once at most; to
// a second one only if it is idempotent, or if the first could not be connected
// to. So a GET that an upstream had already acted on when it broke is acted on
// twice.
func (u *upstreams) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, fmt.Errorf("reading the request's body: %w", err)
	}
	to := u.current()
	tried := make([]bool, len(to.addresses))
	err = errNoLiveUpstreams
	for {
		i, ok := u.pick(to, tried)
		if !ok {
			return nil, err
		}
		tried[i] = true
		var response *http.Response
		response, err = u.transport.RoundTrip(requestTo(r, to.addresses[i], body))
		if err == nil {
			u.answered(to, i)
			return response, nil
		}
		if gone := r.Context().Err(); gone != nil {
			return nil, gone
		}
		u.failed(to, i, err)
		if !idempotent(r.Method) && !unsent(err) {
			return nil, err
		}
	}
}

func (u *upstreams) pick(to servers, tried []bool) (int, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return to.balancer.pick(time.Now(), tried)
}

func (u *upstreams) answered(to servers, i int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	to.balancer.answered(i)
}

func (u *upstreams) failed(to servers, i int, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	to.balancer.failed(i, time.Now())
	u.log.Printf("proxy: upstream %s: %v", to.addresses[i], err)
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

// requestTo is r for one upstream, with a body of its own.
func requestTo(r *http.Request, address string, body []byte) *http.Request {
	out := r.Clone(r.Context())
	out.URL.Host = address
	out.Body = http.NoBody
	out.ContentLength = int64(len(body))
	out.TransferEncoding = nil
	if len(body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	return out
}

// idempotent is nginx's notion: every method but three.
func idempotent(method string) bool {
	return method != http.MethodPost && method != http.MethodPatch && method != "LOCK"
}

// unsent reports that not a byte of the request can have reached the upstream.
func unsent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded)
}
