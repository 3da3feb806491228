package wire

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"
)

// escape appends a byte of a value as it must stand in some place of a message; nil is as it is.
type escape func(b []byte, c byte) []byte

// place says how a value is escaped that stands in a text behind what is before it there.
type place func(before string) escape

const upperHex = "0123456789ABCDEF"

// percent escapes all but the unreserved characters of RFC 3986 §2.3, so that no value can end the part
// of an address in which it stands.
func percent(b []byte, c byte) []byte {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
		return append(b, c)
	}
	return append(b, '%', upperHex[c>>4], upperHex[c&15])
}

// formEncoded escapes as HTML forms do: a space is a plus.
func formEncoded(b []byte, c byte) []byte {
	if c == ' ' {
		return append(b, '+')
	}
	return percent(b, c)
}

// jsonEscaped escapes what no string of JSON may hold by itself (RFC 8259 §7).
func jsonEscaped(b []byte, c byte) []byte {
	switch {
	case c == '"', c == '\\':
		return append(b, '\\', c)
	case c < ' ':
		return append(b, '\\', 'u', '0', '0', upperHex[c>>4], upperHex[c&15])
	}
	return append(b, c)
}

func inAddress(before string) escape {
	if strings.Contains(before, "?") {
		return formEncoded
	}
	return percent
}

func inForm(string) escape { return formEncoded }

func asItIs(string) escape { return nil }

// inJSON escapes within strings. Outside them a value is a number, or JSON of its own.
func inJSON(before string) escape {
	quoted := false
	for i := 0; i < len(before); i++ {
		switch before[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		}
	}
	if quoted {
		return jsonEscaped
	}
	return nil
}

// places are the place of each value in a text that holds marks in place of them.
type places func(marked string, holes []hole) place

func always(p place) places { return func(string, []hole) place { return p } }

// inBody is how values stand in the body of a request with some headers. What is JSON by itself, but for
// its values, is JSON also where no header says so.
func inBody(h http.Header) places {
	return func(marked string, holes []hole) place {
		kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
		switch {
		case kind == "application/x-www-form-urlencoded":
			return inForm
		case kind == "application/json", strings.HasSuffix(kind, "+json"), kind == "" && isJSON(marked, holes):
			return inJSON
		}
		return asItIs
	}
}

func isJSON(marked string, holes []hole) bool {
	for _, h := range holes {
		marked = strings.Replace(marked, h.mark, "0", 1)
	}
	s := strings.TrimSpace(marked)
	return (strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")) && json.Valid([]byte(s))
}
