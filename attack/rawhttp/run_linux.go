package rawhttp

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/wire"
)

// Available reports whether this system can run the engine.
func Available() bool { return true }

func (e *Engine) run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	requests, err := wire.Prepare(job, e.userAgent)
	if err != nil {
		return err
	}
	for i := range requests {
		if requests[i].URL.Scheme != "http" {
			return fmt.Errorf("request %q: no TLS here, use engine nethttp", job.Requests[i].Name)
		}
	}
	if err := enoughFiles(job.Plan); err != nil {
		return err
	}
	defer kerneltime.Keep()()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	loops := make([]*loop, loopsFor(&job))
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
			// Never unlocked: the thread's timer slack is ours, so it ends with the loop.
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

// wakeOnEnd tells the loops that the leg is to end.
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

// loopsFor is how many loops a job needs.
func loopsFor(job *attack.Job) int {
	load, n := job.Plan.Load(), 0
	if job.Plan.Open() {
		rate := peakRate(load, job.Plan) * float64(len(job.Requests))
		n = int(rate / StartsPerLoop)
	} else {
		n = (peakClients(load) - 1) / ClientsPerLoop
	}
	n = min(n+1, runtime.GOMAXPROCS(0))
	if job.Connections == attack.Shared {
		n = min(n, maxConnections(job))
	}
	return n
}

func maxConnections(job *attack.Job) int {
	if job.MaxConnections > 0 {
		return job.MaxConnections
	}
	return attack.DefaultMaxConnections
}

func peakClients(l plan.Load) int {
	n := max(l.Clients, l.From)
	for _, s := range l.Stages {
		n = max(n, s.Clients)
	}
	return n
}

func peakRate(l plan.Load, p plan.Plan) float64 {
	rate := float64(p.Count()) / p.Duration().Seconds()
	for _, s := range l.Stages {
		rate = max(rate, s.Rate)
	}
	return rate
}

// spareFiles is how many files the process may need besides the connections.
const spareFiles = 64

// enoughFiles refuses a closed load whose clients cannot all have a connection: it
// would measure our limit. Package os has raised the soft limit to the hard one.
func enoughFiles(p plan.Plan) error {
	if p.Open() {
		return nil
	}
	clients, limit := peakClients(p.Load()), fileLimit()
	if need := uint64(clients) + spareFiles; need > limit {
		return fmt.Errorf("%d clients need %d open files, this process may have %d: raise the limit with `ulimit -n %d`",
			clients, need, limit, need)
	}
	return nil
}

// fileLimit is how many files this process may open.
func fileLimit() uint64 {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return 1 << 20
	}
	return r.Cur
}
