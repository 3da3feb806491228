package nethttp

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/wire"
)

// dialer opens connections whose traffic is counted.
type dialer struct {
	net.Dialer
	tls *tls.Config
	// socket is dialled instead of target; "" never is.
	socket, target string
}

// connKey is where a context holds the *conn that is to be opened: net/http does not
// hand out the connection it was given.
type connKey struct{}

// newTransport makes the transport that connections are opened with. Nothing is
// ever sent through its own pool.
//
// Bytes are counted above TLS, as heads and bodies. Where HTTP/2 is allowed
// net/http insists on a TLS connection of its own, so there they are counted below
// it, as encrypted.
func newTransport(job attack.Job) *http.Transport {
	d := &dialer{
		// Probing idle connections costs system calls and finds out nothing that the
		// timeout does not.
		Dialer: net.Dialer{KeepAlive: -1},
		tls:    &tls.Config{InsecureSkipVerify: job.Insecure}, //nolint:gosec // asked for by the user
		socket: job.Socket, target: wire.Address(job.Target),
	}
	t := &http.Transport{
		DialContext:            d.dial,
		DisableCompression:     true,
		MaxResponseHeaderBytes: wire.MaxHead,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	if job.HTTP2 {
		t.Protocols.SetHTTP2(true)
		t.TLSClientConfig = d.tls
	} else {
		t.DialTLSContext = d.dialTLS
	}
	return t
}

func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := d.open(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return counted(ctx, c, c), nil
}

func (d *dialer) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := d.open(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	cfg := d.tls.Clone()
	if cfg.ServerName, _, err = net.SplitHostPort(addr); err == nil {
		t := tls.Client(c, cfg)
		if err = t.HandshakeContext(ctx); err == nil {
			return counted(ctx, t, c), nil
		}
	}
	c.Close()
	return nil, err
}

func (d *dialer) open(ctx context.Context, network, addr string) (net.Conn, error) {
	if d.socket != "" && addr == d.target {
		network, addr = "unix", d.socket
	}
	c, err := d.DialContext(ctx, network, addr)
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
