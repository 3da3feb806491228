package nethttp

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// conn is a connection that notes its traffic.
type conn struct {
	net.Conn
	*traffic
}

// traffic is what passed over one connection. All instants are the leg's.
type traffic struct {
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

func (t *traffic) note(err error) {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		t.lost.CompareAndSwap(nil, &err)
	}
}

// take is the bytes since the last take.
func (t *traffic) take() (in, out int64) { return t.in.Swap(0), t.out.Swap(0) }

// moved is when bytes last went either way.
func (t *traffic) moved() time.Duration {
	return time.Duration(max(t.read.Load(), t.wrote.Load()))
}

// failure is the first error of the socket, nil without one.
func (t *traffic) failure() error {
	if p := t.lost.Load(); p != nil {
		return *p
	}
	return nil
}
