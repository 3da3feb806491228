package nethttp

import "golang.org/x/sys/unix"

// endsOrFails reports that a socket has an end or an error to read, whatever lies before it: TLS
// sends a record before the end.
func endsOrFails(fd int) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}, 0)
	return n > 0 || err != nil && err != unix.EINTR
}
