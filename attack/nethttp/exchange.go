package nethttp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/runlog"
)

// exchange is one request in flight, with all its redirects.
type exchange struct {
	*client
	ctx      context.Context
	watchdog *watchdog
	outcome  attack.Outcome
}

// exchange sends request i of the pass and returns its outcome.
func (c *client) exchange(i int, due time.Duration) attack.Outcome {
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(nil)
	x := &exchange{client: c, ctx: ctx, watchdog: newWatchdog(c.m.Now, c.job.Timeout, attack.TotalTimeouts, cancel)}
	defer x.watchdog.stop()
	x.outcome = attack.Outcome{Client: c.start.N, Request: i, Due: due, Sent: c.m.Now()}
	x.outcome.Number = c.m.Sent(due)
	c.releaseUnsent()
	r := &c.requests[i]
	if err := x.perform(r); err != nil {
		x.fail(err)
	}
	r.End(&x.outcome)
	return x.outcome
}

// perform sends a request, follows the redirects that it may, and judges the last answer.
func (x *exchange) perform(r *wire.Request) error {
	turn := x.job.Turn(x.start.N, x.pass)
	turn.Captured = &x.values
	for msg := r.For(turn); ; x.outcome.Redirects++ {
		resp, l, err := x.send(msg)
		if err != nil {
			return err
		}
		x.cookies.Keep(msg.URL, resp.Cookies())
		if next := r.Next(&x.job, msg, x.outcome.Redirects, resp.StatusCode, resp.Header.Get("Location")); next != nil {
			if err := x.receive(resp, l, io.Discard); err != nil {
				return err
			}
			msg = next
			continue
		}
		return x.answer(r, msg.URL, resp, l)
	}
}

// answer reads and judges the last response, which came from u.
func (x *exchange) answer(r *wire.Request, u *url.URL, resp *http.Response, l *link) error {
	judge := x.judges.Get().(*attack.Judge)
	defer x.judges.Put(judge)
	judge.Reset(r.Expect, resp.StatusCode, resp.Header)
	judge.Find(x.job.HostFrom.Body)
	if r.Captures != nil {
		judge.Capture(r.Captures, &wire.Head{Fields: resp.Header, URL: u, Cookies: &x.cookies}, &x.values)
	}
	x.outcome.Status, x.outcome.Address = resp.StatusCode, l.conn.address
	err := x.receive(resp, l, judge)
	if err == nil {
		x.outcome.Class, x.outcome.Reason = judge.Verdict()
		x.outcome.Lacks = judge.Lacks()
		x.outcome.Host = x.host(resp.Header, judge)
		l.conn.count(&x.outcome)
	}
	if err != nil || x.outcome.Class != runlog.Success {
		x.outcome.Excerpt = slices.Clone(judge.Excerpt())
	}
	return err
}

// host is the one that an answer names.
func (x *exchange) host(h http.Header, judge *attack.Judge) attack.Host {
	name := judge.Host()
	if values := h[x.job.HostFrom.Header]; len(values) > 0 {
		name = []byte(strings.Join(values, ", "))
	}
	return x.m.Host(name)
}

// send sends a message on a connection and returns the head of the response. If a kept-alive
// connection was closed before any byte of the message was sent, the next connection is used.
func (x *exchange) send(msg *wire.Message) (*http.Response, *link, error) {
	for {
		l, fresh, err := x.pool.get(x.ctx, route.OriginOf(msg.URL))
		if err != nil {
			return nil, nil, err
		}
		if fresh {
			x.outcome.Connect += l.connect
			x.outcome.Handshake += l.conn.handshake
		}
		if l.multiplexed {
			x.watchdog.watch(nil)
		} else {
			x.watchdog.watch(l.conn)
			l.conn.expectResponse()
		}
		resp, err := l.cc.RoundTrip(msg.Build(x.ctx, x.cookies.For(msg.URL), x.outcome.Number))
		if err == nil {
			x.watchdog.noteData()
			x.stampFirst(l)
			return resp, l, nil
		}
		in, out := x.giveBack(l, true)
		switch {
		case fresh || l.multiplexed || x.ctx.Err() != nil:
		case out == 0:
			continue
		case in == 0:
			err = fmt.Errorf("%w: %w", wire.ErrKeptAlive, err)
		}
		return nil, nil, withSocketError(err, l)
	}
}

// receive reads a body to its end and writes it to to.
func (x *exchange) receive(resp *http.Response, l *link, to io.Writer) error {
	err := x.readBody(resp, to)
	switch {
	case l.multiplexed:
		x.outcome.Done, x.outcome.Stamped = x.m.Now(), false
	case untilTheEnd(resp):
		if err == nil && l.conn.truncated() {
			err = wire.ErrTruncated
		}
		x.stampArrival(l.conn.endOfStream())
	default:
		x.stampArrival(l.conn.newestArrival())
	}
	x.outcome.FirstByte = min(x.outcome.FirstByte, x.outcome.Done)
	x.giveBack(l, err != nil)
	return withSocketError(err, l)
}

// stampArrival sets when the answer arrived: the kernel's timestamp if there is one, and else the
// instant at which the last byte was read from the socket.
func (x *exchange) stampArrival(a arrival) {
	x.outcome.Read = max(x.outcome.Sent, a.read)
	x.outcome.Done, x.outcome.Stamped = x.clock.Done(a.stamp, x.outcome.Sent, x.outcome.Read)
}

// stampFirst sets when the answer began to arrive, once its head is there. Where a connection carries
// several answers, or net/http encrypts it, that is when net/http says so.
func (x *exchange) stampFirst(l *link) {
	if l.multiplexed || !l.conn.readable {
		x.outcome.FirstByte = x.m.Now()
		return
	}
	a := l.conn.firstArrival()
	x.outcome.FirstByte, _ = x.clock.Done(a.stamp, x.outcome.Sent, max(x.outcome.Sent, a.read))
}

// untilTheEnd reports that the body ends with the connection.
func untilTheEnd(resp *http.Response) bool {
	return resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && resp.Body != http.NoBody
}

func (x *exchange) readBody(resp *http.Response, to io.Writer) error {
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil // another protocol follows, and no body
	}
	buf := x.buffers.Get().(*[bodyBuffer]byte)
	defer x.buffers.Put(buf)
	for {
		n, err := resp.Body.Read(buf[:])
		if n > 0 {
			x.watchdog.noteData()
			to.Write(buf[:n]) // a judge and io.Discard never fail
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// giveBack returns a connection to the pool, and adds the bytes that it read and wrote to the
// outcome.
func (x *exchange) giveBack(l *link, failed bool) (in, out int64) {
	x.watchdog.watch(nil)
	in, out = l.conn.takeCounts()
	x.outcome.BytesReceived += in
	x.outcome.BytesSent += out
	x.pool.put(l, failed)
	return in, out
}

// fail sets the outcome of a request without a complete answer.
func (x *exchange) fail(err error) {
	x.outcome.Done, x.outcome.Stamped = x.m.Now(), false
	switch cause := context.Cause(x.ctx); {
	case x.client.ctx.Err() != nil:
		x.outcome.Class, x.outcome.Reason = runlog.Cut, wire.ReasonCut
	case cause == errNoData:
		x.outcome.Class, x.outcome.Reason = runlog.Timeout, wire.ReasonNoData(x.job.Timeout)
	case cause == errNoEnd:
		x.outcome.Class, x.outcome.Reason = runlog.Timeout, wire.ReasonNoEnd(x.job.Timeout)
	default:
		x.outcome.Class, x.outcome.Reason = classify(err)
		remedy, own := x.limits.Explain(err)
		x.outcome.Reason, x.outcome.Own = x.outcome.Reason+remedy, own
	}
}
