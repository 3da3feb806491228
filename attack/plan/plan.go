// Package plan says when load is due: loader.io's three test types, a plain rate
// and stages, as pure functions of time. It knows no clock, no socket and nothing
// else of this module, so the same plan can be tested, drawn and replayed.
package plan

import (
	"iter"
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
	Burst Arrivals = "burst"
	// Poisson draws the starts at random, as many as the load promises: a Poisson
	// process under the condition of its count.
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
	load Load
	// …
}

// Starts yields every client's start, Due never falling. Each call replays the
// same sequence; nothing is allocated per start.
func (p Plan) Starts() iter.Seq[Start] { panic("plan") }
