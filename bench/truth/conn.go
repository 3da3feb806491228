//go:build linux

package truth

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// conn is one connection. Its requests are answered one after the other.
type conn struct {
	fd      int
	secured *secured // nil without TLS
	head    []byte   // what has come of requests not yet begun
	at      int64    // when the last of it came
	waiting bool     // for the answer to a request
	line    string   // of the request that is being answered; "" where nobody asks for it
	closed  bool
}

// mostHead bounds what a client may send ahead.
const mostHead = 64 << 10

// answerBytes is every answer.
var answerBytes = []byte("HTTP/1.1 200 OK\r\nContent-Length: 32\r\nContent-Type: text/plain\r\n\r\nNew record created successfully\n")

func (s *Server) read(c *conn) {
	if c == nil {
		return // closed by an event before this one
	}
	var buf [4096]byte
	for more := true; more; more = c.secured != nil { // epoll does not know what TLS still holds
		n, at, ok, err := c.receive(buf[:])
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) || errors.Is(err, errNothing) {
			break
		}
		if err != nil || n <= 0 || len(c.head)+n > mostHead {
			s.drop(c)
			return
		}
		if !ok {
			at = now()
			s.count.Unstamped++
		}
		c.head, c.at = append(c.head, buf[:n]...), at
	}
	if !c.waiting {
		s.next(c)
	}
}

func (c *conn) receive(p []byte) (n int, at int64, ok bool, err error) {
	if c.secured == nil {
		return receive(c.fd, p)
	}
	n, err = c.secured.Read(p)
	return n, c.secured.below.at, c.secured.below.ok, err
}

// receive reads what has come to a socket, and the instant at which the kernel had the last of it; ok
// is false where it does not say.
func receive(fd int, p []byte) (n int, at int64, ok bool, err error) {
	var control [64]byte
	n, on, _, _, err := unix.Recvmsg(fd, p, control[:], 0)
	if err != nil {
		return 0, 0, false, err
	}
	at, ok = stamp(control[:on])
	return n, at, ok, nil
}

// write returns when it handed p over, encrypted where that is due.
func (c *conn) write(p []byte) (at int64, err error) {
	if c.secured != nil {
		_, err = c.secured.Write(p)
		return c.secured.below.sent, err
	}
	at = now()
	n, err := unix.Write(c.fd, p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return at, err
}

// next begins the next request that is complete, if there is one.
func (s *Server) next(c *conn) {
	for !c.waiting && !c.closed {
		end := bytes.Index(c.head, []byte("\r\n\r\n"))
		if end < 0 {
			return
		}
		if s.Each != nil {
			line, _, _ := bytes.Cut(c.head, []byte("\r\n"))
			c.line = string(line)
		}
		c.head = append(c.head[:0], c.head[end+4:]...)
		s.count.Arrived++
		delay := s.delay.draw(s.random)
		if delay > 0 {
			c.waiting = true
			heap.Push(&s.waiting, pending{conn: c, arrived: c.at, due: c.at + int64(delay)})
			return
		}
		s.answer(c, c.at)
	}
}

// answer takes its instant before it hands the answer over: on a loopback the kernel
// delivers within the call, and the client may have it before the call returns.
func (s *Server) answer(c *conn, arrived int64) {
	c.waiting = false
	at, err := c.write(answerBytes)
	if err != nil {
		// A client that reads none of its answers has filled its window.
		s.count.Cut++
		s.forget(c)
		return
	}
	s.count.Answered++
	s.records = append(s.records, time.Duration(at-arrived))
	if s.Each != nil {
		s.Each(Exchange{c.line, time.Unix(0, arrived), time.Unix(0, at)})
	}
}

// drop closes a connection that its client has left.
func (s *Server) drop(c *conn) {
	if c.waiting {
		s.count.Cut++
	}
	s.forget(c)
}

func (s *Server) forget(c *conn) {
	c.closed = true
	delete(s.conns, c.fd)
	unix.Close(c.fd)
}

// stamp reads SCM_TIMESTAMPNS from a control message: a header of the message's
// length, level and type, then seconds and nanoseconds since 1970.
func stamp(control []byte) (int64, bool) {
	const size = unix.SizeofCmsghdr + 16
	if len(control) < size {
		return 0, false
	}
	level := int32(binary.NativeEndian.Uint32(control[unix.SizeofCmsghdr-8:]))
	kind := int32(binary.NativeEndian.Uint32(control[unix.SizeofCmsghdr-4:]))
	if level != unix.SOL_SOCKET || kind != unix.SCM_TIMESTAMPNS {
		return 0, false
	}
	body := control[unix.SizeofCmsghdr:]
	sec, nsec := int64(binary.NativeEndian.Uint64(body)), int64(binary.NativeEndian.Uint64(body[8:]))
	return sec*int64(time.Second) + nsec, true
}
