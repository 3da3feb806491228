package nethttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// errKeptAlive says that a connection which had carried a request before was
// closed just as the next one went out. Browsers would try again; whether the
// server took the request up nobody can tell, so here it is a failure.
var errKeptAlive = errors.New("kept-alive connection closed")

// exchange is one request on its way, all hops of its redirects included.
type exchange struct {
	*client
	ctx      context.Context
	patience *patience
	o        attack.Outcome
}

// exchange sends one request and says what became of it.
func (c *client) exchange(i int, due time.Duration) attack.Outcome {
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(nil)
	x := &exchange{client: c, ctx: ctx, patience: newPatience(c.m.Now, c.job.Timeout, attack.TotalTimeouts, cancel)}
	defer x.patience.stop()
	x.o = attack.Outcome{Client: c.start.N, Request: i, Due: due, Sent: c.m.Now()}
	c.m.Sent(due)
	if err := x.perform(&c.requests[i]); err != nil {
		x.fail(err)
	}
	return x.o
}

// perform sends a request, follows where it may, and judges the last answer.
func (x *exchange) perform(r *request) error {
	for msg := &r.message; ; x.o.Redirects++ {
		resp, l, err := x.send(msg)
		if err != nil {
			return err
		}
		x.keepCookies(msg.url, resp)
		if next := x.next(r, msg, resp); next != nil {
			if err := x.receive(resp, l, io.Discard); err != nil {
				return err
			}
			msg = next
			continue
		}
		return x.answer(r, resp, l)
	}
}

// answer reads and judges the last response.
func (x *exchange) answer(r *request, resp *http.Response, l *link) error {
	judge := x.judges.Get().(*attack.Judge)
	defer x.judges.Put(judge)
	judge.Reset(r.expect, resp.StatusCode, resp.Header)
	x.o.Status = resp.StatusCode
	err := x.receive(resp, l, judge)
	if err == nil {
		x.o.Class, x.o.Reason = judge.Verdict()
	}
	if err != nil || x.o.Class != runlog.Success {
		x.o.Excerpt = slices.Clone(judge.Excerpt())
	}
	return err
}

// next is what follows a response, nil where it is the answer: no redirect, or one
// that may not be followed.
func (x *exchange) next(r *request, msg *message, resp *http.Response) *message {
	if x.o.Redirects >= r.follow {
		return nil
	}
	next := msg.redirected(resp)
	if next == nil || !x.mayFollow(next.url) {
		return nil
	}
	return next
}

func (x *exchange) mayFollow(u *url.URL) bool {
	if x.job.MayFollow == nil {
		return sameHost(u, x.job.Target)
	}
	return x.job.MayFollow(u) == nil
}

// send puts a message on a connection and returns the head of the response. Where
// a kept-alive connection was closed before a byte of the message had left, nothing
// was sent yet, and the next connection takes it.
func (x *exchange) send(msg *message) (*http.Response, *link, error) {
	for {
		l, fresh, err := x.pool.get(x.ctx, originOf(msg.url))
		if err != nil {
			return nil, nil, err
		}
		if fresh {
			x.o.Connect += l.connect
		}
		if l.many {
			x.patience.on(nil)
		} else {
			x.patience.on(l.conn)
		}
		resp, err := l.cc.RoundTrip(msg.build(x.ctx, x.cookies(msg.url)))
		if err == nil {
			x.patience.touch()
			return resp, l, nil
		}
		in, out := x.giveBack(l, true)
		switch {
		case fresh || l.many || x.ctx.Err() != nil:
		case out == 0:
			continue
		case in == 0:
			err = fmt.Errorf("%w: %w", errKeptAlive, err)
		}
		return nil, nil, because(err, l)
	}
}

// receive reads a body to its end, for to to see and for nobody to keep.
func (x *exchange) receive(resp *http.Response, l *link, to io.Writer) error {
	err := x.readBody(resp, to)
	x.o.Done = x.m.Now()
	if !l.many {
		// The instant of the last byte, not of our coming round to it.
		x.o.Done = max(x.o.Sent, time.Duration(l.conn.read.Load()))
	}
	x.giveBack(l, err != nil)
	return because(err, l)
}

func (x *exchange) readBody(resp *http.Response, to io.Writer) error {
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil // what follows is no body
	}
	buf := x.buffers.Get().(*[bodyBuffer]byte)
	defer x.buffers.Put(buf)
	for {
		n, err := resp.Body.Read(buf[:])
		if n > 0 {
			x.patience.touch()
			to.Write(buf[:n]) // neither a judge nor io.Discard ever fails
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// giveBack returns a connection to the pool and counts what it carried.
func (x *exchange) giveBack(l *link, failed bool) (in, out int64) {
	x.patience.on(nil)
	in, out = l.conn.take()
	x.o.BytesReceived += in
	x.o.BytesSent += out
	x.pool.put(l, failed)
	return in, out
}

// fail gives the outcome of a request that got no whole answer.
func (x *exchange) fail(err error) {
	x.o.Done = x.m.Now()
	switch cause := context.Cause(x.ctx); {
	case x.client.ctx.Err() != nil:
		x.o.Class, x.o.Reason = runlog.Cut, "cut"
	case cause == errSilent:
		x.o.Class, x.o.Reason = runlog.Timeout, fmt.Sprintf("no data for %v", x.job.Timeout)
	case cause == errDripping:
		x.o.Class, x.o.Reason = runlog.Timeout, fmt.Sprintf("no end after %v", attack.TotalTimeouts*x.job.Timeout)
	default:
		x.o.Class, x.o.Reason = classify(err)
	}
}
