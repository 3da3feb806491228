package secret

import (
	"bytes"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stress-tool/stress/internal/lazy"
)

// layer is a text with some escapes decoded. Byte i stands for the bytes [from[i], to[i]) of the original
// text.
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

// incomplete is returned instead of a length if the text ends within an escape.
const incomplete = -1

// A coding is a kind of escape. Its function escape decodes the escape at the beginning of a text and
// returns its length, 0 if there is none, or [incomplete].
type coding struct {
	begins string // the characters that may begin an escape
	escape func(text []byte) (decoded []byte, n int)
}

// codings are the kinds of escapes. Those of a query and a path differ in blanks.
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

// mayBeUnseen are the first bytes of all that [unseen] finds.
var mayBeUnseen = func() string {
	var all []byte
	for c := range 0x100 {
		if c < ' ' || c == 0x7f || c >= utf8.RuneSelf {
			all = append(all, byte(c))
		}
	}
	return string(all)
}()

var controlSequence = lazy.Regexp(`^\x1b\[[0-?]*[ -/]*[@-~]`) // ECMA-48, 5.4

// unseen finds what is invisible and reports leave out: control and format characters, and the sequences
// of a terminal. Line ends are among them, because long texts are broken into lines, and NUL, which is
// every second byte of an English text in UTF-16.
func unseen(text []byte) ([]byte, int) {
	if sequence := controlSequence().Find(text); sequence != nil {
		return nil, len(sequence)
	}
	if r, n := utf8.DecodeRune(text); unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) {
		return nil, n
	}
	return nil, 0
}

// unfold decodes one kind of escape everywhere, and reports whether that changed the text. With cut it
// drops an incomplete escape at the end, so that the text before it is at the end.
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

// hexadecimal decodes so many digits from an index on, as a character or as a byte.
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

// null matches the references to NUL.
var null = lazy.Regexp(`^&#[xX]?0+;$`)

func entity(text []byte) ([]byte, int) {
	end := bytes.IndexByte(text[:min(len(text), longestEntity)], ';')
	if end < 0 {
		if len(text) < longestEntity && !bytes.ContainsAny(text, " \t\r\n<>\"'=") {
			return nil, incomplete
		}
		return nil, 0
	}
	if null().Match(text[:end+1]) {
		return []byte{0}, end + 1 // HTML shows U+FFFD for it, or nothing
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

// unit decodes \uXXXX, or a pair of them for one character.
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
