package report

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// IndexFormats are the forms of an index by the names that users type.
var IndexFormats = map[string]Format[*result.Index]{
	"text": func(w io.Writer, x *result.Index, o Options) error { return writeText(w, composeIndex(x, o), o) },
	"md":   func(w io.Writer, x *result.Index, o Options) error { return writeMarkdown(w, composeIndex(x, o)) },
	"html": func(w io.Writer, x *result.Index, o Options) error { return writeHTML(w, composeIndex(x, o), nil, nil) },
	"json": writeJSON[*result.Index],
}

// composeIndex is a line for each run, newest first.
func composeIndex(x *result.Index, o Options) *document {
	d := &document{Title: "Runs in " + x.Dir, opening: opening{Claims: []claim{{Text: sentence(tally(x))}}}}
	t := &table{Columns: []column{left("began (UTC)"), left("scenario"), left("verdict"), left("target"), right("successes"), right(metric.P95.Title), right("error rate"), right("rows lost")}}
	for i := range x.Runs {
		t.Rows = append(t.Rows, d.indexRow(x, &x.Runs[i], o))
	}
	d.add("Newest first", block{Table: t})
	if x.LeftOut > 0 {
		d.Warnings = append(d.Warnings, "only the newest stand here: "+words.Table.Counted(float64(x.LeftOut), "older runs")+" are left out")
	}
	return d
}

func (d *document) indexRow(x *result.Index, r *result.IndexRun, o Options) []cell {
	when := missing()
	if !r.Started.IsZero() {
		when = textCell(began(r.Started))
	}
	if r.Page != "" {
		when.Link = o.link(path.Join(x.Dir, r.Page))
	}
	verdict := cell{Text: string(r.Verdict), Tone: toneOf(r.Verdict)}
	switch {
	case r.Study != "":
		verdict = cell{Text: "study", Sub: r.Study}
	case r.Verdict == "":
		verdict = cell{Text: "no verdict", Mark: d.note(r.Unread), Tone: unsure}
	case r.Answer != nil:
		verdict.Sub = r.Answer.Verdict.Word()
	}
	name := textCell(words.Join(" · ", r.Name, r.Label))
	if name.Text == "" {
		name = missing()
	}
	name.Sub = r.Path
	return append([]cell{when, name, verdict}, indexFigures(r.Key)...)
}

// indexFigures are the targets of a run and their key figures, the last target on top: of a
// comparison that is the candidate, and what it is held against stands below.
func indexFigures(keys []result.KeyFigures) []cell {
	lines := func(of func(k *result.KeyFigures) string) cell {
		var all []string
		for i := range keys {
			all = append(all, of(&keys[len(keys)-1-i]))
		}
		if len(all) == 0 {
			return missing()
		}
		return cell{Text: all[0], Sub: strings.Join(all[1:], " · ")}
	}
	cells := []cell{lines(func(k *result.KeyFigures) string { return k.Target })}
	for _, m := range []metric.Metric{metric.Successes, metric.P95, metric.ErrorRate, metric.Lost} {
		cells = append(cells, lines(func(k *result.KeyFigures) string {
			f, ok := k.Of(m)
			switch {
			case !ok:
				return "–"
			case m == metric.Lost && f.Observed.Lo < f.Observed.Hi:
				return between(f.Observed.Lo, f.Observed.Hi, func(v float64) string { return count(int64(v)) })
			case m == metric.Lost: // the unit is in the column's title
				return count(int64(f.Observed.Value))
			}
			return m.Unit.Cell(f.Observed.Value)
		}))
	}
	return cells
}

// tally says how many runs there are of each verdict, and how many studies.
func tally(x *result.Index) string {
	var parts []string
	for _, v := range []result.Verdict{result.Pass, result.Fail, result.Inconclusive, result.Invalid, ""} {
		n := 0
		for i := range x.Runs {
			if x.Runs[i].Verdict == v && x.Runs[i].Study == "" {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, count(n)+" "+words.Join(" ", string(v), map[bool]string{true: "without a verdict"}[v == ""]))
		}
	}
	studies := 0
	for i := range x.Runs {
		if x.Runs[i].Study != "" {
			studies++
		}
	}
	runs := words.Counted(len(x.Runs)-studies, "run")
	if len(parts) > 0 {
		runs += ": " + strings.Join(parts, ", ")
	}
	switch studies {
	case 0:
		return runs
	case 1:
		return runs + "; and 1 study"
	}
	return fmt.Sprintf("%s; and %s studies", runs, count(studies))
}
