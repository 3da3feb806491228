package nethttp

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
)

// conn is a connection that records its traffic. All instants count from the leg's start.
type conn struct {
	net.Conn
	clock *kerneltime.Clock
	// readable says that the bytes read here are plain HTTP/1: TLS is below, or not used.
	readable bool
	// origin is what it was opened for, address the address of the peer, zero for unix sockets.
	origin  route.Origin
	address netip.AddrPort
	// handshake is how long that of TLS took, 0 without it.
	handshake time.Duration
	// below is what TLS reads from; nil without TLS, and where net/http makes it itself.
	below *ended
	// stamps is the TCP connection at the bottom; nil where the kernel stamps nothing.
	stamps    *stamped
	malformed bool // what arrived is no response; used by Read alone
	// in and out count the bytes since the last takeCounts.
	in, out atomic.Int64
	// lastRead is when a read last returned, at the end of the stream too; lastWrite is when a
	// write last did. Nanoseconds.
	lastRead, lastWrite atomic.Int64
	// newest is when bytes last arrived, the end of the stream excluded: net/http reads on behind
	// an answer, and may find that end before the answer has been judged.
	mu     sync.Mutex
	newest arrival
	// first is when the first bytes of the present answer did; the zero value is not yet, or not known.
	first arrival
	// carried is what the connection has carried.
	carried attack.Connection
	// responseStart checks the first bytes of every response: net/http waits for the whole first
	// line, without a limit. It is nil where the bytes are encrypted, and while no response is
	// expected.
	responseStart *wire.ResponseStart
	// firstErr is the first error of the socket. net/http returns errors of its own instead;
	// this one distinguishes a reset from an end.
	firstErr atomic.Pointer[error]
	// readEnded is closed when there is no more to read.
	readEnded     chan struct{}
	readEndedOnce sync.Once
}

func (c *conn) Read(p []byte) (n int, err error) {
	if c.malformed {
		return 0, wire.ErrMalformed // bufio hides an error behind bytes, and then reads again
	}
	n, err = c.Conn.Read(p)
	now := c.clock.Now()
	c.lastRead.Store(int64(now))
	c.in.Add(int64(n))
	if n > 0 {
		a := arrival{read: now}
		if c.stamps != nil {
			a.stamp = c.stamps.last
		}
		c.mu.Lock()
		c.newest = a
		if c.first == (arrival{}) {
			c.first = a
		}
		if c.responseStart != nil && !c.responseStart.Feed(p[:n]) {
			n, err, c.malformed = 0, wire.ErrMalformed, true
		}
		c.mu.Unlock()
	}
	c.noteError(err)
	if err != nil {
		c.readEndedOnce.Do(func() { close(c.readEnded) })
	}
	return n, err
}

// Close closes the connection.
func (c *conn) Close() error {
	c.readEndedOnce.Do(func() { close(c.readEnded) })
	return c.Conn.Close()
}

// expectResponse says that the next bytes begin a response.
func (c *conn) expectResponse() {
	if c.readable {
		c.mu.Lock()
		c.responseStart = new(wire.ResponseStart)
		c.first = arrival{}
		c.mu.Unlock()
	}
}

// Write writes p. If the peer has closed the connection, Write returns its error only when all
// data that arrived before has been read: net/http closes the connection as soon as a write fails,
// and would lose a TLS alert, or the answer to a request that the server did not read to its end.
// This does not block for long: on a connection that was reset, the kernel returns the data that
// had arrived, and then the end.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		<-c.readEnded
	}
	c.lastWrite.Store(int64(c.clock.Now()))
	c.out.Add(int64(n))
	c.noteError(err)
	return n, err
}

// count counts an answer that came on it.
func (c *conn) count(o *attack.Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.carried.Count(o)
}

// firstArrival is when the first bytes of the present answer arrived.
func (c *conn) firstArrival() arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first
}

// newestArrival is when bytes last arrived.
func (c *conn) newestArrival() arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.newest
}

// endOfStream is when the end of the connection arrived, or else the last bytes. The kernel does
// not stamp the end.
func (c *conn) endOfStream() arrival { return arrival{read: time.Duration(c.lastRead.Load())} }

func (c *conn) noteError(err error) {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		c.firstErr.CompareAndSwap(nil, &err)
	}
}

// truncated reports that the peer closed the connection without saying so in TLS.
func (c *conn) truncated() bool { return c.below != nil && c.below.seen.Load() }

// ended is a connection below TLS whose end may be read. TLS takes that for its own end, as many
// servers do not say theirs.
type ended struct {
	net.Conn
	seen atomic.Bool
}

func (e *ended) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	if err == io.EOF {
		e.seen.Store(true)
	}
	return n, err
}

// takeCounts returns how many bytes were read and written since the last call.
func (c *conn) takeCounts() (in, out int64) { return c.in.Swap(0), c.out.Swap(0) }

// lastTraffic is when bytes were last read or written.
func (c *conn) lastTraffic() time.Duration {
	return time.Duration(max(c.lastRead.Load(), c.lastWrite.Load()))
}

// socketError is the first error of the socket, nil without one.
func (c *conn) socketError() error {
	if p := c.firstErr.Load(); p != nil {
		return *p
	}
	return nil
}

// closedByPeer reports that the peer has closed the connection, even if that has not been read
// yet: on a busy machine net/http notices it late, and a request sent meanwhile would fail because
// of our delay.
func (c *conn) closedByPeer() bool {
	raw := c.Conn
	if c.below != nil {
		raw = c.below.Conn
	} else if t, ok := raw.(interface{ NetConn() net.Conn }); ok { // TLS
		raw = t.NetConn()
	}
	return c.socketError() != nil || peerClosed(raw)
}
