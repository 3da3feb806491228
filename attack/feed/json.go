package feed

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// jsonReader reads JSON piece by piece, and knows where each piece stands.
type jsonReader struct {
	*json.Decoder
	src *source
	// starts are the offsets of the values of the last row.
	starts []int64
}

func newJSONReader(s *source) *jsonReader {
	r := &jsonReader{Decoder: json.NewDecoder(s), src: s}
	r.UseNumber() // a token may be a number that no float64 holds
	return r
}

// position is where a value of the last row stands.
func (r *jsonReader) position(column int) (line, col int) {
	if column >= len(r.starts) {
		return r.src.position(r.InputOffset())
	}
	return r.src.position(r.starts[column])
}

// fault is the fault of what was read last.
func (r *jsonReader) fault(text string) *Fault {
	line, col := r.src.position(r.InputOffset())
	return &Fault{Line: line, Column: col, Text: text}
}

// next begins a row.
func (r *jsonReader) next() {
	r.starts = r.starts[:0]
	r.src.next(r.InputOffset())
}

// wrong is what is the matter when the decoder had an error.
func (r *jsonReader) wrong(err error) error {
	var syntax *json.SyntaxError
	switch {
	case r.src.err != nil && r.src.err != io.EOF:
		return r.src.err
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return r.fault("is where the file ends, in the middle of JSON")
	case errors.As(err, &syntax):
		return r.fault("begins what is no JSON: " + syntax.Error())
	}
	return r.fault("begins what cannot be read: " + err.Error())
}

// opens reads the beginning of an object or a list.
func (r *jsonReader) opens(d json.Delim, want string) error {
	t, err := r.Token()
	if err != nil {
		return r.wrong(err)
	}
	if t != d {
		return r.fault("ends what must be " + want)
	}
	return nil
}

// closes reads the end of an object or a list that has no more.
func (r *jsonReader) closes() error {
	if _, err := r.Token(); err != nil {
		return r.wrong(err)
	}
	return nil
}

// key reads the name of a member.
func (r *jsonReader) key() (string, error) {
	t, err := r.Token()
	if err != nil {
		return "", r.wrong(err)
	}
	return t.(string), nil // the decoder takes nothing else for a name
}

// value reads a value as the text that requests hold of it: a string without its quotes, nothing for
// null, and anything else as it is written.
func (r *jsonReader) value() (string, error) {
	var raw json.RawMessage
	if err := r.Decode(&raw); err != nil {
		return "", r.wrong(err)
	}
	r.starts = append(r.starts, r.InputOffset()-int64(len(raw)))
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case 'n':
		return "", nil
	}
	return string(raw), nil
}

// list reads a list of values.
func (r *jsonReader) list(want string) ([]string, error) {
	if err := r.opens('[', want); err != nil {
		return nil, err
	}
	var values []string
	for r.More() {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, r.closes()
}

// object reads a row of JSON lines: its names and its values. The error is [io.EOF] behind the last.
func (r *jsonReader) object() (names, values []string, err error) {
	r.next()
	switch t, err := r.Token(); {
	case err == io.EOF:
		return nil, nil, io.EOF
	case err != nil:
		return nil, nil, r.wrong(err)
	case t != json.Delim('{'):
		return nil, nil, r.fault("ends what must be an object, one a line")
	}
	for r.More() {
		name, err := r.key()
		if err != nil {
			return nil, nil, err
		}
		v, err := r.value()
		if err != nil {
			return nil, nil, err
		}
		names, values = append(names, name), append(values, v)
	}
	return names, values, r.closes()
}

func (f *Feed) readLines(s *source) error {
	r := newJSONReader(s)
	columns, values, err := r.object()
	switch {
	case err == io.EOF:
		return &Fault{Text: "is empty"}
	case err != nil:
		return err
	case len(columns) == 0:
		return r.fault("ends an object without a member")
	}
	w, err := newTable(&Table{Columns: columns}, r.position)
	if err != nil {
		return err
	}
	for err == nil {
		if err = w.add(values); err != nil {
			break
		}
		var names []string
		if names, values, err = r.object(); err == nil {
			values, err = w.inOrder(names, values)
		}
	}
	if err != io.EOF {
		w.out.abandon()
		return err
	}
	return f.keep(w)
}

// inOrder are the values of an object in the order of the columns.
func (w *tableWriter) inOrder(names, values []string) ([]string, error) {
	columns := w.table.Columns
	for i, name := range names {
		if i < len(columns) && columns[i] == name {
			continue
		}
		return w.sorted(names, values)
	}
	if len(names) < len(columns) {
		return nil, w.fault(max(0, len(names)-1), "is in an object without %s, which the first has", shown(columns[len(names)]))
	}
	return values, nil
}

func (w *tableWriter) sorted(names, values []string) ([]string, error) {
	columns := w.table.Columns
	out, has := make([]string, len(columns)), make([]bool, len(columns))
	for i, name := range names {
		at := slices.Index(columns, name)
		switch {
		case at < 0:
			return nil, w.fault(i, "is %s, which the first object does not have", shown(name))
		case has[at]:
			return nil, w.fault(i, "is %s for the second time in one object", shown(name))
		}
		out[at], has[at] = values[i], true
	}
	for i, name := range columns {
		if !has[i] {
			return nil, w.fault(max(0, len(names)-1), "is in an object without %s, which the first has", shown(name))
		}
	}
	return out, nil
}
