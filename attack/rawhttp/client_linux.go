package rawhttp

import (
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/wire"
)

// client is one client at work. It has at most one request in flight, and that
// stands here too, so that nothing is allocated for it.
type client struct {
	start   plan.Start
	at      int           // the request of the pass that is next or in flight
	due     time.Duration // when it became due
	waited  bool          // that one of the shared connections was not free by then
	cookies wire.Cookies
	idle    []*conn // open connections of its own; not for shared ones

	// The request in flight.
	o        attack.Outcome
	request  *request
	message  *message
	redirect *wire.Message // where the response leads, once that is known
	judge    *attack.Judge // nil until the head of the answer is there
	conn     *conn         // nil while there is none
	origin   *origin       // whose addresses are waited for; nil: none
	// heard is when data last moved, end when it is enough in all.
	heard, end time.Duration
	links      [2]link
	// scratch are the bytes of a request with cookies.
	scratch []byte
}

// enter begins a client's life. In an open load that is a pass over the requests, in
// a closed one it loops.
func (l *loop) enter(s plan.Start) {
	if s.Until > 0 && l.m.Now() >= s.Until {
		return
	}
	c := l.newClient()
	c.start, c.due, c.at = s, s.Due, 0
	l.active++
	l.m.Join()
	l.proceed(c)
}

func (l *loop) newClient() *client {
	n := len(l.free)
	if n == 0 {
		return new(client)
	}
	c := l.free[n-1]
	l.free = l.free[:n-1]
	return c
}

// leave ends a client's life.
func (l *loop) leave(c *client) {
	for _, conn := range c.idle {
		l.drop(conn)
	}
	*c = client{idle: c.idle[:0], scratch: c.scratch}
	l.free = append(l.free, c)
	l.active--
	l.m.Leave()
}

// proceed sends a client's next request, or ends its life. Where all places are taken
// it waits for one before the request counts as sent, so that waiting for our own
// limit is lag and not the target's service time.
func (l *loop) proceed(c *client) {
	if c.at == len(l.requests) {
		c.at = 0
		if c.start.Until == 0 {
			l.leave(c)
			return
		}
	}
	now := l.m.Now()
	switch {
	case l.over() || c.start.Until > 0 && now >= c.start.Until || l.job.Dropped(c.due, now):
		l.leave(c)
	case l.places > 0 && l.inFlight >= l.places:
		c.waited = true
		l.queue.push(c)
	default:
		l.exchange(c)
	}
}

// admit lets those go on for whom there is a place, or nothing more to wait for.
func (l *loop) admit() {
	over := l.queue.len() > 0 && l.over()
	for n := l.inFlight + l.ready.len(); l.queue.len() > 0 && (over || n < l.places); n++ {
		l.ready.push(l.queue.pop())
	}
}

// list orders the requests in flight; its own links make joining and leaving free.
type list struct {
	of          which
	first, last *client
}

// which names one of a client's links.
type which int

const (
	bySilence which = iota
	byWhole
)

type link struct{ before, after *client }

func (l *list) push(c *client) {
	c.links[l.of] = link{before: l.last}
	if l.last == nil {
		l.first = c
	} else {
		l.last.links[l.of].after = c
	}
	l.last = c
}

func (l *list) remove(c *client) {
	at := &c.links[l.of]
	if at.before == nil {
		l.first = at.after
	} else {
		at.before.links[l.of].after = at.after
	}
	if at.after == nil {
		l.last = at.before
	} else {
		at.after.links[l.of].before = at.before
	}
	*at = link{}
}
