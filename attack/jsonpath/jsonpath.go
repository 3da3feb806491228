// Package jsonpath finds one value of a JSON text by a path. The paths are those of RFC 9535 that lead
// to at most one value (§2.3.5.1, singular queries), with indexes that count from the front:
// $.user.tokens[0].id and $['two words'].
//
// A text is read up to its value, token by token, and no tree is made of it. What stands before the
// value must be JSON (RFC 8259), at most 10 000 arrays and objects deep. A byte order mark before it is
// passed over, and so are texts that are no Unicode, such as "\ud83d", of which RFC 8259 §8.2 knows: only
// the value that is asked for must be. Of members with one name the first counts: to know the last,
// every text would have to be read to its end.
package jsonpath

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Path leads to a value. The zero value leads to the whole text; see [Parse].
type Path struct {
	text  string
	steps []step
}

// step leads to a member of an object, or with array to an element of an array.
type step struct {
	name  string
	index uint64
	array bool
}

// maxIndex bounds an index, so that it can be counted; RFC 9535 §2.1 has the same bound.
const maxIndex = 1<<53 - 1

// String is the path as it was written.
func (p Path) String() string { return p.text }

// Parse reads a path. The error says what may stand where it is wrong.
func Parse(s string) (Path, error) {
	rest, rooted := strings.CutPrefix(s, "$")
	if !rooted {
		return Path{}, fmt.Errorf("does not begin with $, which stands for the whole answer: write %s", rootedPath(s))
	}
	p := Path{text: s}
	for rest != "" {
		var next step
		var err error
		switch rest[0] {
		case '.':
			next, rest, err = parseShorthand(rest[1:])
		case '[':
			next, rest, err = parseBracket(rest[1:])
		default:
			err = fmt.Errorf("holds %.20q where .name, ['a name'] or [0] should stand", rest)
		}
		if err != nil {
			return Path{}, err
		}
		p.steps = append(p.steps, next)
	}
	return p, nil
}

// rootedPath is a path without its $, as it may have been meant.
func rootedPath(s string) string {
	if s == "" || s[0] == '.' || s[0] == '[' {
		return "$" + s
	}
	return "$." + s
}

// parseShorthand reads a name without quotes (RFC 9535 §2.5.1.1).
func parseShorthand(s string) (step, string, error) {
	end := strings.IndexFunc(s, func(c rune) bool {
		return c < 0x80 && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
	})
	if end < 0 {
		end = len(s)
	}
	name, rest := s[:end], s[end:]
	switch {
	case strings.HasPrefix(s, "."), strings.HasPrefix(s, "*"):
		return step{}, "", errors.New("leads to several values: only names and numbers lead to one")
	case name == "":
		return step{}, "", errors.New("has no name behind a point: write .name, or ['a name'] for one with other characters")
	case name[0] >= '0' && name[0] <= '9':
		return step{}, "", fmt.Errorf("has a name that begins with a digit: write [%s] for an element of a list, or ['%s'] for a name", name, name)
	case rest != "" && rest[0] != '.' && rest[0] != '[':
		more, _, _ := strings.Cut(rest, ".")
		return step{}, "", fmt.Errorf("has a name with other characters than letters, digits and _: write ['%s']", name+more)
	}
	return step{name: name}, rest, nil
}

// parseBracket reads what follows a bracket, up to the closing one: an index, or a name in quotes.
func parseBracket(s string) (step, string, error) {
	if s != "" && (s[0] == '\'' || s[0] == '"') {
		name, rest, err := parseQuoted(s)
		if err != nil {
			return step{}, "", err
		}
		rest, closed := strings.CutPrefix(rest, "]")
		if !closed {
			return step{}, "", errors.New("has no ] behind a name in quotes: it may hold one name")
		}
		return step{name: name}, rest, nil
	}
	digits, rest, closed := strings.Cut(s, "]")
	index, err := strconv.ParseUint(digits, 10, 64)
	switch {
	case !closed:
		return step{}, "", errors.New("has a [ without its ]")
	case strings.HasPrefix(digits, "-"):
		return step{}, "", errors.New("has an index that counts from the end: count from the front, the first is [0]")
	case err != nil || index > maxIndex || digits != strconv.FormatUint(index, 10):
		return step{}, "", fmt.Errorf("holds [%.20s], which is neither an index such as [0] nor a name such as ['name']", digits)
	}
	return step{index: index, array: true}, rest, nil
}

// parseQuoted reads a name in quotes of either kind, with the escapes of JSON and that of its quote.
func parseQuoted(s string) (name, rest string, err error) {
	quote := s[0]
	var inner strings.Builder // between double quotes
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote:
			unquoted, err := jsontext.AppendUnquote(nil, `"`+inner.String()+`"`)
			if err != nil {
				return "", "", errors.New("has a name in quotes that is none: \\ begins the escapes of JSON there, and control characters need one")
			}
			return string(unquoted), s[i+1:], nil
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] == '\'' && quote == '\'' {
				inner.WriteByte('\'')
			} else {
				inner.WriteString(s[i-1 : i+1])
			}
		case c == '"':
			inner.WriteString(`\"`)
		default:
			inner.WriteByte(c)
		}
	}
	return "", "", errors.New("has a quote that is never closed")
}

// ErrNothing says that a text has no value where a path leads.
var ErrNothing = errors.New("has nothing there")

// Kind is what a value is.
type Kind byte

// The kinds of values.
const (
	Null Kind = iota + 1
	Bool
	Number
	String
	Object
	Array
)

var kinds = map[jsontext.Kind]Kind{'n': Null, 't': Bool, 'f': Bool, '0': Number, '"': String, '{': Object, '[': Array}

// Find appends the value of a text to b: of a string what it stands for, of any other value its JSON
// without blanks. The error is [ErrNothing], or says why the text up to there is no JSON, or why its value
// is none; then kind is 0.
func (p Path) Find(b, text []byte) (value []byte, kind Kind, err error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	d := jsontext.NewDecoder(bytes.NewBuffer(text), lenient...)
	for i := range p.steps {
		if err := p.steps[i].walk(d); err != nil {
			return b, 0, explain(err)
		}
	}
	raw, err := d.ReadValue()
	if err != nil {
		return b, 0, explain(err)
	}
	kind = kinds[raw.Kind()]
	if kind == String {
		value, err = jsontext.AppendUnquote(b, raw)
		if err != nil {
			return b, 0, errNoUnicode
		}
		return value, kind, nil
	}
	from := len(b)
	compact := jsontext.Value(append(b, raw...)[from:])
	err = compact.Compact(lenient...)
	return append(b, compact...), kind, err
}

// errNoUnicode says that a value cannot be sent as it is.
var errNoUnicode = errors.New("has a text that is no Unicode")

// lenient are the options for texts that others have made.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// walk reads up to the value that a step leads to.
func (s *step) walk(d *jsontext.Decoder) error {
	opening, closing := jsontext.Kind('{'), jsontext.Kind('}')
	if s.array {
		opening, closing = '[', ']'
	}
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != opening {
		return ErrNothing
	}
	for n := uint64(0); ; n++ {
		if d.PeekKind() == closing {
			return ErrNothing
		}
		there := n == s.index
		if !s.array {
			if token, err = d.ReadToken(); err != nil {
				return err
			}
			there = token.String() == s.name
		}
		if there {
			return nil
		}
		if err := d.SkipValue(); err != nil {
			return err
		}
	}
}

// explain says why a text is no JSON, in one of few sentences, so that equal faults count as one.
func explain(err error) error {
	switch {
	case errors.Is(err, ErrNothing):
		return ErrNothing
	case errors.Is(err, io.EOF):
		return errors.New("is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("is JSON without its end")
	}
	return errors.New("is no JSON")
}
