package report

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
)

// composer builds a document from an analysis, section by section.
type composer struct {
	*document
	a *result.Analysis
}

// compose puts what an analysis holds in the order in which people ask: is it good,
// compared with what, how fast, who did the work, what became of every request, can
// the figures be believed, where do they come from. What is not full ends with the opening.
func compose(a *result.Analysis, full bool) *document {
	c := newComposer(a.Name, a)
	c.open()
	switch {
	case !full:
		return c.document
	case len(a.Loads) > 0:
		c.loads()
		c.events()
	default:
		c.figures()
	}
	c.origin()
	return c.document
}

func newComposer(title string, a *result.Analysis) *composer {
	return &composer{&document{Title: title, Verdict: a.Verdict, Answer: a.Answer, Warnings: unalerted(a)}, a}
}

// loads says what each load of several came to, and has a document of each.
func (c *composer) loads() {
	t := &table{Columns: []column{left("load"), left("what"), left("verdict"), left("answer")}}
	for _, part := range c.a.Loads {
		load := part.Run.Load
		answer := missing()
		if part.Answer != nil {
			answer = cell{Text: part.Answer.Words, Tone: toneOf(part.Answer.Verdict)}
		}
		t.Rows = append(t.Rows, []cell{textCell(load.Name), textCell(load.Words), {Text: string(part.Verdict), Tone: toneOf(part.Verdict)}, answer})
		of := newComposer("Load "+load.Name, part)
		of.claims()
		of.figures()
		of.originOfLoad()
		c.Loads = append(c.Loads, of.document)
	}
	c.add("Loads", block{Table: t})
	c.Sections[0].Lead = true
}

// figures are the sections about a load.
func (c *composer) figures() {
	c.comparison()
	c.replicas()
	c.thresholds()
	for i := range c.Sections {
		c.Sections[i].Lead = true
	}
	c.times()
	c.rates()
	c.hosts()
	c.resilience()
	c.cluster()
	c.addresses()
	c.outcomes()
	c.statuses()
	c.reconcile()
	c.requests()
	c.comparisonOfRequests()
	c.failures()
	c.events()
	c.generator()
	c.fleet()
	c.clocks()
	c.compared()
}

// unalerted are the warnings of a run that do not stand beside its verdict.
func unalerted(a *result.Analysis) []string {
	return slices.DeleteFunc(slices.Clone(a.Warnings), func(w string) bool { return slices.Contains(a.Alerts, w) })
}

// withRemedy puts what to do behind the findings.
func withRemedy(findings []result.Finding, remedy string) []string {
	lines := result.Lines(findings)
	if remedy != "" {
		lines = append(lines, remedy)
	}
	return lines
}

// legName tells the legs of a run apart.
func legName(a *result.Analysis, l *result.Leg) string {
	if a.LastRound() > 1 {
		return fmt.Sprintf("%s, round %d", l.Target, l.Round)
	}
	return l.Target
}

// legRow is one row of a table that has legs for columns.
type legRow struct {
	name string
	// cells shows the figure for all legs at once, so that they can share a unit; it
	// may name that unit, which then follows the row's name.
	cells func(legs []*result.Leg) (cells []cell, unit string)
}

// each makes the cells of a figure from one leg at a time.
func each(f func(l *result.Leg) cell) func([]*result.Leg) ([]cell, string) {
	return func(legs []*result.Leg) ([]cell, string) {
		cells := make([]cell, len(legs))
		for i, l := range legs {
			cells[i] = f(l)
		}
		return cells, ""
	}
}

// acrossColumns is how many legs stand side by side before a table is continued
// below: what 100 columns of text hold.
const acrossColumns = 5

// byLeg lays figures down and legs across: targets beside each other, or with
// several rounds a table per target and its rounds beside each other.
func (c *composer) byLeg(what string, figures []legRow) []block {
	if c.a.LastRound() <= 1 {
		legs := make([]*result.Leg, len(c.a.Legs))
		for i := range c.a.Legs {
			legs[i] = &c.a.Legs[i]
		}
		return c.across(what, "", figures, legs, func(l *result.Leg) string { return l.Target })
	}
	var blocks []block
	for _, t := range c.a.Targets() {
		var legs []*result.Leg
		for i := range c.a.Legs {
			if c.a.Legs[i].Target == t {
				legs = append(legs, &c.a.Legs[i])
			}
		}
		title := func(l *result.Leg) string { return fmt.Sprintf("round %d", l.Round) }
		blocks = append(blocks, c.across(what, t, figures, legs, title)...)
	}
	return blocks
}

func (c *composer) across(what, caption string, figures []legRow, legs []*result.Leg, title func(*result.Leg) string) []block {
	var blocks []block
	for part := range slices.Chunk(legs, acrossColumns) {
		t := &table{Caption: caption, Columns: []column{left(what)}}
		for _, l := range part {
			t.Columns = append(t.Columns, right(title(l)))
		}
		for _, f := range figures {
			cells, unit := f.cells(part)
			name := f.name
			if unit != "" {
				name += " (" + unit + ")"
			}
			t.Rows = append(t.Rows, append([]cell{textCell(name)}, cells...))
		}
		blocks = append(blocks, block{Table: t})
	}
	return blocks
}
