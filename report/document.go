package report

import (
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/figure"
)

// document is a report before it has a form: what text, Markdown and HTML share.
// Its strings are as they came, and each renderer makes them safe.
type document struct {
	Title   string
	Verdict result.Verdict
	Answer  *result.Answer // of what is compared; nil without
	opening
	Sections []section
	// Loads are those of a run of several, each a document within this one, behind the
	// sections that lead.
	Loads    []*document
	Warnings []string // about the run
	// Notes are warnings about single figures; Notes[i] belongs to mark(i).
	Notes []string
}

type section struct {
	Title  string
	Lead   bool // an answer, not a detail: pages draw their figures after these
	Folded bool // shut at first where a form can do that
	Last   bool // how it was measured: pages have it behind their notes
	Memo   bool // the last of what stands on the first sheet of paper
	Paged  bool // for pages alone: other forms have no room for what goes without saying
	// Scenario is that of the run, as YAML, for pages alone: other forms lie beside run.json.
	Scenario string
	// Repeat is how to do it again, for pages alone as well.
	Repeat repeat
	Blocks []block
}

// parted are the sections before the loads, and those behind them.
func (d *document) parted() (lead, details []section) {
	for i, s := range d.Sections {
		if !s.Lead {
			return d.Sections[:i], d.Sections[i:]
		}
	}
	return d.Sections, nil
}

// terse is the document without what is for pages alone.
func (d *document) terse() *document {
	out := *d
	out.Sections = nil
	for _, s := range d.Sections {
		s.Blocks = slices.DeleteFunc(slices.Clone(s.Blocks), func(b block) bool { return b.Drawn != nil })
		if !s.Paged && len(s.Blocks) > 0 {
			out.Sections = append(out.Sections, s)
		}
	}
	return &out
}

// Answers are the verdict and the answer of the comparison: "PASS, cluster better than single".
func (d *document) Answers() string {
	return result.Answers(d.Verdict, d.Answer)
}

// tone is that of the verdict; without one, that of the claims if they have the same.
func (d *document) tone() tone {
	if d.Verdict != "" || len(d.Claims) == 0 {
		return toneOf(d.Verdict)
	}
	if slices.ContainsFunc(d.Claims, func(c claim) bool { return c.Tone != d.Claims[0].Tone }) {
		return neutral
	}
	return d.Claims[0].Tone
}

// block is one of a paragraph, a list, a table or a drawing. Drawings are for pages: in other forms they are
// files of their own.
type block struct {
	Text  string
	List  []string
	Table *table
	Drawn *figure.Figure
}

// table has a row header in its first column.
type table struct {
	Caption string // empty: the section's title says enough
	Columns []column
	Rows    [][]cell
}

// Headed reports that the columns have titles.
func (t *table) Headed() bool {
	return slices.ContainsFunc(t.Columns, func(c column) bool { return c.Title != "" })
}

// Wide reports that a phone has no room for the columns side by side.
func (t *table) Wide() bool { return len(t.Columns) > 3 }

type column struct {
	Title string
	Right bool
}

// cell is a figure and, below it, what it needs to be believed: mostly an interval.
type cell struct {
	Text  string
	Sub   string
	N     string // the size of the sample, below that
	Mark  marks
	Tone  tone
	How   *how   // of an estimate
	Spark *spark // of a page
	Link  string // of the text, to another page; see [Options.link]
}

// Below are the lines under the figure.
func (c cell) Below() []string {
	return slices.DeleteFunc([]string{c.Sub, c.N}, func(s string) bool { return s == "" })
}

// Class is the cell's class in a page.
func (c cell) Class(right bool) string {
	if right {
		return words.Join(" ", "right", string(c.Tone))
	}
	return string(c.Tone)
}

// tone decides the colour of a cell. Its text always says the same as the colour.
type tone string

const (
	neutral tone = ""
	good    tone = "good"
	bad     tone = "bad"
	unsure  tone = "unsure"
	faint   tone = "faint"
)

// textCell makes a cell of plain text.
func textCell(s string) cell { return cell{Text: s} }

// missing is the cell for what was not measured.
func missing() cell { return cell{Text: words.NoData, Tone: faint} }

// left and right make columns.
func left(title string) column  { return column{Title: title} }
func right(title string) column { return column{Title: title, Right: true} }

// add appends a section unless it would be empty.
func (d *document) add(title string, blocks ...block) {
	blocks = slices.DeleteFunc(blocks, func(b block) bool {
		return b.Text == "" && len(b.List) == 0 && b.Drawn == nil && (b.Table == nil || len(b.Table.Rows) == 0)
	})
	if len(blocks) > 0 {
		d.Sections = append(d.Sections, section{Title: title, Blocks: blocks})
	}
}

// note registers warnings about a figure and returns their marks. The same warning
// twice has the same mark.
func (d *document) note(warnings ...string) marks {
	var m marks
	for _, w := range warnings {
		if w == "" {
			continue
		}
		i := slices.Index(d.Notes, w)
		if i < 0 {
			i = len(d.Notes)
			d.Notes = append(d.Notes, w)
		}
		m = append(m, i)
	}
	return m
}

// marks are the notes of a figure, counted from 0.
type marks []int

// String is what stands behind the figure.
func (m marks) String() string {
	var signs []string
	for _, i := range m {
		signs = append(signs, mark(i))
	}
	return strings.Join(signs, ",")
}

// how a figure was made: pages show it where the reader asks.
type how struct {
	N        string // "" of what is computed from no sample
	Interval string // "" where it stands below the figure, or there is none
	Method   string
	Inputs   []string // what it was computed from, and where that stands
}

// mark is the superscript number of note i.
func mark(i int) string {
	superscripts := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	n := i + 1
	var out []rune
	for ; n > 0; n /= 10 {
		out = append(out, superscripts[n%10])
	}
	slices.Reverse(out)
	return string(out)
}

// toneOf is the colour of a verdict.
func toneOf(v interface{ Tone() result.Tone }) tone {
	switch v.Tone() {
	case result.Good:
		return good
	case result.Bad:
		return bad
	case result.Doubtful:
		return unsure
	}
	return neutral
}
