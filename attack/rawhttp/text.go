package rawhttp

import "bytes"

// cutLine splits b behind its first line and returns that without its line end. All of b is the
// line if there is no line end.
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

// cutField splits b behind its first header and returns that without the line end and the blanks
// before it. A line that begins with a blank continues the line before it (obs-fold). As RFC 9112
// §5.2 asks, the two are joined by one space, in new memory. An empty continuation leaves its
// space at the end, as in net/http.
func cutField(b []byte) (field, rest []byte) {
	line, rest := cutLine(b)
	if !beginsField(line) {
		return line, rest // the end of the headers, or malformed
	}
	field = trimRight(line)
	if len(rest) == 0 || !isBlank(rest[0]) {
		return field, rest
	}
	field = bytes.Clone(field)
	for len(rest) > 0 && isBlank(rest[0]) {
		var more []byte
		more, rest = cutLine(rest)
		field = append(append(field, ' '), trim(more)...)
	}
	return field, rest
}

// beginsField reports that a line may be the first line of a header.
func beginsField(line []byte) bool {
	return len(line) > 0 && !isBlank(line[0]) && bytes.IndexByte(line, ':') >= 0
}

// validField reports that b is "Name: value". It accepts blanks before the colon.
func validField(b []byte) bool {
	colon := nameEnd(b)
	return colon > 0 && validValue(b[colon+1:])
}

// nameEnd returns the index of the colon behind a header's name, -1 for an invalid name.
func nameEnd(b []byte) int {
	for i, c := range b {
		if isToken[c] {
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

// validValue reports that a header's value holds no control character except tabs.
func validValue(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// isToken tells the bytes of a token (RFC 9110 §5.6.2).
var isToken = func() (t [256]bool) {
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
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	return b
}

func trimRight(b []byte) []byte {
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// hexDigit returns the value of a hexadecimal digit, and 16 for any other byte.
func hexDigit(c byte) byte {
	switch {
	case isDigit(c):
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

// equalFold reports that b equals s, ignoring the case of ASCII letters.
func equalFold(b []byte, s string) bool {
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

// hasToken reports that a comma-separated list holds a token, in any case.
func hasToken(list []byte, token string) bool {
	for len(list) > 0 {
		one, rest, _ := bytes.Cut(list, []byte{','})
		if equalFold(trim(one), token) {
			return true
		}
		list = rest
	}
	return false
}
