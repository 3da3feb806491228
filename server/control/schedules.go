package control

import (
	"context"
	"time"

	"github.com/stress-tool/stress/server/schedule"
	"github.com/stress-tool/stress/server/store"
)

// AddSchedule keeps a schedule of a test; its rule, what becomes of missed times, and its test are given.
// A paused one has no next time.
func (c *Control) AddSchedule(ctx context.Context, s store.Schedule, paused bool) (store.Schedule, error) {
	s.ID = store.NewID()
	s, err := started(s, paused)
	if err != nil {
		return s, err
	}
	return s, c.Store.AddSchedule(ctx, s)
}

// ChangeSchedule keeps another rule for a schedule.
func (c *Control) ChangeSchedule(ctx context.Context, s store.Schedule, paused bool) (store.Schedule, error) {
	s, err := started(s, paused)
	if err != nil {
		return s, err
	}
	return s, c.Store.ChangeSchedule(ctx, s)
}

// started is a schedule that begins now.
func started(s store.Schedule, paused bool) (store.Schedule, error) {
	s.Created = time.Now().UTC().Truncate(time.Millisecond)
	rule, err := schedule.RuleOf(s)
	if err != nil {
		return s, &InvalidError{err}
	}
	if s.Next, s.Note = rule.Next(s.Created), ""; paused {
		s.Next = time.Time{}
	}
	return s, nil
}
