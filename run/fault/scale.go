package fault

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Scaler gives a service the numbers of replicas that targets ask for, one after the other, and
// in the end the number that it had. What it does is in a journal first.
type Scaler struct {
	// Waits is told that the service is scaled or not yet converged, for how long at most; it may
	// be nil.
	Waits func(most time.Duration)

	cluster *Cluster
	journal *Journal
}

// NewScaler prepares to scale the service of a cluster.
func NewScaler(c *Cluster, j *Journal) *Scaler { return &Scaler{cluster: c, journal: j} }

func (s *Scaler) resource() Resource {
	return Resource{Kind: Replicas, ID: s.cluster.service, Name: s.cluster.service}
}

// Check makes sure that the service can be scaled. It changes nothing. The error is a [*PlanError]
// for one that cannot.
func (s *Scaler) Check(ctx context.Context) error {
	state, err := s.cluster.Look(ctx)
	if err != nil {
		return err
	}
	if state.Service.Replicas == 0 {
		if _, err := s.cluster.Value(ctx, s.resource()); err != nil {
			return &PlanError{"scaling " + s.cluster.service, err.Error()}
		}
	}
	return nil
}

// To scales the service to n replicas, 0 for as many as it had, and returns once they run.
// from is the number that it had, -1 where it had n already. An error says what is missing in the end, or that
// somebody else scales the service, which is then left alone.
func (s *Scaler) To(ctx context.Context, n int) (from int, err error) {
	was, err := s.cluster.Value(ctx, s.resource())
	if err != nil {
		return -1, fmt.Errorf("%s: %w", s.resource(), err)
	}
	to := strconv.Itoa(n)
	if ours := s.change(); ours != nil {
		if was != ours.Before && !slices.Contains(ours.Made, was) {
			return -1, &ForeignError{*ours, was}
		}
		if n == 0 {
			to = ours.Before
		}
	} else if n == 0 {
		return -1, nil
	}
	from = -1
	waits := s.Waits
	if was != to {
		if from, err = strconv.Atoi(was); err != nil {
			return -1, fmt.Errorf("%s: %w", s.resource(), err)
		}
		if waits != nil {
			waits(steadyWithin)
		}
		waits = nil // told already
		if err := s.set(ctx, was, to); err != nil {
			return -1, err
		}
	}
	if why := s.cluster.Steady(ctx, steadyWithin, waits); why != "" {
		return from, fmt.Errorf("%s: made %s, and after %v %s", s.resource(), to, steadyWithin, why)
	}
	return from, nil
}

// change is what the scaler has made of the replicas; nil for nothing.
func (s *Scaler) change() *Change {
	for _, c := range s.journal.Changes() {
		if c.Fault == "" {
			return &c
		}
	}
	return nil
}

func (s *Scaler) set(ctx context.Context, was, to string) error {
	r := s.resource()
	line := entry{Step: doing, Resource: &r, Before: was, After: to}
	if err := cmpErr(s.journal.begin(), func() error { return s.journal.add(line) }); err != nil {
		return err
	}
	err := s.cluster.Set(context.WithoutCancel(ctx), r, to)
	if line.Step = done; err != nil {
		line.Step, line.Error = failed, err.Error()
	}
	if stored := s.journal.add(line); stored != nil {
		return stored
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r, err)
	}
	return nil
}

// Restore gives the service the replicas that it had; nothing where it was not scaled.
func (s *Scaler) Restore(ctx context.Context) []Undone {
	return s.journal.undo(ctx, s.cluster, func(c Change) bool { return c.Fault == "" })
}
