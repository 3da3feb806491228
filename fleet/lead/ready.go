package lead

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
)

// A leg begins so long after it was made ready that the farthest agent learns of it in time, and not sooner than twice as
// long as it took to make it ready: machines that are busy then are so when they are told.
const (
	leastLead = time.Second
	mostLead  = 5 * time.Second // but for the farthest
	leadTrips = 20
	// readyWithin is how long an agent may take to make its part ready.
	readyWithin = 30 * time.Second
)

// Ready implements [run.Performer]: it has each agent make its part ready, and measures the clocks of all.
// The leg begins at one instant for all of them.
func (f *Fleet) Ready(ctx context.Context, l run.LegJob) (time.Time, error) {
	f.leg++
	began := time.Now()
	digest, err := l.Digest()
	if err != nil {
		return time.Time{}, err
	}
	if f.division, err = f.divide(l.Engine.Name()); err != nil {
		return time.Time{}, err
	}
	if err := f.all(func(m *member) error { return f.readyAgain(ctx, m, l.Order, digest) }); err != nil {
		return time.Time{}, err
	}
	if !slices.ContainsFunc(f.members, func(m *member) bool { return m.isLost() == "" }) {
		return time.Time{}, errors.New("every agent was lost: start them again, and the run")
	}
	if err := f.keepOrder(ctx, l.Order); err != nil { // now, for nothing that takes time may follow
		return time.Time{}, err
	}
	var worst time.Duration
	for _, m := range f.members {
		worst = max(worst, m.clock.trip)
	}
	return time.Now().Add(max(leastLead, leadTrips*worst, min(2*time.Since(began), mostLead))), nil
}

// readyAgain has a member make its part of a leg ready, the second time after it was gone. One that is gone is waited
// for, unless a leg counts without it.
func (f *Fleet) readyAgain(ctx context.Context, m *member, o run.Order, digest string) error {
	for again := false; ; again = true {
		if !f.back(ctx, m) {
			if f.toleratesLoss() {
				return nil
			}
			if err := f.awaitBack(ctx, m); err != nil {
				return err
			}
		}
		err := f.ready(ctx, m, o, digest)
		first := f.leg == f.before+1 // of the run, which is to begin with all of them
		var refused *RefusedError
		if err == nil || again || ctx.Err() != nil || errors.As(err, &refused) && !refused.unprepared || first && f.toleratesLoss() {
			return err
		}
		m.lose("it was gone before the leg: " + err.Error())
	}
}

// toleratesLoss reports that a leg counts without an agent.
func (f *Fleet) toleratesLoss() bool {
	return f.Scenario.Generators != nil && f.Scenario.Generators.TolerateLoss
}

// back reports that a member is there. One that was lost in a leg before takes part again when it is back, the same
// process or another of its name: it makes the scenario ready anew, if it may be told of it.
func (f *Fleet) back(ctx context.Context, m *member) bool {
	if m.isLost() == "" {
		return true
	}
	e, err := f.leases.Get(ctx, wire.AgentKey(m.Name))
	if err != nil {
		return false
	}
	m.mu.Lock()
	m.seen, m.revision, m.renewed = time.Now(), e.Revision(), e.Created()
	m.mu.Unlock()
	h, err := wire.Decode[wire.Hello](e.Value())
	if err != nil || h.Name != m.Name || h.Run != "" && h.Run != f.Run || f.discreet() && !h.Private {
		return false
	}
	protocol, err := wire.Both(m.Name, h.Oldest, h.Newest)
	if err != nil {
		return false
	}
	m.mu.Lock()
	// Its name stays what it is, and is read without the lock.
	m.Instance, m.Version, m.Machine, m.Private = h.Instance, h.Version, h.Machine, h.Private
	m.protocol, m.abandoned = protocol, false
	m.mu.Unlock()
	if f.prepare(ctx, m) != nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lost, m.seen, m.silentFrom = "", time.Now(), time.Time{}
	return true
}

// ready has a member make its part of a leg ready, holds what that is against the lead's own, and measures its
// clock.
func (f *Fleet) ready(ctx context.Context, m *member, o run.Order, digest string) error {
	part := slices.Index(f.members, m)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go m.whileHeard(ctx, cancel)
	asking, end := context.WithTimeout(ctx, readyWithin)
	defer end()
	a, err := f.ask(asking, m, wire.Command{Ready: &wire.Ready{Leg: f.leg, Order: o, Part: part, Weights: f.weights}})
	if err != nil {
		return err
	}
	if a.Digest != digest {
		return &RefusedError{Agent: m.Name, Why: fmt.Sprintf("its version, %s, makes another job of the scenario than this program does: take one version of stress on machines of one kind", m.Version)}
	}
	c, err := f.measure(ctx, m)
	m.mu.Lock()
	m.clock, m.drift = c, 0
	m.mu.Unlock()
	return err
}
