// Package plan says when load is due: loader.io's three test types, a constant rate, and stages, as pure
// functions of time. It uses no clock and no socket, so that a plan can be tested, drawn and replayed.
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
	// ClientsPerTest starts Clients clients, spread over Duration. Each makes one pass over the
	// requests. Open.
	ClientsPerTest Type = "clients-per-test"
	// ClientsPerSecond starts Clients clients every second. Each makes one pass. Open.
	ClientsPerSecond Type = "clients-per-second"
	// MaintainClientLoad keeps a number of clients at work, which changes from From to Clients in
	// a straight line over Duration. Each client loops over the requests. Closed.
	MaintainClientLoad Type = "maintain-client-load"
	// Rate starts Rate passes a second, by clients that share connections. Open.
	Rate Type = "rate"
	// Stages changes from level to level in straight lines. The levels are clients (closed) or
	// starts per second (open).
	Stages Type = "stages"
)

// Arrivals says how starts are placed in time.
type Arrivals string

// The arrival processes.
const (
	// Even has equal distances between starts.
	Even Arrivals = "even"
	// Burst moves every start back to a whole second, as loader.io shows it. A population then
	// changes on whole seconds only, and reaches the end of its line on the last of them.
	Burst Arrivals = "burst"
	// Poisson draws the starts at random, as many as the load has: a Poisson process with a given
	// count. For open loads only.
	Poisson Arrivals = "poisson"
)

// Stage is one part of [Stages]: a straight line from the level of the stage before it (0 for the first)
// to its own, over Duration. Either all stages of a load have clients, or all have a rate.
type Stage struct {
	Duration time.Duration `json:"duration"`
	Clients  int           `json:"clients,omitempty"`
	Rate     float64       `json:"rate,omitempty"` // starts per second
}

// Load is a load as the user asks for it.
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
	// Until is when a looping client starts no further request: when the population falls below
	// its slot, or at the plan's end. 0 is a client that makes one pass.
	Until time.Duration
}

// Plan is a checked load. The zero value is not usable; use [New].
type Plan struct {
	load     Load
	duration time.Duration // of the whole load
	cut      time.Duration // where [Plan.Cut] ends it; 0 if it was not cut
	share    share         // the starts that [Plan.Part] and [Plan.Weighted] kept
	starts   uint64        // of the whole load
	// One of the two is set, the other nil.
	open   schedule
	closed population
}

// New checks a load and makes a plan of it. The error joins all [*Fault]s.
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
	if p.starts = p.Count(); p.starts == 0 {
		return Plan{}, &Fault{Key: "duration", Text: "too short: the load ends before its first client starts"}
	}
	return p, nil
}

func isOpen(l Load) bool {
	return l.Type != MaintainClientLoad && (l.Type != Stages || l.ByRate)
}

// Load returns the load that the plan was made from, with the defaults filled in.
func (p Plan) Load() Load {
	l := p.load
	l.Stages = slices.Clone(l.Stages)
	return l
}

// Open reports that starts do not wait for answers. In a closed load they do: its clients loop, and the
// plan only says how many are at work.
func (p Plan) Open() bool { return p.open != nil }

// Duration is the time in which requests start. They may end later.
func (p Plan) Duration() time.Duration {
	if p.isWhole() {
		return p.duration
	}
	return p.cut
}

// Count returns the number of starts: of passes in an open load, of clients in a closed one.
func (p Plan) Count() uint64 {
	if !p.isWhole() {
		return p.countUpToCut()
	}
	if p.Open() {
		return p.share.below(p.open.count())
	}
	return p.closed.count(p.share)
}

// Turn numbers the passes of all clients: those of client n are pass 0, 1, 2 and so on. No two passes of
// one load have the same number, whichever parts of its plan they are in. In an open load, where a
// client makes one pass, the number is the client's.
func (p Plan) Turn(n, pass uint64) uint64 {
	if p.Open() {
		return n
	}
	return n + pass*p.starts
}

// Population returns how many clients of a closed load are at work at an instant by the plan: those with
// Due ≤ at < Until. It is 0 outside [0, Duration), and for an open load, where the answers decide it.
func (p Plan) Population(at time.Duration) int {
	if p.Open() || at >= p.Duration() {
		return 0
	}
	return int(p.share.below(uint64(p.closed.at(at))))
}

// ClientSeconds is for how long the clients of a whole closed load are at work, added up, in seconds; 0 for
// an open load.
func (p Plan) ClientSeconds() float64 { return p.closed.clientSeconds() }

// Peak are the most starts per second of an open load, and the most clients of a closed one, each 0 for the
// other. A stage is a straight line, and so has its most at one of its ends.
func (p Plan) Peak() (rate float64, clients int) {
	ends := []time.Duration{0, p.Duration() - 1}
	var at time.Duration
	for _, s := range p.Load().Stages {
		at += s.Duration
		ends = append(ends, at-1, at)
	}
	for _, at := range ends {
		rate, clients = max(rate, p.Rate(at)), max(clients, p.Population(at))
	}
	return rate, clients
}

// Rate returns the starts per second of an open load at an instant, for [Even] arrivals. It is 0 outside
// [0, Duration), and for a closed load.
func (p Plan) Rate(at time.Duration) float64 {
	if !p.Open() || at < 0 || at >= p.Duration() {
		return 0
	}
	return p.open.rate(at) * p.share.size()
}

// Starts yields the start of every client, in order of Due. Each call yields the same sequence. A start
// allocates nothing.
func (p Plan) Starts() iter.Seq[Start] {
	starts := p.closed.starts(p.duration, p.share)
	if p.Open() {
		starts = p.openStarts()
	}
	if p.isWhole() {
		return starts
	}
	return p.upToCut(starts)
}
