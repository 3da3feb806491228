package rawhttp

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many events one call of epoll returns. An event grows old while those before
// it are handled: with many more, most connections would need a check that they are still open.
const batchSize = 16

// poller waits for sockets.
type poller struct {
	epoll, eventfd int
	events         [batchSize]unix.EpollEvent
	// coarse says that the kernel has no epoll_pwait2 (before 5.11), so that waits are whole
	// milliseconds.
	coarse bool
	// timeout and single are fields because the kernel gets their addresses: on the stack they
	// would be allocated at each call.
	timeout [2]int64 // seconds and nanoseconds, 64 bits on every system
	single  [1]unix.PollFd
}

// wakeSlot is the slot of the eventfd, which is no connection.
const wakeSlot = -1

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an epoll instance: %w", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("creating an eventfd: %w", err)
	}
	p := &poller{epoll: epoll, eventfd: event}
	err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, event, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: wakeSlot})
	if err != nil {
		p.close()
		return nil, fmt.Errorf("watching an eventfd: %w", err)
	}
	return p, nil
}

// interest holds the events of every connection. They are edge-triggered, so that the set never
// has to change.
const interest = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET

// watch adds a socket, whose events carry the two numbers.
func (p *poller) watch(fd int, slot, generation int32) error {
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: interest, Fd: slot, Pad: generation})
}

// wake ends a wait from another goroutine.
func (p *poller) wake() {
	one := [8]byte{1}
	unix.Write(p.eventfd, one[:])
}

// wait returns the events, after at most d; a negative d is without end. They are valid until
// the next call.
func (p *poller) wait(d time.Duration) ([]unix.EpollEvent, error) {
	n, errno := p.epollWait(d)
	switch errno {
	case 0:
		return p.events[:n], nil
	case unix.EINTR:
		return nil, nil
	case unix.ENOSYS:
		if !p.coarse {
			p.coarse = true
			return p.wait(d)
		}
	}
	return nil, fmt.Errorf("waiting for events: %w", errno)
}

func (p *poller) epollWait(d time.Duration) (n uintptr, errno unix.Errno) {
	fd, size := uintptr(p.epoll), uintptr(len(p.events))
	if p.coarse {
		ms := -1
		if d >= 0 {
			ms = int((d + time.Millisecond - 1) / time.Millisecond)
		}
		n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&p.events[0])), size, uintptr(ms), 0, 0)
		return n, errno
	}
	p.timeout = [2]int64{int64(d / time.Second), int64(d % time.Second)}
	at := &p.timeout
	switch {
	case d == 0: // this does not block, so Go's scheduler need not know of it
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, fd, uintptr(unsafe.Pointer(&p.events[0])), size, uintptr(unsafe.Pointer(at)), 0, 0)
		return n, errno
	case d < 0:
		at = nil
	}
	n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT2, fd, uintptr(unsafe.Pointer(&p.events[0])), size, uintptr(unsafe.Pointer(at)), 0, 0)
	return n, errno
}

// sleep returns after d, or when wake is called. Events of sockets do not end it.
func (p *poller) sleep(d time.Duration) {
	timeout := unix.NsecToTimespec(int64(d))
	p.single[0] = unix.PollFd{Fd: int32(p.eventfd), Events: unix.POLLIN}
	unix.Ppoll(p.single[:], &timeout, nil)
}

// pollNow returns the present events of one connection, also those that wait has not returned
// yet.
func (p *poller) pollNow(c *conn) uint32 {
	p.single[0] = unix.PollFd{Fd: int32(c.fd), Events: unix.POLLIN | unix.POLLRDHUP}
	if c.connecting || c.unsent() {
		p.single[0].Events |= unix.POLLOUT
	}
	if n, err := unix.Poll(p.single[:], 0); n <= 0 || err != nil {
		return 0
	}
	return uint32(p.single[0].Revents) // poll's bits are epoll's
}

// clearWake resets the eventfd after wake.
func (p *poller) clearWake() {
	var n [8]byte
	unix.Read(p.eventfd, n[:])
}

func (p *poller) close() {
	unix.Close(p.epoll)
	unix.Close(p.eventfd)
}

// setTimerSlack lets this thread's waits end on time. By default the kernel ends them up to
// 50 µs late, to wake several threads at once.
func setTimerSlack() {
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
}
