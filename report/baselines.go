package report

import (
	"fmt"
	"io"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
)

// Baselines writes the runs that are kept in dir as text, a table for each scenario
// and machine that follow one another.
func Baselines(w io.Writer, dir string, kept []result.Entry, o Options) error {
	t := &terminal{color: o.Color, width: max(o.Width, defaultWidth)}
	how := count(len(kept)) + " baselines in "
	if len(kept) == 1 {
		how = "1 baseline in "
	}
	t.line(t.bold(plain.Clip(how+plain.Line(dir), t.width)))
	scenario, machine := "", ""
	var tab *table
	flush := func() error {
		if tab == nil {
			return nil
		}
		t.line("")
		t.line(gutter + t.bold(plain.Clip(plain.Line(scenario), t.width-2)) + " on " + plain.Clip(plain.Line(machine), t.width))
		return t.table(tab)
	}
	for _, e := range kept {
		if tab == nil || e.Run.Name != scenario || e.Machine != machine {
			if err := flush(); err != nil {
				return fmt.Errorf("baselines as text: %w", err)
			}
			scenario, machine = e.Run.Name, e.Machine
			tab = &table{Columns: []column{left("name"), left("label"), left("began (UTC)"), right("rounds"), left("verdict")}}
		}
		tab.Rows = append(tab.Rows, []cell{
			textCell(e.Name), runLabel(e.Run.Label), textCell(began(e.Run.Run.Started)), textCell(count(e.Run.LastRound())),
			{Text: string(e.Run.Verdict), Tone: toneOf(e.Run.Verdict)},
		})
	}
	if err := flush(); err != nil {
		return fmt.Errorf("baselines as text: %w", err)
	}
	_, err := w.Write(t.b.Bytes())
	return err
}
