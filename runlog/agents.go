package runlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/runlog/untrusted"
)

// Agent is one of several generators that put a leg's load on together, each a share of its plan.
type Agent struct {
	Name    string  `json:"name"`
	Version string  `json:"version"`
	Machine Machine `json:"machine"`
	// The agent has the share Part, from 0, of Of shares of the plan. Weight is how much larger its share is
	// than one of weight 1; 0 is 1.
	Part   int     `json:"part"`
	Of     int     `json:"of"`
	Weight float64 `json:"weight,omitempty"`
	// CapacityRPS is what it could send when that was measured, in requests per second, where its share follows from
	// that; 0 where it does not.
	CapacityRPS float64 `json:"capacity_rps,omitempty"`
	// Clients is the most clients that its share of a closed load has at one time; 0 of an open load.
	Clients int `json:"clients,omitempty"`
	// Witness marks an agent with so small a share that it is never busy: its times show whether those of the
	// others hold delays of their own.
	Witness bool `json:"witness,omitempty"`
	// Planned = Sent + Dropped + Skipped are the requests of its share, as in [Leg]; known at the leg's end.
	// Of those that a lost agent sent, the ones that did not end in a second that came from it are cut.
	Planned uint64 `json:"planned"`
	Sent    uint64 `json:"sent"`
	Dropped uint64 `json:"dropped"`
	Skipped uint64 `json:"skipped,omitempty"`
	// Unsure is how many of Dropped may have been sent nevertheless: the agent was lost, and they were due
	// after the last second that came from it.
	Unsure uint64 `json:"unsure,omitempty"`
	// UnknownS is for how long a lost agent of a closed load may have sent after the last second that came from it, in
	// seconds. Nobody knows how many requests that were, for answers decide it: they are in no count.
	UnknownS float64 `json:"unknown_s,omitempty"`
	// Start and End are its clock at both ends of the leg; nil where it was not measured.
	Start *Clock `json:"start,omitempty"`
	End   *Clock `json:"end,omitempty"`
	// Lost says why the agent did not come to the end of the leg, "" where it did; LostS is when that was
	// noticed, in seconds since the leg began.
	Lost  string  `json:"lost,omitempty"`
	LostS float64 `json:"lost_s,omitempty"`
}

// Clock is how an agent's clock stood to that of the lead when it was measured.
type Clock struct {
	OffsetS float64 `json:"offset_s"` // the agent's clock − the lead's
	BoundS  float64 `json:"bound_s"`  // the offset is right to ± this
}

// AgentNamed is an agent in a sentence: "agent n2", and "agent-2" where that is its name.
func AgentNamed(name string) string {
	if strings.HasPrefix(name, "agent") {
		return name
	}
	return "agent " + name
}

// GeneratorSecond is one line of generators.jsonl: a second of a leg as one of its agents had it. It
// has no Requests, Addresses, Statuses, Served and Carried: those are told apart for all agents together.
type GeneratorSecond struct {
	Agent int `json:"agent"` // its index in Leg.Agents
	Second
	// Of the agent's own distributions in this second.
	LagP99MS   float64 `json:"lag_p99_ms"`
	LagMaxMS   float64 `json:"lag_max_ms"`
	QueueP99MS float64 `json:"queue_p99_ms,omitempty"`
	// OffsetMS is the agent's clock − the lead's, between the measurements before and after the leg as on
	// a straight line.
	OffsetMS float64 `json:"offset_ms"`
}

// MaxAgents is how many agents a leg may have.
const MaxAgents = 256

// tagAgent begins the tags of agents.
const tagAgent = "agent."

// AgentTag is the tag in latency.hlog of a distribution of one agent, by its index in Leg.Agents:
// "agent.0.response". Of each agent those of [AgentTags] are kept.
func AgentTag(agent int, tag string) string { return tagAgent + strconv.Itoa(agent) + "." + tag }

// PlainTag is the tag of all agents together that a tag is the part of one agent of: "response" of
// "agent.0.response". Any other tag stays what it is.
func PlainTag(tag string) string {
	if rest, of := strings.CutPrefix(tag, tagAgent); of {
		if _, plain, cut := strings.Cut(rest, "."); cut {
			return plain
		}
	}
	return tag
}

// AgentTags are the distributions that are kept of each agent as well as of all together.
func AgentTags() []string { return []string{TagResponse, TagService, TagLag, TagQueue} }

// SetAgents replaces the agents of the newest leg: at its start with what is known of them, and at its
// end with their accounts.
func (w *Writer) SetAgents(agents []Agent) error {
	w.m.Legs[len(w.m.Legs)-1].Agents = slices.Clone(agents)
	return w.flush()
}

// Generator appends a second of an agent, those of one agent in their order, and each before the second of
// all agents together that it is a part of: so of a leg that was killed they still add up. The first one creates
// the file.
func (l *LegWriter) Generator(s GeneratorSecond) error {
	s.Requests, s.Addresses, s.Statuses, s.Served, s.Carried = nil, nil, nil, nil, Carried{}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.generators == nil {
		var err error
		if l.generators, err = newFile(l.dir, GeneratorsFile); err != nil {
			return err
		}
	}
	return appendJSON(l.generators, s)
}

// Generators yields the seconds of all agents of a leg, in the order in which they were written; those of
// one agent ascend. Only one is in memory at a time. An incomplete last line ends the sequence without an
// error. What no agent of the leg can have sent is an error, and so is the end of the context.
func (rec *Record) Generators(ctx context.Context) iter.Seq2[GeneratorSecond, error] {
	return func(yield func(GeneratorSecond, error) bool) {
		next := make([]int, len(rec.Agents)) // the first second that may follow
		errStop := errors.New("stopped")
		_, err := readLines(ctx, rec.run, rec.path(GeneratorsFile), func(s GeneratorSecond) error {
			switch {
			case s.Agent >= len(rec.Agents):
				return fmt.Errorf("agent: %w %d: the leg has %d", untrusted.ErrBounds, s.Agent, len(rec.Agents))
			case s.T < next[s.Agent]:
				return fmt.Errorf("t: %w %d after %d", untrusted.ErrBounds, s.T, next[s.Agent]-1)
			}
			next[s.Agent] = s.T + 1
			if !yield(s, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(GeneratorSecond{}, err)
		}
	}
}

func (s GeneratorSecond) check() error {
	if s.Agent < 0 || s.Agent >= MaxAgents {
		return fmt.Errorf("agent: %w %d: the most are %d", untrusted.ErrBounds, s.Agent, MaxAgents)
	}
	if err := s.Second.check(); err != nil {
		return err
	}
	return untrusted.Check(&s)
}

// checkAgents makes sure that the agents of a leg can be those of one plan.
func (l *Leg) checkAgents() error {
	if len(l.Agents) > MaxAgents {
		return fmt.Errorf("agents: %w a list of %d: the most are %d", untrusted.ErrBounds, len(l.Agents), MaxAgents)
	}
	for i, a := range l.Agents {
		var err error
		switch {
		case a.Name == "":
			err = fmt.Errorf("name: %w empty", untrusted.ErrBounds)
		case a.Of < 0 || a.Of > MaxAgents:
			err = fmt.Errorf("of: %w %d: the most are %d", untrusted.ErrBounds, a.Of, MaxAgents)
		case a.Part < 0 || a.Part >= max(a.Of, 1):
			err = fmt.Errorf("part: %w %d of %d", untrusted.ErrBounds, a.Part, a.Of)
		case a.Weight < 0:
			err = fmt.Errorf("weight: %w %v", untrusted.ErrBounds, a.Weight)
		case a.CapacityRPS < 0:
			err = fmt.Errorf("capacity_rps: %w %v", untrusted.ErrBounds, a.CapacityRPS)
		case a.Clients < 0:
			err = fmt.Errorf("clients: %w %d", untrusted.ErrBounds, a.Clients)
		case a.LostS < 0 || a.UnknownS < 0:
			err = fmt.Errorf("lost_s: %w %v", untrusted.ErrBounds, min(a.LostS, a.UnknownS))
		case a.Start != nil && a.Start.BoundS < 0, a.End != nil && a.End.BoundS < 0:
			err = fmt.Errorf("bound_s: %w negative", untrusted.ErrBounds)
		}
		if err != nil {
			return fmt.Errorf("agents.%d.%w", i, err)
		}
	}
	return nil
}
