// Package plain makes text of others harmless: host names, bodies, reasons and addresses
// come from a target or a database, and may hold what a terminal obeys.
package plain

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/stress-tool/stress/internal/lazy"
)

// escapeSequence matches what a terminal would obey: control sequences (CSI),
// strings up to their terminator (OSC, DCS, APC, PM, SOS), and two-byte escapes
// (ECMA-48, 5.4 and 5.6).
var escapeSequence = lazy.Regexp(
	"(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]" +
		"|(?:\x1b[\\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\x07\x1b\u009c]*(?:\x07|\x1b\\\\|\u009c)?" +
		"|\x1b[ -/]*[0-~]")

// Line makes text harmless on one line: no escape sequence, no control or format
// character (bidirectional overrides are of the latter), no line break, valid UTF-8.
func Line(s string) string {
	if printable(s) {
		return s // nearly every text is
	}
	s = escapeSequence().ReplaceAllString(strings.ToValidUTF8(s, "\uFFFD"), "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
			return -1
		}
		return r
	}, s)
}

// printable reports that a text has the printable characters of ASCII alone.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Clip shortens s to at most n characters, the last of which then is an ellipsis.
func Clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

// ClipMiddle is [Clip] for names, whose two ends tell them apart.
func ClipMiddle(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	tail := n / 3
	return string(r[:n-1-tail]) + "…" + string(r[len(r)-tail:])
}

// Name is a name of others as it came, and "(empty)" if it has no characters.
func Name(s string) string {
	if s == "" {
		return "(empty)"
	}
	return s
}

// URLPath is a path as an address has it, in which nothing has a meaning for a browser or for
// a shell: all but letters, digits and a few signs stand there as numbers.
func URLPath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("/.-_~:", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
