package ledger

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// name is that of a database, a table or a column.
type name struct {
	text  string
	exact bool // it stood in back-ticks
}

// quoteTable makes an SQL table name of "table" or "schema.table"; the first needs a schema of the
// connection. schema is "" for that one.
func quoteTable(d dialect, written, ofConnection string) (schema, table string, err error) {
	names, err := readNames(written)
	if err == nil && len(names) > 2 {
		err = errors.New("a name with a dot in it stands in back-ticks")
	}
	if err == nil && len(names) == 1 && ofConnection == "" {
		return "", "", &Error{Kind: BadConfig, Text: "dsn names no database: end it with /database, or write the table as database.table"}
	}
	var quoted []string
	for _, n := range names {
		if err == nil {
			var q string
			q, err = d.quote(n)
			quoted = append(quoted, q)
		}
	}
	switch {
	case err != nil:
		return "", "", badName("table", written, err)
	case len(quoted) == 2:
		return quoted[0], strings.Join(quoted, "."), nil
	}
	return "", quoted[0], nil
}

func quoteColumn(d dialect, what, written string) (string, error) {
	names, err := readNames(written)
	if err == nil && len(names) > 1 {
		err = errors.New("a name with a dot in it stands in back-ticks")
	}
	if err == nil {
		var quoted string
		if quoted, err = d.quote(names[0]); err == nil {
			return quoted, nil
		}
	}
	return "", badName(what, written, err)
}

func badName(what, name string, err error) *Error {
	return &Error{Kind: BadConfig, Text: fmt.Sprintf("%s %.80q is no name: %v", what, name, err)}
}

// readNames reads names separated by dots, each bare or in back-ticks, with back-ticks inside doubled. Unlike
// SQL it accepts blanks and hyphens in a bare name: they can have no other meaning here.
func readNames(s string) ([]name, error) {
	for names := []name(nil); ; {
		n, rest, err := readName(s)
		if err != nil {
			return nil, err
		}
		names = append(names, n)
		if rest == "" {
			return names, nil
		}
		s = rest[1:] // the dot
	}
}

func readName(s string) (n name, rest string, err error) {
	if n.exact = strings.HasPrefix(s, "`"); n.exact {
		n.text, rest, err = readQuoted(s)
	} else {
		end := strings.IndexByte(s+".", '.')
		n.text, rest = s[:end], s[end:]
		if strings.Contains(n.text, "`") {
			err = errors.New("a back-tick inside it is doubled, and the whole in back-ticks")
		} else if strings.TrimSpace(n.text) != n.text {
			err = errors.New("blanks at its ends stand in back-ticks")
		}
	}
	switch {
	case err != nil:
	case n.text == "":
		err = errors.New("it is empty")
	case !utf8.ValidString(n.text):
		err = errors.New("it is not UTF-8")
	}
	return n, rest, err
}

// readQuoted reads a name in back-ticks, up to the dot behind it or the end.
func readQuoted(s string) (name, rest string, err error) {
	var b strings.Builder
	for rest = s[1:]; ; {
		before, after, closed := strings.Cut(rest, "`")
		b.WriteString(before)
		switch {
		case !closed:
			return "", "", errors.New("the closing back-tick is missing")
		case strings.HasPrefix(after, "`"):
			b.WriteByte('`')
			rest = after[1:]
		case after != "" && after[0] != '.':
			return "", "", errors.New("after the closing back-tick only a dot can follow")
		default:
			return b.String(), after, nil
		}
	}
}
