package dsn

import (
	"errors"
	"strings"
)

// ParseQuery reads a query of the user's: one statement that reads, which it returns without the
// semicolon at its end. It looks at no more than how the statement begins and where it ends. What
// else is wrong with it the database says, and whether it would write, for it runs in a transaction
// that only reads.
func ParseQuery(query string, postgres bool) (string, error) {
	s := statement{rest: query, postgres: postgres}
	first := s.next()
	switch {
	case s.open != "":
		return "", errors.New("has a " + s.open + " that does not end")
	case first == "":
		return "", errors.New("is empty")
	case !strings.EqualFold(first, "SELECT") && !strings.EqualFold(first, "WITH"):
		return "", errors.New("does not begin with SELECT or WITH, and a ledger only reads")
	}
	end := len(query)
	for word := first; word != ""; {
		if word = s.next(); word == ";" {
			end = len(query) - len(s.rest) - len(word)
			if s.next() != "" {
				return "", errors.New("goes on after its semicolon, and must be one statement")
			}
			word = ""
		}
	}
	if s.open != "" {
		return "", errors.New("has a " + s.open + " that does not end")
	}
	return query[:end], nil
}

// statement is what is left to read of a text of SQL.
type statement struct {
	rest     string
	postgres bool
	open     string // what began and has no end
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// next is the next word, or a character that begins none; "" is the end. Strings, names in quotes
// and comments are passed over.
func (s *statement) next() string {
	for s.rest != "" && s.open == "" {
		switch c := s.rest[0]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			s.rest = s.rest[1:]
		case strings.HasPrefix(s.rest, "--"), c == '#' && !s.postgres:
			_, s.rest, _ = strings.Cut(s.rest, "\n")
		case strings.HasPrefix(s.rest, "/*"):
			s.pass("/*", "*/", "comment")
		case s.postgres && strings.HasPrefix(s.rest, "$$"):
			s.pass("$$", "$$", "string in dollars")
		case c == '`', c == '"', c == '\'':
			s.quoted(s.rest[:1])
		default:
			n := max(1, len(s.rest)-len(strings.TrimLeft(s.rest, letters)))
			word := s.rest[:n]
			s.rest = s.rest[n:]
			return word
		}
	}
	return ""
}

// pass leaves out what stands between begin and end.
func (s *statement) pass(begin, end, what string) {
	_, after, ends := strings.Cut(s.rest[len(begin):], end)
	s.rest = after
	if !ends {
		s.open = what
	}
}

// quoted passes over a string or a name in quotes. A quote that is doubled begins another one at
// once, which comes to the same; MySQL's may also stand after a backslash.
func (s *statement) quoted(quote string) {
	for i := 1; i < len(s.rest); i++ {
		switch {
		case s.rest[i] == '\\' && !s.postgres && quote != "`":
			i++
		case s.rest[i] == quote[0]:
			s.rest = s.rest[i+1:]
			return
		}
	}
	s.rest, s.open = "", "quote "+quote
}
