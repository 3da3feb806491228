package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/figure"
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
	doc.memo(d, d.Limits)
	doc.inputs(d)
	doc.add("How this was computed", block{Text: d.Method})
	return doc
}

// memo is what stands on the first sheet below the answer.
func (doc *document) memo(d *result.Decision, limits []string) {
	demand := figure.OfDemand(d)
	from := len(doc.Sections)
	doc.add("Options", block{Table: optionTable(d, true)})
	doc.add("When the demand outgrows them", block{Drawn: &demand})
	doc.add("What would change the answer most", block{List: sensitivityLines(d.Sensitivities[:min(len(d.Sensitivities), fewSensitivities)])})
	doc.add("What this does not cover", block{Text: sentence(words.Capital(strings.Join(limits, "; ")))})
	for i := range doc.Sections[from:] {
		doc.Sections[from+i].Lead = true
	}
	doc.Sections[len(doc.Sections)-1].Memo = true
}

// inputs are what the figures of a decision are made of.
func (doc *document) inputs(d *result.Decision) {
	if slices.ContainsFunc(d.Options, func(o result.DecisionOption) bool { return !o.Main }) {
		doc.add("All options", block{Table: optionTable(d, false)})
	}
	doc.add("Demand", block{Table: demandTable(d)})
	doc.add("Hours of a day", block{Table: hourTable(d)})
	doc.add("Break-even", block{Table: breakEvenTable(d)})
	doc.add("What a month costs", block{Table: partTable(d)})
	if f, ok := figure.OfSensitivities(d); ok {
		doc.add("What each input moves", block{Drawn: &f})
	}
	doc.add("What else was moved by a fifth", block{List: sensitivityLines(d.Sensitivities[min(len(d.Sensitivities), fewSensitivities):])})
	doc.add("Prices", block{Table: priceTable(d)})
}

// sensitivityLines are a line for each input that moves the answer, and one for all others.
func sensitivityLines(all []result.Sensitivity) (lines []string) {
	var still []string
	for _, s := range all {
		if s.Less == s.More && !s.Changes {
			still = append(still, s.Input)
			continue
		}
		lines = append(lines, sentence(words.Capital(s.Words)))
	}
	if len(still) > 0 {
		lines = append(lines, sentence("No change with "+strings.Join(still, ", ")))
	}
	return lines
}

// optionTable is a row for each option, or for each that a reader in a hurry must see.
func optionTable(d *result.Decision, main bool) *table {
	tab := &table{Caption: "What today's peak takes of each, and what each costs a month and a million requests", Columns: []column{left("option"), right("carries (/s)"), right("peak uses"), right("with one node less"), right("a month (" + d.Currency + ")"), right("a million"), right("enough until")}}
	options := d.Options
	if main {
		options = d.MainOptions()
	}
	for _, o := range options {
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
			costCell(d, o, o.Month, "the sum of what a month costs"), costCell(d, o, o.PerMillion, "the cost of a month ÷ its requests, the mean rate × 730 hours"), breaksCell(d, o)})
	}
	return tab
}

// costCell is an amount that opens the prices which it is made of.
func costCell(d *result.Decision, o result.DecisionOption, amount float64, method string) cell {
	h := &how{Method: method}
	for _, p := range o.Parts {
		h.Inputs = append(h.Inputs, words.Join(": ", p.Name, words.Join(" = ", p.Formula, words.Join(" ", d.Currency, digits3(p.Month)))+bracketed(p.From)))
	}
	return cell{Text: digits3(amount), How: h}
}

func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
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

// hourTable is a row for each hour of the demand's profile.
func hourTable(d *result.Decision) *table {
	tab := &table{Caption: "How much of what is recommended each hour uses", Columns: []column{left("hour"), right("rate (/s)"), right("used"), right("with one node less")}}
	for i, h := range d.Hours {
		without := textCell("nothing is left")
		if h.WithoutOne.Finite() {
			without = usedCell(float64(h.WithoutOne))
		}
		tab.Rows = append(tab.Rows, []cell{textCell(fmt.Sprintf("%02d:00", i)), textCell(digits3(h.RPS)), usedCell(h.Utilisation), without})
	}
	return tab
}

func partTable(d *result.Decision) *table {
	tab := &table{Columns: []column{left("option"), left("part"), right("a month (" + d.Currency + ")"), left("is"), left("price")}}
	for _, o := range d.Options {
		for _, p := range o.Parts {
			tab.Rows = append(tab.Rows, []cell{textCell(o.Name), textCell(p.Name), textCell(digits3(p.Month)), textCell(p.Formula), textCell(p.From)})
		}
	}
	return tab
}

func priceTable(d *result.Decision) *table {
	placed := slices.ContainsFunc(d.Prices, func(p result.Price) bool { return p.Place != "" })
	tab := &table{Columns: []column{left("option"), left("price of"), right("amount (" + d.Currency + ")"), left("for"), left("source"), left("date")}}
	if placed {
		tab.Columns = append(tab.Columns, left("stands in"))
	}
	for _, p := range d.Prices {
		date := textCell(p.Date.Format(time.DateOnly))
		if p.Old {
			date.Tone, date.Sub = unsure, "old"
		}
		row := []cell{textCell(p.Option), textCell(p.Item), textCell(words.TableDecimal(p.Amount)), textCell(p.Unit), textCell(p.Source), date}
		if placed {
			row = append(row, textCell(p.Place))
		}
		tab.Rows = append(tab.Rows, row)
	}
	return tab
}
