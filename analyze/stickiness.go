package analyze

import (
	"maps"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
)

// Levels at which evidence is taken for one.
const (
	stickyLevel  = 0.01  // beyond which answers of a connection are not drawn one by one, or not all at once
	mostlyStays  = 0.5   // of the way from no design effect to that of connections with one host each
	matchesLevel = 0.025 // on each side, within which rounds differ as connections that stay make them
)

// The units that may be assigned to a host.
const (
	unitRequest    = "request"
	unitConnection = "connection"
	unitRound      = "round" // shares differ from round to round, for whatever reason
)

// connections is what is known of those that carried a leg's answers.
type connections struct {
	n     uint64  // of them; 0 is not known
	worth float64 // of equal use, so many of them
	// hosts are the answers that name their host, by connection, and squares Σm² of these.
	hosts   map[string]stats.NestedClass
	squares float64
}

// named are the answers that name their host, by connection and host.
func (c connections) named() stats.Nested {
	n := stats.Nested{Squares: c.squares}
	for _, name := range slices.Sorted(maps.Keys(c.hosts)) { // in any order sums would differ in their last digits
		n.Classes = append(n.Classes, c.hosts[name])
	}
	return n
}

func connectionsOf(rec *runlog.Record) connections {
	var answers, opened uint64
	for _, s := range rec.Seconds {
		answers += s.Completed()
		opened += s.Connects
	}
	c := connections{n: rec.Carried.Connections}
	if c.n == 0 { // a run from before answers were counted by connection
		c.n, c.worth = opened, float64(opened)
		return c
	}
	all := stats.Nested{Squares: float64(rec.Carried.Squares), Classes: []stats.NestedClass{{Units: float64(answers)}}}
	c.worth = min(max(all.Clusters(), 1), float64(c.n))
	c.squares, c.hosts = float64(rec.Carried.NamedSquares), map[string]stats.NestedClass{}
	for name, s := range rec.Served {
		if s.Answers > 0 {
			c.hosts[name] = stats.NestedClass{Units: float64(s.Answers), Squares: float64(s.Squares)}
		}
	}
	return c
}

// assignment is what is assigned to the hosts, as far as there is evidence.
type assignment struct {
	unit     string          // "" where nothing tells
	together float64         // requests that a host gets at once
	df       float64         // that together is estimated with; 0 where it is known
	evidence result.Evidence // for unit; "" where nothing tells
}

// assignment looks at the evidence, the best first.
func (d *division) assignment(counts []float64) assignment {
	total, worth := addedUp(counts), d.connections.worth
	if worth == 0 || total <= ownEach*worth {
		return assignment{unitRequest, 1, 0, result.EvidenceOwn}
	}
	if a := d.connections.assignment(total); a.unit != "" {
		return a
	}
	if a := assignmentByRounds(d.rounds, total/worth); a.unit != "" {
		return a
	}
	x2, df, _ := stats.ChiSquare(counts, nil)
	if stats.ChiSquareSurvival(x2/(total/worth), df) > 1-stickyLevel {
		return assignment{unitRequest, 1, 0, result.EvidenceEvenness}
	}
	return assignment{together: total / worth}
}

// assignment tells by the hosts that the answers of each connection name, for so many
// requests.
func (c connections) assignment(total float64) assignment {
	named := c.named()
	_, df := named.Association()
	switch _, much := named.Drawn(1); {
	case df == 0 && (named.Units() == 0 || named.Pure()):
		return assignment{} // one connection, or one host
	case df == 0 || much >= stickyLevel:
		return assignment{unitRequest, 1, 0, result.EvidenceHosts}
	case named.Pure():
		df = 0
	}
	effect, whole := named.DesignEffect(), named.Squares/named.Units()
	together := max(1, 1+(effect-1)*total/named.Units())
	if effect-1 < mostlyStays*(whole-1) {
		return assignment{unitRequest, together, df, result.EvidenceHosts}
	}
	return assignment{unitConnection, together, df, result.EvidenceHosts}
}

// assignmentByRounds tells by the rounds, each of which has new connections: where these stay with
// a host the hosts' shares are drawn anew in each round, as far apart as so few draws are; weights
// are the same in all. In a round a connection carries together requests.
func assignmentByRounds(rounds stats.Nested, together float64) assignment {
	x2, df := rounds.Association()
	if df == 0 {
		return assignment{}
	}
	_, oneByOne := rounds.Drawn(1)
	little, much := rounds.Drawn(together)
	switch {
	case oneByOne >= stickyLevel && little < stickyLevel:
		return assignment{unitRequest, 1, 0, result.EvidenceRounds}
	case oneByOne >= stickyLevel:
		return assignment{}
	case little >= matchesLevel && much >= matchesLevel:
		return assignment{unitConnection, together, 0, result.EvidenceRounds}
	}
	return assignment{unitRound, max(1, x2/df), df, result.EvidenceRounds}
}

func addedUp(values []float64) float64 {
	var total float64
	for _, v := range values {
		total += v
	}
	return total
}
