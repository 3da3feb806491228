package figure

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// agentFigure is what is drawn of every agent, one below the other.
type agentFigure struct {
	label  string
	least  float64 // of the axis, by which it reaches up at least
	factor float64
	value  func(result.AgentPoint) float64 // negative: not known
}

// agentFigures are in the order in which a fault shows: too little was sent, because it was sent late, because
// there was no processor for it.
func agentFigures(legs []*result.Leg) []agentFigure {
	var lag float64
	for _, l := range legs {
		for _, a := range l.Fleet.Agents {
			for _, p := range a.Series {
				lag = max(lag, p.LagP99)
			}
		}
	}
	s := words.ScaleOf(lag, lag)
	return []agentFigure{
		{"sent per second", 0, 1, func(p result.AgentPoint) float64 { return p.Sent }},
		{"lag, p99 (" + s.Unit + ")", 0, s.Factor, func(p result.AgentPoint) float64 { return p.LagP99 }},
		{"CPU (%)", 100, 100, func(p result.AgentPoint) float64 { return p.CPU }},
	}
}

// generatorsFigure draws what each agent sent, how late and with how much of its processors; false for legs
// that one generator put on.
func generatorsFigure(a *result.Analysis, legs []*result.Leg, of string) (drawing, bool) {
	legs = slices.DeleteFunc(slices.Clone(legs), func(l *result.Leg) bool { return l.Fleet == nil || len(l.WholeSeconds()) == 0 })
	if len(legs) == 0 {
		return drawing{}, false
	}
	names, left := result.DrawnAgents(a)
	figures := agentFigures(legs)
	rows := make([][]panel, len(figures))
	for i, f := range figures {
		rows[i] = agentPanels(legs, names, f)
	}
	for c := range legs {
		rows[0][c].title, rows[0][c].line = targetPanel(a, legs[c]).title, nil // the colours are the agents'
		x := &rows[len(rows)-1][c].plot.X
		x.Label.Text = "time since the leg began (" + clock(x, lasting(legs)) + ")"
	}
	d := drawing{
		title:    "Generators, each by itself" + of,
		subtitle: words.Join(" · ", a.Name, a.Run.Load.Words),
		caption: "Of each second what an agent sent, how late it sent it, and how much of its processors it used. " +
			"A line that ends is an agent that was lost." + partial,
		width:  figureWidth / 2 * length(max(2, len(legs))),
		height: figureHeight * 5 / 4,
		body:   func(c draw.Canvas) { grid(c, []float64{1, 1, 1}, rows) },
	}
	if left > 0 {
		d.caption += fmt.Sprintf(" Of the %s agents the %d worst are drawn.", words.TableCount(len(names)+left), len(names))
	}
	for i, name := range names {
		style := targetStroke(i)
		d.legend = append(d.legend, entry{text: words.Join(", ", plain.ClipMiddle(label(name), hostRunes), stateOf(name, legs)), line: &style})
	}
	return d, true
}

// stateOf is what was wrong with an agent in the first of the legs in which anything was; "" for nothing.
func stateOf(name string, legs []*result.Leg) string {
	for _, l := range legs {
		for i := range l.Fleet.Agents {
			if a := &l.Fleet.Agents[i]; a.Name == name && a.State() != result.AgentWell {
				return a.State()
			}
		}
	}
	return ""
}

// agentPanels are a figure of the agents in each leg, on the same scale.
func agentPanels(legs []*result.Leg, names []string, f agentFigure) (row []panel) {
	top := f.least
	for _, l := range legs {
		p := newPanel("")
		clock(&p.X, lasting(legs))
		p.Add(rules{})
		seconds := l.WholeSeconds()
		end := seconds[len(seconds)-1].T
		for i := range l.Fleet.Agents {
			of := &l.Fleet.Agents[i]
			k := slices.Index(names, of.Name)
			if k < 0 {
				continue
			}
			var line []xy
			begins := 0.
			for _, pt := range of.Series {
				v := f.value(pt)
				if ok := v >= 0 && words.Finite(v); pt.T <= end+1e-9 {
					line = append(line, xy{(begins + pt.T) / 2, v * f.factor, ok})
					if ok {
						top = max(top, v*f.factor)
					}
				}
				begins = pt.T
			}
			p.Add(polyline{points: line, style: targetStroke(k)})
		}
		row = append(row, panel{yLabel: f.label, plot: p})
	}
	for i := range row {
		linear(&row[i].plot.Y, top, 4)
	}
	return row
}

// lasting is how many whole seconds the longest of some legs has.
func lasting(legs []*result.Leg) (s float64) {
	for _, l := range legs {
		if seconds := l.WholeSeconds(); len(seconds) > 0 {
			s = max(s, seconds[len(seconds)-1].T)
		}
	}
	return s
}
