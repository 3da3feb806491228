// Package queue performs the runs that a store has queued, one after the other: two at a time would
// measure each other.
package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server/live"
	"github.com/stress-tool/stress/server/store"
)

// Queue performs runs. Its fields are set before [Queue.Work].
type Queue struct {
	Store *store.Store
	// Begin begins a run of a test in its directory, which is not there yet. end gives up what the run needed, once
	// it is over; without an error it is there.
	Begin func(ctx context.Context, t store.Test, r store.Run) (running *run.Running, end func(), err error)
	// Collect ends the run of a directory, whose process was killed, with what others kept of it. It reports false
	// of a run of which nobody else has anything. Nil is for queues without such.
	Collect func(ctx context.Context, dir string) (bool, error)
	// Live shows the run that goes on.
	Live live.Hub

	mu      sync.Mutex
	current *current
	wake    chan struct{}
	slot    chan struct{} // holds one: what has the machine, and its agents, for itself
}

// current is the run that is being performed.
type current struct {
	id      string
	cancel  context.CancelFunc // ends its preparations
	cut     context.CancelFunc // ends what is in flight; nil until it has begun
	running *run.Running       // nil until it has begun
}

// New is the queue of a store.
func New(s *store.Store) *Queue {
	return &Queue{Store: s, wake: make(chan struct{}, 1), slot: make(chan struct{}, 1)}
}

// Wake says that there may be something to do.
func (q *Queue) Wake() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Work performs runs until ctx ends; the one that goes on then ends in order and is judged. What a
// process before it left running is judged first, as far as it came. On a full disk it waits for room. The
// error is the store's.
func (q *Queue) Work(ctx context.Context) error {
	if err := q.settle(ctx); err != nil {
		return unlessEnded(ctx, err)
	}
	for ctx.Err() == nil {
		if err := q.Store.UntilRoom(ctx, func() error { return q.next(ctx) }); errors.Is(err, store.ErrNotFound) {
			q.idle(ctx)
		} else if err != nil {
			return unlessEnded(ctx, err)
		}
	}
	return nil
}

// next performs the run that is next. Without any the error is [store.ErrNotFound].
func (q *Queue) next(ctx context.Context) error {
	select {
	case q.slot <- struct{}{}:
		defer q.free()
	case <-ctx.Done():
		return ctx.Err()
	}
	starting, cancel := context.WithCancel(ctx)
	defer cancel()
	q.mu.Lock() // so that whoever stops the run finds it queued, or as the current one
	r, err := q.Store.Take(ctx, time.Now())
	if err == nil {
		q.current = &current{id: r.ID, cancel: cancel}
	}
	q.mu.Unlock()
	if err != nil {
		return err
	}
	defer func() {
		q.mu.Lock()
		q.current = nil
		q.mu.Unlock()
	}()
	t, err := q.Store.Test(ctx, r.Test)
	if err != nil { // [store.ErrNotFound]: it was deleted meanwhile, and its run with it
		return err
	}
	summary, err := q.measure(starting, t, r)
	return q.ended(ctx, r.ID, err, summary)
}

// ErrGoing says that a run goes on.
var ErrGoing = errors.New("a run goes on: wait for its end, or stop it")

// Hold keeps runs from beginning until free is called. The error is [ErrGoing] while one goes on.
func (q *Queue) Hold() (free func(), err error) {
	select {
	case q.slot <- struct{}{}:
		return q.free, nil
	case <-time.After(holdWithin): // to look for a run that waits takes less
		return nil, ErrGoing
	}
}

const holdWithin = 500 * time.Millisecond

func (q *Queue) free() { <-q.slot }

func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (q *Queue) idle(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-q.wake:
	}
}

// Stop ends a run: one that is queued is not begun, one that goes on ends in order. Of one that has
// ended the error is [store.ErrNotFound].
func (q *Queue) Stop(ctx context.Context, id string) error {
	if q.stopCurrent(id) {
		return nil
	}
	return q.Store.End(ctx, id, time.Now(), "it was stopped before it began", nil)
}

// Cut ends the run that goes on, if it is that one, at once: what is in flight is not awaited.
func (q *Queue) Cut(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.current != nil && q.current.id == id && q.current.cut != nil {
		q.current.running.Drain()
		q.current.cut()
		q.Live.Stopping(id)
	}
}

// StopForgotten ends the run that goes on where its test is no longer kept.
func (q *Queue) StopForgotten(ctx context.Context) error {
	q.mu.Lock()
	id := ""
	if q.current != nil {
		id = q.current.id
	}
	q.mu.Unlock()
	if id == "" {
		return nil
	}
	_, err := q.Store.Run(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		q.stopCurrent(id)
		return nil
	}
	return err
}

func (q *Queue) stopCurrent(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.current == nil || q.current.id != id:
		return false
	case q.current.running == nil:
		q.current.cancel()
	default:
		q.current.running.Drain()
		q.Live.Stopping(id)
	}
	return true
}

// mostProblem bounds what is kept of an error, in characters.
const mostProblem = 2000

// ended keeps what became of a run, also when the server is about to end.
func (q *Queue) ended(ctx context.Context, id string, met error, summary *store.Summary) error {
	problem := ""
	if met != nil {
		problem = plain.Clip(plain.Line(met.Error()), mostProblem)
	}
	defer q.Live.Over(id)
	at := time.Now()
	err := q.Store.UntilRoom(ctx, func() error { return q.Store.End(context.WithoutCancel(ctx), id, at, problem, summary) })
	if errors.Is(err, store.ErrNotFound) { // its test was deleted meanwhile
		return nil
	}
	return err
}

// measure puts the load on. The summary is nil where nothing was measured.
func (q *Queue) measure(starting context.Context, t store.Test, r store.Run) (*store.Summary, error) {
	dir := q.Store.Dir(r)
	// What is in flight is to be awaited, so the run has a context that only its preparations end.
	ctx, cut := context.WithCancel(context.WithoutCancel(starting))
	defer cut()
	preparing := context.AfterFunc(starting, cut)
	running, end, err := q.Begin(ctx, t, r)
	preparing()
	if err == nil {
		defer end()
	} else {
		if starting.Err() != nil {
			err = fmt.Errorf("it was stopped before it began: %w", err)
		}
		return nil, err
	}
	q.mu.Lock()
	q.current.running, q.current.cut = running, cut
	q.mu.Unlock()
	defer context.AfterFunc(starting, running.Drain)() // somebody stopped it while it began, or the server ends
	for e := range running.Events {
		q.Live.Heard(r.ID, e)
	}
	a, err := running.Wait()
	if a == nil {
		return nil, err
	}
	summary, unwritten := summarise(dir, a)
	return summary, errors.Join(err, unwritten)
}

// summarise writes the reports of a judged run and returns what is kept of it. What was measured is
// worth that also when the server is about to end.
func summarise(dir string, a *result.Analysis) (*store.Summary, error) {
	ctx := context.Background()
	unwritten := report.WriteAll(ctx, dir, a)
	x, err := run.List(ctx, dir, report.PageFile)
	if err != nil {
		return nil, errors.Join(err, unwritten)
	}
	return store.SummaryOf(a, x.Runs[0]), unwritten
}

// settle ends what a process before this one left running: it was killed, or the machine was.
func (q *Queue) settle(ctx context.Context) error {
	left, err := q.Store.Waiting(ctx)
	if err != nil {
		return err
	}
	for _, r := range left {
		if r.State != store.Running {
			continue
		}
		dir := q.Store.Dir(r)
		collected, uncollected := false, error(nil)
		if q.Collect != nil {
			if collected, uncollected = q.Collect(ctx, dir); ctx.Err() != nil {
				return ctx.Err() // the next start collects it
			}
		}
		summary, err := Judge(ctx, dir)
		err = errors.Join(cutOff(dir, summary, collected), uncollected, err)
		if err := q.ended(ctx, r.ID, err, summary); err != nil {
			return err
		}
	}
	return nil
}

// cutOff is what is wrong with a run that a process before this one left; nil of one that had been
// measured to its end.
func cutOff(dir string, summary *store.Summary, collected bool) error {
	if summary == nil {
		return errors.New("the server was ended before its load began")
	}
	if made, err := runlog.Open(dir); err == nil && !made.Partial() {
		return nil
	}
	if collected {
		return errors.New("the server was ended while it ran; its agents stopped by themselves, and what they had measured until then was collected from them afterwards")
	}
	return errors.New("the server was ended while it ran")
}

// Judge judges a run by its directory and writes its reports there. Where there is none, the run had not
// begun: the summary is nil.
func Judge(ctx context.Context, dir string) (*store.Summary, error) {
	a, err := run.Read(ctx, dir)
	switch {
	case errors.Is(err, runlog.ErrNoRun):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return summarise(dir, a)
}
