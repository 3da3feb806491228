package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// comparisonsSchema is the version of comparisons as JSON.
const comparisonsSchema = 1

// Compared is what was compared, and with what result.
type Compared struct {
	// Comparisons are one within a run, or of two runs one for each target.
	Comparisons []*result.Comparison
	// Runs are what the charts of a page show: one run, or the baseline and the candidate.
	Runs []*result.Analysis
}

// ComparisonFormats are the forms of comparisons by themselves.
var ComparisonFormats = map[string]Format[Compared]{
	"text": func(w io.Writer, c Compared, o Options) error {
		return writeText(w, composeComparisons(c, o), o)
	},
	"md": func(w io.Writer, c Compared, o Options) error {
		return writeMarkdown(w, composeComparisons(c, o))
	},
	"html": func(w io.Writer, c Compared, o Options) error {
		return writeHTML(w, composeComparisons(c, o), nil, c.Runs)
	},
	"json": func(w io.Writer, c Compared, o Options) error { return comparisonsJSON(w, c.Comparisons, o) },
}

func comparisonsJSON(w io.Writer, cs []*result.Comparison, o Options) error {
	return writeJSON(w, struct {
		Schema      int                  `json:"schema"`
		Comparisons []*result.Comparison `json:"comparisons"`
	}{comparisonsSchema, cs}, o)
}

// composeComparisons lays out what was compared, each with its sentence on top, and
// then what is compared with what.
func composeComparisons(of Compared, o Options) *document {
	d := &document{}
	var warnings, methods []string
	for _, c := range of.Comparisons {
		d.Title = c.Candidate + " against " + c.Baseline
		if len(c.Runs) > 0 {
			d.Title = "The candidate against the baseline"
		}
		about := underLoad(c.Load, c.Target)
		if strings.HasPrefix(c.Words, about+": ") { // the sentence says it
			about = ""
		}
		d.Claims = append(d.Claims, claim{About: about, Word: c.Answer, Tone: toneOf(c.Verdict), Text: sentence(c.Words)})
		d.next(c.Next)
		warnings, methods = append(warnings, c.Warnings...), append(methods, words.Join(" ", c.Method, c.RequestsMethod))
	}
	d.add("Warnings", block{List: once(warnings)})
	var details []section
	for _, c := range of.Comparisons {
		title := cmp.Or(c.Target, "Metrics")
		if c.Load != "" {
			title += ", load " + c.Load
		}
		all := d.comparison(c)
		requests := d.byRequest(c)
		if key := d.sideBySide(c, of.Runs); key != nil {
			d.add(title, append([]block{{Table: key}}, requests...)...)
			details = append(details, section{Title: "Every metric: " + title, Blocks: []block{{Table: all}}})
		} else {
			d.add(title, append([]block{{Table: all}}, requests...)...)
		}
		if len(requests) > 0 {
			details = append(details, section{Title: everyRequest + ": " + title, Blocks: d.everyMetricByRequest(c)})
		}
	}
	for i := range d.Sections {
		d.Sections[i].Lead = true
	}
	d.Sections = append(d.Sections, details...)
	if len(of.Comparisons) > 0 {
		d.add("The runs", block{Table: runsTable(of.Comparisons[0].Runs, o)})
	}
	for _, m := range once(methods) {
		d.add(howCompared, block{Text: sentence(m)})
	}
	return d
}

// sideBySide sets the key figures of both sides beside each other, each with its interval and n,
// and what they come to; nil where the runs are not at hand.
func (d *document) sideBySide(c *result.Comparison, runs []*result.Analysis) *table {
	if len(runs) == 0 {
		return nil
	}
	base, baseKey := keyOf(runs[0], c.Load, cmp.Or(c.Target, c.Baseline))
	cand, candKey := keyOf(runs[len(runs)-1], c.Load, cmp.Or(c.Target, c.Candidate))
	if baseKey == nil || candKey == nil {
		return nil
	}
	scale := timeScale((&composer{d, base}).keyValues(metric.P95)...)
	before := (&composer{d, base}).keyCells(*baseKey, scale)
	after := (&composer{d, cand}).keyCells(*candKey, scale)
	t := &table{Columns: comparisonColumns(c, "figure")}
	for i, m := range keyMetrics {
		ratio, verdict := cell{Text: "–", Tone: faint}, cell{Text: "not compared", Tone: faint}
		if of := c.Of(m); of.Name != "" {
			row := d.compared(c, of)
			ratio, verdict = row[3], row[4]
		}
		t.Rows = append(t.Rows, []cell{textCell(keyTitles(cand)[i]), before[i], after[i], ratio, verdict})
	}
	return t
}

// keyOf are the key figures of a target under a load, "" for the only one; nil without.
func keyOf(a *result.Analysis, load, target string) (*result.Analysis, *result.KeyFigures) {
	for _, part := range a.Parts() {
		if load != "" && part.Run.Load.Name != load {
			continue
		}
		for i := range part.Key {
			if part.Key[i].Target == target {
				return part, &part.Key[i]
			}
		}
	}
	return nil, nil
}

// once leaves out what was said before.
func once(said []string) []string {
	var out []string
	for _, s := range said {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// runsTable lists the two runs of a comparison.
func runsTable(runs []result.Side, o Options) *table {
	t := &table{Columns: []column{left(""), left("run"), left("began"), right("rounds"), left("tool")}}
	for i, s := range runs {
		side := "baseline"
		if i > 0 {
			side = "candidate"
		}
		label := textCell(s.Label)
		label.Link = o.link(s.Page)
		t.Rows = append(t.Rows, []cell{textCell(side), label, textCell(s.Started.UTC().Format(time.RFC3339)), textCell(count(s.Rounds)), textCell("stress " + s.Tool.Version)})
	}
	return t
}

// comparison adds the section that compares the run's candidate with its baseline.
func (c *composer) comparison() {
	cmp := c.a.Comparison
	if cmp == nil {
		return
	}
	title := fmt.Sprintf("%s against %s", cmp.Candidate, cmp.Baseline)
	c.add("Comparison: "+title, append([]block{{Text: sentence(cmp.Words)}, {Table: c.document.comparison(cmp)}}, c.byRequest(cmp)...)...)
}

// comparisonOfRequests adds all that was compared of single requests.
func (c *composer) comparisonOfRequests() {
	if cmp := c.a.Comparison; cmp != nil {
		c.add(everyRequest, c.everyMetricByRequest(cmp)...)
	}
}

// compared says how the comparison was made, behind all that it shows.
func (c *composer) compared() {
	if c.a.Comparison != nil {
		c.add(howCompared, block{Text: sentence(words.Join(" ", c.a.Comparison.Method, c.a.Comparison.RequestsMethod))})
		c.Sections[len(c.Sections)-1].Last = true
	}
}

const howCompared = "How this was compared"

// comparisonColumns are a figure's name, both sides, and what they come to. The names of runs are
// too long for the head of a column.
func comparisonColumns(c *result.Comparison, figure string) []column {
	base, cand, ratio := c.Baseline, c.Candidate, c.Candidate+" ÷ "+c.Baseline
	if len(c.Runs) > 0 {
		base, cand, ratio = "baseline", "candidate", "candidate ÷ baseline"
	}
	return []column{left(figure), right(base), right(cand), right(ratio), left("verdict")}
}

// comparison sets the candidate beside the baseline, metric by metric.
func (d *document) comparison(c *result.Comparison) *table {
	t := &table{Columns: comparisonColumns(c, "metric")}
	for _, m := range c.Metrics {
		t.Rows = append(t.Rows, d.compared(c, m))
	}
	return t
}

// compared is a row of a comparison, whose ratio opens.
func (d *document) compared(c *result.Comparison, m result.Metric) []cell {
	row := d.metric(m)
	if ratio := &row[3]; ratio.Sub != "" {
		ratio.How = &how{N: count(m.BaselineN) + " and " + count(m.CandidateN), Method: sentence(c.Method)}
	}
	return row
}

// metric is a row of a comparison. What a metric has to say beyond its verdict, the
// ratio and the rounds beside it becomes a note.
func (d *document) metric(m result.Metric) []cell {
	verdict := cell{Text: m.Answer, Sub: roundsOf(m), Tone: toneOf(m.Verdict)}
	if verdict.Text == "" {
		verdict.Text = m.Verdict.Word()
	}
	if m.Code != result.CodeTooFewRounds {
		verdict.Mark = d.note(m.Why)
	}
	show := m.Unit.Cell
	name := metric.Keyed(m.Name).Title
	if m.Unit == metric.Milliseconds {
		s := timeScale(m.Baseline, m.Candidate)
		show = s.Cell
		name += " (" + s.Unit + ")"
	}
	return []cell{textCell(name), sampled(m.Baseline, m.BaselineN, isRate(m), show), sampled(m.Candidate, m.CandidateN, isRate(m), show), change(m), verdict}
}

// roundsOf says what the rounds behind a metric could have shown, or how many would.
func roundsOf(m result.Metric) string {
	if m.Rounds == 0 {
		return ""
	}
	s := count(m.Rounds) + " rounds"
	if m.Rounds == 1 {
		s = "1 round"
	}
	switch {
	case m.Verdict == result.CannotTell && m.RoundsNeeded > 0:
		return s + "; about " + count(m.RoundsNeeded) + " would"
	case m.Verdict == result.Same && m.Detectable > 0:
		return s + "; would have shown a difference of " + percent(m.Detectable-1)
	}
	return s
}

// sampled is a figure with the size of its sample below; one of no request is missing unless it is known.
func sampled(v float64, n uint64, known bool, show func(float64) string) cell {
	if n == 0 && !known || !words.Finite(v) {
		return missing()
	}
	return cell{Text: show(v), Sub: "n = " + count(n)}
}

// change is the ratio, or for metrics compared that way the difference, with its
// interval.
func change(m result.Metric) cell {
	if !m.Ratio.Finite() {
		return cell{Text: "–", Tone: faint}
	}
	show := digits3
	if m.Difference {
		show = func(v float64) string { return signed(v, m.Unit.DifferenceCell) }
	}
	lo := m.Lo
	if !m.Difference {
		lo = openAtZero(lo)
	}
	return cell{Text: show(float64(m.Ratio)), Sub: between(lo, m.Hi, show)}
}
