package feed

import (
	"cmp"
	"io"
	"slices"
)

// readPayload reads a payload file of loader.io, of which there are two kinds:
// {"keys": […], "values": [[…], …]} and {"version": 1, "variables": [{"names": […], "values": [[…], …]}, …]}.
func (f *Feed) readPayload(s *source) error {
	r := newJSONReader(s)
	err := r.payload(f.readValues)
	if err == nil && len(f.Tables) == 0 {
		err = &Fault{Text: payloadWords}
	}
	return err
}

const payloadWords = `is no payload file: it holds neither {"keys": […], "values": [[…], …]} nor {"version": 1, "variables": [{"names": […], "values": [[…], …]}]}`

// payload reads a payload file. rows is called where the rows of a table begin, and reads them.
func (r *jsonReader) payload(rows func(r *jsonReader, t *Table) error) error {
	if err := r.opens('{', "a payload file, which is an object"); err != nil {
		return err
	}
	if err := r.group("keys", rows); err != nil {
		return err
	}
	if _, err := r.Token(); err != io.EOF {
		return cmp.Or(r.wrong(err), error(r.fault("is behind the end of the payload file")))
	}
	return nil
}

// group reads the members of an object that has columns under a name, and rows.
func (r *jsonReader) group(namesKey string, rows func(*jsonReader, *Table) error) error {
	var columns []string
	for r.More() {
		r.next()
		key, err := r.key()
		switch {
		case err != nil:
		case key == namesKey:
			columns, err = r.list("a list of names")
		case key == "values" && columns == nil:
			err = r.fault("are values before their " + namesKey)
		case key == "values":
			err = rows(r, &Table{Columns: columns, Variables: namesKey == "names"})
		case key == "variables" && namesKey == "keys":
			err = r.variables(rows)
		case key == "version":
			var v string
			if v, err = r.value(); err == nil && v != "1" {
				err = r.fault("ends a version that is not known: there is 1")
			}
		default:
			_, err = r.value()
		}
		if err != nil {
			return err
		}
	}
	return r.closes()
}

func (r *jsonReader) variables(rows func(*jsonReader, *Table) error) error {
	if err := r.opens('[', "a list of variables"); err != nil {
		return err
	}
	for r.More() {
		if err := r.opens('{', "an object with names and values"); err != nil {
			return err
		}
		if err := r.group("names", rows); err != nil {
			return err
		}
	}
	return r.closes()
}

// readValues reads the rows of a table.
func (f *Feed) readValues(r *jsonReader, t *Table) error {
	w, err := newTable(t, r.position)
	if err != nil {
		return err
	}
	for i, name := range t.Columns {
		if slices.Contains(f.Columns(), name) {
			w.out.abandon()
			return w.fault(i, "is about %s, which other values have too", shown(name))
		}
	}
	if err := r.rows(w.add); err != nil {
		w.out.abandon()
		return err
	}
	return f.keep(w)
}

// rows reads a list of lists.
func (r *jsonReader) rows(add func([]string) error) error {
	if err := r.opens('[', "a list of rows"); err != nil {
		return err
	}
	for r.More() {
		r.next()
		values, err := r.list("a row, which is a list of values")
		if err == nil {
			err = add(values)
		}
		if err != nil {
			return err
		}
	}
	return r.closes()
}
