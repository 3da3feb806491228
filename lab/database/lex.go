package database

import (
	"strings"
	"unicode/utf8"
)

// kind is what a token is.
type kind uint8

const (
	space     kind = iota // white space and comments
	word                  // a keyword or a name without quotes
	quoted                // a name in back-ticks; the text is without them
	text                  // a string; the text is its value
	hex                   // x'4142' or 0x4142; the text is the digits
	number                // digits with all that belongs to them
	variable              // @name or @@name; the text is as written
	parameter             // ?
	symbol                // an operator or punctuation
)

// token is a piece of a statement in MySQL's dialect.
type token struct {
	kind kind
	text string
}

// is reports that the token is one of the words or symbols, which are in upper case.
func (t token) is(names ...string) bool {
	if t.kind != word && t.kind != symbol {
		return false
	}
	for _, n := range names {
		if strings.EqualFold(t.text, n) {
			return true
		}
	}
	return false
}

// names reports that the token can name a table or a column.
func (t token) names() bool { return t.kind == word || t.kind == quoted }

// operators of more than one character, longest first.
var operators = []string{"<=>", "<<", ">>", "<=", ">=", "<>", "!=", "&&", "||", ":="}

// lex cuts a statement into tokens. The error is MySQL's syntax error, of a string or a
// name that does not end.
func lex(s string) ([]token, error) {
	tokens := make([]token, 0, len(s)/3+1) // an INSERT has a token per three characters
	for len(s) > 0 {
		t, n, ok := next(s)
		if !ok {
			return nil, syntaxError(s)
		}
		tokens = append(tokens, t)
		s = s[n:]
	}
	return tokens, nil
}

// next returns the token that s begins with and its length.
func next(s string) (token, int, bool) {
	switch c := s[0]; {
	case isSpace(c):
		n := 1
		for n < len(s) && isSpace(s[n]) {
			n++
		}
		return token{space, " "}, n, true
	case c == '#', strings.HasPrefix(s, "--") && (len(s) == 2 || isSpace(s[2])):
		end := strings.IndexByte(s, '\n')
		if end < 0 {
			end = len(s)
		}
		return token{space, " "}, end, true
	case strings.HasPrefix(s, "/*"):
		end := strings.Index(s[2:], "*/")
		return token{space, " "}, end + 4, end >= 0
	case c == '\'' || c == '"':
		value, n, ok := readString(s)
		return token{text, value}, n, ok
	case c == '`':
		name, n, ok := readName(s)
		return token{quoted, name}, n, ok
	case (c == 'x' || c == 'X') && len(s) > 1 && s[1] == '\'':
		digits, _, ok := strings.Cut(s[2:], "'")
		return token{hex, digits}, len(digits) + 3, ok && isHex(digits) && len(digits)%2 == 0
	case strings.HasPrefix(s, "0x") && len(s) > 2 && isHex(s[2:3]):
		n := 2
		for n < len(s) && isHex(s[n:n+1]) {
			n++
		}
		digits := s[2:n]
		return token{hex, strings.Repeat("0", len(digits)%2) + digits}, n, true
	case c == '@':
		n := 1
		for n < len(s) && (s[n] == '@' || s[n] == '.' || isWord(s[n])) {
			n++
		}
		return token{variable, s[:n]}, n, true
	case c == '?':
		return token{parameter, "?"}, 1, true
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		return readNumber(s)
	case isWord(c):
		n := 1
		for n < len(s) && isWord(s[n]) {
			n++
		}
		return token{word, s[:n]}, n, true
	}
	for _, o := range operators {
		if strings.HasPrefix(s, o) {
			return token{symbol, o}, len(o), true
		}
	}
	_, n := utf8.DecodeRuneInString(s)
	return token{symbol, s[:n]}, n, true
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// escapes are what follows a backslash in a string and is not itself
// (https://dev.mysql.com/doc/refman/8.0/en/string-literals.html).
var escapes = map[byte]string{'0': "\x00", 'b': "\b", 'n': "\n", 'r': "\r", 't': "\t", 'Z': "\x1a", '%': `\%`, '_': `\_`}

// readString reads a string in single or double quotes and returns its value.
func readString(s string) (string, int, bool) {
	quote := s[0]
	plain := 1
	for plain < len(s) && s[plain] != quote && s[plain] != '\\' {
		plain++
	}
	if plain+1 < len(s) && s[plain] == quote && s[plain+1] != quote {
		return s[1:plain], plain + 1, true
	}
	var value strings.Builder
	value.WriteString(s[1:plain])
	for i := plain; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			if special, ok := escapes[s[i]]; ok {
				value.WriteString(special)
			} else {
				value.WriteByte(s[i])
			}
		case c == quote && i+1 < len(s) && s[i+1] == quote:
			i++
			value.WriteByte(quote)
		case c == quote:
			return value.String(), i + 1, true
		default:
			value.WriteByte(c)
		}
	}
	return "", 0, false
}

// readName reads a name in back-ticks; a doubled one is one of the name.
func readName(s string) (string, int, bool) {
	for i := 1; i < len(s); i++ {
		if s[i] != '`' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '`' {
			i++
			continue
		}
		return strings.ReplaceAll(s[1:i], "``", "`"), i + 1, true
	}
	return "", 0, false
}

// readNumber reads 1, 1.5, .5, 1e-3, and a name that begins with a digit.
func readNumber(s string) (token, int, bool) {
	n := 0
	for n < len(s) && (isDigit(s[n]) || s[n] == '.') {
		n++
	}
	if n < len(s) && s[n]|0x20 == 'e' {
		m := n + 1
		if m < len(s) && (s[m] == '+' || s[m] == '-') {
			m++
		}
		if m < len(s) && isDigit(s[m]) {
			for n = m; n < len(s) && isDigit(s[n]); {
				n++
			}
		}
	}
	kind := number
	for n < len(s) && isWord(s[n]) {
		kind = word
		n++
	}
	return token{kind, s[:n]}, n, true
}
