package rawhttp

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
)

// conn is one connection. It belongs to a loop, and while a request is on it to a
// client.
type conn struct {
	fd               int // -1 once it is closed
	slot, generation int32
	origin           *origin
	client           *client // nil while idle
	parser           parser

	// out is the message on it, of which sent bytes have left.
	out  []byte
	sent int
	// connecting since began, to the address of number at in turn; failed is why those
	// before it were of no use.
	connecting bool
	began      time.Duration
	turn       route.Turn
	at         int
	failed     error

	fresh    bool  // it carries its first request
	heard    bool  // a byte of the answer has come
	hungUp   bool  // the other side will send no more
	polluted bool  // more has come than was asked for
	lost     error // of sending; what has been received may still be read
	// known is when it was last known to be open.
	known time.Duration
	// carried is what it has carried.
	carried attack.Connection
}

// address is where a connection leads, the zero value for a unix socket.
func (c *conn) address() netip.AddrPort {
	if c.turn.Len() == 0 {
		return netip.AddrPort{}
	}
	return c.turn.At(c.at)
}

// begin puts a message on a connection.
func (c *conn) begin(client *client, out []byte, fresh bool) {
	client.conn, c.client = c, client
	c.out, c.sent = out, 0
	c.fresh, c.heard, c.polluted = fresh, false, false
	c.parser.reset(client.message.question)
}

// handle deals with what epoll says of a connection.
func (l *loop) handle(conn *conn, events uint32) {
	gone := events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
	switch {
	case conn.client == nil:
		if gone || events&unix.EPOLLIN != 0 { // closed, or an answer to no request
			l.shut(conn)
		}
	case conn.connecting:
		if gone || events&unix.EPOLLOUT != 0 {
			conn.hungUp = gone
			l.dialer.connected(conn, gone || events&unix.EPOLLIN != 0)
		}
	default:
		conn.hungUp = conn.hungUp || gone
		if conn.sent < len(conn.out) && events&unix.EPOLLOUT != 0 && conn.lost == nil {
			conn.lost = l.write(conn)
		}
		if gone || events&unix.EPOLLIN != 0 || conn.lost != nil {
			l.receive(conn)
		}
	}
}

// trust is how long it may be since a connection was known to be open for it to be
// used again unasked. One closed in that time is a race that no client can win.
const trust = 100 * time.Microsecond

// takeIdle finds an open connection, nil if there is none. One that was closed while
// idle is not used, whether or not epoll has got round to saying so: the request
// would fail through our slowness.
func (l *loop) takeIdle(c *client, o *origin) *conn {
	free := l.idleOf(c, o)
	for i := len(*free) - 1; i >= 0; i-- {
		conn := (*free)[i]
		if conn.fd >= 0 && conn.origin != o {
			continue
		}
		*free = append((*free)[:i], (*free)[i+1:]...)
		if conn.fd >= 0 && (c.heard-conn.known < trust || idle(conn.fd)) {
			return conn
		}
		l.drop(conn)
	}
	return nil
}

// idleOf is where a client finds open connections: its own, or those all share.
func (l *loop) idleOf(c *client, o *origin) *[]*conn {
	if l.places > 0 {
		return &o.idle
	}
	return &c.idle
}

// release takes a connection off a client whose response is whole, to be used again
// where it can be.
func (l *loop) release(conn *conn) {
	c, h := conn.client, &conn.parser.head
	c.conn, conn.client = nil, nil
	if !h.keepAlive || h.status < 200 || c.message.closes || conn.sent < len(conn.out) || conn.hungUp || conn.polluted {
		l.drop(conn)
		return
	}
	conn.out, conn.known = nil, l.polled
	free := l.idleOf(c, conn.origin)
	*free = append(*free, conn)
}

// shut closes a connection; whoever holds it must drop it yet.
func (l *loop) shut(conn *conn) {
	if conn.fd >= 0 {
		unix.Close(conn.fd) // and epoll forgets it
		conn.fd = -1
		conn.generation++
	}
}

// drop closes a connection that nobody holds any more.
func (l *loop) drop(conn *conn) {
	l.shut(conn)
	l.conns.put(conn)
}

// slots holds all connections of a loop, open ones and those to be used again.
type slots struct {
	all  []*conn
	free []*conn
}

// heldLimit is how much memory of a parser's is kept for the next connection.
const heldLimit = 16 << 10

func (s *slots) new(fd int) *conn {
	if n := len(s.free); n > 0 {
		c := s.free[n-1]
		s.free = s.free[:n-1]
		c.fd = fd
		return c
	}
	c := &conn{fd: fd, slot: int32(len(s.all))}
	s.all = append(s.all, c)
	return c
}

func (s *slots) put(c *conn) {
	p := parser{held: c.parser.held[:0], head: head{fields: c.parser.head.fields[:0]}}
	if cap(p.held) > heldLimit {
		p.held = nil
	}
	c.carried.Reset()
	*c = conn{fd: -1, slot: c.slot, generation: c.generation, parser: p, carried: c.carried}
	s.free = append(s.free, c)
}

// get is the connection that an event is about, nil if that is no more.
func (s *slots) get(slot, generation int32) *conn {
	if c := s.all[slot]; c.fd >= 0 && c.generation == generation {
		return c
	}
	return nil
}

func (s *slots) closeAll() {
	for _, c := range s.all {
		if c.fd >= 0 {
			unix.Close(c.fd)
		}
	}
}
