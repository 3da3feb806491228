package secret

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// layer is a text with some escapes undone. Byte i stands for the bytes from[i] to
// to[i] of the original, the last one excluded.
type layer struct {
	text     []byte
	from, to []int
}

func plain(text []byte) layer {
	l := layer{text, make([]int, len(text)), make([]int, len(text))}
	for i := range text {
		l.from[i], l.to[i] = i, i+1
	}
	return l
}

// whole says, in place of a length, that an escape needs more text to be whole.
const incomplete = -1

// A coding tells what the escape at the beginning of a text stands for, and its length:
// 0 when there is none, or [whole].
type coding struct {
	begins string // the characters that may begin an escape
	escape func(text []byte) (decoded []byte, n int)
}

// codings are the ways of writing a character as something else. A query's differs from
// a path's in its blanks.
var codings = []coding{
	{"%", percent},
	{"%+", func(text []byte) ([]byte, int) {
		if text[0] == '+' {
			return []byte{' '}, 1
		}
		return percent(text)
	}},
	{"&", entity},
	{`\\`, backslash},
	{mayBeUnseen, unseen},
}

// mayBeUnseen are the bytes that what [unseen] finds may begin with.
var mayBeUnseen = func() string {
	var all []byte
	for c := range 0x100 {
		if c < ' ' || c == 0x7f || c >= utf8.RuneSelf {
			all = append(all, byte(c))
		}
	}
	return string(all)
}()

var controlSequence = regexp.MustCompile(`^\x1b\[[0-?]*[ -/]*[@-~]`) // ECMA-48, 5.4

// unseen is what nobody sees, and what reports therefore leave out: characters that control or
// format, a terminal's sequences. The end of a line is one, for long texts are broken into lines,
// and NUL, which every other byte of an English text in UTF-16 is.
func unseen(text []byte) ([]byte, int) {
	if sequence := controlSequence.Find(text); sequence != nil {
		return nil, len(sequence)
	}
	if r, n := utf8.DecodeRune(text); unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) {
		return nil, n
	}
	return nil, 0
}

// unfold undoes one coding everywhere, and reports whether there was anything to undo.
// Of a text that was cut, an escape that is not whole is dropped, so that what stands
// before it is at the end.
func (l layer) unfold(c coding, cut bool) (layer, bool) {
	if !slices.ContainsFunc(l.text, func(b byte) bool { return strings.IndexByte(c.begins, b) >= 0 }) {
		return l, false
	}
	var out layer
	for i := 0; i < len(l.text); {
		decoded, n := []byte(nil), 0
		if strings.IndexByte(c.begins, l.text[i]) >= 0 {
			decoded, n = c.escape(l.text[i:])
		}
		if n == incomplete && cut {
			break
		}
		if n <= 0 {
			decoded, n = l.text[i:i+1], 1
		}
		for _, b := range decoded {
			out.text = append(out.text, b)
			out.from, out.to = append(out.from, l.from[i]), append(out.to, l.to[i+n-1])
		}
		i += n
	}
	return out, !bytes.Equal(out.text, l.text)
}

func percent(text []byte) ([]byte, int) {
	if len(text) > 1 && text[1] == 'u' { // JavaScript's escape
		return hexadecimal(text, 2, 4, true)
	}
	return hexadecimal(text, 1, 2, false)
}

// hexadecimal reads so many digits from a place on: a character, or else a byte.
func hexadecimal(text []byte, from, digits int, character bool) ([]byte, int) {
	end := min(from+digits, len(text))
	v, err := strconv.ParseUint(string(text[min(from, end):end]), 16, 32)
	switch {
	case err != nil && end > from:
		return nil, 0
	case end < from+digits:
		return nil, incomplete
	case !character:
		return []byte{byte(v)}, end
	}
	return utf8.AppendRune(nil, rune(v)), end
}

// longestEntity is the length of the longest entity of HTML, with & and ;.
const longestEntity = 33

func entity(text []byte) ([]byte, int) {
	end := bytes.IndexByte(text[:min(len(text), longestEntity)], ';')
	if end < 0 {
		if len(text) < longestEntity && !bytes.ContainsAny(text, " \t\r\n<>\"'=") {
			return nil, incomplete
		}
		return nil, 0
	}
	decoded := html.UnescapeString(string(text[:end+1]))
	if decoded == string(text[:end+1]) {
		return nil, 0
	}
	return []byte(decoded), end + 1
}

func backslash(text []byte) ([]byte, int) {
	if len(text) == 1 {
		return nil, incomplete
	}
	switch c := text[1]; c {
	case 'n':
		return []byte{'\n'}, 2
	case 'r':
		return []byte{'\r'}, 2
	case 't':
		return []byte{'\t'}, 2
	case 'x':
		return hexadecimal(text, 2, 2, false)
	case 'u':
		return unit(text)
	case 'U':
		return hexadecimal(text, 2, 8, true)
	default:
		if c < '!' && c != ' ' || c > '~' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' {
			return nil, 0
		}
		return []byte{c}, 2
	}
}

// unit reads \uXXXX, or two of them that make one character.
func unit(text []byte) ([]byte, int) {
	const size = len(`\uXXXX`)
	one, n := hexadecimal(text, 2, 4, true)
	if n != size {
		return one, n
	}
	high, _ := strconv.ParseUint(string(text[2:size]), 16, 16)
	if !utf16.IsSurrogate(rune(high)) {
		return one, n
	}
	rest := text[size:]
	if len(rest) < size {
		return one, incomplete
	}
	low, err := strconv.ParseUint(string(rest[2:size]), 16, 16)
	if r := utf16.DecodeRune(rune(high), rune(low)); err == nil && rest[0] == '\\' && rest[1] == 'u' && r != utf8.RuneError {
		return utf8.AppendRune(nil, r), 2 * size
	}
	return one, n
}
