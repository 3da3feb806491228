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

// pool holds the open connections of one client, or those that all clients share.
type pool struct {
	transports *transports
	clock      *kerneltime.Clock
	// dialLock lets one client at a time open an HTTP/2 connection, because others can use that
	// connection then. It is nil without HTTP/2.
	dialLock chan struct{}

	mu   sync.Mutex
	free map[route.Origin][]*link
}

// link is an open connection.
type link struct {
	cc   *http.ClientConn
	conn *conn
	// connect is how long opening took.
	connect time.Duration
	// multiplexed says that it carries several requests at once: HTTP/2.
	multiplexed bool
	// requests is how many it has carried, unless it is multiplexed.
	requests int
}

func newPool(t *transports, clock *kerneltime.Clock, http2 bool) *pool {
	p := &pool{transports: t, clock: clock}
	if http2 {
		p.dialLock = make(chan struct{}, 1)
	}
	return p
}

// get reserves a place for one request on an open connection, or else on a new one; fresh says
// that it is new. The caller must use it for one RoundTrip and give it back with put.
func (p *pool) get(ctx context.Context, o route.Origin) (l *link, fresh bool, err error) {
	if l := p.takeOpen(o); l != nil {
		return l, false, nil
	}
	if p.dialLock != nil {
		select {
		case p.dialLock <- struct{}{}:
			defer func() { <-p.dialLock }()
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
		if l := p.takeOpen(o); l != nil {
			return l, false, nil
		}
	}
	l, err = p.open(ctx, o)
	return l, true, err
}

// takeOpen returns an open connection with a free place, nil without one. It drops those that
// were closed.
func (p *pool) takeOpen(o route.Origin) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := p.free[o]
	for i := len(free) - 1; i >= 0; i-- {
		l := free[i]
		err := l.cc.Reserve()
		if l.multiplexed && (err == nil || l.cc.Err() == nil) {
			if err == nil {
				return l
			}
			continue // full for the moment
		}
		free = slices.Delete(free, i, i+1)
		p.free[o] = free
		if err == nil && !l.conn.closedByPeer() {
			return l
		}
		l.cc.Close()
	}
	return nil
}

func (p *pool) open(ctx context.Context, o route.Origin) (*link, error) {
	c := &conn{clock: p.clock, origin: o, readEnded: make(chan struct{})}
	began := p.clock.Now()
	cc, err := p.transports.open(ctx, c)
	if err != nil {
		return nil, err
	}
	l := &link{cc: cc, conn: c, connect: p.clock.Now() - began, multiplexed: cc.Available() > 1}
	c.takeCounts() // do not count the bytes of the TLS handshake
	if err := cc.Reserve(); err != nil {
		cc.Close()
		return nil, err
	}
	if l.multiplexed {
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

// put gives a connection back. After a failure, and when it has carried as many requests as it may, it
// closes the connection, unless that carries other requests.
func (p *pool) put(l *link, failed bool) {
	if l.multiplexed {
		return
	}
	l.requests++
	switch {
	case failed, l.requests == p.transports.job.RequestsPerConnection:
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
