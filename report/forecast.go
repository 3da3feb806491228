package report

import (
	"io"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// ForecastFormats are the forms of a forecast by the names that users type.
var ForecastFormats = map[string]Format[*result.Forecast]{
	"text": forecastText,
	"md":   forecastMarkdown,
	"json": writeJSON[*result.Forecast],
}

func forecastText(w io.Writer, f *result.Forecast, o Options) error {
	return writeText(w, composeForecast(f), o)
}

func forecastMarkdown(w io.Writer, f *result.Forecast, _ Options) error {
	return writeMarkdown(w, composeForecast(f))
}

// composeForecast puts the answer first, then what could become of the system, and the curve.
func composeForecast(f *result.Forecast) *document {
	d := &document{Title: "Response times under load: " + f.Target, opening: opening{Claims: []claim{{Text: sentence(words.Capital(f.Headline))}}}}
	d.add("What if", block{Table: caseTable(f, f.Cases, "case")})
	d.add("Behind each balancer", block{Table: caseTable(f, f.Balancers, "balancer")})
	d.add("p95 by rate, as it is", block{Table: rateTable(f)})
	d.add("What this does not know", block{List: sentences(f.Limits)})
	d.add("How this was computed", block{Text: sentence("Service times: "+count(f.N)+" answers, "+millis(f.MeanMS)+" on average") + " " + f.Method})
	return d
}

func sentences(all []string) (lines []string) {
	for _, s := range all {
		lines = append(lines, sentence(words.Capital(s)))
	}
	return lines
}

func caseTable(f *result.Forecast, cases []result.ForecastCase, what string) *table {
	tab := &table{Columns: []column{left(what), right("replicas"), right("rate (/s)"), right(metric.P95.Name), right("95 % interval"), right("saturated at (/s)")}}
	if f.SLOMS > 0 {
		tab.Columns = append(tab.Columns, right("carries with p95 ≤ "+millis(f.SLOMS)+" (/s)"))
	}
	for _, c := range cases {
		row := append([]cell{textCell(c.Name), textCell(count(c.Replicas))}, forecastCells(f, c.ForecastRate)...)
		row = append(row, textCell(digits3(c.SaturationRPS)))
		if f.SLOMS > 0 {
			row = append(row, textCell(digits3(c.LargestRPS)))
		}
		tab.Rows = append(tab.Rows, row)
	}
	return tab
}

// forecastCells are a rate, the p95 there and its interval.
func forecastCells(f *result.Forecast, r result.ForecastRate) []cell {
	if !r.P95.Finite() {
		return []cell{textCell(digits3(r.RateRPS)), {Text: "no end", Tone: bad}, textCell("–")}
	}
	p95 := textCell(millis(float64(r.P95)))
	if f.SLOMS > 0 && float64(r.P95) > f.SLOMS {
		p95.Tone = bad
	}
	interval := textCell("exact")
	if r.Lo.Finite() {
		interval = textCell(between(r.Lo, r.Hi, millis))
	}
	return []cell{textCell(digits3(r.RateRPS)), p95, interval}
}

func rateTable(f *result.Forecast) *table {
	tab := &table{Columns: []column{right("rate (/s)"), right(metric.P95.Name), right("95 % interval")}}
	for _, r := range f.Rates {
		tab.Rows = append(tab.Rows, forecastCells(f, r))
	}
	return tab
}
