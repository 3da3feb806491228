package nethttp

import (
	"errors"
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

// conn is a connection that notes its traffic. All instants are the leg's.
type conn struct {
	net.Conn
	clock *kerneltime.Clock
	// readable says that HTTP/1 passes in clear, TLS being below or not there.
	readable bool
	// origin is what it is opened for, address where it leads: zero for unix sockets.
	origin  route.Origin
	address netip.AddrPort
	// kernel is the connection at the bottom; nil where the kernel stamps nothing.
	kernel    *stamped
	malformed bool // what came is no response; known to the reader alone
	// in and out are the bytes since the last take.
	in, out atomic.Int64
	// read and wrote are when bytes last came, their end included, and went.
	read, wrote atomic.Int64
	// came is when bytes last came, their end not included: net/http goes on reading
	// behind an answer, and so finds that end while the answer is being looked at.
	mu   sync.Mutex
	came arrival
	// carried is what the connection has carried.
	carried attack.Connection
	// opening judges the first bytes of every response, where they can be seen: net/http
	// itself waits for the whole first line, for ever. Nil where what passes is encrypted,
	// and while no response is expected.
	opening *wire.Opening
	// lost is the first error of the socket. net/http puts errors of its own in
	// its place; this one tells a reset from an end.
	lost atomic.Pointer[error]
	// heardOut is closed when there is no more to read.
	heardOut chan struct{}
	hearing  sync.Once
}

func (c *conn) Read(p []byte) (n int, err error) {
	if c.malformed {
		return 0, wire.ErrMalformed // bufio takes what came before an error, and asks again
	}
	n, err = c.Conn.Read(p)
	now := c.clock.Now()
	c.read.Store(int64(now))
	c.in.Add(int64(n))
	if n > 0 {
		a := arrival{read: now}
		if c.kernel != nil {
			a.stamp = c.kernel.last
		}
		c.mu.Lock()
		c.came = a
		if c.opening != nil && !c.opening.Feed(p[:n]) {
			n, err, c.malformed = 0, wire.ErrMalformed, true
		}
		c.mu.Unlock()
	}
	c.note(err)
	if err != nil {
		c.hearing.Do(func() { close(c.heardOut) })
	}
	return n, err
}

// Close closes the connection.
func (c *conn) Close() error {
	c.hearing.Do(func() { close(c.heardOut) })
	return c.Conn.Close()
}

// expect says that the next bytes are a response's first.
func (c *conn) expect() {
	if c.readable {
		c.mu.Lock()
		c.opening = new(wire.Opening)
		c.mu.Unlock()
	}
}

// Write writes. Where the other side has gone it fails only once all has been read that was
// said before: net/http closes the connection as soon as a write fails, and so would lose a TLS
// alert, or the answer to a request that the server did not want to read to its end. Of a
// connection that was reset the kernel gives what had arrived, and then its end, without a wait.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		<-c.heardOut
	}
	c.wrote.Store(int64(c.clock.Now()))
	c.out.Add(int64(n))
	c.note(err)
	return n, err
}

// count counts an answer that came on it.
func (c *conn) count(o *attack.Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.carried.Count(o)
}

// arrived is when bytes last came.
func (c *conn) arrived() arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.came
}

// ended is when the connection's end came, or bytes last did.
func (c *conn) ended() arrival { return arrival{read: time.Duration(c.read.Load())} }

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
