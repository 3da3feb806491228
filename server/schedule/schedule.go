// Package schedule queues runs of tests when their time has come: once, or again and again.
package schedule

import (
	"context"
	"errors"
	"time"

	"github.com/stress-tool/stress/server/store"
)

// Scheduler queues the runs of a store's schedules.
type Scheduler struct {
	Store *store.Store
	// Wake hears that there is a run to perform.
	Wake func()
}

const (
	often = time.Second // how often it looks
	// late is how long after its time a run is still on time: longer than any look takes.
	late = time.Minute
)

// Work queues what is due until ctx ends; on a full disk it waits for room. The error is the store's.
func (s *Scheduler) Work(ctx context.Context) error {
	look := time.NewTicker(often)
	defer look.Stop()
	for {
		if err := s.Store.UntilRoom(ctx, func() error { return s.queue(ctx, time.Now()) }); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
}

// queue queues what is due.
func (s *Scheduler) queue(ctx context.Context, now time.Time) error {
	once, err := s.Store.AskDue(ctx, now)
	if err != nil {
		return err
	}
	any := len(once) > 0
	due, err := s.Store.DueSchedules(ctx, now)
	for _, c := range due {
		queued, ferr := s.fire(ctx, c, now)
		any = any || queued
		if ferr != nil && !errors.Is(ferr, store.ErrNotFound) { // somebody changed or deleted it meanwhile
			err = errors.Join(err, ferr)
		}
	}
	if any {
		s.Wake()
	}
	return err
}

// fire queues the run of a schedule that is due, or takes its time without one.
func (s *Scheduler) fire(ctx context.Context, c store.Schedule, now time.Time) (queued bool, err error) {
	rule, err := RuleOf(c)
	if err != nil { // another version of this program took it
		return s.Store.Fire(ctx, c, time.Time{}, "paused: "+err.Error(), now)
	}
	skip := ""
	if c.Missed == store.SkipMissed && now.Sub(c.Next) > late {
		skip = "missed, because no server ran"
	}
	return s.Store.Fire(ctx, c, rule.Next(now), skip, now)
}
