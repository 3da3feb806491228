package control

import (
	"context"
	"errors"
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
	return s, c.Store.AddSchedule(ctx, s, By(ctx))
}

// ChangeSchedule keeps another rule for a schedule.
func (c *Control) ChangeSchedule(ctx context.Context, s store.Schedule, paused bool) (store.Schedule, error) {
	s, err := started(s, paused)
	if err != nil {
		return s, err
	}
	return s, c.Store.ChangeSchedule(ctx, s, By(ctx))
}

// started is a schedule that begins now.
func started(s store.Schedule, paused bool) (store.Schedule, error) {
	s.Created = time.Now().UTC().Truncate(time.Millisecond)
	rule, err := schedule.RuleOf(s)
	if err != nil {
		return s, unruly(err)
	}
	if s.Next, s.Note = rule.Next(s.Created), ""; paused {
		s.Next = time.Time{}
	}
	return s, nil
}

// unruly is what is wrong with a rule, at its field.
func unruly(err error) error {
	var at *schedule.FieldError
	if errors.As(err, &at) {
		return &InvalidError{Field: at.Field, Err: at.Err}
	}
	return &InvalidError{Err: err}
}

// Upcoming are the next times of a schedule after an instant, at most so many, on the clocks of its zone.
// Whether it is paused makes no difference.
func (c *Control) Upcoming(s store.Schedule, after time.Time, most int) ([]time.Time, error) {
	if s.Created.IsZero() {
		s.Created = after
	}
	rule, err := schedule.RuleOf(s)
	if err != nil {
		return nil, unruly(err)
	}
	var all []time.Time
	for range most {
		if after = rule.Next(after); after.IsZero() {
			break
		}
		all = append(all, after.In(rule.Zone()))
	}
	return all, nil
}
