package lead

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/runlog"
)

// member is an agent of the fleet.
type member struct {
	wire.Hello
	protocol int

	mu   sync.Mutex
	seen time.Time // when its lease was last renewed, as it came here
	// revision is that of the lease then, and renewed when that was by the broker's clock.
	revision uint64
	renewed  time.Time
	// silentFrom is since when it can have sent nothing, of one that is lost; zero is not known.
	silentFrom time.Time
	lost       string // why it is lost, a sentence about "it"; "" while it is not
	clock      clock  // as measured before the leg
	drift      time.Duration
	// abandoned says that it is lost and may live all the same. It hears no more of its lead then, and so ends.
	abandoned bool
}

// called is the member in a sentence.
func (m *member) called() string { return runlog.AgentNamed(m.Name) }

// lose notes that a member is lost. The first reason stays.
func (m *member) lose(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lost == "" {
		m.lost = why
	}
}

// whileHeard gives up what a member was asked when it is lost, or its lease was not renewed for long: it will not
// answer.
func (m *member) whileHeard(ctx context.Context, giveUp context.CancelFunc) {
	before := m.isLost() // of one that is back
	for heard := true; heard; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wire.Renew):
		}
		m.mu.Lock()
		heard = time.Since(m.seen) < 2*wire.TTL && m.lost == before
		m.mu.Unlock()
	}
	giveUp()
}

// hello is the member's lease.
func (m *member) hello() wire.Hello {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.Hello
}

// abandon notes that a member is lost that may live.
func (m *member) abandon(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lost == "" {
		m.lost, m.abandoned = why, true
	}
}

// isAbandoned reports that the member is lost and may live.
func (m *member) isAbandoned() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.abandoned
}

// speaks is the protocol in which the member is spoken to.
func (m *member) speaks() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.protocol
}

// isLost is why the member is lost, "" if it is not.
func (m *member) isLost() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lost
}

// beat tells the agents that their lead is alive, and renews the lead's own lease, which tells it to whoever
// might take the run for one that was killed.
func (f *Fleet) beat(ctx context.Context) {
	ticker := time.NewTicker(wire.Renew)
	defer ticker.Stop()
	for {
		for _, m := range f.members {
			if m.isAbandoned() {
				continue
			}
			if b, err := wire.Encode(wire.Command{Protocol: m.speaks(), Run: f.Run, Beat: &wire.Beat{}}); err == nil {
				_ = f.Conn.Publish(wire.CommandSubject(m.Name), b) // the next one may reach it
			}
		}
		renewing, cancel := context.WithTimeout(ctx, wire.Renew)
		_, _ = f.leases.Put(renewing, wire.LeadKey(f.Run), []byte(who()))
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// watch sees who renews its lease. An agent that has not done so for [wire.TTL] is lost, if the broker says
// that the lease is gone: nobody is lost because the lead itself was away.
func (f *Fleet) watch(ctx context.Context) {
	for ctx.Err() == nil {
		w, err := f.leases.WatchFiltered(ctx, []string{wire.AgentKey("*"), wire.LeadKey(f.Run)})
		if err == nil {
			f.follow(ctx, w)
			_ = w.Stop()
		}
		select {
		case <-ctx.Done():
		case <-time.After(wire.Renew):
		}
	}
}

func (f *Fleet) follow(ctx context.Context, w jetstream.KeyWatcher) {
	var newest time.Time // what was told last, by the broker's clock
	ticker := time.NewTicker(wire.Renew / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-w.Updates():
			if !ok {
				return
			}
			if e != nil {
				newest = e.Created()
				f.noteLease(e)
			}
		case <-ticker.C:
			for _, m := range f.members {
				f.look(ctx, m, newest)
			}
		}
	}
}

// noteLease notes that a lease was renewed, or given back, and reports that it is another than before.
func (f *Fleet) noteLease(e jetstream.KeyValueEntry) (news bool) {
	for _, m := range f.members {
		if e.Key() != wire.AgentKey(m.Name) {
			continue
		}
		if e.Operation() != jetstream.KeyValuePut {
			return true // look asks whether it is gone
		}
		h, err := wire.Decode[wire.Hello](e.Value())
		m.mu.Lock()
		if e.Revision() != m.revision { // else it is the same still, of a broker that cannot even forget it
			m.seen, m.revision, m.renewed, news = time.Now(), e.Revision(), e.Created(), true
		}
		other := err == nil && h.Instance != m.Instance
		m.mu.Unlock()
		if other {
			m.lose("another process has its name now")
		}
	}
	return news
}

// look sees whether a member's lease is gone; newest is what the broker told last, by its clock.
func (f *Fleet) look(ctx context.Context, m *member, newest time.Time) {
	m.mu.Lock()
	silent, known := time.Since(m.seen), m.lost != ""
	m.mu.Unlock()
	if known || silent < wire.TTL {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, wire.Renew)
	defer cancel()
	e, err := f.leases.Get(ctx, wire.AgentKey(m.Name))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		m.noteSilence(newest)
		m.lose(fmt.Sprintf("it did not renew its lease for %g s", wire.TTL.Seconds()))
	case err == nil && f.noteLease(e):
	case f.Conn.IsConnected() && silent > wire.Silence: // it has stopped: by its own clock its lease ended long ago
		m.lose(fmt.Sprintf("the broker has told nothing new of its lease for %g s: look whether the broker's disk is full", wire.Silence.Seconds()))
	}
}

// noteSilence notes since when a member whose lease is gone can have sent nothing. The broker drops a lease seconds after
// its end, and tells all leases in one order: where it has told of a later instant than that end, the member did not
// renew it in time, and sent nothing more even if it renewed it afterwards.
func (m *member) noteSilence(newest time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.renewed.IsZero() && newest.Sub(m.renewed) >= wire.TTL {
		m.silentFrom = m.seen.Add(wire.TTL)
	}
}

// silent is since when a lost member can have sent nothing; zero is not known.
func (m *member) silent() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.silentFrom
}

// clock is how an agent's clocks stand to the lead's.
type clock struct {
	mono  time.Duration // the agent's − the lead's, of those that nothing adjusts
	wall  time.Duration // of those that tell the time of day
	trip  time.Duration // the shortest round trip
	taken int           // round trips that were measured
}

// bound is how far the offsets may be off: what is between the two may all have passed on one way.
func (c clock) bound() time.Duration { return c.trip / 2 }

// stored is the clock as a run keeps it.
func (c clock) stored() *runlog.Clock {
	if c.taken == 0 {
		return nil
	}
	return &runlog.Clock{OffsetS: c.wall.Seconds(), BoundS: c.bound().Seconds()}
}

const (
	// probes is how many round trips are measured. The shortest tells the most: what waited on neither way.
	probes = 120
	// fewestProbes must have come back.
	fewestProbes = 100
)

// measure compares a member's clock with the lead's.
func (f *Fleet) measure(ctx context.Context, m *member) (clock, error) {
	var best clock
	for n := 0; n < probes; n++ {
		c, err := f.probe(ctx, m)
		if err != nil {
			if probes-n-1+best.taken < fewestProbes || ctx.Err() != nil {
				return best, fmt.Errorf("%s: its clock: %w", m.called(), err)
			}
			continue
		}
		if c.taken = best.taken + 1; best.taken == 0 || c.trip < best.trip {
			best = c
		}
		best.taken = c.taken
	}
	return best, nil
}

// measureAgain compares them once more, as a run keeps it. By the clocks that nothing adjusts the offset is
// what it was before the leg and the drift since: the time of day may have been set meanwhile.
func (f *Fleet) measureAgain(ctx context.Context, m *member) (*runlog.Clock, error) {
	if m.isLost() != "" || ctx.Err() != nil {
		return nil, nil
	}
	c, err := f.measure(ctx, m)
	c.wall = m.clock.wall + c.mono - m.clock.mono
	return c.stored(), err
}

// probe measures one round trip.
func (f *Fleet) probe(ctx context.Context, m *member) (clock, error) {
	ctx, cancel := context.WithTimeout(ctx, wire.TTL)
	defer cancel()
	asked, wall := time.Since(f.epoch), time.Now().UnixNano()
	reply, err := f.Conn.RequestWithContext(ctx, wire.ClockSubject(m.Name), nil)
	came := time.Since(f.epoch)
	if err != nil {
		return clock{}, err
	}
	now, err := wire.Decode[wire.Now](reply.Data)
	if err != nil {
		return clock{}, err
	}
	trip := came - asked
	return clock{mono: now.Mono - asked - trip/2, wall: time.Duration(now.Wall-wall) - trip/2, trip: trip, taken: 1}, nil
}

// noteDrift follows the clock of a member while a leg is under way: a round trip much longer than the shortest says
// nothing.
func (f *Fleet) noteDrift(ctx context.Context, m *member) {
	c, err := f.probe(ctx, m)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil && c.trip < 3*m.clock.trip {
		m.drift = c.mono - m.clock.mono
	}
}

// offset is how the member's clock stands now, by what was measured last.
func (m *member) offset() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clock.wall + m.drift
}
