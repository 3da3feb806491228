package nethttp

import (
	"context"
	"sync"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
)

// leg is what the clients of one run share.
type leg struct {
	ctx        context.Context
	job        attack.Job
	m          *attack.Meter
	requests   []wire.Request
	transports *transports
	clock      *kerneltime.Clock
	limits     *wire.Limits
	// unsent holds a token for every client of an open load that has started and sent
	// nothing yet; where it is full the pacer waits. Without that bound clients, and the
	// memory for them, would pile up when the plan asks for more than can be sent.
	unsent chan struct{}
	// pool and gate are for shared connections, nil otherwise. The gate is passed
	// before a request is sent, so that waiting for our own limit is lag and not
	// the target's service time.
	pool *pool
	gate chan struct{}
	// buffers and judges are lent to clients while they read a response: ten
	// thousand that wait for one need none.
	buffers, judges sync.Pool
}

// mostUnsent is how many clients may wait to send their first request.
const mostUnsent = 10_000

// bodyBuffer is how much of a body is read at a time, in bytes.
const bodyBuffer = 32 << 10

func (e *Engine) newLeg(ctx context.Context, job attack.Job, m *attack.Meter) (*leg, error) {
	requests, err := wire.Prepare(job, e.userAgent)
	if err != nil {
		return nil, err
	}
	if err := wire.EnoughFiles(&job); err != nil {
		return nil, err
	}
	if job.Routes == nil {
		job.Routes = new(route.Table)
	}
	g := &leg{
		ctx: ctx, job: job, m: m, requests: requests, transports: newTransports(&job),
		clock:   kerneltime.NewClock(m.Now),
		limits:  wire.NewLimits(&job),
		unsent:  make(chan struct{}, mostUnsent),
		buffers: sync.Pool{New: func() any { return new([bodyBuffer]byte) }},
		judges:  sync.Pool{New: func() any { return new(attack.Judge) }},
	}
	if job.Connections == attack.Shared {
		g.pool, g.gate = newPool(g.transports, g.clock, job.HTTP2), make(chan struct{}, wire.MaxConnections(&job))
	}
	return g, nil
}

func (g *leg) close() {
	if g.pool != nil {
		g.pool.close()
	}
}

// run starts every client when it is due, and returns when the last has ended.
func (g *leg) run() {
	p := newPacer(g)
	defer p.close()
	var clients sync.WaitGroup
	defer clients.Wait()
	for s := range g.job.Plan.Starts() {
		if !p.wait(s) {
			return
		}
		clients.Go(func() { g.work(s) })
	}
}

// work is the life of one client.
func (g *leg) work(s plan.Start) {
	c := &client{leg: g, start: s, pool: g.pool, unsent: g.job.Plan.Open()}
	defer c.sends()
	if c.pool == nil {
		c.pool = newPool(g.transports, g.clock, false)
		defer c.pool.close()
	}
	c.live()
}

// enter gets a place among the shared connections, and says whether it had to wait
// for one; not ok: the leg is being ended.
func (g *leg) enter() (waited, ok bool) {
	if g.gate == nil {
		return false, true
	}
	select {
	case g.gate <- struct{}{}:
		return false, true
	default:
	}
	select {
	case g.gate <- struct{}{}:
		return true, true
	case <-g.m.Draining():
		return true, false
	case <-g.ctx.Done():
		return true, false
	}
}

func (g *leg) leave() {
	if g.gate != nil {
		<-g.gate
	}
}

// client is one client at work.
type client struct {
	*leg
	start   plan.Start
	pool    *pool
	cookies wire.Cookies
	unsent  bool // it holds a token of the leg's
}

// sends says that the client waits to send its first request no longer.
func (c *client) sends() {
	if c.unsent {
		c.unsent = false
		<-c.leg.unsent
	}
}

// live sends the requests of a pass in order, over and over in a closed load.
// Every request is due when the client became ready for it: at its start, then
// when the answer before was there.
func (c *client) live() {
	if c.over() {
		return
	}
	c.m.Join()
	defer c.m.Leave()
	for due := c.start.Due; ; {
		for i := range c.requests {
			if c.over() {
				return
			}
			waited, ok := c.enter()
			if !ok {
				return
			}
			if c.job.Dropped(due, c.m.Now()) {
				c.leave()
				return
			}
			o := c.exchange(i, due)
			c.leave()
			o.Waited = waited
			c.m.Done(&o)
			due = o.Done
		}
		if c.start.Until == 0 {
			return
		}
	}
}

// over reports that the client may start nothing more.
func (c *client) over() bool {
	select {
	case <-c.ctx.Done():
		return true
	case <-c.m.Draining():
		return true
	default:
		return c.start.Until > 0 && c.m.Now() >= c.start.Until
	}
}
