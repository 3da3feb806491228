package rawhttp

import (
	"net/http"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/runlog"
)

// exchange begins a request. The request counts as sent from here on.
func (l *loop) exchange(c *client) {
	now := l.m.Now()
	c.request = &l.requests[c.index]
	c.outcome = attack.Outcome{Client: c.start.N, Request: c.index, Due: c.due, Sent: now, Waited: c.waited}
	c.waited = false
	c.lastData, c.deadline = now, now+attack.TotalTimeouts*l.job.Timeout
	c.outcome.Number = l.m.Sent(c.due)
	l.inFlight++
	l.byLastData.push(c)
	l.byDeadline.push(c)
	l.send(c, &c.request.first)
}

// send sends a message on an open connection, or on a new one. If a kept-alive connection
// turns out to be closed before any byte of the message was sent, the next connection is used.
func (l *loop) send(c *client, m *message) {
	c.message = m
	out, err := l.bytesFor(c, m)
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
		if conn.sendErr = l.write(conn); conn.sendErr == nil {
			return
		} else if conn.sent > 0 {
			l.receive(conn)
			return
		}
		c.conn = nil
		l.drop(conn)
	}
}

// write sends the rest of a message, as much as the socket accepts.
func (l *loop) write(conn *conn) error {
	for conn.unsent() {
		n, err := conn.transmit()
		if err == unix.EAGAIN {
			return nil // an event follows when there is room
		} else if err != nil {
			return err
		}
		if conn.sent > 0 {
			l.noteData(conn.client, l.m.Now())
		}
		conn.sent += n
		conn.client.outcome.BytesSent += int64(n)
	}
	return nil
}

// noteData notes that data was sent or received.
func (l *loop) noteData(c *client, now time.Duration) {
	c.lastData = now
	if l.byLastData.last != c {
		l.byLastData.remove(c)
		l.byLastData.push(c)
	}
}

// receive reads what has arrived for the request on a connection.
func (l *loop) receive(conn *conn) {
	c := conn.client
	for {
		data, stamp, err := l.read(conn)
		switch {
		case err == unix.EAGAIN && conn.sendErr != nil:
			l.broken(conn, conn.sendErr)
			return
		case err == unix.EAGAIN:
			return
		case err != nil:
			l.broken(conn, err)
			return
		}
		now := l.clock.Now()
		if len(data) == 0 {
			l.handleEOF(conn, now)
			return
		}
		c.outcome.BytesReceived += int64(len(data))
		first := !conn.answered
		conn.answered = true
		rest, whole, err := l.feed(conn, data)
		if err != nil {
			l.fail(c, err)
			return
		} else if whole {
			c.outcome.Done, c.outcome.Stamped = l.clock.Done(stamp, c.outcome.Sent, now)
			c.outcome.Read = now
			if first || c.outcome.FirstByte > c.outcome.Done {
				c.outcome.FirstByte = c.outcome.Done
			}
			conn.excessData = len(rest) > 0 || conn.session != nil && !conn.session.isIdle()
			l.complete(conn)
			return
		}
		if first {
			c.outcome.FirstByte, _ = l.clock.Done(stamp, c.outcome.Sent, now)
		}
		if l.noteData(c, now); now >= c.deadline {
			l.timeOut(c, wire.ReasonNoEnd(l.job.Timeout))
			return
		}
		if conn.session == nil && len(data) < receiveSize && !conn.peerClosed {
			return // an event follows when more arrives
		}
	}
}

// read returns data of a connection, valid until the next read; see [receiver.read].
func (l *loop) read(conn *conn) ([]byte, kerneltime.Stamp, error) {
	if conn.session != nil {
		return conn.session.read(l.receiver.data[:])
	}
	data, stamp, errno := l.receiver.read(conn.fd)
	if errno != 0 {
		return nil, 0, errno
	}
	return data, stamp, nil
}

// feed passes bytes to the parser, and the head and the body that it finds to the client and
// its judge. whole says that the response is complete; rest are the bytes behind it.
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
			l.handleHead(conn.client, &conn.parser.head)
		case gotBody:
			if j := conn.client.judge; j != nil {
				j.Write(piece)
			}
		}
		data = rest
	}
}

// handleHead decides whether a response is the answer or a redirect to follow.
func (l *loop) handleHead(c *client, h *head) {
	var header http.Header
	if len(h.fields) > 0 {
		header = http.Header{}
		for _, f := range h.fields {
			header[f.name] = append(header[f.name], string(f.value))
		}
		l.handleFields(c, h.status, header)
	}
	if c.redirect == nil {
		c.outcome.Status, c.outcome.Address, c.outcome.Host = h.status, c.conn.address(), l.m.Host(h.host)
		c.judge = l.takeJudge(c.index)
		c.judge.Reset(c.request.Expect, h.status, header)
		c.judge.Find(l.job.HostFrom.Body)
		if c.request.Captures != nil {
			l.answer = answer{l, c, h, header}
			c.judge.Capture(c.request.Captures, &l.answer, &c.values)
		}
	}
}

// handleFields keeps the cookies of a response, and follows its redirect if it may.
func (l *loop) handleFields(c *client, status int, header http.Header) {
	cookies, location := (&http.Response{Header: header}).Cookies(), header.Get("Location")
	if len(cookies) == 0 && location == "" {
		return
	}
	sent := c.message.For(l.turn(c))
	c.cookies.Keep(sent.URL, cookies)
	if location != "" {
		c.redirect = c.request.Next(l.job, sent, c.outcome.Redirects, status, location)
	}
}

func (l *loop) takeJudge(request int) *attack.Judge {
	free := &l.judges[request]
	n := len(*free)
	if n == 0 {
		return new(attack.Judge)
	}
	j := (*free)[n-1]
	*free = (*free)[:n-1]
	return j
}

// handleEOF handles the end of the data on a connection that the peer has closed.
func (l *loop) handleEOF(conn *conn, now time.Duration) {
	c := conn.client
	if err := conn.parser.atEOF(); err != nil {
		l.broken(conn, err)
		return
	}
	if conn.session != nil && conn.session.truncated() {
		l.broken(conn, wire.ErrTruncated)
		return
	}
	// The kernel does not stamp the end itself.
	c.outcome.Done, c.outcome.Read, c.outcome.Stamped = now, now, false
	conn.excessData = true
	l.complete(conn)
}

// broken ends the request on a connection that broke. On a kept-alive connection without any
// byte of an answer, nobody can tell whether the server processed the request.
func (l *loop) broken(conn *conn, err error) {
	if !conn.isNew && !conn.answered {
		err = wire.ErrKeptAlive
	}
	l.fail(conn.client, err)
}

// complete handles a complete response: it follows a redirect, or judges the answer.
func (l *loop) complete(conn *conn) {
	c := conn.client
	if next := c.redirect; next != nil {
		l.release(conn)
		c.redirect = nil
		c.outcome.Redirects++
		l.follow(c, next)
		return
	}
	c.outcome.Class, c.outcome.Reason = c.judge.Verdict()
	c.outcome.Lacks = c.judge.Lacks()
	if c.outcome.Host == 0 {
		c.outcome.Host = l.m.Host(c.judge.Host())
	}
	conn.carried.Count(&c.outcome)
	l.release(conn)
	l.finish(c)
}

func (l *loop) follow(c *client, next *wire.Message) {
	m, err := l.newMessage(&c.request.Request, next)
	if err != nil {
		l.fail(c, err)
		return
	}
	l.noteData(c, l.m.Now())
	l.send(c, &m)
}

// fail ends a request without a complete answer, and closes its connection.
func (l *loop) fail(c *client, err error) {
	class, reason := wire.Classify(err)
	if reason == "" {
		reason = err.Error()
	}
	remedy, own := l.dialer.limits.Explain(err)
	c.outcome.Own = own
	l.endRequest(c, class, reason+remedy)
}

func (l *loop) timeOut(c *client, reason string) { l.endRequest(c, runlog.Timeout, reason) }

func (l *loop) cutRequest(c *client) { l.endRequest(c, runlog.Cut, wire.ReasonCut) }

func (l *loop) endRequest(c *client, class runlog.Class, reason string) {
	if c.conn != nil {
		l.drop(c.conn)
		c.conn = nil
	}
	if c.origin != nil {
		c.origin.removeWaiting(c)
	}
	c.outcome.Done, c.outcome.Stamped = l.m.Now(), false
	c.outcome.Class, c.outcome.Reason = class, reason
	l.finish(c)
}

// finish reports a request to the meter. Then its client, perhaps after a pause, and one client that
// waited for a shared connection, go on.
func (l *loop) finish(c *client) {
	if c.judge != nil && c.outcome.Class != runlog.Success {
		c.outcome.Excerpt = c.judge.Excerpt()
	}
	l.byLastData.remove(c)
	l.byDeadline.remove(c)
	l.inFlight--
	c.request.End(&c.outcome)
	last := c.index + c.outcome.Skipped // behind what is skipped, the pass goes on where it would without
	c.due, c.outcome.Overdue = l.job.After(c.start.N, c.pass, last, c.begun, c.outcome.Done)
	l.m.Done(&c.outcome)
	if c.judge != nil {
		l.judges[c.index] = append(l.judges[c.index], c.judge)
		c.judge = nil
	}
	c.outcome.Excerpt, c.redirect = nil, nil
	c.index = last + 1
	l.resumeQueued()
	if c.due > c.outcome.Done {
		l.pause(c)
	} else {
		l.ready.push(c)
	}
}
