package nethttp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/runlog"
)

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
	c.sends()
	if err := x.perform(&c.requests[i]); err != nil {
		x.fail(err)
	}
	return x.o
}

// perform sends a request, follows where it may, and judges the last answer.
func (x *exchange) perform(r *wire.Request) error {
	for msg := &r.Message; ; x.o.Redirects++ {
		resp, l, err := x.send(msg)
		if err != nil {
			return err
		}
		x.cookies.Keep(msg.URL, resp.Cookies())
		if next := r.Next(&x.job, msg, x.o.Redirects, resp.StatusCode, resp.Header.Get("Location")); next != nil {
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
func (x *exchange) answer(r *wire.Request, resp *http.Response, l *link) error {
	judge := x.judges.Get().(*attack.Judge)
	defer x.judges.Put(judge)
	judge.Reset(r.Expect, resp.StatusCode, resp.Header)
	judge.Find(x.job.HostFrom.Body)
	x.o.Status, x.o.Address = resp.StatusCode, l.conn.address
	err := x.receive(resp, l, judge)
	if err == nil {
		x.o.Class, x.o.Reason = judge.Verdict()
		x.o.Host = x.host(resp.Header, judge)
		l.conn.count(&x.o)
	}
	if err != nil || x.o.Class != runlog.Success {
		x.o.Excerpt = slices.Clone(judge.Excerpt())
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

// send puts a message on a connection and returns the head of the response. Where
// a kept-alive connection was closed before a byte of the message had left, nothing
// was sent yet, and the next connection takes it.
func (x *exchange) send(msg *wire.Message) (*http.Response, *link, error) {
	for {
		l, fresh, err := x.pool.get(x.ctx, route.OriginOf(msg.URL))
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
			l.conn.expect()
		}
		resp, err := l.cc.RoundTrip(msg.Build(x.ctx, x.cookies.For(msg.URL)))
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
			err = fmt.Errorf("%w: %w", wire.ErrKeptAlive, err)
		}
		return nil, nil, because(err, l)
	}
}

// receive reads a body to its end, for to to see and for nobody to keep.
func (x *exchange) receive(resp *http.Response, l *link, to io.Writer) error {
	err := x.readBody(resp, to)
	switch {
	case l.many:
		x.o.Done, x.o.Stamped = x.m.Now(), false
	case untilTheEnd(resp):
		x.arrived(l.conn.ended())
	default:
		x.arrived(l.conn.arrived())
	}
	x.giveBack(l, err != nil)
	return because(err, l)
}

// arrived stamps the answer: by the kernel where it can, else by when the last byte
// was read, which is not yet our coming round to it.
func (x *exchange) arrived(a arrival) {
	x.o.Read = max(x.o.Sent, a.read)
	x.o.Done, x.o.Stamped = x.clock.Done(a.stamp, x.o.Sent, x.o.Read)
}

// untilTheEnd reports that nothing but the end of the connection ends the body.
func untilTheEnd(resp *http.Response) bool {
	return resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && resp.Body != http.NoBody
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
	x.o.Done, x.o.Stamped = x.m.Now(), false
	switch cause := context.Cause(x.ctx); {
	case x.client.ctx.Err() != nil:
		x.o.Class, x.o.Reason = runlog.Cut, wire.Cut
	case cause == errSilent:
		x.o.Class, x.o.Reason = runlog.Timeout, wire.Silent(x.job.Timeout)
	case cause == errDripping:
		x.o.Class, x.o.Reason = runlog.Timeout, wire.Dripping(x.job.Timeout)
	default:
		x.o.Class, x.o.Reason = classify(err)
		remedy, own := x.limits.Met(err)
		x.o.Reason, x.o.Own = x.o.Reason+remedy, own
	}
}
