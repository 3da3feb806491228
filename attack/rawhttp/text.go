package rawhttp

import "bytes"

// cutLine takes the first line of b, without its end. Without any end all of b is
// the line.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	line, rest = b[:i], b[i+1:]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, rest
}

// cutField takes the first header of b, without its end and the blanks before that. Lines
// that begin with a blank continue the one before them (obs-fold): as RFC 9112 §5.2 asks,
// each is joined to it by one space, in memory of its own. An empty one leaves its space
// at the end, as in net/http.
func cutField(b []byte) (field, rest []byte) {
	line, rest := cutLine(b)
	if !beginsField(line) {
		return line, rest // the end, or malformed
	}
	field = trimRight(line)
	if len(rest) == 0 || !blank(rest[0]) {
		return field, rest
	}
	field = bytes.Clone(field)
	for len(rest) > 0 && blank(rest[0]) {
		var more []byte
		more, rest = cutLine(rest)
		field = append(append(field, ' '), trim(more)...)
	}
	return field, rest
}

// beginsField reports that a line may be the first of a header, whatever continues it.
func beginsField(line []byte) bool {
	return len(line) > 0 && !blank(line[0]) && bytes.IndexByte(line, ':') >= 0
}

// validField reports that b is "Name: value". A blank before the colon is let pass.
func validField(b []byte) bool {
	colon := nameEnd(b)
	return colon > 0 && validValue(b[colon+1:])
}

// nameEnd is where the colon after a header's name stands, -1 where the name holds
// what no name may.
func nameEnd(b []byte) int {
	for i, c := range b {
		if tokens[c] {
			continue
		}
		if c == ':' {
			return i
		}
		if c != ' ' || i == 0 {
			return -1
		}
	}
	return -1
}

// validValue reports that a header's value holds no control characters.
func validValue(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// tokens are the bytes of a token, RFC 9110 §5.6.2.
var tokens = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()

func trim(b []byte) []byte { return trimLeft(trimRight(b)) }

func trimLeft(b []byte) []byte {
	for len(b) > 0 && blank(b[0]) {
		b = b[1:]
	}
	return b
}

func trimRight(b []byte) []byte {
	for len(b) > 0 && blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
func digit(c byte) bool { return '0' <= c && c <= '9' }

// hexDigit is 16 or more for what is none.
func hexDigit(c byte) byte {
	switch {
	case digit(c):
		return c - '0'
	case 'a' <= lower(c) && lower(c) <= 'f':
		return lower(c) - 'a' + 10
	}
	return 16
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// fold reports that b is s, letters' case aside.
func fold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if lower(c) != lower(s[i]) {
			return false
		}
	}
	return true
}

// hasToken reports that a list, separated by commas, holds a token.
func hasToken(list []byte, token string) bool {
	for len(list) > 0 {
		one, rest, _ := bytes.Cut(list, []byte{','})
		if fold(trim(one), token) {
			return true
		}
		list = rest
	}
	return false
}
