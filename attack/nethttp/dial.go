package nethttp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
)

// dialer opens connections whose traffic is counted.
type dialer struct {
	net.Dialer
	job *attack.Job
	tls *tls.Config
	// nextLocal counts connections, to use the local addresses in turn.
	nextLocal atomic.Uint64
}

// connKey is the key of the *conn in a context. The *conn gets the opened connection: net/http
// does not return the connection that it uses.
type connKey struct{}

// transports open the connections of a job. The connection pools of net/http are not used.
type transports struct {
	job            *attack.Job
	target, others *http.Transport
}

func newTransports(job *attack.Job) *transports {
	return &transports{job, newTransport(job, true), newTransport(job, false)}
}

// open opens a connection to c.origin, which c then is.
func (t *transports) open(ctx context.Context, c *conn) (*http.ClientConn, error) {
	by := t.others
	if c.origin == route.OriginOf(t.job.Target) {
		by = t.target
	}
	c.readable = c.origin.Scheme == "http" || by.DialTLSContext != nil
	var began time.Duration
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeStart: func() { began = c.clock.Now() },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { c.handshake = c.clock.Now() - began },
	})
	return by.NewClientConn(context.WithValue(ctx, connKey{}, c), c.origin.Scheme, c.origin.Address)
}

// newTransport makes the transport to the job's target, or the one to all other origins, which
// does not show the client certificate.
//
// Bytes are counted above TLS: heads and bodies. With HTTP/2 or a proxy net/http makes the TLS
// connection itself; then bytes are counted below TLS, as encrypted.
func newTransport(job *attack.Job, toTarget bool) *http.Transport {
	d := &dialer{
		// TCP keep-alive costs system calls and detects nothing that the timeout does not.
		Dialer: net.Dialer{KeepAlive: -1},
		job:    job,
		tls:    wire.TLSConfig(job, toTarget),
	}
	t := &http.Transport{
		DialContext:            d.dial,
		TLSClientConfig:        d.tls,
		DisableCompression:     true,
		MaxResponseHeaderBytes: wire.MaxHead,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	switch {
	case job.HTTP2:
		t.Protocols.SetHTTP2(true)
	case job.Proxy == nil:
		t.DialTLSContext = d.dialTLS
	}
	if job.Proxy != nil {
		t.Proxy = http.ProxyURL(job.Proxy)
		t.OnProxyConnectResponse = checkConnect
	}
	return t
}

// checkConnect returns an error if a proxy refused CONNECT. The error of net/http would be the
// proxy's text alone, which does not say that it comes from a proxy.
func checkConnect(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{fmt.Sprintf("status %d to CONNECT", answer.StatusCode)}
	}
	return nil
}

func (d *dialer) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	c, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	return countTraffic(ctx, c, c), nil
}

func (d *dialer) dialTLS(ctx context.Context, _, addr string) (net.Conn, error) {
	c, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	cfg := d.tls.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName, _, _ = net.SplitHostPort(addr) // net/http joined it
	}
	below := &ended{Conn: c}
	t := tls.Client(below, cfg)
	trace := httptrace.ContextClientTrace(ctx)
	trace.TLSHandshakeStart()
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	trace.TLSHandshakeDone(t.ConnectionState(), nil)
	counting := countTraffic(ctx, t, c)
	counting.below = below
	return counting, nil
}

// open dials the origin of the context's conn. Addresses come from the job's routes only.
func (d *dialer) open(ctx context.Context) (net.Conn, error) {
	counting := ctx.Value(connKey{}).(*conn)
	var c net.Conn
	var err error
	if d.job.Socket != "" && counting.origin == route.OriginOf(d.job.Target) {
		c, err = d.DialContext(ctx, "unix", d.job.Socket)
	} else {
		c, counting.address, err = d.job.Dial(ctx, counting.origin, d.connect)
	}
	if err != nil {
		return nil, err
	}
	if s, ok := stampReceives(c); ok {
		return s, nil
	}
	return c, nil
}

// countTraffic lets the context's conn record the traffic of c. bottom is the connection that was
// opened: c itself, or the one below TLS.
func countTraffic(ctx context.Context, c, bottom net.Conn) *conn {
	counting := ctx.Value(connKey{}).(*conn)
	counting.Conn = c
	counting.stamps, _ = bottom.(*stamped)
	return counting
}

// connect opens a TCP connection to an address that was judged, from the next local address of
// its family.
func (d *dialer) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	from := d.Dialer
	local := slices.DeleteFunc(slices.Clone(d.job.LocalAddresses), func(a netip.Addr) bool { return a.Is4() != to.Addr().Is4() })
	if len(local) > 0 {
		next := local[d.nextLocal.Add(1)%uint64(len(local))]
		from.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(next, 0))
		from.Control = bindWithoutPort
	}
	return from.DialContext(ctx, "tcp", to.String())
}
