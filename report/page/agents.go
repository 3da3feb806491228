package page

import (
	"slices"
	"strconv"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
)

// drawAgents adds the columns of the generators to those of their leg.
func (s *series) drawAgents(to *legSeries, l *result.Leg) {
	if l.Fleet == nil {
		return
	}
	seconds := l.WholeSeconds()
	for _, a := range l.Fleet.Agents {
		i := slices.Index(s.agents, a.Name)
		if i < 0 || len(a.Series) == 0 {
			continue
		}
		at := func(p *result.Point) *result.AgentPoint {
			k, _ := slices.BinarySearchFunc(a.Series, p.Begins(), func(of result.AgentPoint, t float64) int {
				if of.T <= t {
					return -1
				}
				return 1
			})
			return &a.Series[min(k, len(a.Series)-1)]
		}
		to.Columns[agentKey(i, "sent")] = columnOf(seconds, func(p *result.Point) float64 { v := at(p).Sent; return known(v, v >= 0) })
		to.Columns[agentKey(i, "lag")] = columnOf(seconds, func(p *result.Point) float64 { v := at(p).LagP99; return known(v, v >= 0) })
		to.Columns[agentKey(i, "cpu")] = columnOf(seconds, func(p *result.Point) float64 { v := at(p).CPU; return known(100*v, v >= 0) })
	}
}

// agentKey names the column of a generator.
func agentKey(i int, figure string) string { return "agent " + strconv.Itoa(i) + " " + figure }

// ofAgents are the lines of the generators.
func (s *series) ofAgents(figure string) []lineKind {
	var named [][2]string
	for i, name := range s.agents {
		named = append(named, [2]string{agentKey(i, figure), plain.Line(name)})
	}
	return apart(named)
}
