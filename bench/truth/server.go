//go:build linux

// Package truth is a server that knows how long it took: for every request the
// instant at which the kernel had it complete at the socket, and the instant at which
// the answer was handed back. What a load generator reports is held against that.
//
// It is one epoll loop on one thread, so that it answers faster than it is asked and
// adds nothing between the two instants but the delay it was told to make and its
// own queue, which is a server's like any other and part of the truth.
package truth

import (
	"container/heap"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// backlog holds the connections that come while the server stands still.
const backlog = 16384

// Server answers GET over kept-alive HTTP/1.1. Methods other than Serve are safe
// while it serves.
type Server struct {
	listener, epoll, wake int
	addr                  netip.AddrPort
	tls                   *tls.Config // nil without
	conns                 map[int]*conn

	// Each is called for every request once it was answered, if it is set before [Server.Serve]. It must
	// return soon, for nothing else is served meanwhile.
	Each func(Exchange)

	mu      sync.Mutex // held while the loop handles what it woke for
	delay   Delay
	random  *rand.Rand
	records []time.Duration // arrival to answer, in the order of the answers
	count   Count
	waiting queue
}

// Count is what became of the requests since [Server.Begin].
type Count struct {
	// Arrived requests were complete at the socket; Answered were handed to the
	// kernel; Cut lost their connection before that.
	Arrived, Answered, Cut uint64
	// Unstamped arrived without the kernel saying when: the clock was read instead.
	Unstamped uint64
}

// Exchange is a request that was answered.
type Exchange struct {
	Line string // the request's first
	// Arrived is when the kernel had it complete, Answered when the answer was handed to the kernel.
	Arrived, Answered time.Time
}

// Listen opens a server on addr, such as 127.0.0.1:0. secured is its TLS; nil is without.
func Listen(addr string, secured *tls.Config) (*Server, error) {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil || !ap.Addr().Is4() || !ap.Addr().IsLoopback() {
		return nil, fmt.Errorf("listening on %q: want an address of 127.0.0.0/8 with a port", addr)
	}
	s := &Server{tls: secured, listener: -1, epoll: -1, wake: -1, conns: map[int]*conn{}, random: rand.New(rand.NewPCG(0, 0))}
	if err := s.open(ap); err != nil {
		s.close()
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	return s, nil
}

func (s *Server) open(ap netip.AddrPort) (err error) {
	const flags = unix.SOCK_STREAM | unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	if s.listener, err = unix.Socket(unix.AF_INET, flags, 0); err != nil {
		return err
	}
	// Accepted sockets inherit the options: the first request is stamped too.
	for opt, level := range map[int]int{unix.SO_REUSEADDR: unix.SOL_SOCKET, unix.SO_TIMESTAMPNS: unix.SOL_SOCKET, unix.TCP_NODELAY: unix.IPPROTO_TCP} {
		if err := unix.SetsockoptInt(s.listener, level, opt, 1); err != nil {
			return err
		}
	}
	if err := unix.Bind(s.listener, &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()}); err != nil {
		return err
	}
	if err := unix.Listen(s.listener, backlog); err != nil {
		return err
	}
	sa, err := unix.Getsockname(s.listener)
	if err != nil {
		return err
	}
	s.addr = netip.AddrPortFrom(ap.Addr(), uint16(sa.(*unix.SockaddrInet4).Port))
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if s.wake, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return err
	}
	return errors.Join(s.watch(s.listener), s.watch(s.wake), roomForFiles(s.listener))
}

// files is how many connections fit without the kernel enlarging this process's
// table of files. In a process of several threads each enlargement waits for all
// processors to pass a quiet point: 30 ms for 700 connections accepted at once,
// which would be in the truth.
const files = 8192

func roomForFiles(fd int) error {
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, files)
	if err != nil {
		return nil // a lower limit on open files: then the first connections pay
	}
	return unix.Close(high)
}

func (s *Server) watch(fd int) error {
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// URL is the server's address.
func (s *Server) URL() string {
	if s.tls != nil {
		return "https://" + s.addr.String() + "/"
	}
	return "http://" + s.addr.String() + "/"
}

// Serve answers until the context ends, and closes the server.
func (s *Server) Serve(ctx context.Context) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	stop := context.AfterFunc(ctx, s.rouse)
	defer func() {
		stop()
		s.close()
	}()
	events := make([]unix.EpollEvent, 1024)
	for ctx.Err() == nil {
		n, err := unix.EpollWait(s.epoll, events, s.patience())
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("waiting for requests: %w", err)
		}
		s.mu.Lock()
		for _, e := range events[:max(n, 0)] {
			switch fd := int(e.Fd); fd {
			case s.listener:
				s.accept()
			case s.wake:
				unix.Read(s.wake, make([]byte, 8))
			default:
				s.read(s.conns[fd])
			}
		}
		s.answerDue()
		s.mu.Unlock()
	}
	return nil
}

// rouse lets the loop see what has changed.
func (s *Server) rouse() { unix.Write(s.wake, []byte{7: 1}) }

// patience is how long to wait for events, in milliseconds; −1 is until one comes.
// The last two milliseconds before an answer is due are not slept: a timer's slack
// would be in every delay.
func (s *Server) patience() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return -1
	}
	return max(0, int(time.Duration(s.waiting[0].due-now())/time.Millisecond)-2)
}

// now is the time by the clock of the kernel's stamps, in nanoseconds.
func now() int64 { return time.Now().UnixNano() }

func (s *Server) accept() {
	for {
		fd, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return // none left, or no file to give it: the client will see
		}
		if s.tls != nil {
			go s.secure(fd)
			continue
		}
		s.enter(&conn{fd: fd})
	}
}

// enter lets the loop serve a connection. It reports false if it cannot, and closes the socket.
func (s *Server) enter(c *conn) bool {
	if s.watch(c.fd) != nil {
		unix.Close(c.fd)
		return false
	}
	s.conns[c.fd] = c
	return true
}

// answerDue answers every request whose delay is over.
func (s *Server) answerDue() {
	for len(s.waiting) > 0 && s.waiting[0].due <= now() {
		p := heap.Pop(&s.waiting).(pending)
		if p.conn.closed {
			continue
		}
		s.answer(p.conn, p.arrived)
		s.next(p.conn)
	}
}

func (s *Server) close() {
	for _, c := range s.conns {
		unix.Close(c.fd)
	}
	for _, fd := range []int{s.listener, s.epoll, s.wake} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// pending is a request that waits for its delay.
type pending struct {
	conn         *conn
	arrived, due int64
}

// queue is a heap with the request that is due first on top.
type queue []pending

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due < q[j].due }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(pending)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	p := (*q)[last]
	*q = (*q)[:last]
	return p
}
