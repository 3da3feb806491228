package nethttp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync/atomic"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
)

// dialer opens connections whose traffic is counted.
type dialer struct {
	net.Dialer
	job *attack.Job
	tls *tls.Config
	// turn is of the addresses that connections start from.
	turn atomic.Uint64
}

// connKey is where a context holds the *conn that is to be opened: net/http does not
// hand out the connection it was given.
type connKey struct{}

// transports open the connections of a job. Nothing is ever sent through their own pools.
type transports struct {
	job            *attack.Job
	target, others *http.Transport
}

func newTransports(job *attack.Job) *transports {
	return &transports{job, newTransport(job, true), newTransport(job, false)}
}

// open opens the connection that c then is.
func (t *transports) open(ctx context.Context, c *conn) (*http.ClientConn, error) {
	by := t.others
	if c.origin == route.OriginOf(t.job.Target) {
		by = t.target
	}
	c.readable = c.origin.Scheme == "http" || by.DialTLSContext != nil
	return by.NewClientConn(context.WithValue(ctx, connKey{}, c), c.origin.Scheme, c.origin.Address)
}

// newTransport makes the transport to the job's target, or to other origins, which are not
// shown its certificate.
//
// Bytes are counted above TLS, as heads and bodies. Where HTTP/2 is allowed, or a proxy is
// between, net/http insists on a TLS connection of its own, so there they are counted below
// it, as encrypted.
func newTransport(job *attack.Job, toTarget bool) *http.Transport {
	d := &dialer{
		// Probing idle connections costs system calls and finds out nothing that the
		// timeout does not.
		Dialer: net.Dialer{KeepAlive: -1},
		job:    job,
		tls:    &tls.Config{InsecureSkipVerify: job.Insecure, RootCAs: job.Roots}, //nolint:gosec // asked for by the user
	}
	if toTarget {
		d.tls.ServerName = job.ServerName
		if job.Certificate != nil {
			d.tls.Certificates = []tls.Certificate{*job.Certificate}
		}
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
		t.OnProxyConnectResponse = tunnelled
	}
	return t
}

// tunnelled is the error of a proxy that does not connect. That of net/http is the proxy's text
// alone, and does not say whose.
func tunnelled(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
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
	return counted(ctx, c, c), nil
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
	t := tls.Client(c, cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return counted(ctx, t, c), nil
}

// open dials what the context's connection leads to, by way of the job's routes alone.
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
	if s, ok := stamp(c); ok {
		return s, nil
	}
	return c, nil
}

// counted has the context's conn note the traffic of c, at whose bottom lies the
// connection that was opened.
func counted(ctx context.Context, c, bottom net.Conn) net.Conn {
	counting := ctx.Value(connKey{}).(*conn)
	counting.Conn = c
	counting.kernel, _ = bottom.(*stamped)
	return counting
}

// connect opens a connection to an address that was judged, from where the next one to it
// should start.
func (d *dialer) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	from := d.Dialer
	local := slices.DeleteFunc(slices.Clone(d.job.LocalAddresses), func(a netip.Addr) bool { return a.Is4() != to.Addr().Is4() })
	if len(local) > 0 {
		next := local[d.turn.Add(1)%uint64(len(local))]
		from.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(next, 0))
		from.Control = choosePortLate
	}
	return from.DialContext(ctx, "tcp", to.String())
}
