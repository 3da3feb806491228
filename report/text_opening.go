package report

import (
	"bytes"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// endingLines is how many lines the end of a run has: with the three that the command line puts
// below it, a terminal of 25.
const endingLines = 22

// room is how much of an opening is written; 0 is all of it.
type room struct {
	lines   int // of a claim, a step or a reason
	steps   int
	reasons int
	targets int
	served  int  // lines of each target
	bare    bool // without notes on figures, and their marks
}

// rooms are tried in this order until an opening fits. The verdict, the answer and what to do
// stay in all of them.
var rooms = []room{
	{lines: 5, reasons: 3, targets: 4},
	{lines: 4, reasons: 3, targets: 4, served: 3, bare: true},
	{lines: 3, reasons: 2, targets: 4, served: 2, bare: true},
	{lines: 3, reasons: 1, targets: 4, served: 1, bare: true},
	{lines: 2, steps: 1, reasons: 1, targets: 4, served: 1, bare: true},
	{lines: 2, steps: 1, reasons: 1, targets: 3, served: 1, bare: true},
	{lines: 2, steps: 1, reasons: 1, targets: 2, served: 1, bare: true},
}

// ending writes an opening by itself, in as many lines as the end of a run has.
func (t *terminal) ending(d *document) error {
	for _, r := range rooms {
		t.b.Reset()
		if err := t.opening(d, r); err != nil {
			return err
		}
		if n := len(d.Notes) + len(d.Warnings); !r.bare {
			t.notes(d)
		} else if n > 0 {
			t.line("")
			t.line(words.Counted(int64(n), "note") + " on these figures: --report all")
		}
		if bytes.Count(t.b.Bytes(), []byte("\n")) <= endingLines {
			return nil
		}
	}
	lines := bytes.SplitAfter(t.b.Bytes(), []byte("\n"))
	t.b.Truncate(len(bytes.Join(lines[:endingLines-1], nil)))
	t.line("… --report all")
	return nil
}

// opening writes what stands first: the line with the verdict, the answer, what to do, the key
// figures and who served.
func (t *terminal) opening(d *document, r room) error {
	title := plain.Clip(plain.Line(d.Title), t.width-20)
	if d.Verdict == "" {
		t.line(t.bold(title))
	}
	for i, c := range d.Claims {
		switch {
		case i == 0 && d.Verdict != "":
			t.hang(t.paint(c.Tone, c.Word)+gutter, words.Join(": ", title, c.Text), r.lines)
		default:
			if i > 0 {
				t.line("")
			}
			t.claim(c, r.lines)
		}
	}
	for _, s := range firsts(d.Next, r.steps) {
		t.hang("", s, r.lines)
	}
	t.reasons(d.Reasons, r)
	if err := t.key(d.Key, r); err != nil {
		return err
	}
	t.served(d.Served, r)
	return nil
}

// claim writes an answer and its sentences.
func (t *terminal) claim(c claim, limit int) {
	word := plain.Line(c.Word)
	for i, l := range clipped(wrap(glued(plain.Line(words.Join(" ", c.Said(), c.Text))), t.width), limit, t.width) {
		if rest, found := strings.CutPrefix(l, word); i == 0 && found {
			l = t.paint(c.Tone, word) + rest
		}
		t.line(l)
	}
	if c.More != "" {
		t.hang("", c.More, limit)
	}
}

func (t *terminal) reasons(reasons []string, r room) {
	if len(reasons) == 0 {
		return
	}
	t.line("")
	shown := firsts(reasons, r.reasons)
	for _, s := range shown {
		t.hang(gutter+"• ", s, r.lines)
	}
	if more := len(reasons) - len(shown); more > 0 {
		t.line(gutter + "• … and " + words.Number(more) + " more: --report all")
	}
}

// key writes the table of the key figures.
func (t *terminal) key(k *table, r room) error {
	if k == nil {
		return nil
	}
	t.line("")
	if k.Caption != "" {
		t.line(gutter + t.bold(k.Caption))
	}
	shown := &table{Columns: k.Columns}
	for _, row := range firsts(k.Rows, r.targets) {
		row = append([]cell(nil), row...)
		if r != (room{}) {
			row[0].Text = plain.Clip(plain.Line(row[0].Text), clippedName)
		}
		for i := range row {
			if r.bare {
				row[i].Mark = nil
			}
		}
		shown.Rows = append(shown.Rows, row)
	}
	if err := t.table(shown); err != nil {
		return err
	}
	if more := len(k.Rows) - len(shown.Rows); more > 0 {
		t.line(gutter + "… and " + words.Number(more) + " more: --report all")
	}
	return nil
}

// clippedName is how much of a target's name stands at the end of a run.
const clippedName = 18

func (t *terminal) served(all []served, r room) {
	if len(all) == 0 {
		return
	}
	t.line("")
	t.line(t.bold("Who served"))
	for _, s := range firsts(all, r.targets) {
		t.hang(gutter+plain.Clip(plain.Line(s.Target), clippedName)+": ", words.Join(" ", sentence(s.Shares()), s.Words, s.Rows), r.served)
	}
}

// firsts are the first so many; 0 is all.
func firsts[T any](all []T, limit int) []T {
	if limit == 0 || len(all) <= limit {
		return all
	}
	return all[:limit]
}

// clipped are the first lines of a paragraph, and a sign where it goes on.
func clipped(lines []string, limit, width int) []string {
	if limit == 0 || len(lines) <= limit {
		return lines
	}
	last := lines[limit-1]
	for twwidth.Width(last)+2 > width {
		if blank := strings.LastIndexByte(last, ' '); blank > 0 {
			last = last[:blank]
		} else {
			last = headOf(last, width-2)
		}
	}
	return append(lines[:limit-1:limit-1], strings.TrimRight(last, " ,;")+" …")
}
