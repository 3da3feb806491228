package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// shownAgents is how many agents of a leg a table shows; files for programs have all.
const shownAgents = 15

// fleetClaim is how many generators there were and how well their seconds lie on one another.
func (c *composer) fleetClaim() {
	if of := c.a.Run.Fleet; of != "" {
		c.Claims = append(c.Claims, claim{About: "The generators", Text: sentence(of)})
	}
}

// fleet shows the generators of the legs, each in a column of its own. Of several rounds it shows
// the legs in which something is wrong with one, and the last where nothing is.
func (c *composer) fleet() {
	var said []string
	var legs []*result.Leg
	var last *result.Leg
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		if l.Fleet == nil {
			continue
		}
		last = l
		for _, text := range []string{l.Fleet.Words, l.Fleet.Shares, l.Fleet.Agreement, l.Fleet.Witness} {
			if text != "" {
				said = append(said, sentence(legName(c.a, l)+": "+text))
			}
		}
		if c.a.LastRound() <= 1 || !l.Fleet.Well() {
			legs = append(legs, l)
		}
	}
	if last == nil {
		return
	}
	if len(legs) == 0 {
		legs = append(legs, last)
	}
	blocks := []block{{Text: "Each generator has a share of the plan and is held to the limits of any. A clock is the generator's minus the lead's, ± how exactly that is known; no time of a request depends on it. What is “vs others” holds a figure against that of the other generators in the same seconds, with its 95 % interval."}, {List: said}}
	for _, l := range legs {
		blocks = append(blocks, c.agentTables(l)...)
	}
	c.add("The generators, each by itself", blocks...)
}

// agentTables are the worst agents of a leg, in tables that go side by side.
func (c *composer) agentTables(l *result.Leg) (blocks []block) {
	caption := ""
	if len(c.a.Legs) > 1 {
		caption = legName(c.a, l)
	}
	agents := l.Fleet.InOrder()
	if len(agents) > shownAgents {
		agents = l.Fleet.WorstFirst()[:shownAgents]
		caption = words.Join(", ", caption, fmt.Sprintf("the %d worst of %s; report.csv and summary.json have all", shownAgents, words.Counted(len(l.Fleet.Agents), "agent")))
	}
	for part := range slices.Chunk(agents, acrossColumns) {
		t := &table{Caption: caption, Columns: []column{left("generator")}}
		for _, a := range part {
			t.Columns = append(t.Columns, right(plain.Name(a.Name)))
		}
		for _, f := range c.agentFigures(l.Fleet) {
			row := []cell{textCell(f.name)}
			for _, a := range part {
				row = append(row, f.cell(a))
			}
			t.Rows = append(t.Rows, row)
		}
		blocks = append(blocks, block{Table: t})
	}
	return blocks
}

// agentRow is a figure of every agent.
type agentRow struct {
	name string
	cell func(*result.Agent) cell
}

// agentFigures are the rows about the agents of a fleet: those that have anything to say.
func (c *composer) agentFigures(f *result.Fleet) []agentRow {
	any := func(of func(result.Agent) bool) bool { return slices.ContainsFunc(f.Agents, of) }
	time := func(of func(*result.Agent) float64) func(*result.Agent) cell {
		return func(a *result.Agent) cell {
			if a.Sent == 0 {
				return missing()
			}
			return textCell(millis(of(a)))
		}
	}
	rows := []agentRow{
		{"state", c.agentState},
		{"share of plan", agentShare},
		{"sent", agentSent},
		{"CPU, mean", func(a *result.Agent) cell {
			if a.Generator.CPU < 0 {
				return unknown()
			}
			return cell{Text: percent(a.Generator.CPU), Sub: "max " + percent(a.Generator.CPUMax)}
		}},
		{"lag, median", time(func(a *result.Agent) float64 { return a.LagP50MS })},
		{"lag, p99", time(func(a *result.Agent) float64 { return a.Generator.LagP99MS })},
	}
	if any(func(a result.Agent) bool { return a.Generator.QueueP99MS > 0 }) {
		rows = append(rows, agentRow{"queue, p99", time(func(a *result.Agent) float64 { return a.Generator.QueueP99MS })})
	}
	rows = append(rows, agentRow{"steal, mean", func(a *result.Agent) cell {
		if a.Generator.Steal < 0 {
			return unknown()
		}
		return textCell(percent(a.Generator.Steal))
	}}, agentRow{"GC pauses", func(a *result.Agent) cell { return textCell(millis(a.Generator.GCPauseMS)) }})
	if any(func(a result.Agent) bool { return a.Start != nil || a.End != nil }) {
		rows = append(rows, agentRow{"clock at start", func(a *result.Agent) cell { return clockCell(a.Start) }},
			agentRow{"clock at end", func(a *result.Agent) cell { return clockCell(a.End) }})
	}
	for _, m := range []metric.Metric{metric.P50, metric.P95, metric.ErrorRate} {
		if any(func(a result.Agent) bool { return a.Held(m) != nil }) {
			rows = append(rows, agentRow{m.Title + " vs others", heldCell(m)})
		}
	}
	return append(rows, agentRow{"machine", machineCell})
}

// agentState says what was wrong with an agent.
func (c *composer) agentState(a *result.Agent) cell {
	out := cell{Text: a.State(), Tone: good}
	switch out.Text {
	case result.AgentLost:
		out = cell{Text: fmt.Sprintf("lost by %s", seconds(a.LostS)), Tone: bad, Mark: c.note(a.Lost)}
	case result.AgentLimited:
		out.Tone, out.Mark = bad, c.note(strings.Join(withRemedy(a.Generator.Why, ""), "; "))
	case result.AgentDeviates:
		out.Tone, out.Mark = unsure, c.note(a.Deviates)
	}
	if a.Witness {
		out.Sub = "witness"
	}
	return out
}

// agentShare is an agent's share of the plan, and what it follows from.
func agentShare(a *result.Agent) cell {
	out := textCell(percent(a.Share))
	switch {
	case a.CapacityRPS > 0:
		out.Sub = "can send " + words.Significant(a.CapacityRPS, 2) + "/s"
	case a.Clients > 0:
		out.Sub = words.Counted(a.Clients, "client")
	}
	return out
}

// agentSent is how much of its share an agent sent.
func agentSent(a *result.Agent) cell {
	out := textCell(count(a.Sent))
	switch {
	case a.UnknownS > 0:
		out.Sub = "or more"
	case a.Unsure > 0:
		out.Text, out.Sub = out.Text+" – "+count(a.Sent+a.Unsure), "of "+count(a.Planned)
	case a.Sent < a.Planned:
		out.Sub = fmt.Sprintf("of %s, %s", count(a.Planned), percent(a.Achieved))
	}
	return out
}

// clockCell is a measurement of a clock, with how exact it is.
func clockCell(k *result.Clock) cell {
	if k == nil {
		return unknown()
	}
	return cell{Text: signed(k.OffsetMS, millis), Sub: "± " + millis(k.BoundMS)}
}

// heldCell is a figure of an agent against the others', with its interval.
func heldCell(m metric.Metric) func(*result.Agent) cell {
	return func(a *result.Agent) cell {
		d := a.Held(m)
		if d == nil {
			return missing()
		}
		show := func(v float64) string { return signed(v, percent) }
		if m.Unit == metric.Share {
			show = func(v float64) string { return signed(v, words.Table.Points) }
		}
		return cell{Text: show(d.Relative.Value), Sub: between(d.Relative.Lo, d.Relative.Hi, show)}
	}
}

// machineCell is where an agent ran, and by which version.
func machineCell(a *result.Agent) cell {
	m := a.Machine
	return cell{Text: plain.Line(words.Join(", ", words.Counted(m.CPUs, "CPU"), m.OS+" "+m.Arch)), Sub: plain.Line(a.Version)}
}
