package attack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// Totals is the account of a leg that has ended: Planned = Sent + Dropped + Skipped, and Sent = the sum of
// the outcomes.
type Totals struct {
	Planned, Sent, Dropped, Skipped uint64
	// Unsure is how many of Dropped may have been sent nevertheless, where nobody is left to tell.
	Unsure uint64
	// Unbounded says that more may have been sent, and nobody knows how many: a generator of a closed load vanished.
	Unbounded bool
	Outcomes  runlog.Outcomes
	// Requests are the outcomes of each request of the pass.
	Requests []runlog.Outcomes
	// Named are the kinds of the requests that were sent with names; nil of a job without.
	Named *claim.Outcomes
	// Duration is from the leg's start to its end: the plan's duration, or the last answer if
	// that came later or the leg was stopped before.
	Duration time.Duration
	// Stopped says why the leg ended before its plan, "" if it did not.
	Stopped  string
	Failures []runlog.Failure
}

// ErrAccounting says that requests were lost or counted twice between the engine and the meter. It is a
// defect of this program, never of the target.
var ErrAccounting = errors.New("the account does not balance")

// LimitError says which limit of this process or this machine keeps it from putting a load on, and what to do.
type LimitError struct{ Words string }

func (e *LimitError) Error() string { return e.Words }

// Planned returns how many requests a plan asks for; ok is false for a closed load, where the answers
// decide it: what is sent or skipped.
func Planned(p plan.Plan, perPass int) (n uint64, ok bool) {
	if !p.Open() {
		return 0, false
	}
	return p.Count() * uint64(perPass), true
}

// Perform runs one leg with an engine and stores every second in cfg.Sink. When ctx ends, requests in
// flight are cut, an [Aborted] as its cause says why; when cfg.Drain is closed, their answers are awaited. The totals are valid also with an
// error: they say how far the leg came. start is the leg's start, and may be in the future.
func Perform(ctx context.Context, e Engine, job Job, start time.Time, cfg MeterConfig) (Totals, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m := newMeter(cfg, start, newDueCounter(job.Plan), func(reason string) { cancel(Aborted(reason)) })
	m.limits = limitsOf(job.Requests)
	m.loadEnds.Store(int64(job.Plan.Duration()))
	m.mixed = Mixed(job.Requests)
	if job.Names != nil {
		m.outcomes = &claim.Outcomes{Names: *job.Names}
	}

	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx, job, m) }()
	err := m.watch(ctx, ended, cancel)
	return m.close(ctx, job, err)
}

// Aborted is the cause of a context that ends a leg at once, in words: the leg's own, or that of whoever
// performs it.
type Aborted string

func (a Aborted) Error() string { return string(a) }

// watch stores a second every second until the engine has ended.
func (m *Meter) watch(ctx context.Context, ended <-chan error, cancel context.CancelCauseFunc) error {
	over := make(chan struct{})
	defer close(over)
	go m.standstill.watch(m.Now, over)
	drain, cut := m.cfg.Drain, ctx.Done()
	begin := time.NewTimer(time.Until(m.start))
	defer begin.Stop()
	// The ticker keeps to whole seconds since the start however long a tick takes.
	next := time.NewTimer(time.Until(m.start.Add(time.Second)))
	defer next.Stop()
	var kept error
	for {
		select {
		case err := <-ended:
			return errors.Join(err, kept)
		case <-drain:
			m.stop()
			drain = nil
		case <-cut:
			m.stop()
			cut = nil
		case <-begin.C:
			m.health = newHealth(m.Now())
		case <-next.C:
			if err := m.tick(); err != nil && kept == nil {
				// A load whose seconds cannot be stored is useless.
				kept = err
				cancel(Aborted(err.Error()))
			}
			next.Reset(time.Until(m.start.Add(time.Duration(m.seconds+1) * time.Second)))
		}
	}
}

// stop notes when the leg was stopped: nothing that ends later is of its load.
func (m *Meter) stop() {
	if m.stoppedAt == 0 {
		m.stoppedAt = m.Now()
		m.loadEnds.Store(min(m.loadEnds.Load(), int64(m.stoppedAt)))
	}
}

// close stores the last seconds and balances the account.
func (m *Meter) close(ctx context.Context, job Job, err error) (Totals, error) {
	for now := m.Now(); now > time.Duration(m.seconds)*time.Second || m.done.Load() > m.total.Ended() || m.due.hasUncounted(now); {
		if terr := m.tick(); terr != nil {
			err = errors.Join(err, terr)
			break
		}
	}
	fs, ferr := m.failures.list()
	err = errors.Join(err, ferr)
	t := Totals{Sent: m.sent.Load(), Skipped: m.skipped, Outcomes: m.total, Requests: m.requests, Named: m.outcomes, Failures: fs, Duration: time.Duration(m.lastDone.Load())}
	if t.Named != nil {
		t.Named.Sent = []uint64{t.Sent}
	}
	t.Planned = t.Sent + t.Skipped
	if n, ok := Planned(job.Plan, PerPass(job.Requests)); ok {
		t.Planned = n
	}
	t.Stopped = m.stopped(ctx, t.Planned > t.Sent, job)
	if t.Stopped == "" {
		t.Duration = max(t.Duration, job.Plan.Duration())
	} else {
		err = errors.Join(err, m.cfg.Sink.Event(runlog.Event{At: cmp.Or(m.stoppedAt, m.Now()).Seconds(), Kind: stopKind(ctx), Text: t.Stopped}))
	}
	if ended, left := t.Outcomes.Ended(), m.active.Load(); ended != t.Sent || t.Sent+t.Skipped > t.Planned || left != 0 {
		err = errors.Join(err, fmt.Errorf("%w: planned %d, sent %d, skipped %d, ended %d, clients still at work %d", ErrAccounting, t.Planned, t.Sent, t.Skipped, ended, left))
	}
	t.Dropped = t.Planned - min(t.Sent+t.Skipped, t.Planned)
	return t, err
}

// stopKind says whether the leg ended itself or was ended from outside.
func stopKind(ctx context.Context) runlog.EventKind {
	var a Aborted
	if errors.As(context.Cause(ctx), &a) {
		return runlog.EventAbort
	}
	return runlog.EventInterrupt
}

// What [Totals.Stopped] says of a leg that was ended from outside.
const (
	WasCut     = "interrupted, requests in flight were cut"
	WasDrained = "interrupted, requests in flight were awaited"
)

// stopped returns why the leg ended before its plan, "" if it did not. unsent says that not all of the
// plan was sent: after its end there may be pauses.
func (m *Meter) stopped(ctx context.Context, unsent bool, job Job) string {
	var a Aborted
	switch cause := context.Cause(ctx); {
	case errors.As(cause, &a):
		return a.Error()
	case cause != nil:
		return WasCut
	}
	select {
	case <-m.cfg.Drain:
		if unsent || m.Now() < job.Plan.Duration() {
			return WasDrained
		}
	default:
	}
	return ""
}

// dueCounter counts what the plan asks for. It uses the plan alone, so that requests which the engine did
// not send are counted too.
type dueCounter struct {
	starts func(before time.Duration) uint64 // nil in a closed load
	seen   uint64
}

func newDueCounter(p plan.Plan) dueCounter {
	if !p.Open() {
		return dueCounter{}
	}
	return dueCounter{starts: p.Counting()}
}

// hasUncounted reports that a start is due by now that has not been counted.
func (d *dueCounter) hasUncounted(now time.Duration) bool {
	return d.starts != nil && d.starts(now+1) > d.seen
}

// until returns how many requests became due before end and after the last call. In a closed load these
// are the sent ones. In an open load they are the new starts and the later requests of a pass, which are
// due when the request before them has ended.
func (d *dueCounter) until(end time.Duration, later, sent uint64) uint64 {
	if d.starts == nil {
		return sent
	}
	was := d.seen
	d.seen = d.starts(end)
	return later + d.seen - was
}
