//go:build linux

package truth

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// secured is the TLS of a connection. A goroutine makes its handshake, on a socket that it waits for;
// then it belongs to the server's loop, and its socket is read and written as any other.
type secured struct {
	*tls.Conn
	below *socket
}

// mostHandshake is how long a client may take for its part of a handshake.
const mostHandshake = 10 * time.Second

// secure makes the handshake of a connection and gives it to the loop.
func (s *Server) secure(fd int) {
	below := &socket{fd: fd, patience: mostHandshake}
	c := tls.Server(below, s.tls)
	if c.Handshake() != nil {
		unix.Close(fd)
		return
	}
	below.patience = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.enter(&conn{fd: fd, secured: &secured{c, below}}) {
		s.read(s.conns[fd]) // a request may have come with the end of the handshake
		s.rouse()           // and its answer be due
	}
}

// socket is a socket as TLS sees it.
type socket struct {
	fd int
	// patience is how long to wait for data; 0 is not at all.
	patience time.Duration
	// at is when the kernel had the last data that was read, ok is false where it did not say; sent
	// is when data was last written.
	at, sent int64
	ok       bool
}

var errNothing net.Error = nothing{}

type nothing struct{}

func (nothing) Error() string   { return "nothing has arrived" }
func (nothing) Timeout() bool   { return false }
func (nothing) Temporary() bool { return true }

func (b *socket) Read(p []byte) (int, error) {
	for {
		n, at, ok, err := receive(b.fd, p)
		switch {
		case err == unix.EAGAIN && b.patience > 0:
			if err := b.await(); err != nil {
				return 0, err
			}
			continue
		case err == unix.EAGAIN:
			return 0, errNothing
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		b.at, b.ok = at, ok
		return n, nil
	}
}

// await returns when there is data, or an error after the patience.
func (b *socket) await() error {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(b.fd), Events: unix.POLLIN}}, int(b.patience/time.Millisecond))
	if n == 0 && err == nil {
		return os.ErrDeadlineExceeded
	}
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	return err
}

// Write writes all of p, or fails: whoever reads none of his answers has filled his window.
func (b *socket) Write(p []byte) (int, error) {
	b.sent = now()
	n, err := unix.Write(b.fd, p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return max(n, 0), err
}

func (*socket) Close() error                     { return nil }
func (*socket) LocalAddr() net.Addr              { return nil }
func (*socket) RemoteAddr() net.Addr             { return nil }
func (*socket) SetDeadline(time.Time) error      { return nil }
func (*socket) SetReadDeadline(time.Time) error  { return nil }
func (*socket) SetWriteDeadline(time.Time) error { return nil }
