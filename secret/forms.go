package secret

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf16"
)

// readings are a value as it is, and as a receiver understands it who undoes the escapes
// in it; none for one that is too short.
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

// forms are what a value is looked for as, in small letters, as texts are when they are
// searched. Escapes are not among them: they are undone in the text.
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

// small is a text with the capitals of ASCII made small, so that each byte keeps its place.
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

// encoded is what a value looks like in base64 when so many bytes, modulo 3, stand
// before it in what is encoded. Characters that depend on neighbours too are left out.
func encoded(value string, before int) string {
	text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), value...))
	const bits = 6 // of a character
	first := (8*before + bits - 1) / bits
	last := 8 * (before + len(value)) / bits
	return text[first:last]
}
