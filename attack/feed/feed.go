// Package feed is the rows of data that requests are made of: tables in CSV, JSON lines or a payload
// file of loader.io, of which every pass gets a row. Which row follows from the number of the pass
// alone, so that many machines share a table without a word between them.
//
// A source is read once, before any load: every fault in it is told then, with its line and column. Its
// rows are copied to a file that only this process has, so that a source which changes later changes
// nothing, and a row is found without reading those before it. That file is mapped into memory, where
// the kernel keeps as much of it as there is room for; an index of half a byte a row is all that grows
// with the rows in this process itself.
package feed

import (
	"fmt"

	"github.com/stress-tool/stress/attack/template"
)

// Order says which row a pass gets.
type Order string

// The orders of rows.
const (
	// Sequential gives them as they stand, and the first again behind the last.
	Sequential Order = "sequential"
	// Random gives them in an order drawn from the seed: each row once before any comes again.
	Random Order = "random"
	// Unique gives them as they stand, and none twice in a run.
	Unique Order = "unique"
)

// Fault says what is wrong in a source, and where.
type Fault struct {
	Source string // as the user named it
	// Line and Column count from 1, the latter in bytes; 0 is the source as a whole.
	Line, Column int
	Text         string
}

func (f *Fault) Error() string {
	if f.Line == 0 {
		return f.Source + ": " + f.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.Source, f.Line, f.Column, f.Text)
}

// Feed is a source that was read. Its tables are independent of each other: a payload file may hold
// several.
type Feed struct {
	Source string // as the user named it
	Tables []*Table
	// SHA256 is that of the source, in hexadecimal digits.
	SHA256 string
}

// Close gives up the memory and the files of the rows. No value of the feed may be used afterwards.
func (f *Feed) Close() error {
	var first error
	for _, t := range f.Tables {
		if err := t.rows.close(); first == nil {
			first = err
		}
	}
	return first
}

// Columns are the names of all columns, table by table.
func (f *Feed) Columns() (all []string) {
	for _, t := range f.Tables {
		all = append(all, t.Columns...)
	}
	return all
}

// Rows is how many passes can have a row of their own: the rows of the shortest table.
func (f *Feed) Rows() uint64 {
	least := f.Tables[0].Rows()
	for _, t := range f.Tables[1:] {
		least = min(least, t.Rows())
	}
	return least
}

// Table is rows of the same columns.
type Table struct {
	Columns []string
	// Variables says that it is of a payload file whose columns are only named, and not added to
	// requests.
	Variables bool
	rows      *rows
	// unsendable is the first value of each column that no header can hold; nil is none.
	unsendable []*Fault
}

// Rows is their number, at least 1.
func (t *Table) Rows() uint64 { return t.rows.count }

// Values are the columns, each as the value of a pass. salt tells tables apart that are in random order,
// first is the row of pass 0 in a unique order.
func (t *Table) Values(order Order, salt, first uint64) []template.Named {
	p := &picker{table: t, order: order, salt: salt, first: first}
	values := make([]template.Named, len(t.Columns))
	for i := range values {
		values[i] = &column{p, i}
	}
	return values
}

// picker picks the row of a pass.
type picker struct {
	table       *Table
	order       Order
	salt, first uint64
}

func (p *picker) row(t template.Turn) uint64 {
	n := p.table.Rows()
	switch p.order {
	case Random:
		return shuffled(t.Number%n, n, t.Seed, p.salt, t.Number/n)
	case Unique:
		return (p.first + t.Number) % n // whoever asks for more rows than there are was refused before
	}
	return t.Number % n
}

// column is the value of one column.
type column struct {
	*picker
	index int
}

// Append appends the value of the pass's row.
func (c *column) Append(b []byte, t template.Turn, _ uint64) []byte {
	return c.table.rows.append(b, c.row(t), c.index)
}

// InHeader is the first value that no header can hold.
func (c *column) InHeader() error {
	if f := c.table.unsendable[c.index]; f != nil {
		return f
	}
	return nil
}
