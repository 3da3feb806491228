package nethttp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// bindWithoutPort lets the kernel choose the local port in connect and not in bind: it knows the
// peer then, and one port can serve several targets. A failure is ignored, because it only means
// fewer ports.
func bindWithoutPort(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
}
