package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/internal/plain"
)

const (
	defaultWidth = 100
	// narrowest is the least width tables are fitted into; a narrower terminal wraps.
	narrowest = 60
	// gutter stands left of every column.
	gutter   = "  "
	ruleSign = "─"
	reset    = "\x1b[0m"
)

// runText writes the report for a terminal, verdict first.
func runText(w io.Writer, a *result.Analysis, o Options) error {
	return writeText(w, compose(a, o.Full), o)
}

func writeText(w io.Writer, d *document, o Options) error {
	t := &terminal{color: o.Color, width: o.Width}
	if t.width <= 0 {
		t.width = defaultWidth
	}
	t.width = max(t.width, narrowest)
	write := t.document
	if len(d.Sections) == 0 {
		write = t.ending
	}
	if err := write(d); err != nil {
		return fmt.Errorf("report as text: %w", err)
	}
	_, err := w.Write(t.b.Bytes())
	return err
}

// terminal renders a document in columns of one width.
type terminal struct {
	b     bytes.Buffer
	color bool
	width int
}

func (t *terminal) document(d *document) error {
	if err := t.opening(d, room{}); err != nil {
		return err
	}
	lead, details := d.terse().parted()
	if err := t.sections(lead); err != nil {
		return err
	}
	for _, load := range d.Loads {
		t.rule()
		if err := t.document(load); err != nil {
			return err
		}
	}
	if len(d.Loads) > 0 {
		t.rule()
	}
	if err := t.sections(details); err != nil {
		return err
	}
	t.notes(d)
	return nil
}

// rule begins a part of the document.
func (t *terminal) rule() {
	t.line("")
	t.line(strings.Repeat(ruleSign, t.width))
}

func (t *terminal) sections(all []section) error {
	for _, s := range all {
		t.line("")
		t.line(t.bold(plain.Clip(plain.Line(s.Title), t.width)))
		for i, b := range s.Blocks {
			if err := t.block(b, i > 0); err != nil {
				return fmt.Errorf("%s: %w", s.Title, err)
			}
		}
	}
	return nil
}

// notes writes the warnings, and what the marks of figures stand for.
func (t *terminal) notes(d *document) {
	if len(d.Notes)+len(d.Warnings) == 0 {
		return
	}
	t.line("")
	t.line(t.bold("Notes"))
	t.list(d.Warnings)
	for i, n := range d.Notes {
		t.hang(gutter+mark(i)+" ", n, 0)
	}
}

func (t *terminal) block(b block, apart bool) error {
	switch {
	case b.Table != nil:
		if apart {
			t.line("")
		}
		if b.Table.Caption != "" {
			t.line(gutter + t.bold(plain.Clip(plain.Line(b.Table.Caption), t.width-2)))
		}
		return t.table(b.Table)
	case len(b.List) > 0:
		t.list(b.List)
	default:
		t.hang(gutter, b.Text, 0)
	}
	return nil
}

func (t *terminal) list(items []string) {
	for _, s := range items {
		t.hang(gutter+"• ", s, 0)
	}
}

// hang writes a paragraph whose first line begins with lead and whose others are
// indented as far; of more lines than the limit the first ones, 0 is all.
func (t *terminal) hang(lead, s string, limit int) {
	indent := strings.Repeat(" ", twwidth.Width(lead))
	width := t.width - len(indent)
	for _, l := range clipped(wrap(glued(plain.Line(s)), width), limit, width) {
		t.line(lead + l)
		lead = indent
	}
}

func (t *terminal) line(s string) {
	s = strings.TrimRight(s, " ")
	for strings.Contains(s, "##[") { // of ###[ the first pass leaves another
		s = strings.ReplaceAll(s, "##[", "#[")
	}
	if strings.Contains(s, "::") {
		s = order().ReplaceAllString(s, "$1∷$2")
	}
	t.b.WriteString(s + "\n")
}

// order matches what GitHub's runner takes from the output of a program for a command
// to itself. The older form, ##[command], it takes from anywhere in a line.
var order = lazy.Regexp(`^(\s*)::([A-Za-z])`)

func (t *terminal) table(tab *table) error {
	heads, rows := tab.lines()
	widths := fit(tab.Columns, heads, rows, t.width)
	aligns := make([]tw.Align, len(tab.Columns))
	for i, c := range tab.Columns {
		aligns[i] = tw.AlignLeft
		if c.Right {
			aligns[i] = tw.AlignRight
		}
	}
	var b bytes.Buffer
	out := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbolCustom("rule").WithRow(ruleSign).WithCenter(ruleSign).WithHeaderMid(ruleSign),
			Settings: tw.Settings{
				Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off},
				Lines:      tw.Lines{ShowHeaderLine: tw.On},
			},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: aligns}),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: aligns}),
		// Not on the left: there the library cuts right-aligned cells short.
		tablewriter.WithPadding(tw.Padding{Right: gutter, Overwrite: true}),
	)
	for i := range heads {
		heads[i] = strings.Join(wrap(heads[i], widths[i]), "\n")
	}
	if tab.Headed() {
		out.Header(heads)
	}
	for r, row := range rows {
		cells := make([]string, len(row))
		for i, lines := range row {
			cells[i] = t.cell(lines, widths[i], tab.Rows[r][i].Tone)
		}
		if err := out.Append(cells); err != nil {
			return err
		}
	}
	if err := out.Render(); err != nil {
		return err
	}
	return t.indented(&b)
}

// indented copies a rendered table, and takes the last column's padding off its
// rule.
func (t *terminal) indented(r io.Reader) error {
	s := bufio.NewScanner(r)
	for s.Scan() {
		l := s.Text()
		if strings.Trim(l, ruleSign) == "" {
			l = strings.TrimSuffix(l, strings.Repeat(ruleSign, len(gutter)))
		}
		// A coloured last cell comes with its padding and a second reset.
		if padded, found := strings.CutSuffix(l, " "+reset); found {
			l = padded
		}
		t.line(gutter + l)
	}
	return s.Err()
}

// cell wraps the lines of a cell; colour goes on each line apart, so that padding
// stays plain.
func (t *terminal) cell(lines []string, width int, tn tone) string {
	var out []string
	for _, l := range lines {
		for _, w := range wrap(l, width) {
			out = append(out, t.paint(tn, w))
		}
	}
	return strings.Join(out, "\n")
}

// lines are the safe texts of a table: its headings, and per row and cell one to
// three lines.
func (tab *table) lines() (heads []string, rows [][][]string) {
	for _, c := range tab.Columns {
		heads = append(heads, plain.Line(c.Title))
	}
	for _, row := range tab.Rows {
		var cells [][]string
		for _, c := range row {
			lines := []string{plain.Line(c.Text) + c.Mark.String()}
			for _, below := range c.Below() {
				lines = append(lines, plain.Line(below))
			}
			cells = append(cells, lines)
		}
		rows = append(rows, cells)
	}
	return heads, rows
}

// fit gives each column its natural width, and when all together are too wide takes
// what is missing from the widest columns of text.
func fit(columns []column, heads []string, rows [][][]string, total int) []int {
	widths := make([]int, len(columns))
	for i, h := range heads {
		widths[i] = twwidth.Width(h)
		for _, row := range rows {
			for _, l := range row[i] {
				widths[i] = max(widths[i], twwidth.Width(l))
			}
		}
		total -= widths[i] + len(gutter)
	}
	const least = 10
	for ; total < 0; total++ {
		widest := -1
		for i, c := range columns {
			if !c.Right && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return clipHeads(columns, widths, total)
		}
		widths[widest]--
	}
	return widths
}

// clipHeads narrows columns of numbers as a last resort: long names of targets
// stand above them.
func clipHeads(columns []column, widths []int, total int) []int {
	const least = 12
	for ; total < 0; total++ {
		widest := 0
		for i := range columns {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= least {
			break
		}
		widths[widest]--
	}
	return widths
}

// wrap breaks a line at blanks, and inside words that are longer than a line.
func wrap(s string, width int) []string {
	width = max(width, 1)
	var lines []string
	line, used := "", 0
	for i, word := range strings.Split(s, " ") {
		w := twwidth.Width(word)
		if i > 0 && used+1+w <= width {
			line, used = line+" "+word, used+1+w
			continue
		}
		if i > 0 {
			lines = append(lines, line)
		}
		for w > width {
			head := headOf(word, width)
			lines, word = append(lines, head), word[len(head):]
			w = twwidth.Width(word)
		}
		line, used = word, w
	}
	return append(lines, line)
}

// looseNumber is a space inside a number or between a number and its unit.
var looseNumber = lazy.Regexp(`(\d) (\d{3}\b|%|/s|(?:ms|µs|s|points)\b)`)

// glued keeps numbers and units on one line.
func glued(s string) string { return looseNumber().ReplaceAllString(s, "$1"+thin+"$2") }

// headOf is the beginning of a word that fits a width; at least one character.
func headOf(word string, width int) string {
	end := 0
	for i, r := range word {
		next := i + len(string(r))
		if i > 0 && twwidth.Width(word[:next]) > width {
			break
		}
		end = next
	}
	return word[:end]
}

// paint colours s by what it says: red and green, yellow for doubt, dim for what is
// not there.
func (t *terminal) paint(tn tone, s string) string {
	codes := map[tone]string{good: "1;32", bad: "1;31", unsure: "1;33", faint: "2"}
	code, ok := codes[tn]
	if !t.color || !ok || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + reset
}

func (t *terminal) bold(s string) string {
	if !t.color || s == "" {
		return s
	}
	return "\x1b[1m" + s + reset
}
