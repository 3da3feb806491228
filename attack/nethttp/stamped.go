package nethttp

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/stress-tool/stress/attack/kerneltime"
)

// stamped is a TCP connection whose reads record when the kernel received the data. It lies below
// TLS. Only one goroutine may read it at a time, as net/http and crypto/tls do.
type stamped struct {
	net.Conn
	raw syscall.RawConn
	// last is the stamp of the newest read, 0 if that had none.
	last kerneltime.Stamp

	// The state of the present read. receive is the method value of attempt, made once because
	// making it allocates.
	receive func(fd uintptr) (ready bool)
	control [kerneltime.ControlSize]byte
	p       []byte
	n       int
	err     error
}

// stampReceives lets the kernel stamp what c receives. ok is false, and c unchanged, if the system
// or this kind of connection has no stamps, such as a unix socket.
func stampReceives(c net.Conn) (s *stamped, ok bool) {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return nil, false
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return nil, false
	}
	var enabled error
	if err := raw.Control(func(fd uintptr) { enabled = kerneltime.Enable(int(fd)) }); err != nil || enabled != nil {
		return nil, false
	}
	s = &stamped{Conn: c, raw: raw}
	s.receive = s.attempt
	return s, true
}

// Read implements net.Conn, deadlines included.
func (s *stamped) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.p, s.n, s.err = p, 0, nil
	err := s.raw.Read(s.receive)
	s.p = nil
	switch {
	case err != nil:
		return 0, s.wrapped(err)
	case s.err != nil:
		return 0, s.wrapped(os.NewSyscallError("recvmsg", s.err))
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

// attempt reads once. It returns false if there is nothing to read yet.
func (s *stamped) attempt(fd uintptr) bool {
	for {
		s.n, s.last, s.err = kerneltime.Receive(int(fd), s.p, s.control[:])
		switch s.err {
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			return true
		}
	}
}

// wrapped returns an error in the form that Read of a TCP connection has.
func (s *stamped) wrapped(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return &net.OpError{Op: "read", Net: "tcp", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}

// SyscallConn implements syscall.Conn.
func (s *stamped) SyscallConn() (syscall.RawConn, error) { return s.raw, nil }

// arrival is when bytes arrived: when they were read, by our clock, and the kernel's stamp of the
// last of them, 0 without one.
type arrival struct {
	read  time.Duration
	stamp kerneltime.Stamp
}
