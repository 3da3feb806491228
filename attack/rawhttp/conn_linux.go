package rawhttp

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
)

// conn is one connection. It belongs to a loop and, while it carries a request, to a client.
type conn struct {
	fd               int // -1 once it is closed
	slot, generation int32
	origin           *origin
	session          *session // nil without TLS
	client           *client  // nil while idle
	parser           parser

	// out is the message that it carries; the first sent bytes of it have been sent.
	out  []byte
	sent int
	// While connecting: since dialStart, to the address with index addressIndex. dialErr is the
	// error of the first address that failed.
	connecting   bool
	dialStart    time.Duration
	connectedAt  time.Duration // when TCP was; TLS begins then
	addresses    route.Addresses
	addressIndex int
	dialErr      error

	requests   int   // that were put on it
	isNew      bool  // it carries its first request
	answered   bool  // a byte of the answer has arrived
	peerClosed bool  // the peer will send no more
	excessData bool  // more bytes have arrived than the answer has
	sendErr    error // the error of sending; received data can still be read
	// openAt is when it was last known to be open.
	openAt time.Duration
	// carried is what it has carried.
	carried attack.Connection
}

// address is the address of the peer, the zero value for a unix socket.
func (c *conn) address() netip.AddrPort {
	if c.addresses.Len() == 0 {
		return netip.AddrPort{}
	}
	return c.addresses.At(c.addressIndex)
}

// begin puts a message on a connection.
func (c *conn) begin(client *client, out []byte, fresh bool) {
	client.conn, c.client = c, client
	c.out, c.sent = out, 0
	c.requests++
	c.isNew, c.answered, c.excessData = fresh, false, false
	c.parser.reset(client.message.question)
}

// handshaking reports that a goroutine makes the handshake of the connection's session.
func (c *conn) handshaking() bool { return c.session != nil && c.session.below.handshake != nil }

// unsent reports that the socket has not taken all of the message.
func (c *conn) unsent() bool {
	return c.sent < len(c.out) || c.session != nil && len(c.session.below.unsent) > 0
}

// transmit sends some of the rest of the message, and returns how much of it.
func (c *conn) transmit() (int, error) {
	if c.session != nil {
		return c.session.write(c.out[c.sent:])
	}
	if n, errno := send(c.fd, c.out[c.sent:]); errno != 0 {
		return 0, errno
	} else {
		return n, nil
	}
}

// isIdle reports that the connection is open and holds no data.
func (c *conn) isIdle() bool {
	if c.session == nil {
		return isIdle(c.fd)
	}
	c.session.below.event(false)
	return c.session.isIdle()
}

// handle reacts to the events of a connection.
func (l *loop) handle(conn *conn, events uint32) {
	gone := events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
	switch {
	case conn.client == nil:
		if gone || events&unix.EPOLLIN != 0 && (conn.session == nil || !conn.isIdle()) { // closed, or an answer to no request
			l.shut(conn)
		}
	case conn.connecting:
		if gone || events&unix.EPOLLOUT != 0 {
			conn.peerClosed = gone
			l.dialer.finishConnect(conn, gone || events&unix.EPOLLIN != 0)
		}
	case conn.handshaking():
		conn.peerClosed = conn.peerClosed || gone
		if events&unix.EPOLLIN != 0 {
			l.noteData(conn.client, l.m.Now())
		}
		conn.session.below.event(gone)
		conn.session.below.handshake.note()
	default:
		conn.peerClosed = conn.peerClosed || gone
		if conn.session != nil {
			conn.session.below.event(gone)
		}
		if conn.unsent() && events&unix.EPOLLOUT != 0 && conn.sendErr == nil {
			conn.sendErr = l.write(conn)
		}
		if gone || events&unix.EPOLLIN != 0 || conn.sendErr != nil {
			l.receive(conn)
		}
	}
}

// maxUncheckedIdle is how long ago a connection may have been known to be open to be used again
// without a check. If the peer closes it within that time, no client could have noticed.
const maxUncheckedIdle = 100 * time.Microsecond

// takeIdle returns an idle connection that is open, nil if there is none. It asks the kernel
// whether the peer has closed it, because epoll may report that later: the request would fail
// because of our delay.
func (l *loop) takeIdle(c *client, o *origin) *conn {
	free := l.idleOf(c, o)
	for i := len(*free) - 1; i >= 0; i-- {
		conn := (*free)[i]
		if conn.fd >= 0 && conn.origin != o {
			continue
		}
		*free = append((*free)[:i], (*free)[i+1:]...)
		if conn.fd >= 0 && (c.lastData-conn.openAt < maxUncheckedIdle || conn.isIdle()) {
			return conn
		}
		l.drop(conn)
	}
	return nil
}

// idleOf returns the idle connections that a client may use: its own, or the shared ones.
func (l *loop) idleOf(c *client, o *origin) *[]*conn {
	if l.maxInFlight > 0 {
		return &o.idle
	}
	return &c.idle
}

// release takes the connection from a client whose response is complete. It keeps the
// connection if it can be used again, and closes it otherwise.
func (l *loop) release(conn *conn) {
	c, h := conn.client, &conn.parser.head
	c.conn, conn.client = nil, nil
	if !h.keepAlive || h.status < 200 || c.message.closes || conn.requests == l.job.RequestsPerConnection || conn.unsent() || conn.peerClosed || conn.excessData {
		l.drop(conn)
		return
	}
	conn.out, conn.openAt = nil, l.polledAt
	free := l.idleOf(c, conn.origin)
	*free = append(*free, conn)
}

// shut closes the socket of a connection. Its holder must still drop the connection.
func (l *loop) shut(conn *conn) {
	if conn.fd >= 0 {
		if conn.session == nil || conn.session.release(conn.peerClosed) {
			unix.Close(conn.fd) // this removes it from epoll, too
		}
		conn.fd, conn.session = -1, nil
		conn.generation++
	}
}

// drop closes a connection that nothing refers to any more, and keeps its memory.
func (l *loop) drop(conn *conn) {
	l.shut(conn)
	l.conns.put(conn)
}

// slots holds all connections of a loop: open ones, and closed ones whose memory is reused.
type slots struct {
	all  []*conn
	free []*conn
}

// maxKeptMemory is how many bytes of a parser's memory are kept for the next connection.
const maxKeptMemory = 16 << 10

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
	p := parser{partial: c.parser.partial[:0], head: head{fields: c.parser.head.fields[:0], captured: c.parser.head.captured[:0]}}
	if cap(p.partial) > maxKeptMemory {
		p.partial = nil
	}
	c.carried.Reset()
	*c = conn{fd: -1, slot: c.slot, generation: c.generation, parser: p, carried: c.carried}
	s.free = append(s.free, c)
}

// get returns the connection of an event, nil if it has been closed since.
func (s *slots) get(slot, generation int32) *conn {
	if c := s.all[slot]; c.fd >= 0 && c.generation == generation {
		return c
	}
	return nil
}
