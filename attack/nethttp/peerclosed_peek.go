//go:build unix && !linux

package nethttp

import "golang.org/x/sys/unix"

// endsOrFails reports that the next read of a socket would return its end or an error.
func endsOrFails(fd int) bool {
	n, _, err := unix.Recvfrom(fd, make([]byte, 1), unix.MSG_PEEK)
	return err == nil && n == 0 || err != nil && err != unix.EAGAIN && err != unix.EINTR
}
