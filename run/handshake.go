package run

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/scenarios"
)

// HandshakeError says that a server is there, and why no TLS connection to it can be made.
type HandshakeError struct{ Err error }

func (e *HandshakeError) Error() string { return e.Err.Error() }
func (e *HandshakeError) Unwrap() error { return e.Err }

// The protocols that a client offers in TLS (RFC 7301).
const (
	http1 = "http/1.1"
	http2 = "h2"
)

// handshake makes a TLS connection to an origin on an open connection, closes it, and returns the
// protocol that the server has chosen of those offered, "" for none.
func handshake(ctx context.Context, job *attack.Job, o route.Origin, conn net.Conn, offered ...string) (string, error) {
	defer conn.Close()
	c := wire.TLSConfig(job, o == route.OriginOf(job.Target))
	if c.ServerName == "" {
		c.ServerName, _, _ = net.SplitHostPort(o.Address)
	}
	c.NextProtos = offered
	secured := tls.Client(conn, c)
	if err := secured.HandshakeContext(ctx); err != nil {
		return "", &HandshakeError{err}
	}
	return secured.ConnectionState().NegotiatedProtocol, nil
}

// settleProtocol learns which protocols the server of a target speaks, if TLS can tell, and lets
// engine nethttp load one that speaks HTTP/2 alone, unless the scenario has decided.
func (g *Generator) settleProtocol(ctx context.Context, t scenarios.Target, job *attack.Job) error {
	o := route.OriginOf(t.URL)
	if o.Scheme != "https" || job.Proxy != nil {
		return nil
	}
	greet := func(offered ...string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		conn, err := dial(ctx, job, o)
		if err != nil {
			return "", err
		}
		return handshake(ctx, job, o, conn, offered...)
	}
	note := func(over, why string) {
		g.engines.notes = append(g.engines.notes, "target "+t.Name+" was loaded over "+over+why)
	}
	chosen, err := greet(http2, http1)
	switch {
	case err != nil:
		return err
	case chosen != http2 && t.HTTP2 != nil && *t.HTTP2:
		note("HTTP/1.1", ": its server does not offer HTTP/2")
		return nil
	case chosen != http2 || t.HTTP2 != nil:
		return nil
	}
	chosen, err = greet(http1)
	switch {
	case errors.As(err, new(*HandshakeError)), err == nil && chosen != http1:
		if !g.engines.speaksHTTP2Alone(t.Name) {
			return &HandshakeError{errOnlyHTTP2}
		}
		note("HTTP/2", ", as by a browser: its server offers nothing else")
		return nil
	case err == nil:
		note("HTTP/1.1", ", and a browser would have taken HTTP/2: http2: true loads it so")
	}
	return err
}

var errOnlyHTTP2 = errors.New("the server speaks HTTP/2 alone, and engine rawhttp HTTP/1.1: take engine: auto")
