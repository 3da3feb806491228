// Package capture takes values from answers, which later requests of the pass use by their names: from a
// header, a cookie, or the body by a JSON path or a regular expression. What an answer holds is
// untrusted: a value has bounds and holds no control character, so that it can stand in any part of a
// request, and one that breaks these rules is none.
package capture

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/stress-tool/stress/attack/jsonpath"
)

// Capture takes one value of an answer. Exactly one of Header, Cookie, JSON and Match is set.
type Capture struct {
	// Name is that by which requests use the value.
	Name string
	// Header is the canonical name of a header; of several the first counts.
	Header string
	// Cookie is the name of a cookie that the answer sets, or that its client has from an answer
	// before and sends to the same address.
	Cookie string
	// JSON leads to a value of the body.
	JSON *jsonpath.Path
	// Match is an expression of which the first group is the value, or the whole where it has no
	// group; it is held against the body.
	Match *regexp.Regexp
}

// Limit is the longest value, in bytes.
const Limit = 4 << 10

// Set are the captures of one request.
type Set struct {
	captures []Capture
	first    int
	body     bool
}

// NewSet are the captures of a request, nil for none. first is how many the requests before it in the
// pass have.
func NewSet(captures []Capture, first int) *Set {
	if len(captures) == 0 {
		return nil
	}
	body := slices.ContainsFunc(captures, func(c Capture) bool { return c.JSON != nil || c.Match != nil })
	return &Set{captures, first, body}
}

// InBody reports that a value is in the body.
func (s *Set) InBody() bool { return s.body }

// Headers are the canonical names of the headers that have values, each once.
func (s *Set) Headers() []string {
	var names []string
	for _, c := range s.captures {
		if c.Header != "" && !slices.Contains(names, c.Header) {
			names = append(names, c.Header)
		}
	}
	return names
}

// Name is that of the first capture.
func (s *Set) Name() string { return s.captures[0].Name }

// Values are what a client has captured, by the index of the capture among those of the pass. The zero
// value has none, and so has nil. Its memory is used again, so that to keep a value allocates nothing in the long run.
type Values struct{ texts [][]byte }

// Of is the value of a capture; nil before it is captured. It is valid until the next is captured.
func (v *Values) Of(index int) []byte {
	if v == nil || index >= len(v.texts) {
		return nil
	}
	return v.texts[index]
}

// Forget removes the values, and keeps their memory.
func (v *Values) Forget() {
	for i := range v.texts {
		v.texts[i] = v.texts[i][:0]
	}
}

// room is the memory for the value of a capture.
func (v *Values) room(index int) []byte {
	for len(v.texts) <= index {
		v.texts = append(v.texts, nil)
	}
	return v.texts[index][:0]
}

// Head is the head of an answer.
type Head interface {
	// Header appends the first value of a header to b; ok is false without one. name is canonical.
	Header(b []byte, name string) (value []byte, ok bool)
	// Cookie appends the value that a cookie has after the answer to b; ok is false without one.
	Cookie(b []byte, name string) (value []byte, ok bool)
}

// Missing is a capture for which an answer has no value. It repeats nothing of the answer.
type Missing struct{ Name, Why string }

// Reason is why the answer is not as expected: "capture token: header X-Token is missing".
func (m *Missing) Reason() string { return "capture " + m.Name + ": " + m.Why }

// FromHead takes the values that are in the head. It returns the first that is not, nil where all are.
func (s *Set) FromHead(h Head, v *Values) *Missing {
	for i := range s.captures {
		c, room := &s.captures[i], v.room(s.first+i)
		var value []byte
		found := true
		switch {
		case c.Header != "":
			value, found = h.Header(room, c.Header)
		case c.Cookie != "":
			value, found = h.Cookie(room, c.Cookie)
		default:
			continue
		}
		if err := v.keep(s.first+i, value); err != nil || !found {
			return &Missing{c.Name, c.inHead(err, found)}
		}
	}
	return nil
}

// inHead is why the head has no value.
func (c *Capture) inHead(err error, found bool) string {
	switch {
	case found:
		return err.Error()
	case c.Header != "":
		return "header " + c.Header + " is missing"
	}
	return "cookie " + c.Cookie + " is not set"
}

// FromBody takes the values that are in the body. It returns the first that is not, nil where all are.
func (s *Set) FromBody(body []byte, v *Values) *Missing {
	for i := range s.captures {
		c := &s.captures[i]
		if c.JSON == nil && c.Match == nil {
			continue
		}
		value, err := c.find(v.room(s.first+i), body)
		if err == nil {
			err = v.keep(s.first+i, value)
		}
		if err != nil {
			return &Missing{c.Name, err.Error()}
		}
	}
	return nil
}

// keep keeps a value, and no memory of one that is none: that may be large.
func (v *Values) keep(index int, value []byte) error {
	if err := check(value); err != nil {
		v.texts[index] = nil
		return err
	}
	v.texts[index] = value
	return nil
}

// find appends the value of a body to b.
func (c *Capture) find(b, body []byte) ([]byte, error) {
	if c.Match != nil {
		at := c.Match.FindSubmatchIndex(body)
		switch {
		case at == nil:
			return b, fmt.Errorf("body does not match /%s/", shortened(c.Match.String()))
		case len(at) > 2:
			at = at[2:4]
		}
		if at[0] < 0 {
			return b, errEmpty // the group took no part
		}
		return append(b, body[at[0]:at[1]]...), nil
	}
	value, kind, err := c.JSON.Find(b, body)
	switch {
	case errors.Is(err, jsonpath.ErrNothing):
		return b, fmt.Errorf("body has nothing at %s", shortened(c.JSON.String()))
	case err != nil:
		return b, fmt.Errorf("body %w", err)
	case kind == jsonpath.Null:
		return b, fmt.Errorf("body has null at %s", shortened(c.JSON.String()))
	}
	return value, nil
}

// Why a value is none.
var (
	errEmpty   = errors.New("value is empty")
	errLong    = fmt.Errorf("value is longer than %d KiB", Limit>>10)
	errControl = errors.New("value holds a control character, such as the end of a line")
)

func check(value []byte) error {
	switch {
	case len(value) == 0:
		return errEmpty
	case len(value) > Limit:
		return errLong
	case slices.ContainsFunc(value, func(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }):
		return errControl
	}
	return nil
}

// maxShown is how much of a path or an expression stands in an error, in bytes.
const maxShown = 32

func shortened(s string) string {
	if len(s) <= maxShown {
		return s
	}
	end := maxShown
	for end > 0 && s[end]&0xc0 == 0x80 { // within a character
		end--
	}
	return s[:end] + "…"
}
