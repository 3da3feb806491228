//go:build unix && !linux

package nethttp

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peerClosed reports that the next read of a connection would return its end or an error. It
// reads nothing and does not block.
func peerClosed(c net.Conn) bool {
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
	// Control and not Read: a goroutine of net/http already waits to read from the socket.
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
