package lead

import (
	"fmt"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// loss is how an agent was lost.
type loss struct {
	why     string        // "" is not
	at      time.Duration // in the leg, when that was noticed
	until   time.Duration // likewise; it can have sent nothing later
	noticed time.Time
}

// account is what became of an agent's part in numbers: planned = sent + dropped + skipped.
func (m *merger) account(i int, lost loss, a *runlog.Agent) {
	p := m.parts[i]
	a.Lost, a.LostS = lost.why, lost.at.Seconds()
	a.Planned, a.Sent, a.Skipped = p.planned, p.sent, p.skipped
	if !m.leg.Job.Plan.Open() {
		a.Planned = a.Sent + a.Skipped
	}
	a.Dropped = a.Planned - min(a.Sent+a.Skipped, a.Planned)
	until := min(lost.until, p.plan.Duration())
	switch known := time.Duration(p.next) * time.Second; {
	case p.end != nil:
	case a.Dropped > 0:
		due := p.plan.Counting()(until) * uint64(attack.PerPass(m.leg.Job.Requests))
		a.Unsure = min(a.Dropped, due-min(due, a.Sent+a.Skipped))
	case p.clients > 0 && until > known:
		a.UnknownS = (until - known).Seconds()
	}
}

// cutRest stores what agents that are gone had in flight when their last second came, as cut.
func (m *merger) cutRest() error {
	var cut uint64
	for _, p := range m.parts {
		if p.end == nil {
			cut += p.sent - min(p.sent, p.outcomes.Ended())
		}
	}
	if cut == 0 {
		return nil
	}
	o := runlog.Outcomes{Cut: cut}
	s := runlog.Second{T: m.next, CPU: -1, Done: cut, Outcomes: o, Drained: &o}
	if names := m.leg.Meter.Requests; len(names) > 1 {
		s.Requests = map[string]runlog.RequestCounts{names[m.mostClaims()]: {Outcomes: o, Drained: &o}}
	}
	m.next++
	m.total.Merge(o)
	m.rest = o
	return m.leg.Meter.Sink.Second(s)
}

// mostClaims is the request that claims the most rows. What is in flight and of nobody knows which request
// counts for it, so that no row of it is one too many.
func (m *merger) mostClaims() (most int) {
	for i, r := range m.leg.Job.Requests {
		if r.Claims > m.leg.Job.Requests[most].Claims {
			most = i
		}
	}
	return most
}

// totals are those of the leg, of the accounts of all agents.
func (m *merger) totals(agents []runlog.Agent) (attack.Totals, error) {
	t := attack.Totals{Outcomes: m.total, Requests: make([]runlog.Outcomes, len(m.leg.Meter.Requests)), Named: m.named}
	if len(t.Requests) == 1 {
		t.Requests[0] = m.total
	}
	lists := make([][]runlog.Failure, 0, len(m.parts))
	for i, p := range m.parts {
		a := agents[i]
		t.Planned, t.Sent, t.Dropped, t.Skipped, t.Unsure = t.Planned+a.Planned, t.Sent+a.Sent, t.Dropped+a.Dropped, t.Skipped+a.Skipped, t.Unsure+a.Unsure
		if len(t.Requests) > 1 {
			for r, name := range m.leg.Meter.Requests {
				t.Requests[r].Merge(p.requests[name])
			}
		}
		lists = append(lists, m.failuresOf(i, a))
		t.Unbounded = t.Unbounded || a.UnknownS > 0
		t.Duration = max(t.Duration, p.lasted())
		if p.end == nil && a.Sent > 0 {
			t.Named = nil // only the agent knew which of its requests failed
		}
		if t.Named != nil {
			t.Named.Sent[i] = a.Sent
		}
	}
	if len(t.Requests) > 1 {
		t.Requests[m.mostClaims()].Merge(m.rest)
	}
	var err error
	if t.Failures, err = m.failures.list(lists); err != nil {
		return t, err
	}
	if n, open := attack.Planned(m.leg.Job.Plan, attack.PerPass(m.leg.Job.Requests)); open && n != t.Planned || t.Outcomes.Ended() != t.Sent || t.Sent+t.Skipped+t.Dropped != t.Planned {
		return t, fmt.Errorf("%w: planned %d of %d, sent %d, skipped %d, dropped %d, ended %d", attack.ErrAccounting, t.Planned, n, t.Sent, t.Skipped, t.Dropped, t.Outcomes.Ended())
	}
	return t, nil
}

// lasted is for how long an agent put its part on; of one that is gone, until the end of its last second that came, or
// of its plan.
func (p *part) lasted() time.Duration {
	if p.end != nil {
		return p.end.Duration
	}
	return min(time.Duration(p.next)*time.Second, p.plan.Duration())
}

// failuresOf are the kinds of an agent's failures with their counts. Of one that is gone only the outcomes
// are known.
func (m *merger) failuresOf(i int, a runlog.Agent) (list []runlog.Failure) {
	p := m.parts[i]
	if p.end != nil {
		return p.end.Failures
	}
	for class := runlog.Success + 1; class < runlog.Cut; class++ {
		if n := p.outcomes.Of(class); n > 0 {
			list = append(list, runlog.Failure{
				At: a.LostS, Request: "(any)", Class: class, Count: n,
				Reason: "of " + runlog.AgentNamed(a.Name) + ", which was lost with what it knew of them",
			})
		}
	}
	return list
}
