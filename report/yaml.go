package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/internal/plain"
)

const (
	yamlDepth = 20
	yamlBytes = 64 << 10
)

var errTooLarge = errors.New("is too large to be shown")

// yamlOf writes JSON as YAML, in the same order, for people to read. What no scenario of ours
// can be is "".
func yamlOf(text json.RawMessage) string {
	if len(text) == 0 || len(text) > yamlBytes {
		return ""
	}
	w := yamlWriter{decoder: json.NewDecoder(bytes.NewReader(text))}
	w.decoder.UseNumber()
	if err := w.value("", 0, false); err != nil {
		return ""
	}
	return strings.TrimLeft(w.out.String(), "\n")
}

type yamlWriter struct {
	decoder *json.Decoder
	out     strings.Builder
}

// value writes what stands behind a key or a dash, and the end of its last line. The first key
// of a mapping stands on the line of its dash.
func (w *yamlWriter) value(indent string, depth int, dashed bool) error {
	token, err := w.decoder.Token()
	switch {
	case err != nil:
		return err
	case depth > yamlDepth:
		return errTooLarge
	}
	open, nested := token.(json.Delim)
	if !nested {
		w.out.WriteString(" " + yamlScalar(token) + "\n")
		return nil
	}
	if !w.decoder.More() {
		_, err = w.decoder.Token()
		fmt.Fprintf(&w.out, " %s\n", map[json.Delim]string{'{': "{}", '[': "[]"}[open])
		return err
	}
	lead := "\n" + indent
	if dashed && open == '{' {
		lead = " "
	}
	for ; w.decoder.More(); lead = indent {
		sign := "-"
		if open == '{' {
			key, err := w.decoder.Token()
			if err != nil {
				return err
			}
			sign = yamlScalar(key) + ":"
		}
		w.out.WriteString(lead + sign)
		if err := w.value(indent+"  ", depth+1, open == '['); err != nil {
			return err
		}
	}
	_, err = w.decoder.Token()
	return err
}

// yamlPlain is text that means itself in YAML without quotes.
var yamlPlain = lazy.Regexp(`^[A-Za-z/][A-Za-z0-9_./%-]*( [A-Za-z0-9_./%-]+)*$`)

// yamlScalar is a text, a number, a truth value or nothing. In double quotes YAML has the
// escapes of JSON.
func yamlScalar(token json.Token) string {
	s, ok := token.(string)
	if !ok {
		if token == nil {
			return "null"
		}
		return fmt.Sprint(token)
	}
	s = plain.Line(s)
	if yamlPlain().MatchString(s) && !yamlWord().MatchString(s) {
		return s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// yamlWord is text that some reader of YAML takes for something else.
var yamlWord = lazy.Regexp(`^(?i:null|true|false|yes|no|on|off|y|n)$`)
