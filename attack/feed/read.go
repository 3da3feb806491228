package feed

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/stress-tool/stress/internal/plain"
)

// Format is how a source is written.
type Format string

// The formats of sources.
const (
	CSV      Format = "csv"       // RFC 4180, with commas, semicolons or tabs
	JSON     Format = "jsonl"     // an object a row
	Loaderio Format = "loader.io" // a payload file, of either kind
)

// Shape is how a source is to be read.
type Shape struct {
	// Source is what faults call it.
	Source string
	Format Format
	// Columns are the names of a CSV's columns that has none itself; empty reads them from its first
	// row.
	Columns []string
}

// Read reads a source to its end. The error is a [*Fault] for what is wrong in it, and else what from or
// the disk said.
func Read(from io.Reader, shape Shape) (*Feed, error) {
	f := &Feed{Source: shape.Source}
	s, err := newSource(from)
	if err == nil {
		err = f.read(s, shape)
	}
	if err != nil {
		return nil, errors.Join(named(err, shape.Source), f.Close())
	}
	for _, t := range f.Tables {
		for _, fault := range t.unsendable {
			if fault != nil {
				fault.Source = shape.Source
			}
		}
	}
	f.SHA256 = s.sum()
	return f, nil
}

func (f *Feed) read(s *source, shape Shape) error {
	switch shape.Format {
	case CSV:
		return f.readCSV(s, shape.Columns)
	case JSON:
		return f.readLines(s)
	}
	return f.readPayload(s)
}

// Head reads no more of a source than the names of its columns needs. Its tables have no rows.
func Head(from io.Reader, shape Shape) (*Feed, error) {
	f := &Feed{Source: shape.Source}
	s, err := newSource(from)
	if err == nil {
		err = f.readHead(s, shape)
	}
	if err == io.EOF {
		err = &Fault{Text: "is empty"}
	}
	return f, named(err, shape.Source)
}

func (f *Feed) readHead(s *source, shape Shape) (err error) {
	w := &tableWriter{table: &Table{Columns: shape.Columns}}
	switch {
	case len(shape.Columns) > 0:
		w.at = func(int) (int, int) { return 0, 0 }
	case shape.Format == CSV:
		r := newCSVReader(s)
		w.at = r.position
		w.table.Columns, err = r.names()
	case shape.Format == JSON:
		r := newJSONReader(s)
		w.at = r.position
		w.table.Columns, _, err = r.object()
	default:
		return newJSONReader(s).payload(func(r *jsonReader, t *Table) error {
			f.Tables = append(f.Tables, t)
			return r.rows(func([]string) error { return nil })
		})
	}
	if err == nil {
		err = w.checkNames()
	}
	f.Tables = []*Table{w.table}
	return err
}

// named puts the name of its source into a fault.
func named(err error, source string) error {
	var f *Fault
	if errors.As(err, &f) && f.Source == "" {
		f.Source = source
	}
	return err
}

// tableWriter collects the rows of a table.
type tableWriter struct {
	table *Table
	out   *rowWriter
	at    func(column int) (line, col int)
}

// newTable begins a table. at is where the value of a column stands in the source; of the names as long
// as there is no row.
func newTable(t *Table, at func(column int) (line, col int)) (*tableWriter, error) {
	w := &tableWriter{table: t, at: at}
	t.unsendable = make([]*Fault, len(t.Columns))
	err := w.checkNames()
	if err == nil {
		w.out, err = newRowWriter()
	}
	return w, err
}

// checkNames finds columns that no table can have.
func (w *tableWriter) checkNames() error {
	columns := w.table.Columns
	if len(columns) > maxColumns {
		return w.fault(maxColumns, "is a column too many: there may be %d", maxColumns)
	}
	for i, name := range columns {
		switch {
		case name == "":
			return w.fault(i, "is the name of a column, and is empty")
		case slices.Index(columns, name) < i:
			return w.fault(i, "is the name of another column too: %s", shown(name))
		}
	}
	return nil
}

func (w *tableWriter) fault(column int, format string, args ...any) *Fault {
	line, col := w.at(column)
	return &Fault{Line: line, Column: col, Text: fmt.Sprintf(format, args...)}
}

// add adds a row.
func (w *tableWriter) add(values []string) error {
	if have, want := len(values), len(w.table.Columns); have != want {
		return w.fault(max(0, min(have, want+1)-1), "is in a row of length %d, want %d: %s", have, want, shown(strings.Join(w.table.Columns, ", ")))
	}
	for i, v := range values {
		if w.table.unsendable[i] == nil && !httpguts.ValidHeaderFieldValue(v) {
			w.table.unsendable[i] = w.fault(i, "holds a control character, which no header may")
		}
	}
	return w.out.add(values)
}

// end is the table.
func (w *tableWriter) end() (*Table, error) {
	if w.out.rows.count == 0 {
		w.out.abandon()
		return nil, &Fault{Text: "holds no row of data"}
	}
	var err error
	w.table.rows, err = w.out.end()
	return w.table, err
}

// shown is a text of a source in a fault.
func shown(s string) string { return plain.Clip(plain.Line(s), 80) }
