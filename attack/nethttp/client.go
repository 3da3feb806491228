package nethttp

import (
	"context"
	"sync"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
)

// leg is what the clients of one leg share.
type leg struct {
	ctx        context.Context
	job        attack.Job
	m          *attack.Meter
	requests   []wire.Request
	transports *transports
	clock      *kerneltime.Clock
	limits     *wire.Limits
	// unsent holds a token for every client of an open load that has started and sent nothing
	// yet. The pacer waits while it is full. Without that bound the number of clients, and their
	// memory, would grow when the plan asks for more than the generator can send.
	unsent chan struct{}
	// pool holds the shared connections, slots a token for each request on one of them; nil
	// if connections are not shared. A client gets a slot before its request counts as sent: a
	// wait for our own limit is lag, and not the target's service time.
	pool  *pool
	slots chan struct{}
	// buffers and judges are used by clients while they read a response. Clients that wait
	// for one need none, and there may be ten thousand of them.
	buffers, judges sync.Pool
}

// maxUnsent is how many clients may wait to send their first request.
const maxUnsent = 10_000

// bodyBuffer is the most that one read of a body returns, in bytes.
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
		unsent:  make(chan struct{}, maxUnsent),
		buffers: sync.Pool{New: func() any { return new([bodyBuffer]byte) }},
		judges:  sync.Pool{New: func() any { return new(attack.Judge) }},
	}
	if job.Connections == attack.Shared {
		g.pool, g.slots = newPool(g.transports, g.clock, job.HTTP2), make(chan struct{}, wire.MaxConnections(&job))
	}
	return g, nil
}

func (g *leg) close() {
	if g.pool != nil {
		g.pool.close()
	}
}

// run starts every client when it is due, and returns when all have ended.
func (g *leg) run() {
	p := newPacer(g)
	defer p.close()
	var clients sync.WaitGroup
	defer clients.Wait()
	for s := range g.job.Plan.Starts() {
		if !p.wait(s) {
			return
		}
		clients.Go(func() { g.runClient(s) })
	}
}

// runClient runs one client until it ends.
func (g *leg) runClient(s plan.Start) {
	c := &client{leg: g, start: s, pool: g.pool, unsent: g.job.Plan.Open()}
	defer c.releaseUnsent()
	if c.pool == nil {
		c.pool = newPool(g.transports, g.clock, false)
		defer c.pool.close()
	}
	c.sendAll()
}

// acquireSlot gets a slot for a request on a shared connection. waited says that none was free at
// first; ok is false when the leg is ending, and then there is no slot.
func (g *leg) acquireSlot() (waited, ok bool) {
	if g.slots == nil {
		return false, true
	}
	select {
	case g.slots <- struct{}{}:
		return false, true
	default:
	}
	select {
	case g.slots <- struct{}{}:
		return true, true
	case <-g.m.Draining():
		return true, false
	case <-g.ctx.Done():
		return true, false
	}
}

func (g *leg) releaseSlot() {
	if g.slots != nil {
		<-g.slots
	}
}

// client is one client of the load.
type client struct {
	*leg
	start   plan.Start
	pool    *pool
	cookies wire.Cookies
	values  capture.Values
	unsent  bool   // it holds a token of leg.unsent
	pass    uint64 // the number of its pass
}

// releaseUnsent gives the client's token back once it sends its first request, or ends.
func (c *client) releaseUnsent() {
	if c.unsent {
		c.unsent = false
		<-c.leg.unsent
	}
}

// sendAll sends the requests of a pass in order, and repeats the pass in a closed load. The first
// request is due at the client's start, each other one when the answer before it has arrived and its pause
// has passed.
func (c *client) sendAll() {
	if c.stopped() {
		return
	}
	c.m.Join()
	defer c.m.Leave()
	begun := c.start.Due
	for due := c.start.Due; ; c.pass++ {
		first, end := c.job.Pass(c.start.N, c.pass)
		for i := first; i < end; i++ {
			if c.stopped() {
				return
			}
			waited, ok := c.acquireSlot()
			if !ok {
				return
			}
			if c.job.Dropped(due, c.m.Now()) {
				c.releaseSlot()
				return
			}
			o := c.exchange(i, due)
			c.releaseSlot()
			o.Waited = waited
			if i == first {
				begun = due
			}
			due, o.Overdue = c.job.After(c.start.N, c.pass, i+o.Skipped, begun, o.Done)
			c.m.Done(&o)
			c.pause(o.Done, due)
			if o.Skipped > 0 {
				break
			}
		}
		c.values.Forget()
		if c.start.Until == 0 {
			return
		}
	}
}

// pause returns when the client's next request is due, or when the client may start nothing more. Go's
// timers end up to a millisecond late, which is in the lag of that request.
func (c *client) pause(from, due time.Duration) {
	if due <= from {
		return
	}
	until := min(due, c.start.Until)
	if c.job.Plan.Open() {
		until = c.job.Pacing.At(due)
	}
	timer := time.NewTimer(until - c.m.Now())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.m.Draining():
	case <-c.ctx.Done():
	}
	c.m.Thought(max(0, min(c.m.Now(), due)-from))
}

// stopped reports that the client may start nothing more.
func (c *client) stopped() bool {
	select {
	case <-c.ctx.Done():
		return true
	case <-c.m.Draining():
		return true
	default:
		return c.start.Until > 0 && c.m.Now() >= c.start.Until
	}
}
