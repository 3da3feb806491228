package nethttp

import (
	"context"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
)

// pacer waits until each client of a plan is due.
type pacer struct {
	ctx     context.Context
	job     *attack.Job
	pacing  attack.Pacing // of an open load; "" for a closed one, whose clients start when they are due
	m       *attack.Meter
	unsent  chan<- struct{}
	timer   *time.Timer
	sleeper *preciseSleeper
}

// preciseStretch is the last part of a wait, which the preciseSleeper sleeps. Nothing interrupts
// it, because it is short; it is longer than the error of a Go timer.
const preciseStretch = 2 * time.Millisecond

func newPacer(g *leg) *pacer {
	timer := time.NewTimer(0)
	timer.Stop()
	p := &pacer{ctx: g.ctx, job: &g.job, m: g.m, unsent: g.unsent, timer: timer, sleeper: newPreciseSleeper()}
	if g.job.Plan.Open() {
		p.pacing = g.job.Pacing
	}
	return p
}

func (p *pacer) close() {
	p.timer.Stop()
	p.sleeper.close()
}

// wait returns when a client has to start, or false if nothing more may be started.
func (p *pacer) wait(s plan.Start) bool {
	return p.waitUntil(p.pacing.At(s.Due)) && p.acquireUnsent() && !p.job.Dropped(s.Due, p.m.Now())
}

// acquireUnsent waits until one more client may wait to send, see maxUnsent. It returns false when
// the leg is ending.
func (p *pacer) acquireUnsent() bool {
	if !p.job.Plan.Open() {
		return true
	}
	select {
	case p.unsent <- struct{}{}:
		return true
	case <-p.ctx.Done():
	case <-p.m.Draining():
	}
	return false
}

// waitUntil waits for an instant of the leg. It returns false when the leg is ending.
func (p *pacer) waitUntil(due time.Duration) bool {
	if p.ctx.Err() != nil {
		return false
	}
	now := p.m.Now()
	if now >= due { // the rest of a batch, or the generator is late: no timer is needed
		select {
		case <-p.m.Draining():
			return false
		default:
			return true
		}
	}
	p.timer.Reset(due - preciseStretch - now)
	select {
	case <-p.ctx.Done():
		return false
	case <-p.m.Draining():
		return false
	case <-p.timer.C:
	}
	if left := due - p.m.Now(); left > 0 {
		p.sleeper.sleep(left)
	}
	return true
}
