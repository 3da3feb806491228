package analyze

import (
	"maps"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// divisionOfRounds returns what the hosts of one target got in several rounds together. Every
// round has new connections. It returns false if not all rounds have the same kind of counts.
func divisionOfRounds(legs []*judgedLeg) (division, bool) {
	first := legs[0].division
	all := division{of: first.of, expected: first.expected, silent: first.silent, connections: connections{hosts: map[string]stats.NestedClass{}}}
	hosts, byHost := map[string]result.Host{}, map[string]stats.NestedClass{}
	var total, spreadOut float64 // Σ over the rounds of what was divided, and of its square ÷ connections
	for _, l := range legs {
		d := l.division
		if d.of == "" || d.of != all.of {
			return division{}, false
		}
		all.silent = slices.DeleteFunc(slices.Clone(all.silent), func(name string) bool { return !slices.Contains(d.silent, name) })
		var sum float64
		for _, h := range d.hosts {
			n := float64(h.Of(d.of))
			sum += n
			c := byHost[h.Host]
			byHost[h.Host] = stats.NestedClass{Units: c.Units + n, Squares: c.Squares + n*n}
			was := hosts[h.Host]
			hosts[h.Host] = result.Host{Host: h.Host, Rows: was.Rows + h.Rows, Answers: was.Answers + h.Answers, Success: was.Success + h.Success}
		}
		total += sum
		all.rounds.Squares += sum * sum
		all.connections.add(d.connections)
		spreadOut += sum * sum / max(1, d.connections.worth)
	}
	for _, name := range slices.Sorted(maps.Keys(byHost)) {
		if c := byHost[name]; c.Units > 0 {
			all.rounds.Classes = append(all.rounds.Classes, c)
		}
		all.hosts = append(all.hosts, hosts[name])
	}
	divide(all.hosts, all.of)
	if all.connections.n > 0 && spreadOut > 0 {
		all.connections.worth = total * total / spreadOut
	}
	return all, true
}

// add adds the connections of another round. It leaves worth, which is no sum.
func (c *connections) add(o connections) {
	c.n += o.n
	c.squares += o.squares
	for name, h := range o.hosts {
		sum := c.hosts[name]
		c.hosts[name] = stats.NestedClass{Units: sum.Units + h.Units, Squares: sum.Squares + h.Squares}
	}
}
