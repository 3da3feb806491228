package nethttp

import (
	"context"
	"iter"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
)

// pacer is the plan as vegeta's pacer. It waits by itself instead of telling
// vegeta how long to sleep, for that sleep cannot be interrupted.
type pacer struct {
	ctx    context.Context
	job    *attack.Job
	pacing attack.Pacing // of an open load; a closed one's clients join when they are due
	m      *attack.Meter
	starts chan<- plan.Start
	unsent chan<- struct{}
	next   func() (plan.Start, bool)
	stop   func()
	timer  *time.Timer
	alarm  *alarm
}

// fine is the last stretch before a start, waited for by the alarm. It is too short
// to be worth interrupting, and longer than a Go timer is late.
const fine = 2 * time.Millisecond

var _ vegeta.Pacer = (*pacer)(nil)

func newPacer(g *leg) *pacer {
	next, stop := iter.Pull(g.job.Plan.Starts())
	timer := time.NewTimer(0)
	timer.Stop()
	p := &pacer{ctx: g.ctx, job: &g.job, m: g.m, starts: g.starts, unsent: g.unsent, next: next, stop: stop, timer: timer, alarm: newAlarm()}
	if g.job.Plan.Open() {
		p.pacing = g.job.Pacing
	}
	return p
}

func (p *pacer) close() {
	p.stop()
	p.timer.Stop()
	p.alarm.close()
}

// Pace returns when the next client is due, having left its start for the worker
// that vegeta will wake, or when nothing more may be started.
func (p *pacer) Pace(time.Duration, uint64) (wait time.Duration, stop bool) {
	s, ok := p.next()
	if !ok || !p.until(p.pacing.At(s.Due)) || !p.admit() || p.job.Dropped(s.Due, p.m.Now()) {
		return 0, true
	}
	p.starts <- s
	return 0, false
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

// Rate implements vegeta.Pacer.
func (p *pacer) Rate(at time.Duration) float64 { return p.job.Plan.Rate(at) }

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
