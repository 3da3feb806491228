package secret

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf16"
)

// decodings returns a value, and the value with one kind of escapes in it decoded, as a receiver may read
// it. It leaves out those that are too short.
func decodings(value string) []string {
	var out []string
	for _, c := range codings {
		l, changed := plain([]byte(value)).unfold(c, false)
		if changed && len(l.text) >= minLength {
			out = append(out, string(l.text))
		}
	}
	if len(value) >= minLength {
		out = append(out, value)
	}
	return out
}

// forms returns the byte sequences to search for a value, in lower case like the searched text. Escaped
// forms are not among them: escapes are decoded in the text.
func forms(value string) []string {
	out := []string{value, strings.ToLower(value), strings.ToUpper(value), strings.ToValidUTF8(value, "\uFFFD"), hex.EncodeToString([]byte(value))}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var wide []byte
		for _, unit := range utf16.Encode([]rune(value)) {
			wide = order.AppendUint16(wide, unit)
		}
		out = append(out, string(wide))
	}
	for before := range 3 {
		std := encoded(value, before)
		out = append(out, std, strings.NewReplacer("+", "-", "/", "_").Replace(std))
	}
	for i, form := range out {
		out[i] = string(lowerASCII([]byte(form)))
	}
	return out
}

// lowerASCII returns a text with the letters A to Z in lower case. No byte changes its index.
func lowerASCII(text []byte) []byte {
	out := make([]byte, len(text))
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}

// encoded returns the base64 form of a value that is encoded together with so many bytes, modulo 3,
// before it. It leaves out the characters that depend on the bytes before and after.
func encoded(value string, before int) string {
	text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), value...))
	const bits = 6 // of a character
	first := (8*before + bits - 1) / bits
	last := 8 * (before + len(value)) / bits
	return text[first:last]
}
