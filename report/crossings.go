package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/figure"
)

// crossings are the references within one page, made in the order in which it is written.
type crossings struct {
	at        body            // the document that is being written
	cited     map[string]bool // places of notes that a figure has cited
	estimates int             // that open
	met       []term          // of the glossary
	closed    bool            // the glossary is written: it can have no more
}

// functions are what the template asks for.
func (x *crossings) functions() template.FuncMap {
	return template.FuncMap{
		"plain": plain.Line, "mark": mark, "prose": func(s string) string { return glued(plain.Line(s)) },
		"citations": x.cite, "opened": x.open, "linked": x.linked, "glossary": x.glossary,
		"drawn":  func(f *figure.Figure) (template.HTML, error) { return inlineSVG(*f) },
		"within": x.within, "cited": func(note int) bool { return x.cited[x.place(note)] },
	}
}

// within says which document is being written from here on. It writes nothing.
func (x *crossings) within(b body) string {
	x.at = b
	return ""
}

// place is where a note of the document stands.
func (x *crossings) place(note int) string { return fmt.Sprintf("%snote-%d", x.at.Prefix, note) }

// citation is a mark behind a figure, which leads to its note.
type citation struct {
	Note   int    // from 0
	Prefix string // of its place
	Mark   string
	First  bool // the note leads back to it
}

// Number is what the mark is called.
func (c citation) Number() int { return c.Note + 1 }

// cite makes the citations of a figure.
func (x *crossings) cite(m marks) []citation {
	var out []citation
	for _, note := range m {
		out = append(out, citation{note, x.at.Prefix, mark(note), !x.cited[x.place(note)]})
		x.cited[x.place(note)] = true
	}
	return out
}

// opened is a figure of a table, and what it shows where it opens.
type opened struct {
	cell
	ID          int // of those that open
	Row, Column string
	Notes       []string
}

// Interval is that of the figure; "" for none.
func (o opened) Interval() string { return cmp.Or(o.How.Interval, o.Sub) }

// Cell is the figure as any other.
func (o opened) Cell() cell { return o.cell }

func (x *crossings) open(row cell, column column, c cell) opened {
	o := opened{cell: c, Row: row.Text, Column: column.Title}
	if c.How == nil {
		return o
	}
	x.estimates++
	o.ID = x.estimates
	for _, note := range c.Mark {
		o.Notes = append(o.Notes, x.at.Notes[note])
	}
	return o
}

// glossary are the terms that the page has had.
func (x *crossings) glossary() []term {
	x.closed = true
	return x.met
}

// linked is a text in which every term that the page has not had before leads to the glossary.
func (x *crossings) linked(text string) template.HTML {
	text = plain.Line(text)
	if x.closed {
		return template.HTML(template.HTMLEscapeString(text))
	}
	var b strings.Builder
	rest := 0
	for _, at := range termForm().FindAllStringIndex(text, -1) {
		t := termOf(text[at[0]:at[1]])
		if slices.ContainsFunc(x.met, func(m term) bool { return m.Name == t.Name }) {
			continue
		}
		x.met = append(x.met, t)
		b.WriteString(template.HTMLEscapeString(text[rest:at[0]]))
		fmt.Fprintf(&b, `<a class="term" href="#%s">%s</a>`, t.ID(), template.HTMLEscapeString(text[at[0]:at[1]]))
		rest = at[1]
	}
	b.WriteString(template.HTMLEscapeString(text[rest:]))
	return template.HTML(b.String())
}
