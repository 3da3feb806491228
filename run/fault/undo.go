package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Undone is what became of a change.
type Undone struct {
	Change
	// Now is what the resource was found to be at the end; "" where it could not be read.
	Now string
	// Err says why it is not what it was before: nobody answered, or [*ForeignError]. nil is
	// undone, or that there is nothing more to undo.
	Err error
	// Text says all of it for people.
	Text string
}

// ForeignError says that somebody else has changed a resource since, so that it was left alone.
type ForeignError struct {
	Change
	Now string
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s: %s now; it was %s, this program made it %s, and somebody else has changed it since, so it is left alone",
		e.Resource, e.Now, e.Before, e.Made[len(e.Made)-1])
}

// undoWithin bounds the undoing of one change, its proof included.
const undoWithin = 20 * time.Second

// every change is asked for.
func every(Change) bool { return true }

// undo brings back what the changes asked for were before, the last change first, and reads it
// back. It may be done again.
func (j *Journal) undo(ctx context.Context, c cluster, asked func(Change) bool) []Undone {
	var out []Undone
	for _, change := range j.Changes() {
		if !asked(change) {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, undoWithin)
		u := Undone{Change: change}
		u.Now, u.Text, u.Err = undoOne(ctx, c, change)
		cancel()
		switch {
		case u.Err != nil:
			u.Text = fmt.Sprintf("not undone: %v", u.Err)
		default:
			u.Err = j.add(entry{Step: undone, Resource: &change.Resource, After: change.Before})
		}
		out = append(out, u)
	}
	return out
}

// cluster is what undoing needs of a [Cluster].
type cluster interface {
	// Value is what a resource is, [errGone] when it is no more.
	Value(context.Context, Resource) (string, error)
	Set(ctx context.Context, r Resource, value string) error
}

// undoOne brings back one change: what the resource is then, and how that is said.
func undoOne(ctx context.Context, c cluster, change Change) (now, text string, err error) {
	now, err = c.Value(ctx, change.Resource)
	switch {
	case errors.Is(err, errGone):
		return "", fmt.Sprintf("%s: gone, so nothing is to undo", change.Resource), nil
	case err != nil:
		return "", "", fmt.Errorf("%s: %w", change.Resource, err)
	case now == change.Before:
		return now, fmt.Sprintf("%s: %s, as before", change.Resource, now), nil
	case !slices.Contains(change.Made, now):
		return now, "", &ForeignError{change, now}
	}
	if err := c.Set(ctx, change.Resource, change.Before); err != nil {
		return now, "", fmt.Errorf("%s: %w", change.Resource, err)
	}
	was := now
	if now, err = c.Value(ctx, change.Resource); err != nil {
		return "", "", fmt.Errorf("%s: %w", change.Resource, err)
	}
	if now != change.Before {
		return now, "", fmt.Errorf("%s: %s after it was made %s again", change.Resource, now, change.Before)
	}
	return now, fmt.Sprintf("undone: %s: %s again, was %s", change.Resource, now, was), nil
}

// leave accepts what changed resources are now.
func (j *Journal) leave() error {
	var errs []error
	for _, change := range j.Changes() {
		errs = append(errs, j.add(entry{Step: left, Resource: &change.Resource}))
	}
	return errors.Join(errs...)
}
