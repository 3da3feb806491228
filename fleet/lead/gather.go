package lead

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stress-tool/stress/fleet/wire"
)

// gather finds agents, and has each make the scenario ready: from then on they obey this lead alone. Of two leads that
// ask for the same agents at once each may get some: then both give back what they have, and look again.
func (f *Fleet) gather(ctx context.Context) error {
	for deadline := time.Now().Add(f.Wait); ; {
		if err := f.find(ctx, deadline); err != nil {
			return err
		}
		if err := f.mayTell(); err != nil {
			return err
		}
		beating, end := context.WithCancel(context.WithoutCancel(ctx))
		f.end = end
		f.beating.Go(func() { f.beat(beating) })
		f.beating.Go(func() { f.watch(beating) })
		err := f.all(func(m *member) error { return f.prepare(ctx, m) })
		if refused := (*RefusedError)(nil); !errors.As(err, &refused) || !refused.busy || time.Now().After(deadline) {
			return err
		}
		f.release(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wire.Renew + rand.N(2*wire.Renew)): // each at another time, and the leases say who has whom
		}
	}
}

// release has the agents work for this lead no more.
func (f *Fleet) release(ctx context.Context) {
	_ = f.all(func(m *member) error {
		_, err := f.ask(ctx, m, wire.Command{Release: &wire.Release{}})
		return err
	})
	if f.end != nil {
		f.end()
	}
	f.beating.Wait()
}

// Open implements [run.Performer]. Before every run but the first, for which [Assemble] did so, each agent makes the
// scenario ready anew, as the lead does: names may lead elsewhere by now. One that was lost is waited for, and the
// error names one that is not back: runs of fewer agents than those before could not be held against them.
func (f *Fleet) Open(ctx context.Context) error {
	f.before = f.leg
	if !f.opened {
		f.opened = true
		return nil
	}
	err := f.all(func(m *member) error {
		if m.isLost() == "" {
			err := f.prepare(ctx, m)
			if err == nil || ctx.Err() != nil || errors.As(err, new(*RefusedError)) {
				return err
			}
			m.lose(err.Error())
		}
		return f.awaitBack(ctx, m)
	})
	if err == nil {
		_ = f.stream.Purge(ctx) // of runs that have all of it in their directories; it ends with the fleet in any case
	}
	return err
}

// awaitBack waits until a member that was lost is back.
func (f *Fleet) awaitBack(ctx context.Context, m *member) error {
	for until := time.Now().Add(f.Wait); !f.back(ctx, m); {
		if time.Now().After(until) {
			return fmt.Errorf("%s was lost: %s; it did not come back within %v: start it again, and then this", m.called(), m.isLost(), f.Wait)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wire.Renew):
		}
	}
	return nil
}
