package nethttp

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"
)

// The causes of a context that a watchdog ended.
var (
	errNoData = errors.New("no data within the timeout")
	errNoEnd  = errors.New("no end within the total timeout")
)

// watchdog ends an exchange without any traffic for the timeout, or that takes longer than the
// total timeout. Traffic only stores its instant; when the timer fires it reads that instant and
// is set again. Resetting the timer at every read would cost more than all the rest here.
type watchdog struct {
	now      func() time.Duration
	cancel   context.CancelCauseFunc
	timeout  time.Duration // the longest time without traffic
	deadline time.Duration // when the total timeout is reached
	timer    *time.Timer
	// lastData is when the exchange itself last saw data, in nanoseconds. conn knows of more,
	// and is nil when it carries other exchanges too.
	lastData atomic.Int64
	conn     atomic.Pointer[conn]
}

func newWatchdog(now func() time.Duration, quiet time.Duration, times int, cancel context.CancelCauseFunc) *watchdog {
	p := &watchdog{now: now, cancel: cancel, timeout: quiet}
	p.noteData()
	p.deadline = time.Duration(p.lastData.Load()) + quiet*time.Duration(times)
	p.timer = time.AfterFunc(math.MaxInt64, p.check) // check uses p.timer, so it must not run before this
	p.timer.Reset(quiet)
	return p
}

// noteData notes that data was sent or received.
func (p *watchdog) noteData() { p.lastData.Store(int64(p.now())) }

// watch sets the connection that carries this exchange alone; nil is none.
func (p *watchdog) watch(c *conn) {
	p.noteData()
	p.conn.Store(c)
}

func (p *watchdog) check() {
	now, heard := p.now(), time.Duration(p.lastData.Load())
	if c := p.conn.Load(); c != nil {
		heard = max(heard, c.lastTraffic())
	}
	switch {
	case now >= p.deadline:
		p.cancel(errNoEnd)
	case now >= heard+p.timeout:
		p.cancel(errNoData)
	default:
		p.timer.Reset(min(heard+p.timeout, p.deadline) - now)
	}
}

// stop stops the timer. It must be called when the exchange has ended.
func (p *watchdog) stop() { p.timer.Stop() }
