package lead

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

const (
	// answerWithin is how long an agent may take to begin or to end.
	answerWithin = 5 * time.Second
	// patience is how long the seconds of a lost agent are waited for: it may have been cut off, and keeps
	// them. hurried is how long anything is waited for once a run is to end at once.
	patience   = 12 * time.Second
	hurried    = 700 * time.Millisecond
	lookEvery  = 100 * time.Millisecond
	driftEvery = time.Second
)

// conduct is a leg while agents put it on.
type conduct struct {
	fleet  *Fleet
	leg    run.LegJob
	merged *merger
	lost   []loss // of each agent
	never  []bool // which of them did not begin
	// stopped says why the leg ends before its plan, "" if it does not; interrupted says that somebody asked
	// for that, at an instant.
	stopped     string
	interrupted bool
	asked       time.Time
	err         error // the first of what keeps the leg from being stored
}

// Perform implements [run.Performer].
func (f *Fleet) Perform(ctx context.Context, l run.LegJob) (attack.Totals, error) {
	weights, err := plan.NewWeights(f.weights)
	if err != nil {
		return attack.Totals{}, err
	}
	parts := make([]plan.Plan, len(f.members))
	for i := range parts {
		parts[i] = l.Job.Plan.Weighted(i, weights)
	}
	c := &conduct{fleet: f, leg: l, merged: newMerger(l, parts), lost: make([]loss, len(parts)), never: make([]bool, len(parts))}
	for i, m := range f.members {
		c.merged.parts[i].offset = m.offset
	}
	if err := l.Agents(c.agents()); err != nil {
		return attack.Totals{}, err
	}
	c.begin(ctx) // before anything else that takes time: the start is near
	reading, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	messages, err := messagesOf(reading, f.stream, wire.LegSubjects(f.Run, f.leg))
	if c.err = err; err != nil { // a load whose seconds nobody reads is useless
		for _, m := range f.members {
			m.abandon(err.Error())
		}
	}
	c.collect(ctx, messages)
	return c.close(ctx)
}

// begin has every agent begin at the start. One that refuses is lost before it has sent anything; one that does not
// answer may begin all the same.
func (c *conduct) begin(ctx context.Context) {
	at := c.leg.Start.Sub(c.fleet.epoch)
	_ = c.fleet.all(func(m *member) error {
		never := &c.never[slices.Index(c.fleet.members, m)]
		if *never = m.isLost() != ""; *never {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		_, err := c.fleet.ask(ctx, m, wire.Command{Start: &wire.Start{Leg: c.fleet.leg, At: at + m.clock.mono}})
		var refused *RefusedError
		switch {
		case err == nil:
		case errors.As(err, &refused), errors.Is(err, nats.ErrNoResponders):
			*never = true
			m.lose("it did not begin: " + err.Error())
		default:
			m.abandon("it did not say that it began: " + err.Error())
		}
		return nil
	})
}

// collect takes what comes until every part is over.
func (c *conduct) collect(ctx context.Context, messages <-chan message) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	drain, cut, measured := c.leg.Meter.Drain, ctx.Done(), time.Now()
	for {
		if err := c.merged.flush(c.newest); err != nil && c.err == nil {
			// A load whose seconds cannot be stored is useless.
			c.err = err
			c.stop(err.Error(), true)
		}
		if c.merged.over() {
			return
		}
		select {
		case m := <-messages:
			c.receive(m)
		case <-look.C:
			for i := range c.fleet.members {
				c.look(i)
			}
			if time.Since(measured) > driftEvery {
				measured = time.Now()
				go func() { _ = c.fleet.all(func(m *member) error { c.fleet.noteDrift(ctx, m); return nil }) }()
			}
		case <-drain:
			drain, c.interrupted = nil, true
			c.stop("", false)
		case <-cut:
			cut, c.interrupted = nil, true
			c.stop(attack.WasCut, true)
		}
	}
}

// newest tells what the newest second says, and ends a leg with too many errors.
func (c *conduct) newest(p attack.Progress) {
	if c.leg.Meter.OnSecond != nil {
		c.leg.Meter.OnSecond(p)
	}
	if why := attack.TooManyErrors(p.Total, c.leg.Meter.ErrorThreshold); why != "" {
		c.stop(why, true)
	}
}

// stop has all agents end: at once, which is why, or when the answers to what is in flight have come.
func (c *conduct) stop(why string, cut bool) {
	if c.stopped != "" {
		return
	}
	c.stopped = why
	if c.asked.IsZero() {
		c.asked = time.Now()
	}
	for _, m := range c.fleet.members {
		go c.askToStop(&wire.Stop{Leg: c.fleet.leg, Cut: cut, Reason: why}, m)
	}
}

// askToStop asks an agent to end its part. One that does not answer ends when it does not hear its lead any more.
func (c *conduct) askToStop(s *wire.Stop, m *member) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	_, _ = c.fleet.ask(ctx, m, wire.Command{Stop: s})
}

// look sees whether an agent is lost, and whether it is to be waited for.
func (c *conduct) look(i int) {
	m, p := c.fleet.members[i], c.merged.parts[i]
	if p.over() {
		return
	}
	if p.overdue(&c.leg.Job, time.Since(c.leg.Start)) {
		m.abandon("it did not come to its end")
	}
	if c.stopped == attack.WasCut && time.Since(c.asked) > hurried {
		m.abandon("it did not come to its end before the run did")
		p.gone = true
	}
	why := m.isLost()
	if why == "" {
		return
	}
	c.lose(i, why)
	began := p.next > 0 || c.lost[i].until > 0
	p.gone = p.gone || !began || time.Since(c.lost[i].noticed) > patience
}

// overtime is how long beyond all that a request may take an agent may be silent when its plan is over.
const overtime = 30 * time.Second

// overdue reports that the end of a part is waited for no longer at an instant of the leg. Passes of several requests,
// and with pauses, go on for long after the plan, and a second comes of each.
func (p *part) overdue(job *attack.Job, now time.Duration) bool {
	return now-max(job.Plan.Duration(), p.heard) > attack.TotalTimeouts*job.Timeout+overtime
}

// lose notes that an agent is lost. One that gave its lease up, or did not renew it, sends nothing any more. Any other
// may live: it is asked to end, and stops by itself when it has not heard its lead for long enough.
func (c *conduct) lose(i int, why string) {
	if c.lost[i].why != "" {
		return
	}
	at := max(0, time.Since(c.leg.Start))
	l := loss{why: why, at: at, until: at, noticed: time.Now()}
	switch m := c.fleet.members[i]; {
	case c.never[i]:
		l.until = 0
	case m.isAbandoned():
		l.until += wire.Silence + wire.Renew
		go c.askToStop(&wire.Stop{Leg: c.fleet.leg, Cut: true, Reason: why}, m)
	default:
		if from := m.silent(); !from.IsZero() {
			l.until = max(0, min(at, from.Sub(c.leg.Start)))
		}
	}
	c.lost[i] = l
	c.note(runlog.EventAgent, at, c.fleet.members[i].called()+" was lost: "+why)
}

// note stores an event of the leg.
func (c *conduct) note(kind runlog.EventKind, at time.Duration, text string) {
	err := c.leg.Meter.Sink.Event(runlog.Event{At: at.Seconds(), Kind: kind, Text: c.leg.Meter.Secrets.Blot(text)})
	c.err = errors.Join(c.err, err)
}

// receive takes a message of an agent. One that sends what no agent sends is lost.
func (c *conduct) receive(m message) {
	name, kind := m.of(c.fleet.Run, c.fleet.leg)
	i := slices.IndexFunc(c.fleet.members, func(m *member) bool { return m.Name == name })
	if i < 0 || c.merged.parts[i].gone {
		return
	}
	own, err := c.merged.receive(i, kind, m.data)
	if own != "" {
		c.lose(i, own)
	}
	if err != nil {
		c.fleet.members[i].abandon("what it sent cannot be right: " + err.Error())
		c.lose(i, c.fleet.members[i].isLost())
		c.merged.parts[i].gone = true
	}
}

// agents are the members as the manifest has them.
func (c *conduct) agents() []runlog.Agent {
	all := make([]runlog.Agent, len(c.fleet.members))
	for i, m := range c.fleet.members {
		all[i] = runlog.Agent{
			Name: m.Name, Version: m.Version, Machine: m.Machine, Part: i, Of: len(all),
			Start: m.clock.stored(), Planned: c.merged.parts[i].planned, Clients: c.merged.parts[i].clients,
		}
		if w := c.fleet.weights[i]; w != 1 {
			all[i].Weight = float64(w)
		}
		all[i].CapacityRPS = c.fleet.capacity(i)
		all[i].Witness = c.fleet.Witness > 0 && i == len(all)-1
	}
	return all
}

// close measures the clocks again, and makes the account.
func (c *conduct) close(ctx context.Context) (attack.Totals, error) {
	agents := c.agents()
	for i := range agents {
		c.merged.account(i, c.lost[i], &agents[i])
	}
	_ = c.fleet.all(func(m *member) error {
		end, err := c.fleet.measureAgain(ctx, m)
		if err == nil {
			agents[slices.Index(c.fleet.members, m)].End = end
		}
		return err
	})
	err := errors.Join(c.err, c.merged.cutRest())
	t, terr := c.merged.totals(agents)
	t.Stopped = c.why(t)
	if t.Stopped != "" {
		kind := runlog.EventAbort
		if c.interrupted {
			kind = runlog.EventInterrupt
		}
		c.err = nil
		c.note(kind, max(0, c.asked.Sub(c.leg.Start)), t.Stopped)
		err = errors.Join(err, c.err)
	} else {
		t.Duration = max(t.Duration, c.leg.Job.Plan.Duration())
	}
	return t, errors.Join(err, terr, c.leg.Agents(agents))
}

// why the leg ended before its plan, "" if it did not.
func (c *conduct) why(t attack.Totals) string {
	switch {
	case c.stopped != "":
		return c.stopped
	case c.interrupted && (t.Planned > t.Sent || c.asked.Sub(c.leg.Start) < c.leg.Job.Plan.Duration()):
		return attack.WasDrained
	case !slices.ContainsFunc(c.lost, func(l loss) bool { return l.why == "" }):
		last := 0
		for i, l := range c.lost {
			if l.noticed.After(c.lost[last].noticed) {
				last = i
			}
		}
		c.asked = c.lost[last].noticed // until then there was load
		return "every agent was lost, the last of them " + c.fleet.members[last].called() + ", because " + c.lost[last].why
	}
	return ""
}
