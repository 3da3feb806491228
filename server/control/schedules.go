package control

import (
	"context"
	"time"

	"github.com/stress-tool/stress/server/schedule"
	"github.com/stress-tool/stress/server/store"
)

// AddSchedule keeps a schedule of a test; its rule, what becomes of missed times, and its test are given.
func (c *Control) AddSchedule(ctx context.Context, s store.Schedule) (store.Schedule, error) {
	s.ID = store.NewID()
	s, err := started(s)
	if err != nil {
		return s, err
	}
	return s, c.Store.AddSchedule(ctx, s)
}

// ChangeSchedule keeps another rule for a schedule; paused takes its next time from it.
func (c *Control) ChangeSchedule(ctx context.Context, s store.Schedule, paused bool) (store.Schedule, error) {
	s, err := started(s)
	if err != nil {
		return s, err
	}
	if s.Note = ""; paused {
		s.Next = time.Time{}
	}
	return s, c.Store.ChangeSchedule(ctx, s)
}

// started is a schedule that begins now.
func started(s store.Schedule) (store.Schedule, error) {
	s.Created = time.Now().UTC().Truncate(time.Millisecond)
	rule, err := schedule.RuleOf(s)
	if err != nil {
		return s, &InvalidError{err}
	}
	s.Next = rule.Next(s.Created)
	return s, nil
}
