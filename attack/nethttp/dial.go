package nethttp

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/wire"
)

// dialer opens connections whose traffic is counted.
type dialer struct {
	net.Dialer
	tls *tls.Config
	// socket is dialled instead of target; "" never is.
	socket, target string
	// local are where connections start from, in turn; empty is the system's choice.
	local []netip.Addr
	turn  atomic.Uint64
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
		socket: job.Socket, target: wire.Address(job.Target), local: job.LocalAddresses,
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
	from := d.from(network, addr)
	c, err := from.DialContext(ctx, network, addr)
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

// from is a dialer whose connection starts where the next one to addr should.
func (d *dialer) from(network, addr string) net.Dialer {
	from := d.Dialer
	if len(d.local) == 0 || network == "unix" {
		return from
	}
	local := d.local
	if to, err := netip.ParseAddrPort(addr); err == nil {
		local = slices.DeleteFunc(slices.Clone(local), func(a netip.Addr) bool { return a.Is4() != to.Addr().Is4() })
	}
	if len(local) > 0 {
		next := local[d.turn.Add(1)%uint64(len(local))]
		from.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(next, 0))
		from.Control = choosePortLate
	}
	return from
}
