package report

import (
	"fmt"
	"io"

	"github.com/stress-tool/stress/analyze/result"
)

// Kept are the baselines of a directory, those of a scenario and machine behind one another.
type Kept struct {
	Dir     string
	Entries []result.Entry
}

// BaselinesFormats are the forms of a list of baselines by the names that users type.
var BaselinesFormats = map[string]Format[Kept]{
	"text": func(w io.Writer, k Kept, o Options) error {
		o.Width = max(o.Width, defaultWidth) // names are typed from here, and so never broken
		return writeText(w, composeBaselines(k, o), o)
	},
	"md":   func(w io.Writer, k Kept, o Options) error { return writeMarkdown(w, composeBaselines(k, o)) },
	"html": func(w io.Writer, k Kept, o Options) error { return writeHTML(w, composeBaselines(k, o), nil, nil) },
}

// composeBaselines is a table for each scenario and machine.
func composeBaselines(k Kept, o Options) *document {
	d := &document{Title: count(len(k.Entries)) + " baselines in " + k.Dir}
	if len(k.Entries) == 1 {
		d.Title = "1 baseline in " + k.Dir
	}
	var scenario, machine string
	var t *table
	for _, e := range k.Entries {
		if t == nil || e.Run.Name != scenario || e.Machine != machine {
			scenario, machine = e.Run.Name, e.Machine
			t = &table{Columns: []column{left("name"), left("label"), left("began (UTC)"), right("rounds"), left("verdict")}}
			d.Sections = append(d.Sections, section{Title: fmt.Sprintf("%s on %s", scenario, machine), Blocks: []block{{Table: t}}})
		}
		name := textCell(e.Name)
		name.Link = o.link(e.Page)
		t.Rows = append(t.Rows, []cell{
			name, runLabel(e.Run.Label), textCell(began(e.Run.Run.Started)), textCell(count(e.Run.LastRound())),
			{Text: string(e.Run.Verdict), Tone: toneOf(e.Run.Verdict)},
		})
	}
	return d
}
