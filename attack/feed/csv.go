package feed

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
)

// separators are what stands between the values of a row. The one that the first line holds most often
// is taken: spreadsheets write a semicolon where the comma is part of numbers.
var separators = []byte{',', ';', '\t'}

// csvReader reads the rows of a CSV.
type csvReader struct {
	*csv.Reader
	src *source
}

func newCSVReader(s *source) *csvReader {
	r := &csvReader{csv.NewReader(s), s}
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	head, _ := s.from.Peek(s.from.Size())
	line, _, _ := bytes.Cut(head, []byte("\n"))
	most := 0
	for _, sep := range separators {
		if n := bytes.Count(line, []byte{sep}); n > most {
			most, r.Comma = n, rune(sep)
		}
	}
	return r
}

// row reads the next row; the error is [io.EOF] behind the last.
func (r *csvReader) row() ([]string, error) {
	r.src.next(r.InputOffset())
	row, err := r.Read()
	var wrong *csv.ParseError
	switch {
	case r.src.err != nil && r.src.err != io.EOF:
		return nil, r.src.err
	case errors.As(err, &wrong):
		return nil, &Fault{Line: wrong.Line, Column: wrong.Column, Text: quoteWords[wrong.Err]}
	}
	return row, err
}

// quoteWords are what can be wrong with quotes.
var quoteWords = map[error]string{
	csv.ErrBareQuote: `is a " in a value without quotes: put the value in quotes, and double those in it`,
	csv.ErrQuote:     `is in a value whose quotes do not end where it does: double the quotes in it`,
}

// names are the names of the columns, from the first row.
func (r *csvReader) names() ([]string, error) {
	first, err := r.row()
	if err == io.EOF {
		return nil, &Fault{Text: "is empty"}
	}
	return append([]string(nil), first...), err
}

func (f *Feed) readCSV(s *source, columns []string) error {
	r := newCSVReader(s)
	if len(columns) == 0 {
		var err error
		if columns, err = r.names(); err != nil {
			return err
		}
	}
	w, err := newTable(&Table{Columns: columns}, r.position)
	if err != nil {
		return err
	}
	for {
		row, err := r.row()
		if err == io.EOF {
			return f.keep(w)
		}
		if err == nil {
			err = w.add(row)
		}
		if err != nil {
			w.out.abandon()
			return err
		}
	}
}

// position is where a value of the last row stands; none has been read where the scenario names the
// columns.
func (r *csvReader) position(column int) (line, col int) {
	if r.InputOffset() == 0 {
		return 0, 0
	}
	return r.FieldPos(column)
}

// keep adds a table that is complete.
func (f *Feed) keep(w *tableWriter) error {
	t, err := w.end()
	if err == nil {
		f.Tables = append(f.Tables, t)
	}
	return err
}
