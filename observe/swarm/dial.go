package swarm

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
)

// maxAnswer bounds an answer of an engine, in bytes: that of a manager with ten thousand tasks takes
// half of it. A stream of events that comes so far is asked for anew.
const maxAnswer = 32 << 20

// dialer connects to a daemon.
type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// dialerOf connects to the engine at an address, and reads no answer that is too long: what an
// engine says is not to be trusted.
func dialerOf(u *url.URL, cfg Config) dialer {
	var dial dialer
	switch u.Scheme {
	case "unix":
		dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: callTimeout}).DialContext(ctx, "unix", u.Path)
		}
	case "ssh":
		dial = overSSH(u)
	default:
		dial = overTCP(cfg)
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &boundedConn{Conn: c}, nil
	}
}

// boundedConn reads at most [maxAnswer] bytes after each request. The client's own hooks see no body.
type boundedConn struct {
	net.Conn
	read atomic.Int64
}

func (c *boundedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.read.Add(int64(n)) > maxAnswer {
		return n, fmt.Errorf("an answer of more than %d bytes: no Docker engine gives such", maxAnswer)
	}
	return n, err
}

func (c *boundedConn) Write(p []byte) (int, error) {
	c.read.Store(0)
	return c.Conn.Write(p)
}

// overTCP connects to a tcp:// address, by TLS where certificates are given.
func overTCP(cfg Config) dialer {
	plain := &net.Dialer{Timeout: callTimeout, Control: cfg.Control}
	if cfg.TLS == nil {
		return plain.DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := plain.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		ours := cfg.TLS.Clone()
		ours.ServerName, _, _ = net.SplitHostPort(address)
		secured := tls.Client(c, ours)
		if err := secured.HandshakeContext(ctx); err != nil {
			c.Close()
			return nil, fmt.Errorf("TLS with %s: %w", address, err)
		}
		return secured, nil
	}
}
