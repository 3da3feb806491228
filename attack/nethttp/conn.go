package nethttp

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// conn is a connection that notes its traffic. All instants are the leg's.
type conn struct {
	net.Conn
	now func() time.Duration
	// in and out are the bytes since the last take.
	in, out atomic.Int64
	// read and wrote are when bytes last came, their end included, and went.
	read, wrote atomic.Int64
	// lost is the first error of the socket. net/http puts errors of its own in
	// its place; this one tells a reset from an end.
	lost atomic.Pointer[error]
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Store(int64(c.now()))
	c.in.Add(int64(n))
	c.note(err)
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.wrote.Store(int64(c.now()))
	c.out.Add(int64(n))
	c.note(err)
	return n, err
}

func (c *conn) note(err error) {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		c.lost.CompareAndSwap(nil, &err)
	}
}

// take is the bytes since the last take.
func (c *conn) take() (in, out int64) { return c.in.Swap(0), c.out.Swap(0) }

// moved is when bytes last went either way.
func (c *conn) moved() time.Duration {
	return time.Duration(max(c.read.Load(), c.wrote.Load()))
}

// failure is the first error of the socket, nil without one.
func (c *conn) failure() error {
	if p := c.lost.Load(); p != nil {
		return *p
	}
	return nil
}

// gone reports that the other side has closed the connection, whether or not
// anybody has got round to reading that: on a busy machine net/http learns of it
// too late, and the request sent meanwhile would fail through our slowness.
func (c *conn) gone() bool {
	raw := c.Conn
	if t, ok := raw.(interface{ NetConn() net.Conn }); ok { // TLS
		raw = t.NetConn()
	}
	return c.failure() != nil || ended(raw)
}
