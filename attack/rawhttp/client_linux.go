package rawhttp

import (
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/wire"
)

// client is one client of the load. It has at most one request in flight. The state of that
// request is stored here too, so that a request allocates nothing.
type client struct {
	start   plan.Start
	index   int           // of the request in the pass that is next or in flight
	end     int           // of the pass: the index behind its last
	pass    uint64        // the number of the pass
	due     time.Duration // when that request became due
	begun   time.Duration // when the first one of the pass did
	wakes   time.Duration // when its pause ends, see [thinking]
	waited  bool          // no shared connection was free when it became due
	cookies wire.Cookies
	values  capture.Values
	idle    []*conn // its own open connections; unused when connections are shared

	// The request in flight.
	outcome  attack.Outcome
	request  *request
	message  *message
	redirect *wire.Message // the next message, once the response is known to be a redirect
	judge    *attack.Judge // nil until the head of the answer has arrived
	conn     *conn         // nil while there is none
	origin   *origin       // the origin whose addresses the client waits for; nil is none
	// lastData is when the last byte was sent or received, deadline when the request must
	// have ended.
	lastData, deadline time.Duration
	links              [2]link
	// scratch holds the bytes of a request with cookies, a name or values, room those of its body
	// with values.
	scratch, room []byte
}

// enter starts a client. In an open load it makes one pass over the requests, in a closed
// load it loops.
func (l *loop) enter(s plan.Start) {
	if s.Until > 0 && l.m.Now() >= s.Until {
		return
	}
	c := l.newClient()
	c.start, c.due, c.begun = s, s.Due, s.Due
	c.index, c.end = l.job.Pass(s.N, 0)
	l.active++
	l.m.Join()
	l.proceed(c)
}

func (l *loop) newClient() *client {
	n := len(l.freeClients)
	if n == 0 {
		return new(client)
	}
	c := l.freeClients[n-1]
	l.freeClients = l.freeClients[:n-1]
	return c
}

// leave ends a client and keeps its memory for the next.
func (l *loop) leave(c *client) {
	for _, conn := range c.idle {
		l.drop(conn)
	}
	c.values.Forget()
	*c = client{idle: c.idle[:0], scratch: c.scratch, room: c.room, values: c.values}
	l.freeClients = append(l.freeClients, c)
	l.active--
	l.m.Leave()
}

// proceed sends a client's next request, or ends the client. When maxInFlight requests are in
// flight the client waits before its request counts as sent: a wait for our own limit is lag,
// and not the target's service time.
func (l *loop) proceed(c *client) {
	if c.index == c.end {
		c.begun = c.due
		c.pass++
		if c.start.Until == 0 {
			l.leave(c)
			return
		}
		c.index, c.end = l.job.Pass(c.start.N, c.pass)
		c.values.Forget()
	}
	now := l.m.Now()
	switch {
	case l.stopping() || c.start.Until > 0 && now >= c.start.Until || l.job.Dropped(c.due, now):
		l.leave(c)
	case l.maxInFlight > 0 && l.inFlight >= l.maxInFlight:
		c.waited = true
		l.queued.push(c)
	default:
		l.exchange(c)
	}
}

// resumeQueued makes as many queued clients ready as may send now. When the leg is ending it
// makes all of them ready, so that they end.
func (l *loop) resumeQueued() {
	over := l.queued.len() > 0 && l.stopping()
	for n := l.inFlight + l.ready.len(); l.queued.len() > 0 && (over || n < l.maxInFlight); n++ {
		l.ready.push(l.queued.pop())
	}
}

// list is a linked list of the clients with a request in flight. The links are fields of the
// clients, so that adding and removing one allocates nothing.
type list struct {
	link        linkIndex
	first, last *client
}

// linkIndex is the index of one of a client's links.
type linkIndex int

const (
	linkLastData linkIndex = iota
	linkDeadline
)

type link struct{ before, after *client }

func (l *list) push(c *client) {
	c.links[l.link] = link{before: l.last}
	if l.last == nil {
		l.first = c
	} else {
		l.last.links[l.link].after = c
	}
	l.last = c
}

func (l *list) remove(c *client) {
	at := &c.links[l.link]
	if at.before == nil {
		l.first = at.after
	} else {
		at.before.links[l.link].after = at.after
	}
	if at.after == nil {
		l.last = at.before
	} else {
		at.after.links[l.link].before = at.before
	}
	*at = link{}
}
