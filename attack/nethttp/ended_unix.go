//go:build unix

package nethttp

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// ended reports that what the kernel holds of a connection is its end. The socket
// does not block, and nothing is taken from it.
func ended(c net.Conn) bool {
	s, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return true
	}
	var n int
	var peek error
	// Control and not Read: a reader of net/http is waiting on the socket already.
	if err := raw.Control(func(fd uintptr) {
		n, _, peek = unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK)
	}); err != nil {
		return true
	}
	switch peek {
	case nil:
		return n == 0
	case unix.EAGAIN, unix.EINTR:
		return false
	}
	return true
}
