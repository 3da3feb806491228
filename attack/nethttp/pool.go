package nethttp

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/attack/route"
)

// pool holds the open connections of one client, or of all that share.
type pool struct {
	transports *transports
	clock      *kerneltime.Clock
	// opening lets one client at a time open a connection where others may then
	// share it: HTTP/2. Nil elsewhere.
	opening chan struct{}

	mu   sync.Mutex
	free map[route.Origin][]*link
}

// link is an open connection.
type link struct {
	cc   *http.ClientConn
	conn *conn
	// connect is how long opening took.
	connect time.Duration
	// many says that it carries several requests at once: HTTP/2.
	many bool
}

func newPool(t *transports, clock *kerneltime.Clock, http2 bool) *pool {
	p := &pool{transports: t, clock: clock}
	if http2 {
		p.opening = make(chan struct{}, 1)
	}
	return p
}

// get reserves a place on a connection, an open one rather than a fresh one. It
// must be used by one RoundTrip and given back by put.
func (p *pool) get(ctx context.Context, o route.Origin) (l *link, fresh bool, err error) {
	if l := p.take(o); l != nil {
		return l, false, nil
	}
	if p.opening != nil {
		select {
		case p.opening <- struct{}{}:
			defer func() { <-p.opening }()
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
		if l := p.take(o); l != nil {
			return l, false, nil
		}
	}
	l, err = p.open(ctx, o)
	return l, true, err
}

// take finds an open connection with a place, and forgets those that were closed.
func (p *pool) take(o route.Origin) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := p.free[o]
	for i := len(free) - 1; i >= 0; i-- {
		l := free[i]
		err := l.cc.Reserve()
		if l.many && (err == nil || l.cc.Err() == nil) {
			if err == nil {
				return l
			}
			continue // full for the moment
		}
		free = slices.Delete(free, i, i+1)
		p.free[o] = free
		if err == nil && !l.conn.gone() {
			return l
		}
		l.cc.Close()
	}
	return nil
}

func (p *pool) open(ctx context.Context, o route.Origin) (*link, error) {
	c := &conn{clock: p.clock, origin: o, heardOut: make(chan struct{})}
	began := p.clock.Now()
	cc, err := p.transports.open(ctx, c)
	if err != nil {
		return nil, err
	}
	l := &link{cc: cc, conn: c, connect: p.clock.Now() - began, many: cc.Available() > 1}
	c.take() // what a TLS handshake took
	if err := cc.Reserve(); err != nil {
		cc.Close()
		return nil, err
	}
	if l.many {
		p.add(l)
	}
	return l, nil
}

func (p *pool) add(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free == nil {
		p.free = make(map[route.Origin][]*link)
	}
	p.free[l.conn.origin] = append(p.free[l.conn.origin], l)
}

// put gives a connection back. One that failed is closed, unless others are on it.
func (p *pool) put(l *link, failed bool) {
	switch {
	case l.many:
	case failed:
		l.cc.Close()
	default:
		p.add(l)
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, free := range p.free {
		for _, l := range free {
			l.cc.Close()
		}
	}
	p.free = nil
}
