package nethttp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// choosePortLate has the kernel choose a local port on connecting and not on binding,
// when the other end is known: the same port can then serve several targets. Where it
// cannot there are fewer ports, which is no reason not to send.
func choosePortLate(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
}
