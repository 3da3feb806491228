package embedded

import (
	"net"
	"sync"
)

// slots counts connections against a limit.
type slots chan struct{}

func newSlots(n int) slots { return make(slots, n) }

func (s slots) take() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) give() { <-s }

// limitListener accepts a connection only if a slot is free, and holds the slot
// until the connection is closed. All others go to refuse, which must close them
// and not wait. Unlike netutil.LimitListener it never leaves a client waiting in
// the backlog: neither MySQL nor nginx does.
type limitListener struct {
	net.Listener
	slots  slots
	refuse func(net.Conn)
}

func (l *limitListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.slots.take() {
			return &slotConn{Conn: conn, give: sync.OnceFunc(l.slots.give)}, nil
		}
		l.refuse(conn)
	}
}

type slotConn struct {
	net.Conn
	give func()
}

func (c *slotConn) Close() error {
	err := c.Conn.Close()
	c.give()
	return err
}
