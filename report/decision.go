package report

import (
	"io"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// DecisionFormats are the forms of a decision by the names that users type.
var DecisionFormats = map[string]Format[*result.Decision]{
	"text": decisionText,
	"md":   decisionMarkdown,
	"html": decisionHTML,
	"json": writeJSON[*result.Decision],
}

func decisionText(w io.Writer, d *result.Decision, o Options) error {
	return writeText(w, composeDecision(d), o)
}

func decisionMarkdown(w io.Writer, d *result.Decision, _ Options) error {
	return writeMarkdown(w, composeDecision(d))
}

func decisionHTML(w io.Writer, d *result.Decision, _ Options) error {
	return writeHTML(w, composeDecision(d), nil, nil)
}

// fewSensitivities is how many of them a memo has room for.
const fewSensitivities = 3

// composeDecision is a memo first: the answer, how it is known, the options, what would change
// the answer, what is left out. Behind it stands what the figures are made of.
func composeDecision(d *result.Decision) *document {
	doc := &document{Title: d.Name, opening: opening{Claims: []claim{{Text: sentence(words.Capital(d.Headline)), More: sentence(d.Confidence)}}}, Warnings: d.Warnings}
	doc.add("Options", block{Table: optionTable(d)})
	doc.add("What would change the answer most", block{List: sensitivityLines(d.Sensitivities[:min(len(d.Sensitivities), fewSensitivities)])})
	doc.add("What this does not cover", block{Text: sentence(words.Capital(strings.Join(d.Limits, "; ")))})
	for i := range doc.Sections {
		doc.Sections[i].Lead = true
	}
	doc.add("Demand", block{Table: demandTable(d)})
	doc.add("Break-even", block{Table: breakEvenTable(d)})
	doc.add("What a month costs", block{Table: partTable(d)})
	if rest := d.Sensitivities[min(len(d.Sensitivities), fewSensitivities):]; len(rest) > 0 {
		doc.add("What else was moved by a fifth", block{List: sensitivityLines(rest)})
	}
	doc.add("Prices", block{Table: priceTable(d)})
	doc.add("How this was computed", block{Text: d.Method})
	return doc
}

func sensitivityLines(all []result.Sensitivity) (lines []string) {
	for _, s := range all {
		lines = append(lines, sentence(words.Capital(s.Words)))
	}
	return lines
}

func optionTable(d *result.Decision) *table {
	tab := &table{Caption: "What today's peak takes of each, and what each costs a month and a million requests", Columns: []column{left("option"), right("carries (/s)"), right("peak uses"), right("with one node less"), right("a month (" + d.Currency + ")"), right("a million"), right("enough until")}}
	for _, o := range d.Options {
		name, without := textCell(o.Name), missing()
		if o.Recommended {
			name.Sub, name.Tone = "take this", good
		}
		without.Text = "nothing is left"
		if o.WithoutOne.Finite() {
			without = usedCell(float64(o.WithoutOne))
		}
		carries := digits3(o.HeldRPS)
		if o.BrokenRPS > 0 {
			carries = between(result.Bound(o.HeldRPS), result.Bound(o.BrokenRPS), digits3)
		}
		tab.Rows = append(tab.Rows, []cell{name, textCell(carries), usedCell(o.Utilisation), without,
			textCell(digits3(o.Month)), textCell(digits3(o.PerMillion)), breaksCell(d, o)})
	}
	return tab
}

// usedCell is a utilisation; above 1 it is an overload.
func usedCell(share float64) cell {
	c := textCell(percent(share))
	if share > 1 {
		c.Tone, c.Sub = bad, "overload"
	}
	return c
}

func breaksCell(d *result.Decision, o result.DecisionOption) cell {
	switch {
	case o.Breaks.IsZero():
		return textCell("for ever")
	case !o.Breaks.After(d.Date):
		return cell{Text: "too small", Tone: bad}
	case !o.Lasts:
		return cell{Text: monthOf(o.Breaks), Tone: unsure}
	}
	return textCell(monthOf(o.Breaks))
}

func monthOf(t time.Time) string { return t.Format("January 2006") }

func demandTable(d *result.Decision) *table {
	return &table{Columns: []column{left(""), right("")}, Rows: [][]cell{
		{textCell("mean rate in " + monthOf(d.Date) + " (/s)"), textCell(digits3(d.NowRPS))},
		{textCell("rate at the peak (/s)"), textCell(digits3(d.PeakRPS))},
		{textCell("growth a year"), textCell(percent(d.Growth))},
		{textCell("years to decide for"), textCell(words.TableDecimal(d.Years))},
	}}
}

func breakEvenTable(d *result.Decision) *table {
	tab := &table{Columns: []column{left("bought"), left("instead of"), right("recouped after (months)"), right("saved in all years (" + d.Currency + ")")}}
	for _, b := range d.BreakEvens {
		tab.Rows = append(tab.Rows, []cell{textCell(b.Bought), textCell(b.Instead), textCell(digits3(b.Months)), textCell(digits3(b.Saving))})
	}
	return tab
}

func partTable(d *result.Decision) *table {
	tab := &table{Columns: []column{left("option"), left("part"), right("a month (" + d.Currency + ")")}}
	for _, o := range d.Options {
		for _, p := range o.Parts {
			tab.Rows = append(tab.Rows, []cell{textCell(o.Name), textCell(p.Name), textCell(digits3(p.Month))})
		}
	}
	return tab
}

func priceTable(d *result.Decision) *table {
	tab := &table{Columns: []column{left("option"), left("price of"), right("amount (" + d.Currency + ")"), left("for"), left("source"), left("date")}}
	for _, p := range d.Prices {
		date := textCell(p.Date.Format(time.DateOnly))
		if p.Old {
			date.Tone, date.Sub = unsure, "old"
		}
		tab.Rows = append(tab.Rows, []cell{textCell(p.Option), textCell(p.Item), textCell(words.TableDecimal(p.Amount)), textCell(p.Unit), textCell(p.Source), date})
	}
	return tab
}
