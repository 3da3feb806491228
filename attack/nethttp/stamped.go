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

// stamped is a TCP connection whose reads note when the kernel received what they
// read. It lies below TLS. Unlike other connections it must be read by one goroutine
// at a time, as net/http and crypto/tls do.
type stamped struct {
	net.Conn
	raw syscall.RawConn
	// last is the stamp of the newest read, 0 where that had none.
	last kerneltime.Stamp

	// Of the read under way; receive is attempt as a value, made once.
	receive func(fd uintptr) (ready bool)
	control [kerneltime.ControlSize]byte
	p       []byte
	n       int
	err     error
}

// stamp has the kernel stamp what c receives. Where that cannot be, for the system or
// for this kind of connection, ok is false and c is as it was: unix sockets are read
// as ever, for their kernel stamps nothing.
func stamp(c net.Conn) (s *stamped, ok bool) {
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

// attempt reads once; false: nothing is there yet.
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

// wrapped is an error as a TCP connection's own Read returns it.
func (s *stamped) wrapped(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return &net.OpError{Op: "read", Net: "tcp", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}

// SyscallConn implements syscall.Conn.
func (s *stamped) SyscallConn() (syscall.RawConn, error) { return s.raw, nil }

// arrival is when bytes came: read by our clock, and the kernel's stamp of the last
// of them, 0 without one.
type arrival struct {
	read  time.Duration
	stamp kerneltime.Stamp
}
