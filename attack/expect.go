package attack

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Expect is what makes an answer a success. The zero value accepts every status
// below 400, as loader.io does. All conditions given must hold. It must not change
// once a [Judge] has seen it.
type Expect struct {
	// Status lists the accepted codes; empty is 100–399.
	Status []StatusRange
	// Body must occur in the response body, decoded from gzip or deflate; "" asks for
	// nothing.
	Body string
	// Match must match the response body, of which the first MatchLimit bytes are
	// looked at; nil asks for nothing.
	Match *regexp.Regexp
	// Header maps names to a text that must occur in a value; "" asks only that the
	// header be there.
	Header map[string]string
	// Seen is given the body as it comes; nil is nobody. It is for looks at single answers:
	// what several clients receive at once comes in no order.
	Seen io.Writer
}

// MatchLimit is how much of a body a regular expression sees, in bytes.
const MatchLimit = 1 << 20

func (e *Expect) accepts(status int) bool {
	if len(e.Status) == 0 {
		return status >= 100 && status < 400
	}
	return slices.ContainsFunc(e.Status, func(r StatusRange) bool { return r.Contains(status) })
}

// Words says what counts as success in one line for people:
// `status 200, body contains "New record created successfully"`.
func (e Expect) Words() string {
	words := []string{"status " + e.statusWords()}
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		if text := e.Header[name]; text != "" {
			words = append(words, fmt.Sprintf("header %s contains %q", name, text))
		} else {
			words = append(words, fmt.Sprintf("header %s is there", name))
		}
	}
	if e.Body != "" {
		words = append(words, "body contains "+strconv.Quote(e.Body))
	}
	if e.Match != nil {
		words = append(words, fmt.Sprintf("body matches /%s/", e.Match))
	}
	return strings.Join(words, ", ")
}

func (e *Expect) statusWords() string {
	if len(e.Status) == 0 {
		return "below 400"
	}
	var all []string
	for _, r := range e.Status {
		all = append(all, r.String())
	}
	return strings.Join(all, " or ")
}

// shortened is s in no more than wordsLimit characters.
func shortened(s string) string {
	if utf8.RuneCountInString(s) <= wordsLimit {
		return s
	}
	return string([]rune(s)[:wordsLimit-1]) + "…"
}

const wordsLimit = 32
