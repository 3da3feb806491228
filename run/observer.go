package run

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
	"github.com/stress-tool/stress/secret"
)

// Observer sees a leg from another side than the load: the ledger counts the rows that the
// service writes. For every leg, warm-ups too, its methods are called in their order, and
// never two of them at once. Several observers are called one after the other, except for
// During, which all of them do at the same time.
//
// What a target does not answer is for the observer to note. An error is one of storing,
// and ends the run.
type Observer interface {
	// Before looks at the target while nothing is sent. The leg is yet to be begun: it has
	// no Dir and no Started. What there is to store waits for During. When ctx has ended, the
	// run is asked to end, in order or at once, and nothing will be sent.
	Before(ctx context.Context, leg runlog.Leg)
	// During is called shortly before the first request, with the leg as it has begun, and must
	// return when ctx ends, which is when the load has. It may return earlier.
	During(ctx context.Context, leg runlog.Leg, notes runlog.Notes) error
	// After looks again; t is what the load came to. When ctx has ended, somebody wants the run
	// to end at once.
	After(ctx context.Context, t attack.Totals, notes runlog.Notes) error
}

// before has all observers look, before a leg. Of a run that is asked to end there is no
// load to look before, and a look may take minutes.
func (r *runner) before(ctx context.Context, leg runlog.Leg) {
	ctx, cancel := r.untilAsked(ctx)
	defer cancel()
	for _, o := range r.observers {
		o.Before(ctx, leg)
	}
}

// untilAsked is a context that ends when the run is asked to.
func (r *runner) untilAsked(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-r.drain:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// during puts the load on while all observers watch. The first of them that cannot store
// what it sees cuts the load.
func (r *runner) during(ctx context.Context, leg runlog.Leg, notes runlog.Notes, load func(context.Context) (attack.Totals, error)) (attack.Totals, error) {
	loading, cut := context.WithCancel(ctx)
	defer cut()
	watching, end := context.WithCancel(ctx)
	defer end()
	errs := make([]error, len(r.observers))
	var all sync.WaitGroup
	for i, o := range r.observers {
		all.Go(func() {
			if errs[i] = o.During(watching, leg, notes); errs[i] != nil {
				cut()
			}
		})
	}
	t, err := load(loading)
	end()
	all.Wait()
	return t, errors.Join(err, errors.Join(errs...))
}

// after has all observers look again.
func (r *runner) after(ctx context.Context, t attack.Totals, notes runlog.Notes) error {
	var errs []error
	for _, o := range r.observers {
		errs = append(errs, o.After(ctx, t, notes))
	}
	return errors.Join(errs...)
}

// mostNotes is how many events of observers a leg keeps. Its own must have room beside them
// in what a reader takes.
const mostNotes = untrusted.MaxList / 2

// notes are where the observers of a leg write. Secrets are blotted out of events: whoever
// is observed may repeat them.
type notes struct {
	*tee
	noted atomic.Int64
}

// Event keeps the first [mostNotes] events: who talks on must not make the run unreadable.
func (n *notes) Event(e runlog.Event) error {
	if n.noted.Add(1) > mostNotes {
		return nil
	}
	return n.tee.Event(blotted(n.r.sc.Secrets(), e))
}

// blotted is an event without secrets.
func blotted(secrets *secret.Set, e runlog.Event) runlog.Event {
	e.Text, e.Attrs = secrets.Blot(e.Text), maps.Clone(e.Attrs)
	for name, value := range e.Attrs {
		e.Attrs[name] = secrets.Blot(value)
	}
	return e
}
