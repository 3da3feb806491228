package rawhttp

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack/kerneltime"
)

// session is the TLS of a connection. A goroutine makes the handshake; then the session belongs to
// the loop, whose reads and writes never wait.
type session struct {
	*tls.Conn
	below *ciphertext
}

func newSession(fd int, config *tls.Config, r *receiver, slots chan struct{}) *session {
	below := &ciphertext{fd: fd, receiver: r, handshake: newHandshake(slots)}
	return &session{tls.Client(below, config), below}
}

// read returns the plain text that has arrived, in p, and the kernel's stamp of the last segment
// that was needed for it. The error is [unix.EAGAIN] if there is none. No data without an error is
// the end of the connection.
func (s *session) read(p []byte) ([]byte, kerneltime.Stamp, error) {
	n, err := s.Conn.Read(p)
	switch {
	case n > 0: // an error comes again at the next read
		return p[:n], s.below.stamp, nil
	case err == io.EOF:
		return nil, 0, nil
	case errors.Is(err, errNothingYet):
		return nil, 0, unix.EAGAIN
	}
	return nil, 0, err
}

// isIdle reports that the connection is open and holds no plain text. It takes in what TLS itself
// sends, such as session tickets.
func (s *session) isIdle() bool {
	var b [1]byte
	_, _, err := s.read(b[:])
	return err == unix.EAGAIN && s.below.flush() == nil
}

// maxRecord is the most plain text that one record holds (RFC 8446, 5.1).
const maxRecord = 16 << 10

// write encrypts at most one record of p and returns how much that is. The socket may take its
// bytes later. The error is [unix.EAGAIN] if the socket still has to take bytes from before.
func (s *session) write(p []byte) (int, error) {
	if err := s.below.flush(); err != nil || len(p) == 0 {
		return 0, err
	}
	return s.Conn.Write(p[:min(len(p), maxRecord)])
}

// release ends the session. It reports that the loop must close the socket; otherwise the
// goroutine of the handshake does.
func (s *session) release(peerClosed bool) bool {
	if h := s.below.handshake; h != nil {
		return !h.abandon()
	}
	if !peerClosed && s.below.flush() == nil {
		s.Conn.CloseWrite() // tells the peer that nothing more will come
	}
	return true
}

// truncated reports that the peer closed the connection without saying so in TLS.
func (s *session) truncated() bool { return s.below.ended }

// ciphertext is a socket as TLS sees it: a [net.Conn] that does not block. [tls.Conn] keeps what it
// has of a record when a read has a temporary error, and goes on there at the next read.
type ciphertext struct {
	fd       int
	receiver *receiver
	// stamp is that of the last read, 0 without one.
	stamp kerneltime.Stamp
	// drained says that the socket was empty after the last read; an event ends that.
	drained bool
	ending  bool   // the peer will send no more, so that an end can be read
	ended   bool   // it was read
	unsent  []byte // what the socket has not taken
	// handshake is nil once it is over.
	handshake *handshake
}

// errNothingYet is the error of a read from an empty socket.
var errNothingYet net.Error = nothingYet{}

type nothingYet struct{}

func (nothingYet) Error() string   { return "nothing has arrived" }
func (nothingYet) Timeout() bool   { return false }
func (nothingYet) Temporary() bool { return true }

func (c *ciphertext) Read(p []byte) (int, error) {
	if c.handshake != nil {
		return c.handshake.read(c.fd, p)
	}
	if c.drained {
		return 0, errNothingYet
	}
	n, stamp, errno := c.receiver.readInto(c.fd, p)
	switch {
	case errno == unix.EAGAIN:
		c.drained = true
		return 0, errNothingYet
	case errno != 0:
		return 0, errno
	case n == 0:
		c.ended = true
		return 0, io.EOF
	}
	c.stamp, c.drained = stamp, n < len(p) && !c.ending // epoll(7), question 9
	return n, nil
}

func (c *ciphertext) Write(p []byte) (int, error) {
	if c.handshake != nil {
		return c.handshake.write(c.fd, p)
	}
	n := 0
	if len(c.unsent) == 0 {
		var errno unix.Errno
		if n, errno = send(c.fd, p); errno != 0 && errno != unix.EAGAIN {
			return 0, errno
		}
	}
	c.unsent = append(c.unsent, p[n:]...)
	return len(p), nil
}

// event notes an event of the socket; ending says that the peer will send no more.
func (c *ciphertext) event(ending bool) { c.drained, c.ending = false, c.ending || ending }

// flush sends what the socket has not taken. The error is [unix.EAGAIN] if something is left.
func (c *ciphertext) flush() error {
	for len(c.unsent) > 0 {
		n, errno := send(c.fd, c.unsent)
		if errno != 0 {
			return errno
		}
		c.unsent = append(c.unsent[:0], c.unsent[n:]...)
	}
	return nil
}

// The rest of [net.Conn]. Nobody asks for addresses, and the loop has its own timeouts.
func (*ciphertext) Close() error                     { return nil }
func (*ciphertext) LocalAddr() net.Addr              { return nil }
func (*ciphertext) RemoteAddr() net.Addr             { return nil }
func (*ciphertext) SetDeadline(time.Time) error      { return nil }
func (*ciphertext) SetReadDeadline(time.Time) error  { return nil }
func (*ciphertext) SetWriteDeadline(time.Time) error { return nil }
