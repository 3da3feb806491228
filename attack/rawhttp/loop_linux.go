package rawhttp

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/wire"
)

// loop is one thread that runs its part of the clients.
type loop struct {
	cut, drain <-chan struct{} // cut is closed to end at once, drain to start nothing more
	ctx        context.Context
	job        *attack.Job
	m          *attack.Meter
	clock      *kerneltime.Clock
	poll       *poller
	receiver   *receiver
	requests   []request
	pacing     attack.Pacing // of an open load; "" for a closed one, whose clients start when they are due
	// mayDefer says that answers may be read later than they arrive, because the kernel stamps
	// their arrival and no client waits for them: the load is open, and no unix socket is used.
	mayDefer bool

	starts     iter.Seq[plan.Start]
	next       func() (plan.Start, bool)
	pending    plan.Start
	hasPending bool // pending has not started yet

	active int
	// ready are the clients whose next request is due, queued those that wait for a shared
	// connection.
	ready, queued fifo[*client]
	thinking      thinking
	// inFlight is the number of requests in flight, maxInFlight its bound; 0 is no bound.
	inFlight, maxInFlight int
	// byLastData and byDeadline are the clients with a request in flight, in the order in which
	// they reach the timeout without data and the total timeout.
	byLastData, byDeadline list
	freeClients            []*client

	dialer *dialer
	conns  slots
	// polledAt is when epoll returned its last events.
	polledAt time.Duration
	judges   [][]*attack.Judge // unused ones, by request of the pass
	answer   answer            // the newest of which a value is captured

	mu     sync.Mutex
	posted []func() // functions from other goroutines
}

func newLoop(ctx context.Context, job *attack.Job, rs []wire.Request, m *attack.Meter, i, n int) (*loop, error) {
	l := &loop{
		cut: ctx.Done(), drain: m.Draining(), ctx: ctx, job: job, m: m, clock: kerneltime.NewClock(m.Now), receiver: newReceiver(),
		mayDefer: job.Plan.Open() && job.Socket == "", judges: make([][]*attack.Judge, len(rs)),
	}
	if job.Plan.Open() {
		l.pacing = job.Pacing
	}
	l.byLastData.link, l.byDeadline.link = linkLastData, linkDeadline
	l.dialer = newDialer(l, n)
	if job.Connections == attack.Shared {
		all := wire.MaxConnections(job)
		l.maxInFlight = all/n + boolToInt(i < all%n)
	}
	for j := range rs {
		r, err := l.newRequest(&rs[j])
		if err != nil {
			return nil, err
		}
		l.requests = append(l.requests, r)
	}
	var err error
	l.poll, err = newPoller()
	l.starts = job.Plan.Part(i, n).Starts()
	return l, err
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// run returns when the plan is over and nothing is in flight.
func (l *loop) run() error {
	setTimerSlack()
	l.polledAt = l.m.Now()
	var stop func()
	l.next, stop = iter.Pull(l.starts) // iter.Pull must be called on the thread that uses it
	defer stop()
	l.pending, l.hasPending = l.next()
	for {
		l.endPauses()
		l.runReady() // clients that have waited go before new ones
		l.startDue()
		l.resumeQueued()
		l.expire()
		if closed(l.cut) {
			l.cutAll()
		}
		l.hasPending = l.hasPending && !l.stopping()
		if !l.hasPending && l.active == 0 {
			return nil
		}
		if err := l.await(); err != nil {
			return err
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// stopping reports that nothing more may be started.
func (l *loop) stopping() bool { return closed(l.cut) || closed(l.drain) }

// startsPerTurn bounds the starts between two reads of the sockets. When a thousand clients are
// due at once, the answers to the first must not wait for the last start.
const startsPerTurn = 32

// startDue starts the clients that are due.
func (l *loop) startDue() {
	if !l.hasPending {
		return
	}
	now := l.m.Now()
	for range startsPerTurn {
		if !l.hasPending || l.pacing.At(l.pending.Due) > now || l.stopping() {
			return
		}
		if l.hasPending = !l.job.Dropped(l.pending.Due, now); !l.hasPending {
			return // those after it are dropped as well
		}
		l.enter(l.pending)
		l.pending, l.hasPending = l.next()
	}
}

// runReady lets the clients go on that are ready when it is called. A client whose request
// fails at once is ready again; it goes on after the next read of the sockets.
func (l *loop) runReady() {
	for range l.ready.len() {
		l.proceed(l.ready.pop())
	}
}

// In a dense load, whose next start is at most denseGap away, the loop sleeps until that start
// instead of waking for every answer: one wake-up then serves all answers that arrived
// meanwhile, and the kernel has stamped them. A wake-up costs more than a request, so the loop
// sleeps at least minSleep; that is the most that it adds to a lag.
const (
	denseGap = 100 * time.Microsecond
	minSleep = 75 * time.Microsecond
)

// await waits until something has to be done, and handles the events of the sockets.
func (l *loop) await() error {
	wait := l.idleTime()
	switch {
	case wait == 0 || l.inFlight == 0 || !l.mayDefer:
	case l.pacing == attack.Batch:
		// Answers wait for the tick, too: one wake-up serves all, and the kernel has stamped them.
		if wait < 0 || wait > attack.Tick {
			now := l.m.Now()
			wait = l.pacing.At(now+1) - now
		}
		l.poll.sleep(wait)
		wait = 0
	case l.hasPending && wait > 0 && wait <= denseGap:
		l.poll.sleep(max(wait, minSleep))
		wait = 0
	}
	for answers := l.inFlight; ; answers -= batchSize {
		events, err := l.poll.wait(wait)
		if err != nil {
			return err
		}
		l.polledAt = l.m.Now()
		for i := range events {
			if e := &events[i]; e.Fd == wakeSlot {
				l.poll.clearWake()
				l.runPosted()
			} else if c := l.conns.get(e.Fd, e.Pad); c != nil {
				l.handle(c, e.Events)
				l.runReady()
			}
		}
		if l.pacing != attack.Batch || len(events) < batchSize || answers <= batchSize {
			return nil
		}
		wait = 0 // read all answers of this tick, but not the answers to what is sent now
	}
}

// idleTime is how long the loop may wait for the sockets before something else has to be done;
// negative is for ever.
func (l *loop) idleTime() time.Duration {
	if l.ready.len() > 0 {
		return 0
	}
	next := time.Duration(-1)
	now := l.polledAt // exact enough for a timeout; a start needs the present time
	if l.hasPending || len(l.thinking) > 0 {
		now = l.m.Now()
	}
	sooner := func(at time.Duration) {
		if d := max(at-now, 0); next < 0 || d < next {
			next = d
		}
	}
	if l.hasPending {
		sooner(l.pacing.At(l.pending.Due))
	}
	if len(l.thinking) > 0 {
		sooner(l.thinking[0].wakes)
	}
	if c := l.byLastData.first; c != nil {
		sooner(c.lastData + l.job.Timeout)
	}
	if c := l.byDeadline.first; c != nil {
		sooner(c.deadline)
	}
	return next
}

// expire ends the requests that have reached a timeout.
func (l *loop) expire() {
	if l.inFlight == 0 {
		return
	}
	now := l.polledAt
	for c := l.byDeadline.first; c != nil && now >= c.deadline; c = l.byDeadline.first {
		l.expireOne(c, wire.ReasonNoEnd(l.job.Timeout))
	}
	for c := l.byLastData.first; c != nil && now >= c.lastData+l.job.Timeout; c = l.byLastData.first {
		l.expireOne(c, wire.ReasonNoData(l.job.Timeout))
	}
}

// expireOne ends a request that has reached a timeout, unless its socket holds new data: after
// this machine has stood still, many answers have arrived and not all of them have been read.
func (l *loop) expireOne(c *client, reason string) {
	if conn := c.conn; conn != nil {
		heard := c.lastData
		l.handle(conn, l.poll.pollNow(conn))
		if c.conn != conn || c.lastData != heard {
			return
		}
		if conn.handshaking() && conn.session.below.handshake.heldUp(l.job.Timeout/maxHeldUp) {
			l.excuse(c)
			return
		}
	}
	l.timeOut(c, reason)
}

// maxHeldUp is the share of the timeout for which a handshake may wait for a processor of this machine.
const maxHeldUp = 10

// excuse lets the timeouts of a request begin anew: it has waited for a processor of this machine.
func (l *loop) excuse(c *client) {
	l.byDeadline.remove(c)
	c.deadline = l.polledAt + attack.TotalTimeouts*l.job.Timeout
	l.byDeadline.push(c)
	l.byLastData.remove(c)
	c.lastData = l.polledAt
	l.byLastData.push(c)
}

// cutAll ends all requests in flight, as cut.
func (l *loop) cutAll() {
	for l.byDeadline.first != nil {
		l.cutRequest(l.byDeadline.first)
	}
}

// post lets the loop call f on its own thread. It may be called from any goroutine.
func (l *loop) post(f func()) {
	l.mu.Lock()
	l.posted = append(l.posted, f)
	l.mu.Unlock()
	l.poll.wake()
}

func (l *loop) runPosted() {
	l.mu.Lock()
	fs := l.posted
	l.posted = nil
	l.mu.Unlock()
	for _, f := range fs {
		f()
	}
}

// close closes all connections. No goroutine may post any more.
func (l *loop) close() {
	for _, conn := range l.conns.all {
		l.shut(conn)
	}
	l.dialer.close()
	l.poll.close()
}
