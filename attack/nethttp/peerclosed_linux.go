package nethttp

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peerClosed reports that a connection has an end or an error to read, whatever lies before it:
// TLS sends a record before the end. It reads nothing and does not block.
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
	var failed error
	// Control and not Read: a goroutine of net/http already waits to read from the socket.
	if err := raw.Control(func(fd uintptr) {
		n, failed = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}, 0)
	}); err != nil {
		return true
	}
	return n > 0 || failed != nil && failed != unix.EINTR
}
