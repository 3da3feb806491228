package rawhttp

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
)

// Available reports whether this system can run the engine.
func Available() bool { return true }

func (e *Engine) run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	requests, err := wire.Prepare(job, e.userAgent)
	if err != nil {
		return err
	}
	switch {
	case job.Proxy != nil:
		return errors.New("no proxies here, use engine nethttp")
	case job.HTTP2:
		return errors.New("no HTTP/2 here, use engine nethttp")
	}
	if err := wire.EnoughFiles(&job); err != nil {
		return err
	}
	if job.Routes == nil {
		job.Routes = new(route.Table)
	}
	defer kerneltime.KeepStamping()()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	loops := make([]*loop, loopsFor(&job))
	if slices.ContainsFunc(requests, wire.Request.Secured) {
		defer leaveRoom(len(loops))()
	}
	for i := range loops {
		if loops[i], err = newLoop(ctx, &job, requests, m, i, len(loops)); err != nil {
			return err
		}
		defer loops[i].close()
	}
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { wakeOnEnd(ctx, m.Draining(), over, loops) })
	defer watching.Wait() // a loop must not be woken once it is closed
	defer close(over)
	ended := make(chan error, len(loops))
	for _, l := range loops {
		go func() {
			// The thread is never unlocked: it has another timer slack, so it must end with the loop.
			runtime.LockOSThread()
			err := l.run()
			if err != nil {
				cancel(err)
			}
			ended <- err
		}()
	}
	for range loops {
		err = errors.Join(err, <-ended)
	}
	return err
}

// wakeOnEnd wakes the loops when the leg has to end. It returns when over is closed.
func wakeOnEnd(ctx context.Context, drain, over <-chan struct{}, loops []*loop) {
	for {
		select {
		case <-over:
			return
		case <-ctx.Done():
			wakeAll(loops)
			return
		case <-drain:
			wakeAll(loops)
			drain = nil
		}
	}
}

func wakeAll(loops []*loop) {
	for _, l := range loops {
		l.poll.wake()
	}
}

// loopsFor returns how many loops a job needs.
func loopsFor(job *attack.Job) int {
	n := 0
	if job.Plan.Open() {
		n = int(peakRate(job.Plan) * float64(attack.PerPass(job.Requests)) / requestsPerLoop)
	} else {
		n = (wire.PeakClients(job) - 1) / clientsPerLoop
	}
	n = min(n+1, runtime.GOMAXPROCS(0))
	if job.Connections == attack.Shared {
		n = min(n, wire.MaxConnections(job))
	}
	return n
}

// leaveRoom lets Go use a processor more than there are loops, for their handshakes; putBack ends
// that. On one processor of Go's a loop that returns from epoll waits until a handshake has been
// computed, and a handshake that is due waits until Go notices that the loop is in epoll: of what
// that processor can do, a third was lost (569 handshakes a second, with room 934). Of threads the
// kernel knows better which has waited.
func leaveRoom(loops int) (putBack func()) {
	n := runtime.GOMAXPROCS(0)
	if n > loops {
		return func() {}
	}
	runtime.GOMAXPROCS(loops + 1)
	return func() { runtime.GOMAXPROCS(n) }
}

func peakRate(p plan.Plan) float64 {
	rate := float64(p.Count()) / p.Duration().Seconds()
	for _, s := range p.Load().Stages {
		rate = max(rate, s.Rate)
	}
	return rate
}
