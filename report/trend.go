package report

import (
	"io"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/figure"
)

// TrendFormats are the forms of a trend by the names that users type.
var TrendFormats = map[string]Format[*result.Trend]{
	"text": trendText,
	"md":   trendMarkdown,
	"html": trendHTML,
	"json": writeJSON[*result.Trend],
}

func trendText(w io.Writer, t *result.Trend, o Options) error {
	return writeText(w, composeTrend(t, o), o)
}

func trendMarkdown(w io.Writer, t *result.Trend, o Options) error {
	return writeMarkdown(w, composeTrend(t, o))
}

// trendHTML is the trend's page: its drawing, and the runs it is made of.
func trendHTML(w io.Writer, t *result.Trend, o Options) error {
	return writeHTML(w, composeTrend(t, o), []figure.Figure{figure.OfTrend(t)}, nil)
}

// labelRunes is how much of a label stands in a table.
const labelRunes = 26

// composeTrend puts a trend in the order in which people ask: did it change, where,
// and by which figures is that known.
func composeTrend(t *result.Trend, o Options) *document {
	d := &document{Title: t.Name + ": " + t.Title, opening: opening{Claims: []claim{{Text: t.Headline}}}, Warnings: t.Warnings}
	if len(t.Changes) > 1 {
		var list []string
		for _, c := range t.Changes {
			list = append(list, sentence(c.Called+":", c.Words))
		}
		d.add("Lasting changes", block{List: list})
		d.Sections[0].Lead = true
	}
	d.add("Runs, oldest first", block{Table: trendTable(t, o)})
	d.add("How this was found", block{Text: sentence(t.Method)}, block{Text: sentence("Machine: " + t.Machine)})
	d.Sections[len(d.Sections)-1].Folded = true
	return d
}

func trendTable(t *result.Trend, o Options) *table {
	show, unit := trendScale(t)
	labelled := slices.ContainsFunc(t.Runs, func(r result.TrendRun) bool { return r.Label != "" })
	tab := &table{Columns: []column{left("run")}}
	if labelled {
		tab.Columns = append(tab.Columns, left("began (UTC)"))
	}
	tab.Columns = append(tab.Columns, right(words.Join(" ", metric.Of(t.Metric).Title, unit)), right("95 % interval"), right("rounds"), right("n"), left("change"))
	for i, r := range t.Runs {
		row := []cell{textCell(r.Called)}
		if labelled {
			row = []cell{runLabel(r.Label), textCell(began(r.Started))}
		}
		row[0].Link = o.link(r.Page)
		interval := "–"
		if s := between(r.Figure.Lo, r.Figure.Hi, show); s != "" && r.Figure.Confidence > 0 {
			interval = s
		}
		figure := textCell(show(r.Figure.Value))
		if interval != "–" {
			figure.How = &how{N: count(r.Figure.N), Interval: interval, Method: sentence(t.Method)}
		}
		row = append(row, figure, textCell(interval), textCell(count(r.Rounds)), textCell(count(r.Figure.N)), changeAt(t, i))
		tab.Rows = append(tab.Rows, row)
	}
	return tab
}

// runLabel is a run's label; one that is too long keeps its two ends.
func runLabel(s string) cell {
	if s == "" {
		return cell{Text: "–", Tone: faint}
	}
	return textCell(plain.ClipMiddle(plain.Line(s), labelRunes))
}

// began is an instant in tables of runs, which are seldom of the same minute.
func began(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// changeAt marks the run with which a new level began.
func changeAt(t *result.Trend, run int) cell {
	for _, c := range t.Changes {
		if c.Run == run {
			return cell{Text: c.Size + ", " + c.Verdict.Word(), Sub: c.Span, Tone: toneOf(c.Verdict)}
		}
	}
	return cell{}
}

// trendScale is how the figures of a trend are shown, and the unit that they then
// share, in brackets.
func trendScale(t *result.Trend) (show func(float64) string, unit string) {
	switch t.Unit.Class() {
	case metric.Times:
		var all []float64
		for _, r := range t.Runs {
			all = append(all, r.Figure.Value)
		}
		s := timeScale(all...)
		return s.Cell, "(" + s.Unit + ")"
	case metric.Rates:
		return digits3, "(" + string(t.Unit) + ")"
	}
	return t.Unit.Cell, ""
}
