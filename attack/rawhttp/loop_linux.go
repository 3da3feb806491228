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

// loop is one thread at work with its part of the clients.
type loop struct {
	cut, drain <-chan struct{} // closed: end at once; start nothing more
	ctx        context.Context
	job        *attack.Job
	m          *attack.Meter
	clock      *kerneltime.Clock
	poll       *poller
	rx         *receiver
	requests   []request
	pacing     attack.Pacing // of an open load; a closed one's clients join when they are due
	// patient says that answers may lie for a while: the load is open, and the sockets
	// are stamped; elsewhere an answer would be as late as we.
	patient bool

	starts  iter.Seq[plan.Start]
	next    func() (plan.Start, bool)
	pending plan.Start
	more    bool // pending is still to start

	active int
	// ready are clients whose next request is due; queue those that wait for a place
	// among the shared connections.
	ready, queue fifo[*client]
	// inFlight requests have been sent; at most places may be, 0 is no bound.
	inFlight, places int
	// silence and whole hold the requests in flight by who will first have waited for
	// data, and in all, too long.
	silence, whole list
	free           []*client

	dialer *dialer
	conns  slots
	// polled is when what epoll says was true.
	polled time.Duration
	judges [][]*attack.Judge // to lend, for each request

	mu     sync.Mutex
	posted []func() // from other goroutines
}

func newLoop(ctx context.Context, job *attack.Job, rs []wire.Request, m *attack.Meter, i, n int) (*loop, error) {
	l := &loop{
		cut: ctx.Done(), drain: m.Draining(), ctx: ctx, job: job, m: m, clock: kerneltime.NewClock(m.Now), rx: newReceiver(),
		patient: job.Plan.Open() && job.Socket == "", judges: make([][]*attack.Judge, len(rs)),
	}
	if job.Plan.Open() {
		l.pacing = job.Pacing
	}
	l.silence.of, l.whole.of = bySilence, byWhole
	l.dialer = newDialer(l)
	if job.Connections == attack.Shared {
		all := wire.MaxConnections(job)
		l.places = all/n + b2i(i < all%n)
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

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// run works until the plan is over and nothing is in flight.
func (l *loop) run() error {
	setTimerSlack()
	l.polled = l.m.Now()
	var stop func()
	l.next, stop = iter.Pull(l.starts) // here, on the thread it is used on
	defer stop()
	l.pending, l.more = l.next()
	for {
		l.runReady() // who has waited for a place goes before who comes
		l.startDue()
		l.admit()
		l.expire()
		if closed(l.cut) {
			l.cutAll()
		}
		l.more = l.more && !l.over()
		if !l.more && l.active == 0 {
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

// over reports that nothing more may be started.
func (l *loop) over() bool { return closed(l.cut) || closed(l.drain) }

// burst bounds what is started between two looks at the sockets: when a thousand
// clients are due at once, answers to the first must not wait for the last.
const burst = 32

// startDue starts the clients that are due.
func (l *loop) startDue() {
	if !l.more {
		return
	}
	now := l.m.Now()
	for range burst {
		if !l.more || l.pacing.At(l.pending.Due) > now || l.over() {
			return
		}
		if l.more = !l.job.Dropped(l.pending.Due, now); !l.more {
			return // nor will any after it be sent
		}
		l.enter(l.pending)
		l.pending, l.more = l.next()
	}
}

// runReady lets those go on that were ready when it was called. One whose request
// fails at once is ready again, and has its turn after the sockets'.
func (l *loop) runReady() {
	for range l.ready.len() {
		l.proceed(l.ready.pop())
	}
}

// A wait of at most grain for the next start is slept through: the waking for it
// serves the answers that arrive meanwhile, instead of one waking each. Their arrival
// is stamped. Wakings cost more than requests, so no two of such a dense load lie
// closer than pause, which is the most it adds to a lag.
const (
	grain = 100 * time.Microsecond
	pause = 75 * time.Microsecond
)

// await waits for what comes next, and deals with what the sockets say.
func (l *loop) await() error {
	wait := l.patience()
	switch {
	case wait == 0 || l.inFlight == 0 || !l.patient:
	case l.pacing == attack.Batch:
		// Answers wait as well: one waking serves all. Their arrival is stamped.
		if wait < 0 || wait > attack.Tick {
			now := l.m.Now()
			wait = l.pacing.At(now+1) - now
		}
		l.poll.nap(wait)
		wait = 0
	case l.more && wait > 0 && wait <= grain:
		l.poll.nap(max(wait, pause))
		wait = 0
	}
	for answers := l.inFlight; ; answers -= batchSize {
		events, err := l.poll.wait(wait)
		if err != nil {
			return err
		}
		l.polled = l.m.Now()
		for i := range events {
			if e := &events[i]; e.Fd == wakeSlot {
				l.poll.calm()
				l.runPosted()
			} else if c := l.conns.get(e.Fd, e.Pad); c != nil {
				l.handle(c, e.Events)
				l.runReady()
			}
		}
		if l.pacing != attack.Batch || len(events) < batchSize || answers <= batchSize {
			return nil
		}
		wait = 0 // a tick's answers, all of them, but not those to what they led to
	}
}

// patience is how long nothing has to be done unless a socket says so; negative is
// without end.
func (l *loop) patience() time.Duration {
	if l.ready.len() > 0 {
		return 0
	}
	next := time.Duration(-1)
	now := l.polled // near enough for a deadline; a start that is due is looked at anew
	if l.more {
		now = l.m.Now()
	}
	sooner := func(at time.Duration) {
		if d := max(at-now, 0); next < 0 || d < next {
			next = d
		}
	}
	if l.more {
		sooner(l.pacing.At(l.pending.Due))
	}
	if c := l.silence.first; c != nil {
		sooner(c.heard + l.job.Timeout)
	}
	if c := l.whole.first; c != nil {
		sooner(c.end)
	}
	return next
}

// expire ends the requests that have waited too long.
func (l *loop) expire() {
	if l.inFlight == 0 {
		return
	}
	now := l.polled
	for c := l.whole.first; c != nil && now >= c.end; c = l.whole.first {
		l.giveUp(c, wire.Dripping(l.job.Timeout))
	}
	for c := l.silence.first; c != nil && now >= c.heard+l.job.Timeout; c = l.silence.first {
		l.giveUp(c, wire.Silent(l.job.Timeout))
	}
}

// giveUp ends a request that has waited too long, unless its socket knows better: after
// this machine stood still many answers are there, and not each has had its turn.
func (l *loop) giveUp(c *client, reason string) {
	if conn := c.conn; conn != nil {
		heard := c.heard
		l.handle(conn, l.poll.ask(conn))
		if c.conn != conn || c.heard != heard {
			return
		}
	}
	l.timeOut(c, reason)
}

// cutAll ends all requests in flight.
func (l *loop) cutAll() {
	for l.whole.first != nil {
		l.cutOff(l.whole.first)
	}
}

// post has f called by the loop; from any goroutine.
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

// close must be called when no goroutine can post any more.
func (l *loop) close() {
	l.dialer.close()
	l.conns.closeAll()
	l.poll.close()
}
