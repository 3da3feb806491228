//go:build unix

package nethttp

import (
	"net"
	"syscall"
)

// peerClosed reports that a connection has an end or an error to read. It reads nothing and does
// not block.
func peerClosed(c net.Conn) bool {
	s, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return true
	}
	closed := false
	// Control and not Read: a goroutine of net/http already waits to read from the socket.
	err = raw.Control(func(fd uintptr) { closed = endsOrFails(int(fd)) })
	return closed || err != nil
}
