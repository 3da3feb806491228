package rawhttp

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many events are taken at a time. What epoll says of a connection
// ages while the events before it are worked off; more than a few, and most would
// have to be asked again whether they are still open.
const batchSize = 16

// poller waits for sockets.
type poller struct {
	epoll, eventfd int
	events         [batchSize]unix.EpollEvent
	// coarse says that the kernel knows no epoll_pwait2 (before 5.11): waits are then
	// whole milliseconds.
	coarse bool
	// timeout and only are here and not on the stack because the kernel is given their
	// addresses.
	timeout [2]int64 // seconds and nanoseconds, 64 bits on every system
	only    [1]unix.PollFd
}

// wakeSlot marks the event that is no connection's.
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

// interest is what every connection is watched for, once: edges, so that it need
// never be told what we wait for at the moment.
const interest = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET

// watch has events of a socket reported with two numbers.
func (p *poller) watch(fd int, slot, generation int32) error {
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: interest, Fd: slot, Pad: generation})
}

// wake ends a wait from another goroutine.
func (p *poller) wake() {
	one := [8]byte{1}
	unix.Write(p.eventfd, one[:])
}

// wait returns the events there are, after at most d. Negative is without end.
func (p *poller) wait(d time.Duration) ([]unix.EpollEvent, error) {
	n, errno := p.call(d)
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

func (p *poller) call(d time.Duration) (n uintptr, errno unix.Errno) {
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
	case d == 0: // does not block, so the scheduler need not know
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, fd, uintptr(unsafe.Pointer(&p.events[0])), size, uintptr(unsafe.Pointer(at)), 0, 0)
		return n, errno
	case d < 0:
		at = nil
	}
	n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT2, fd, uintptr(unsafe.Pointer(&p.events[0])), size, uintptr(unsafe.Pointer(at)), 0, 0)
	return n, errno
}

// nap lets d go by, whatever happens to the sockets; only wake ends it.
func (p *poller) nap(d time.Duration) {
	timeout := unix.NsecToTimespec(int64(d))
	p.only[0] = unix.PollFd{Fd: int32(p.eventfd), Events: unix.POLLIN}
	unix.Ppoll(p.only[:], &timeout, nil)
}

// ask is what there is to say of a connection that work is waiting for, whether or
// not wait has come to it.
func (p *poller) ask(c *conn) uint32 {
	p.only[0] = unix.PollFd{Fd: int32(c.fd), Events: unix.POLLIN | unix.POLLRDHUP}
	if c.connecting || c.sent < len(c.out) {
		p.only[0].Events |= unix.POLLOUT
	}
	if n, err := unix.Poll(p.only[:], 0); n <= 0 || err != nil {
		return 0
	}
	return uint32(p.only[0].Revents) // poll's bits are epoll's
}

// calm takes back a wake.
func (p *poller) calm() {
	var n [8]byte
	unix.Read(p.eventfd, n[:])
}

func (p *poller) close() {
	unix.Close(p.epoll)
	unix.Close(p.eventfd)
}

// setTimerSlack has this thread's waits end when they should, instead of up to 50 µs
// later so that the kernel may wake several at once.
func setTimerSlack() {
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
}
