package report

import (
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// gateComposer builds a document from a gate.
type gateComposer struct {
	*document
	g *result.Gate
	o Options
}

// composeGate puts what a gate holds in the order in which people ask: may it go on,
// why not, and by how much.
func composeGate(g *result.Gate, o Options) *document {
	c := gateComposer{&document{
		Title:    g.Name,
		Verdict:  g.Verdict,
		Warnings: g.Warnings,
	}, g, o}
	c.open()
	c.checks()
	for i := range c.Sections {
		c.Sections[i].Lead = true
	}
	c.sides()
	c.add("How this was judged", block{Text: sentence(g.Method)})
	for i := range c.Sections {
		c.Sections[i].Folded = !c.Sections[i].Lead
	}
	return c.document
}

// open makes the opening: the verdict, and the run that was judged in figures.
func (c *gateComposer) open() {
	g := c.g
	c.Claims = []claim{{Word: string(g.Verdict), Tone: toneOf(g.Verdict), Text: sentence(g.Headline)}}
	c.next(g.Remedy)
	c.Reasons = result.Lines(unsaid(g.Findings))
	if g.Run != nil {
		run := composer{c.document, g.Run}
		c.Key, c.Served = run.keyFigures(), run.whoServed()
	}
}

// checks shows every check, a table per target and load.
func (c *gateComposer) checks() {
	var (
		blocks []block
		tables = map[string]*table{}
		saying []string
	)
	for i := range c.g.Checks {
		k := &c.g.Checks[i]
		about := underLoad(k.Load, k.Target)
		t := tables[about]
		if t == nil {
			t = &table{Caption: about, Columns: []column{
				left("check"), right("baseline"), right("candidate"), right("ratio or figure"), right("margin"), left("verdict"),
			}}
			tables[about] = t
			blocks = append(blocks, block{Table: t})
		}
		if k.Against != "" && t.Caption == about {
			t.Caption += " against " + k.Against
		}
		row := checkRow(k)
		if held := &row[3]; held.Sub != "" {
			held.How = &how{N: words.Join(" and ", counted(k.Metric.BaselineN), counted(k.Metric.CandidateN)), Method: sentence(c.g.Method)}
		}
		t.Rows = append(t.Rows, row)
		if k.Verdict != result.Pass || c.o.Full {
			saying = append(saying, c.words(k))
		}
	}
	saying = slices.DeleteFunc(saying, func(s string) bool { return s == "" })
	c.add("Checks", append(blocks, block{List: saying})...)
}

// words is what a check has to say, unless a finding says it above; that an INVALID run was
// not judged says its verdict.
func (c *gateComposer) words(k *result.Check) string {
	said := func(f result.Finding) bool { return f.Load == k.Load && f.Target == k.Target && f.Limit == k.Limit }
	if k.Words == "" || k.Code == result.CodeNotJudged || slices.ContainsFunc(c.g.Findings, said) {
		return ""
	}
	return sentence(underLoad(k.Load, k.Target)+":", k.Words)
}

// checkRow shows a check in a row; one of the run as a whole has words and no figure.
func checkRow(k *result.Check) []cell {
	none := cell{Text: "–", Tone: faint}
	verdict := cell{Text: string(k.Verdict), Tone: toneOf(k.Verdict), Sub: pValue(k)}
	m := k.Metric
	if m.Name == "" {
		return []cell{textCell(k.Limit), none, none, none, none, verdict}
	}
	show := m.Unit.Cell
	limit, baseline := textCell(k.Limit), none
	if m.Rounds > 0 {
		limit.Sub = inRounds(m.Rounds)
	}
	if k.Against != "" {
		baseline = sampled(m.Baseline, m.BaselineN, isRate(m) && m.Rounds > 0, show)
	}
	return []cell{limit, baseline, sampled(m.Candidate, m.CandidateN, measured(k), show), heldFigure(k), textCell(margin(k)), verdict}
}

// measured reports that a check has a figure, which for a rate may be one of no request.
func measured(k *result.Check) bool {
	told := k.Verdict == result.Pass || k.Verdict == result.Fail || k.Metric.Rounds > 0
	return k.Metric.CandidateN > 0 || isRate(k.Metric) && told
}

func isRate(m result.Metric) bool { return m.Unit.Class() == metric.Rates }

// counted is a number of requests; "" where there are none.
func counted(n uint64) string {
	if n == 0 {
		return ""
	}
	return count(n)
}

func inRounds(n int) string {
	if n == 1 {
		return "1 round"
	}
	return count(n) + " rounds"
}

// heldFigure is what is held to the margin, with its interval: the change against the
// baseline, or the figure itself.
func heldFigure(k *result.Check) cell {
	m := k.Metric
	switch {
	case !measured(k) || k.Against != "" && m.BaselineN == 0 && !(isRate(m) && m.Rounds > 0):
		return missing()
	case k.Against != "":
		return change(m)
	}
	show := m.Unit.Cell
	if m.Lo == m.Hi { // counted
		return textCell(show(m.Candidate))
	}
	return cell{Text: show(m.Candidate), Sub: between(openAtZero(m.Lo), m.Hi, show)}
}

// margin is the most, or least, that what is held may be.
func margin(k *result.Check) string {
	switch {
	case k.Against == "":
		return k.Metric.Unit.Cell(k.Margin)
	case k.Metric.Difference:
		return signed(k.Margin, k.Metric.Unit.DifferenceCell)
	case k.Margin == 0: // it is a part of a baseline that has no figure
		return "–"
	}
	return digits3(k.Margin)
}

// pValue shows how probable so much beyond the margin would be at it; empty where
// that was not tested, or does not matter since the check holds.
func pValue(k *result.Check) string {
	switch {
	case !k.P.Finite() || k.Verdict == result.Pass:
		return ""
	case k.P < 0.001:
		return "p < 0.001"
	}
	return "p = " + digits3(float64(k.P))
}

// sides shows the candidate and the baseline, and where each was measured.
func (c *gateComposer) sides() {
	columns, sides := []column{left(""), left("candidate")}, []*result.Side{&c.g.Candidate}
	if c.g.Baseline != nil {
		columns, sides = append(columns, left("baseline")), append(sides, c.g.Baseline)
	}
	t := &table{Columns: columns}
	add := func(name string, of func(*result.Side) cell) {
		cells, said := []cell{textCell(name)}, false
		for _, s := range sides {
			v := of(s)
			cells, said = append(cells, v), said || v.Text != ""
		}
		if said {
			t.Rows = append(t.Rows, cells)
		}
	}
	row := func(name string, of func(*result.Side) string) {
		add(name, func(s *result.Side) cell { return textCell(of(s)) })
	}
	add("run", func(s *result.Side) cell { return cell{Text: s.Label, Link: c.o.link(s.Page)} })
	row("started", func(s *result.Side) string {
		if s.Started.IsZero() {
			return ""
		}
		return s.Started.UTC().Format(time.RFC3339)
	})
	row("rounds", func(s *result.Side) string {
		if s.Rounds == 0 {
			return ""
		}
		return count(s.Rounds)
	})
	row("tool", func(s *result.Side) string { return toolName(s.Tool.Version, s.Tool.Go) })
	row("machine", func(s *result.Side) string {
		return machine(&result.Analysis{Run: result.RunInfo{Machine: s.Machine}})
	})
	c.add("Where the figures come from", block{Table: t})
}

// toolName names the program that measured; empty where that is not known.
func toolName(version, compiler string) string {
	if version == "" {
		return ""
	}
	return words.Join(" · ", "stress "+version, compiler)
}
