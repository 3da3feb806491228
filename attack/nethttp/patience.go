package nethttp

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"
)

// The causes of a context that patience ended.
var (
	errSilent   = errors.New("no data within the timeout")
	errDripping = errors.New("no end within the total timeout")
)

// patience ends an exchange in which no byte moves for a time, or which takes too
// long in all. Bytes only leave a note of when they moved; the timer, when it
// fires, looks at the note and sleeps again. Resetting a timer at every byte would
// cost more than everything else here.
type patience struct {
	now    func() time.Duration
	cancel context.CancelCauseFunc
	quiet  time.Duration // the longest without data
	end    time.Duration // the instant at which it is enough in all
	timer  *time.Timer
	// heard is when data last moved, as far as the exchange itself saw; conn is the
	// connection to ask, nil when others are on it too.
	heard atomic.Int64
	conn  atomic.Pointer[conn]
}

func newPatience(now func() time.Duration, quiet time.Duration, times int, cancel context.CancelCauseFunc) *patience {
	p := &patience{now: now, cancel: cancel, quiet: quiet}
	p.touch()
	p.end = time.Duration(p.heard.Load()) + quiet*time.Duration(times)
	p.timer = time.AfterFunc(math.MaxInt64, p.look) // look must find the timer set
	p.timer.Reset(quiet)
	return p
}

// touch notes that data moved.
func (p *patience) touch() { p.heard.Store(int64(p.now())) }

// on names the connection that the exchange is now alone on; nil is none.
func (p *patience) on(c *conn) {
	p.touch()
	p.conn.Store(c)
}

func (p *patience) look() {
	now, heard := p.now(), time.Duration(p.heard.Load())
	if c := p.conn.Load(); c != nil {
		heard = max(heard, c.moved())
	}
	switch {
	case now >= p.end:
		p.cancel(errDripping)
	case now >= heard+p.quiet:
		p.cancel(errSilent)
	default:
		p.timer.Reset(min(heard+p.quiet, p.end) - now)
	}
}

// stop must be called when the exchange has ended.
func (p *patience) stop() { p.timer.Stop() }
