package report

import (
	"io"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// GrowthFormats are the forms of how throughput grows, by the names that users type.
var GrowthFormats = map[string]Format[*result.Growth]{
	"text": growthText,
	"md":   growthMarkdown,
	"json": writeJSON[*result.Growth],
}

func growthText(w io.Writer, g *result.Growth, o Options) error {
	return writeText(w, composeGrowth(g), o)
}

func growthMarkdown(w io.Writer, g *result.Growth, _ Options) error {
	return writeMarkdown(w, composeGrowth(g))
}

// composeGrowth puts the answer first, then the model behind it, what it predicts, and the
// points that it stands on.
func composeGrowth(g *result.Growth) *document {
	d := &document{Title: "Throughput by size: " + g.Source, opening: opening{Claims: []claim{{Text: sentence(words.Capital(g.Headline))}}}, Warnings: g.Warnings}
	d.add("Models of "+words.Counted(len(g.Points), "point"), block{Table: modelTable(g)})
	d.add("Coefficients of "+g.Models[0].Name+", X(N) = "+g.Models[0].Formula, block{Table: coefficientTable(g.Models[0])})
	d.add("Predictions", block{Table: predictionTable(g)})
	d.add("Points", block{Table: pointTable(g)})
	d.add("How this was found", block{Text: g.Method})
	return d
}

func modelTable(g *result.Growth) *table {
	tab := &table{Columns: []column{left("model"), left("X(N)"), right("residuals (/s)"), right("of the mean"), left("the points")}}
	say := map[result.Support]cell{
		result.Chosen: textCell("speak for it"), result.NotApart: textCell("do not rule it out"), result.NotLikely: {Text: "speak against it", Tone: faint},
	}
	if !g.Fits {
		say[result.Chosen] = cell{Text: "are nearest to it, but do not fit", Tone: unsure}
		say[result.NotApart] = textCell("do not fit it either")
	}
	for _, m := range g.Models {
		tab.Rows = append(tab.Rows, []cell{textCell(m.Name), textCell(m.Formula), textCell(digits3(m.Residual)), textCell(percent(m.ResidualShare)), say[m.Support]})
	}
	return tab
}

func coefficientTable(m result.GrowthModel) *table {
	meaning := map[string]string{
		"γ": "throughput of one unit, /s", "α": "contention: share of the work done by one unit at a time",
		"β": "coherency: units that wait for each other", "C": "the ceiling, /s",
	}
	tab := &table{Columns: []column{left("coefficient"), right("value"), right("standard error"), right("95 % interval"), left("is")}}
	for _, c := range m.Coefficients {
		value := textCell(digits3(c.Value))
		if c.AtBound {
			value.Sub = "at its bound"
		}
		tab.Rows = append(tab.Rows, []cell{textCell(c.Name), value, boundCell(c.SE), textCell(between(c.Lo, c.Hi, digits3)), textCell(meaning[c.Name])})
	}
	return tab
}

func boundCell(b result.Bound) cell {
	if !b.Finite() {
		return missing()
	}
	return textCell(digits3(float64(b)))
}

func predictionTable(g *result.Growth) *table {
	tab := &table{Columns: []column{right("n"), right("throughput (/s)"), right("95 % interval"), left("")}}
	for _, p := range g.Predictions {
		row := []cell{textCell(words.TableDecimal(p.N)), textCell(digits3(p.Throughput)), textCell(between(p.Lo, p.Hi, digits3)), {}}
		switch {
		case p.Refused != "":
			row[1], row[2], row[3] = missing(), textCell("–"), textCell(p.Refused)
		case p.Beyond:
			row[3] = textCell("an extrapolation: larger than any size that was measured")
		}
		tab.Rows = append(tab.Rows, row)
	}
	return tab
}

func pointTable(g *result.Growth) *table {
	timed := slices.ContainsFunc(g.Points, func(p result.GrowthPoint) bool { return p.MeanMS > 0 })
	tab := &table{Columns: []column{right("n"), right("throughput (/s)"), right("model (/s)"), right("off by"), right("efficiency")}}
	if timed {
		tab.Columns = append(tab.Columns, right("mean time"), right("in flight"), right("think time"))
	}
	for _, p := range g.Points {
		row := []cell{textCell(words.TableDecimal(p.N)), textCell(digits3(p.Throughput)), textCell(digits3(p.Model)),
			textCell(signed(p.Off, percent)), textCell(percent(p.Efficiency))}
		if timed {
			row = append(row, timeCells(p)...)
		}
		tab.Rows = append(tab.Rows, row)
	}
	return tab
}

// timeCells are the mean time of a point, and what Little's law makes of it.
func timeCells(p result.GrowthPoint) []cell {
	if p.MeanMS == 0 {
		return []cell{missing(), missing(), missing()}
	}
	think := textCell("–")
	if p.ThinkMS > 0 {
		think = textCell(millis(p.ThinkMS))
	}
	return []cell{textCell(millis(p.MeanMS)), textCell(digits3(p.InFlight)), think}
}
