// Package plan says when load is due: loader.io's three test types, a plain rate
// and stages, as pure functions of time. It knows no clock, no socket and nothing
// else of this module, so the same plan can be tested, drawn and replayed.
package plan

import (
	"iter"
	"slices"
	"time"
)

// Type is a kind of load.
type Type string

// The kinds of load. The first three are loader.io's.
const (
	// ClientsPerTest starts Clients clients spread over Duration; each makes one
	// pass over the requests. Open.
	ClientsPerTest Type = "clients-per-test"
	// ClientsPerSecond starts Clients clients every second; each makes one pass.
	// Open.
	ClientsPerSecond Type = "clients-per-second"
	// MaintainClientLoad keeps a number of clients at work, going from From to
	// Clients in a straight line over Duration; each loops over the requests. Closed.
	MaintainClientLoad Type = "maintain-client-load"
	// Rate starts Rate passes a second, from clients that share connections. Open.
	Rate Type = "rate"
	// Stages goes from one level to the next in straight lines: levels of clients
	// (closed) or of starts per second (open).
	Stages Type = "stages"
)

// Arrivals says how starts lie within a second.
type Arrivals string

// The arrival processes.
const (
	// Even spaces starts equally.
	Even Arrivals = "even"
	// Burst moves every start to the whole second before it, as loader.io draws it.
	// A population then changes on whole seconds only, and reaches the end of its
	// line on the last of them.
	Burst Arrivals = "burst"
	// Poisson draws the starts at random, as many as the load promises: a Poisson
	// process under the condition of its count. For open loads only.
	Poisson Arrivals = "poisson"
)

// Stage is one leg of [Stages]: a straight line from the level before it (0 for
// the first) to its own, over Duration. All stages of a load name clients, or all
// name a rate.
type Stage struct {
	Duration time.Duration `json:"duration"`
	Clients  int           `json:"clients,omitempty"`
	Rate     float64       `json:"rate,omitempty"` // starts per second
}

// Load is what was asked for.
type Load struct {
	Type     Type
	Clients  int           // not for Rate and Stages
	From     int           // MaintainClientLoad only; see HasFrom
	HasFrom  bool          // false: From defaults to Clients, a constant load
	Rate     float64       // Rate only: passes per second
	Duration time.Duration // not for Stages: there it is their sum
	Stages   []Stage       // Stages only
	ByRate   bool          // Stages only: the levels are rates, not clients
	Arrivals Arrivals      // "" is Even
	Seed     uint64        // of Poisson
}

// Start is the beginning of one client.
type Start struct {
	// N numbers the clients from 0 in order of Due.
	N uint64
	// Due is when the client's first request is due, in [0, Duration).
	Due time.Duration
	// Until is when a looping client makes no further start: the instant the
	// population falls below it, or the plan's duration. Zero: one pass.
	Until time.Duration
}

// Plan is a checked load. The zero value is not usable; use [New].
type Plan struct {
	load     Load
	duration time.Duration // of the load
	cut      time.Duration // where [Plan.Cut] ends it; 0 is nowhere
	share    share         // what [Plan.Part] leaves of it
	// One of the two is set, the other nil.
	open   schedule
	closed population
}

// New checks a load and makes it a plan. The error joins every [*Fault] found.
func New(load Load) (Plan, error) {
	load.Stages = slices.Clone(load.Stages)
	if load.Arrivals == "" {
		load.Arrivals = Even
	}
	if load.Type == MaintainClientLoad && !load.HasFrom {
		load.From, load.HasFrom = load.Clients, true
	}
	if err := check(load); err != nil {
		return Plan{}, err
	}
	p := Plan{load: load, duration: load.Duration}
	for _, s := range load.Stages {
		p.duration += s.Duration
	}
	if isOpen(load) {
		p.open = newSchedule(load)
	} else {
		p.closed = newPopulation(load)
	}
	if p.Count() == 0 {
		return Plan{}, &Fault{Key: "duration", Text: "too short: the load ends before its first client starts"}
	}
	return p, nil
}

func isOpen(l Load) bool {
	return l.Type != MaintainClientLoad && (l.Type != Stages || l.ByRate)
}

// Load is the load the plan was made from, with its defaults filled in.
func (p Plan) Load() Load {
	l := p.load
	l.Stages = slices.Clone(l.Stages)
	return l
}

// Open reports that starts do not wait for answers. In a closed load they do: its
// clients loop, and the plan says only how many are at work.
func (p Plan) Open() bool { return p.open != nil }

// Duration is the time in which starts lie; requests may outlast it.
func (p Plan) Duration() time.Duration {
	if p.uncut() {
		return p.duration
	}
	return p.cut
}

// Count is the number of starts: of passes in an open load, in a closed one of the
// clients that ever join.
func (p Plan) Count() uint64 {
	if !p.uncut() {
		return p.countBefore()
	}
	if p.Open() {
		return p.share.below(p.open.count())
	}
	return p.closed.count(p.share)
}

// Population is how many clients of a closed load should be at work at an instant:
// exactly those starts with Due ≤ at < Until. It is 0 outside [0, Duration), and
// for an open load, where the answers decide it.
func (p Plan) Population(at time.Duration) int {
	if p.Open() || at >= p.Duration() {
		return 0
	}
	return int(p.share.below(uint64(p.closed.at(at))))
}

// Rate is the starts per second that an open load asks for at an instant, before
// its [Arrivals] move them about. It is 0 outside [0, Duration), and for a closed
// load.
func (p Plan) Rate(at time.Duration) float64 {
	if !p.Open() || at < 0 || at >= p.Duration() {
		return 0
	}
	return p.open.rate(at) / float64(max(p.share.of, 1))
}

// Starts yields every client's start, Due never falling. Each call replays the
// same sequence; nothing is allocated per start.
func (p Plan) Starts() iter.Seq[Start] {
	starts := p.closed.starts(p.duration, p.share)
	if p.Open() {
		starts = p.openStarts()
	}
	if p.uncut() {
		return starts
	}
	return p.before(starts)
}
