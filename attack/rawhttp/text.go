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

// beginsLike reports that b begins with text, as far as there is of b.
func beginsLike(b []byte, text string) bool {
	n := min(len(b), len(text))
	return string(b[:n]) == text[:n]
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

func trim(b []byte) []byte {
	for len(b) > 0 && blank(b[0]) {
		b = b[1:]
	}
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
