package rawhttp

import (
	"errors"
	"net/http"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/runlog"
)

// errHTTPS is what a redirect leads to that cannot be followed here.
var errHTTPS = errors.New("redirect to https, which needs engine nethttp")

// exchange begins a request: the instant it is sent.
func (l *loop) exchange(c *client) {
	now := l.m.Now()
	c.request = &l.requests[c.at]
	c.o = attack.Outcome{Client: c.start.N, Request: c.at, Due: c.due, Sent: now, Waited: c.waited}
	c.waited = false
	c.heard, c.end = now, now+attack.TotalTimeouts*l.job.Timeout
	l.m.Sent(c.due)
	l.inFlight++
	l.silence.push(c)
	l.whole.push(c)
	l.send(c, &c.request.first)
}

// send puts a message on an open connection, or on a new one. Where a kept-alive
// connection turns out closed before a byte of the message has left, nothing was
// sent yet, and the next connection takes it.
func (l *loop) send(c *client, m *message) {
	c.message = m
	out, err := c.bytesFor(m)
	if err != nil {
		l.fail(c, err)
		return
	}
	for {
		conn := l.takeIdle(c, m.origin)
		if conn == nil {
			l.dialer.open(c, m.origin)
			return
		}
		conn.begin(c, out, false)
		if conn.lost = l.write(conn); conn.lost == nil {
			return
		} else if conn.sent > 0 {
			l.receive(conn)
			return
		}
		c.conn = nil
		l.drop(conn)
	}
}

// write sends what is left of a message, as much as the socket takes.
func (l *loop) write(conn *conn) error {
	for conn.sent < len(conn.out) {
		n, errno := send(conn.fd, conn.out[conn.sent:])
		if errno == unix.EAGAIN {
			return nil // an event will say when there is room
		} else if errno != 0 {
			return errno
		}
		if conn.sent > 0 {
			l.touch(conn.client, l.m.Now())
		}
		conn.sent += n
		conn.client.o.BytesSent += int64(n)
	}
	return nil
}

// touch notes that data moved.
func (l *loop) touch(c *client, now time.Duration) {
	c.heard = now
	if l.silence.last != c {
		l.silence.remove(c)
		l.silence.push(c)
	}
}

// receive reads what a connection holds for the request on it.
func (l *loop) receive(conn *conn) {
	c := conn.client
	for {
		data, stamp, errno := l.rx.read(conn.fd)
		switch {
		case errno == unix.EAGAIN && conn.lost != nil:
			l.broken(conn, conn.lost)
			return
		case errno == unix.EAGAIN:
			return
		case errno != 0:
			l.broken(conn, errno)
			return
		}
		now := l.clock.Now()
		if len(data) == 0 {
			l.atEnd(conn, now)
			return
		}
		c.o.BytesReceived += int64(len(data))
		conn.heard = true
		rest, whole, err := l.feed(conn, data)
		if err != nil {
			l.fail(c, err)
			return
		} else if whole {
			c.o.Done, c.o.Stamped = l.clock.Done(stamp, c.o.Sent, now)
			c.o.Read = now
			conn.polluted = len(rest) > 0
			l.complete(conn)
			return
		}
		if l.touch(c, now); now >= c.end {
			l.timeOut(c, wire.Dripping(l.job.Timeout))
			return
		}
		if len(data) < receiveSize && !conn.hungUp {
			return // an event will say when there is more
		}
	}
}

// feed hands bytes to the parser and what it finds to whom it concerns.
func (l *loop) feed(conn *conn, data []byte) (rest []byte, whole bool, err error) {
	for {
		e, piece, rest, err := conn.parser.next(data)
		if err != nil {
			return nil, false, err
		}
		switch e {
		case needMore:
			return nil, false, nil
		case gotEnd:
			return rest, true, nil
		case gotHead:
			l.gotHead(conn.client, &conn.parser.head)
		case gotBody:
			if j := conn.client.judge; j != nil {
				j.Write(piece)
			}
		}
		data = rest
	}
}

// gotHead decides whether a response is the answer or leads on.
func (l *loop) gotHead(c *client, h *head) {
	var header http.Header
	var location string
	if len(h.fields) > 0 {
		header = http.Header{}
		for _, f := range h.fields {
			header[f.name] = append(header[f.name], string(f.value))
		}
		location = header.Get("Location")
		c.cookies.Keep(c.message.URL, (&http.Response{Header: header}).Cookies())
	}
	if location != "" {
		c.redirect = c.request.Next(l.job, c.message.Message, c.o.Redirects, h.status, location)
	}
	if c.redirect == nil {
		c.o.Status, c.o.Address, c.o.Host = h.status, c.conn.address(), l.m.Host(h.host)
		c.judge = l.lendJudge(c.at)
		c.judge.Reset(c.request.Expect, h.status, header)
		c.judge.Find(l.job.HostFrom.Body)
	}
}

func (l *loop) lendJudge(request int) *attack.Judge {
	free := &l.judges[request]
	n := len(*free)
	if n == 0 {
		return new(attack.Judge)
	}
	j := (*free)[n-1]
	*free = (*free)[:n-1]
	return j
}

// atEnd deals with a connection that the other side has closed.
func (l *loop) atEnd(conn *conn, now time.Duration) {
	c := conn.client
	if err := conn.parser.end(); err != nil {
		l.broken(conn, err)
		return
	}
	// The end itself is not stamped.
	c.o.Done, c.o.Read, c.o.Stamped = now, now, false
	conn.polluted = true
	l.complete(conn)
}

// broken ends the request on a connection that broke. On one kept alive, without a
// byte of an answer, nobody can tell whether the server took the request up.
func (l *loop) broken(conn *conn, err error) {
	if !conn.fresh && !conn.heard {
		err = wire.ErrKeptAlive
	}
	l.fail(conn.client, err)
}

// complete deals with a whole response: the answer, or one that leads on.
func (l *loop) complete(conn *conn) {
	c := conn.client
	if next := c.redirect; next != nil {
		l.release(conn)
		c.redirect = nil
		c.o.Redirects++
		l.follow(c, next)
		return
	}
	c.o.Class, c.o.Reason = c.judge.Verdict()
	if c.o.Host == 0 {
		c.o.Host = l.m.Host(c.judge.Host())
	}
	conn.carried.Count(&c.o)
	l.release(conn)
	l.finish(c)
}

func (l *loop) follow(c *client, next *wire.Message) {
	if next.URL.Scheme != "http" {
		l.fail(c, errHTTPS)
		return
	}
	m, err := l.newMessage(&c.request.Request, next)
	if err != nil {
		l.fail(c, err)
		return
	}
	l.touch(c, l.m.Now())
	l.send(c, &m)
}

// fail ends a request that got no whole answer, and its connection.
func (l *loop) fail(c *client, err error) {
	class, reason := wire.Classify(err)
	if reason == "" {
		reason = err.Error()
	}
	remedy, own := l.dialer.limits.Met(err)
	c.o.Own = own
	l.end(c, class, reason+remedy)
}

func (l *loop) timeOut(c *client, reason string) { l.end(c, runlog.Timeout, reason) }

func (l *loop) cutOff(c *client) { l.end(c, runlog.Cut, wire.Cut) }

func (l *loop) end(c *client, class runlog.Class, reason string) {
	if c.conn != nil {
		l.drop(c.conn)
		c.conn = nil
	}
	if c.origin != nil {
		c.origin.forget(c)
	}
	c.o.Done, c.o.Stamped = l.m.Now(), false
	c.o.Class, c.o.Reason = class, reason
	l.finish(c)
}

// finish reports a request, and lets the client go on, and one that waited for its
// place.
func (l *loop) finish(c *client) {
	if c.judge != nil && c.o.Class != runlog.Success {
		c.o.Excerpt = c.judge.Excerpt()
	}
	l.silence.remove(c)
	l.whole.remove(c)
	l.inFlight--
	l.m.Done(&c.o)
	if c.judge != nil {
		l.judges[c.at] = append(l.judges[c.at], c.judge)
		c.judge = nil
	}
	c.o.Excerpt, c.redirect = nil, nil
	c.due = c.o.Done
	c.at++
	l.admit()
	l.ready.push(c)
}
