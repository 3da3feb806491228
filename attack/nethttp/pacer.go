package nethttp

import (
	"context"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
)

// pacer waits until the clients of a plan are due.
type pacer struct {
	ctx    context.Context
	job    *attack.Job
	pacing attack.Pacing // of an open load; a closed one's clients join when they are due
	m      *attack.Meter
	unsent chan<- struct{}
	timer  *time.Timer
	alarm  *alarm
}

// fine is the last stretch before a start, waited for by the alarm. It is too short
// to be worth interrupting, and longer than a Go timer is late.
const fine = 2 * time.Millisecond

func newPacer(g *leg) *pacer {
	timer := time.NewTimer(0)
	timer.Stop()
	p := &pacer{ctx: g.ctx, job: &g.job, m: g.m, unsent: g.unsent, timer: timer, alarm: newAlarm()}
	if g.job.Plan.Open() {
		p.pacing = g.job.Pacing
	}
	return p
}

func (p *pacer) close() {
	p.timer.Stop()
	p.alarm.close()
}

// wait returns when a client is to start; false: nothing more is to be started.
func (p *pacer) wait(s plan.Start) bool {
	return p.until(p.pacing.At(s.Due)) && p.admit() && !p.job.Dropped(s.Due, p.m.Now())
}

// admit waits until one more client may wait to send; false: the leg is being ended.
func (p *pacer) admit() bool {
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

// until waits for an instant of the leg; false: the leg is being ended.
func (p *pacer) until(due time.Duration) bool {
	if p.ctx.Err() != nil {
		return false
	}
	now := p.m.Now()
	if now >= due { // the rest of a batch, or we are late: no timer need wake us
		select {
		case <-p.m.Draining():
			return false
		default:
			return true
		}
	}
	p.timer.Reset(due - fine - now)
	select {
	case <-p.ctx.Done():
		return false
	case <-p.m.Draining():
		return false
	case <-p.timer.C:
	}
	if left := due - p.m.Now(); left > 0 {
		p.alarm.sleep(left)
	}
	return true
}
