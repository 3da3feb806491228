package analyze

import (
	"maps"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
)

// Levels of evidence.
const (
	stickyLevel  = 0.01  // of a test that the answers of a connection are drawn one by one, or all at once
	mostlyStays  = 0.5   // of the way from no design effect to that of connections with one host each
	matchesLevel = 0.025 // on each side, within which rounds differ as connections that stay make them
)

// What a balancer may assign to a host.
const (
	unitRequest    = "request"
	unitConnection = "connection"
	unitRound      = "round" // shares differ from round to round, for whatever reason
)

// connections is what is known of the connections that carried a leg's answers.
type connections struct {
	n     uint64  // how many; 0 if that is not known
	worth float64 // how many connections of equal use they are worth
	// hosts counts the answers that name their host, and squares is Σm² of these answers, m by
	// connection.
	hosts   map[string]stats.NestedClass
	squares float64
}

// named returns the answers that name their host, grouped by connection and host.
func (c connections) named() stats.Nested {
	n := stats.Nested{Squares: c.squares}
	for _, name := range slices.Sorted(maps.Keys(c.hosts)) { // another order changes the last digits of sums
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

// assignment is what the balancer assigns to hosts, as far as there is evidence.
type assignment struct {
	unit     string          // "" if there is no evidence
	together float64         // requests that a host gets at once
	df       float64         // degrees of freedom of together; 0 if it is known and not estimated
	evidence result.Evidence // for unit; "" if there is none
}

// assignment decides by the best evidence that there is.
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

// assignment decides by the hosts that the answers of each connection name. total is how many
// requests the hosts share.
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

// assignmentByRounds decides by the rounds, each of which has new connections. If connections stay
// with a host, every round draws the hosts' shares again, and they differ as much as so few draws
// do. If the balancer has weights, the shares are the same in all rounds. together is how many
// requests a connection carries in a round.
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
