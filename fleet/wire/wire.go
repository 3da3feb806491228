// Package wire is what the lead of a fleet and its agents say to each other over NATS: the subjects, the
// messages and their bounds.
//
// # What goes where
//
// Each agent keeps a lease in the bucket [Agents], a [Hello] under its name, which ends with [TTL] unless the
// agent renews it. The lead asks an agent by request and reply on [CommandSubject] and [ClockSubject]. What a
// scenario consists of may be secret: it goes by request and reply too, in pieces that the agent fetches on
// [FetchSubject], and never into a stream. The seconds of a leg are [Record]s, and its end is an [End], in the
// stream of the run ([StreamName]), each under a subject of its own. A record holds what would stand in the
// files of a run directory: a line of timeline.jsonl and lines of latency.hlog.
//
// # Versions
//
// Each side says which protocols it speaks, from [Oldest] to [Protocol], and the lead takes the newest that
// both do. Oldest is one less than Protocol once there has been another: so one side may be one version
// behind. A message with a field that a reader does not know is read without it; a change that a reader must
// know of is another protocol. Nothing is sent to an agent that speaks no protocol of the lead's.
//
// # Trust
//
// Whoever may write to a subject may send anything. Every decoder holds texts, lists and numbers to bounds,
// and no message allocates more than its own size suggests.
package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// The protocols that this version speaks.
const (
	Protocol = 1
	Oldest   = 1
)

// How long the word of either side holds.
const (
	// TTL is how long an agent is taken for alive after it has renewed its lease.
	TTL = 3 * time.Second
	// Renew is the time between two renewals, and between two beats of a lead.
	Renew = 500 * time.Millisecond
	// Silence is how long an agent puts on load without a beat of its lead.
	Silence = 3 * TTL
)

// Buckets of keys.
const (
	Agents  = "stress-agents"  // leases, by the names of agents; leads have some too
	Started = "stress-started" // what was started, so that nothing is started twice
	// Calibrations are what agents could send when that was measured, by their names.
	Calibrations = "stress-calibrations"
)

// KeptFor is how long a broker keeps what was started, and the seconds of a run that nobody has collected.
const KeptFor = 7 * 24 * time.Hour

// LeadKey is the key of a lead's lease, by its run.
func LeadKey(run string) string { return "lead." + run }

// AgentKey is the key of an agent's lease.
func AgentKey(agent string) string { return "agent." + agent }

// CalibrationKey is where the broker keeps what an agent can send with an engine.
func CalibrationKey(agent, engine string) string { return agent + "." + engine }

// StartedKey is the key that an agent creates before it starts its part of a leg.
func StartedKey(run string, leg int, agent string) string {
	return fmt.Sprintf("%s.%d.%s", run, leg, agent)
}

// CommandSubject is where an agent is told what to do, and ClockSubject where it is asked for its clock.
func CommandSubject(agent string) string { return "stress.agent." + agent + ".do" }
func ClockSubject(agent string) string   { return "stress.agent." + agent + ".clock" }

// FetchSubject is where agents fetch what a run consists of.
func FetchSubject(run string) string { return "stress.run." + run + ".fetch" }

// StreamName is the stream of a run, and RecordSubjects what it holds.
func StreamName(run string) string     { return "stress-run-" + run }
func RecordSubjects(run string) string { return "stress.run." + run + ".leg.>" }

// LegSubjects are the subjects of one leg.
func LegSubjects(run string, leg int) string { return fmt.Sprintf("stress.run.%s.leg.%d.>", run, leg) }

// SecondSubject is that of a second of an agent, EndSubject that of its end, and PageSubject that of a piece
// of what became of its named requests. They are the ids of their messages too, by which a broker knows one
// that is sent twice.
func SecondSubject(run string, leg int, agent string, t int) string {
	return fmt.Sprintf("stress.run.%s.leg.%d.%s.second.%d", run, leg, agent, t)
}
func EndSubject(run string, leg int, agent string) string {
	return fmt.Sprintf("stress.run.%s.leg.%d.%s.end", run, leg, agent)
}
func PageSubject(run string, leg int, agent string, n int) string {
	return fmt.Sprintf("stress.run.%s.leg.%d.%s.pages.%d", run, leg, agent, n)
}

// OrderSubject is that of what was asked of the agents in a leg, an [Ordered]. No agent has such a name.
func OrderSubject(run string, leg int) string {
	return fmt.Sprintf("stress.run.%s.leg.%d._order", run, leg)
}

var nameForm = lazy.Regexp(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// CheckName returns why a text cannot name an agent.
func CheckName(name string) error {
	if !nameForm().MatchString(name) {
		return fmt.Errorf("an agent's name %.80q: must have 1 to 63 small letters, digits, - and _, a letter or digit first", name)
	}
	return nil
}

// Payload is what a broker must take in one message, in bytes: what they take by default. MostMessage is the largest
// message; its header, with its id, is in the payload too.
const (
	Payload     = 1 << 20
	MostMessage = Payload - 1<<10
)

// errSize says that a message is too large.
var errSize = errors.New("a message that is too large")

// checker is a message that holds its values to bounds.
type checker interface{ check() error }

// Encode is a message as it is sent. Values beyond the bounds are an error here, and not at the reader.
func Encode[M checker](m M) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(m)
	if err == nil && len(b) > MostMessage {
		err = fmt.Errorf("%w: %d bytes, the most are %d: give the scenario fewer requests", errSize, len(b), MostMessage)
	}
	return b, err
}

// Decode reads a message of whomever.
func Decode[M checker](b []byte) (m M, err error) {
	if len(b) > MostMessage {
		return m, errSize
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("no message: %w", err)
	}
	return m, m.check()
}

// bounded is what every message is held to.
func bounded(v any) error { return untrusted.Check(v) }

// Both returns the newest protocol that both sides speak. The error names both.
func Both(who string, oldest, newest int) (int, error) {
	if newest < Oldest || oldest > Protocol {
		return 0, fmt.Errorf("%s speaks protocol %s, and this program %s: take one version of stress on all machines", who, protocols(oldest, newest), protocols(Oldest, Protocol))
	}
	return min(newest, Protocol), nil
}

func protocols(oldest, newest int) string {
	if oldest == newest {
		return fmt.Sprint(newest)
	}
	return fmt.Sprintf("%d to %d", oldest, newest)
}
