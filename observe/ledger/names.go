package ledger

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxName is the longest name of a database, a table or a column, in characters
// (https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html).
const maxName = 64

// quoteTable makes an SQL table name of "table" or "database.table"; the first needs a
// database in the DSN. database is "" for the DSN's own.
func quoteTable(name, inDSN string) (database, table string, err error) {
	names, err := readNames(name)
	switch {
	case err != nil:
		return "", "", badName("table", name, err)
	case len(names) > 2:
		return "", "", badName("table", name, errors.New("a name with a dot in it stands in back-ticks"))
	case len(names) == 2:
		database = quote(names[0])
		return database, database + "." + quote(names[1]), nil
	case inDSN == "":
		return "", "", &Error{Kind: BadConfig, Text: "dsn names no database: end it with /database, or write the table as database.table"}
	}
	return "", quote(names[0]), nil
}

func quoteColumn(what, name string) (string, error) {
	names, err := readNames(name)
	if err == nil && len(names) > 1 {
		err = errors.New("a name with a dot in it stands in back-ticks")
	}
	if err != nil {
		return "", badName(what, name, err)
	}
	return quote(names[0]), nil
}

func badName(what, name string, err error) *Error {
	return &Error{Kind: BadConfig, Text: fmt.Sprintf("%s %.80q is no name: %v", what, name, err)}
}

// quote returns a name in back-ticks, so that MySQL reads exactly this name whatever characters it has. The
// connection must use UTF-8, where no back-tick is a part of another character.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// readNames reads names separated by dots, each bare or in back-ticks, with back-ticks inside doubled. Unlike
// SQL it accepts blanks and hyphens in a bare name: they can have no other meaning here.
func readNames(s string) ([]string, error) {
	for names := []string(nil); ; {
		name, rest, err := readName(s)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		if rest == "" {
			return names, nil
		}
		s = rest[1:] // the dot
	}
}

func readName(s string) (name, rest string, err error) {
	if strings.HasPrefix(s, "`") {
		name, rest, err = readQuoted(s)
	} else {
		end := strings.IndexByte(s+".", '.')
		name, rest = s[:end], s[end:]
		if strings.Contains(name, "`") {
			err = errors.New("a back-tick inside it is doubled, and the whole in back-ticks")
		} else if strings.TrimSpace(name) != name {
			err = errors.New("blanks at its ends stand in back-ticks")
		}
	}
	if err == nil {
		err = checkName(name)
	}
	return name, rest, err
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

// checkName returns why MySQL does not accept a name, nil if it does
// (https://dev.mysql.com/doc/refman/8.4/en/identifiers.html).
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case !utf8.ValidString(name):
		return errors.New("it is not UTF-8")
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("it has more than %d characters", maxName)
	case strings.HasSuffix(name, " "):
		return errors.New("MySQL has no names that end in a blank")
	case strings.ContainsFunc(name, func(r rune) bool { return r == 0 || r > 0xFFFF }):
		return errors.New("it has a character that MySQL does not take")
	}
	return nil
}
