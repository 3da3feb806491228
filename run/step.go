package run

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// Step is one leg to come.
type Step struct {
	Target string // the name of one of the run's targets
	Round  int    // from 1
	// Load is the step's own, in a run of several loads by the name of one of them; nil is the
	// scenario's first.
	Load *Load
	// WarmUp, if above 0, makes the step the beginning of its load, for so long: it prepares
	// the next step, and no figure counts it.
	WarmUp time.Duration
	// CoolDown is the pause before the step.
	CoolDown time.Duration
	// Ended gets the totals of the step before the next step is asked for. It may be nil.
	Ended func(attack.Totals)

	// The others are for people. N is the number of the leg, from 1, among Of legs; a warm-up
	// has the number of the leg after it. Of and Rounds are 0 if they are not known. Budget is
	// the time within which legs may begin, 0 without one.
	N, Of, Rounds int
	Budget        time.Duration
}

// Steps are the legs of a run in their order. The next is asked for when the one before it
// has ended, so that it may depend on the time that has passed and on what was found.
type Steps = iter.Seq[Step]

// perform performs step after step. stopped is [interrupted] when the run did not come to
// its end; a signal that comes after the last request is none.
func (r *runner) perform(ctx context.Context, w *runlog.Writer, steps Steps) (stopped string, err error) {
	for s := range steps {
		r.coolDown(ctx, s.CoolDown)
		if r.interrupted(ctx) {
			return interrupted, nil
		}
		if err := r.scale(ctx, w, s); r.interrupted(ctx) {
			return interrupted, nil
		} else if err != nil {
			return "", err
		}
		t, err := r.leg(ctx, w, s)
		switch {
		case errors.Is(err, context.Canceled) && r.interrupted(ctx): // while it was made ready
			return interrupted, nil
		case err != nil:
			return "", err
		case t.Stopped != "" && r.interrupted(ctx):
			return interrupted, nil
		}
		if s.Ended != nil {
			s.Ended(t)
		}
	}
	return "", nil
}

// coolDown waits until the next leg may begin, or somebody asks to end.
func (r *runner) coolDown(ctx context.Context, pause time.Duration) {
	if pause == 0 || r.interrupted(ctx) {
		return
	}
	r.told.tell(Waiting{ForCoolDown, pause})
	select {
	case <-time.After(pause):
	case <-r.drain:
	case <-ctx.Done():
	}
}

func (r *runner) interrupted(ctx context.Context) bool {
	select {
	case <-r.drain:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}
