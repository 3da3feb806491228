package report

import (
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// replicaClaims are what replicas add. An invalid measurement claims nothing.
func (c *composer) replicaClaims() {
	if c.a.Verdict == result.Invalid {
		return
	}
	for _, r := range c.a.Answering().Replicas {
		c.Claims = append(c.Claims, claim{About: "The replicas", Text: sentence(words.Capital(plain.Line(r.Words)))})
	}
}

// replicas shows how the work grows with the replicas, and the model of it.
func (c *composer) replicas() {
	for i := range c.a.Replicas {
		r := &c.a.Replicas[i]
		blocks := []block{{Table: c.replicaTable(r)}, {List: sentences(r.Limits)}}
		switch g := r.Growth; {
		case g != nil:
			blocks = append(blocks, block{Text: sentence("by " + g.Models[0].Name + ", " + g.Headline)},
				block{Table: captioned("models of "+words.Counted(len(g.Points), "leg"), modelTable(g))},
				block{Table: captioned("coefficients of "+g.Models[0].Name, coefficientTable(g.Models[0]))},
				block{Table: captioned("more replicas, by the model", predictionTable(g))}, block{List: sentences(g.Warnings)}, block{Text: g.Method})
			if !g.Fits {
				blocks[2].Text = sentence(g.Headline)
			}
		case r.Refused != "":
			blocks = append(blocks, block{Text: sentence("no model: " + plain.Line(r.Refused))})
		}
		c.add("Replicas of "+plain.Name(r.Target), blocks...)
	}
}

func (c *composer) replicaTable(r *result.ReplicaCurve) *table {
	tab := &table{Columns: []column{right("replicas"), right("successes (/s)"), right("p95 " + c.a.Run.Measure), right("speed-up"), right("efficiency")}}
	var times []float64
	for _, s := range r.Sizes {
		if s.P95 != nil {
			times = append(times, s.P95.Value)
		}
	}
	scale := timeScale(times...)
	for _, s := range r.Sizes {
		name := textCell(count(s.Replicas))
		if s.Rounds > 1 {
			name.Sub = inRounds(s.Rounds)
		}
		tab.Rows = append(tab.Rows, []cell{
			name, c.estimated(s.Successes, digits3), c.estimated(s.P95, func(v float64) string { return scale.Cell(v) + thin + scale.Unit }),
			c.estimated(s.SpeedUp, words.Times), c.estimated(s.Efficiency, percent),
		})
	}
	return tab
}

// estimated is a figure with its interval and its n.
func (c *composer) estimated(e *result.Estimate, show func(float64) string) cell {
	if e == nil {
		return missing()
	}
	out := cell{Text: show(e.Value), N: "n = " + count(e.N), Mark: c.note(e.Warnings...)}
	if e.Confidence > 0 {
		out.Sub = between(e.Lo, e.Hi, show)
	}
	return out
}

func captioned(caption string, t *table) *table {
	t.Caption = caption
	return t
}
