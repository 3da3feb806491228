package attack

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/attack/jsonpath"
)

// JSONValue is what a value in a body of JSON must be: a text as [jsonpath.Path.Find] has it, or one that an
// expression matches.
type JSONValue struct {
	Path   jsonpath.Path
	Equals string
	Match  *regexp.Regexp // nil: Equals counts
}

// lacks is why a body does not have the value, "" where it has it.
func (v *JSONValue) lacks(body []byte) string {
	var room [256]byte
	value, _, err := v.Path.Find(room[:0], body)
	switch {
	case err != nil:
		return fmt.Sprintf("body %s at %s", err, v.Path)
	case v.Match != nil && !v.Match.Match(value):
		return fmt.Sprintf("%s does not match /%s/", v.Path, shortened(v.Match.String()))
	case v.Match == nil && string(value) != v.Equals:
		return fmt.Sprintf("%s is not %q", v.Path, shortened(v.Equals))
	}
	return ""
}

// Size is a bound on the decoded body, in bytes.
type Size struct {
	Op    string // one of ==, !=, <, <=, > and >=
	Bytes int64
}

// ParseSize reads a size: 17, or a comparison such as ">= 1000".
func ParseSize(s string) (Size, error) {
	number := strings.TrimLeft(s, "<>=!")
	op := s[:len(s)-len(number)]
	if op == "" {
		op = "=="
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n < 0 || !slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, op) {
		return Size{}, fmt.Errorf("must be a number of bytes, such as 17 or %q", ">= 1000")
	}
	return Size{op, n}, nil
}

func (s Size) String() string { return s.Op + " " + strconv.FormatInt(s.Bytes, 10) }

// holds reports that a body of n bytes keeps the bound, or with more one of which n were examined: nobody
// knows then how many there are.
func (s Size) holds(n int64, more bool) bool {
	switch s.Op {
	case "==":
		return !more && n == s.Bytes
	case "!=":
		return n > s.Bytes || !more && n < s.Bytes
	case "<":
		return !more && n < s.Bytes
	case "<=":
		return !more && n <= s.Bytes
	case ">":
		return n > s.Bytes
	}
	return n >= s.Bytes
}

// keepsBody reports that the beginning of the body is kept for a condition.
func (e *Expect) keepsBody() bool {
	return e.Match != nil || len(e.JSON) > 0 || e.forbidsBody()
}

// forbidsBody reports that there are bodies which are a failure for what they hold.
func (e *Expect) forbidsBody() bool { return e.Not != nil && (e.Not.Body != "" || e.Not.Match != nil) }

// needsAll reports that a body which was not decoded to its end leaves a condition open.
func (e *Expect) needsAll() bool { return len(e.Size) > 0 || e.forbidsBody() }

// Headers are the names of the headers that the conditions are about, sorted.
func (e *Expect) Headers() []string {
	names := slices.Collect(maps.Keys(e.Header))
	if e.Not != nil {
		names = slices.AppendSeq(names, maps.Keys(e.Not.Header))
	}
	slices.Sort(names)
	return names
}

// forbidden is what of a status and a header must not be, "" for nothing.
func (e *Expect) forbidden(status int, h http.Header) string {
	if e.Not == nil {
		return ""
	}
	if len(e.Not.Status) > 0 && e.Not.accepts(status) {
		return fmt.Sprintf("status %d, want none of %s", status, e.Not.statusWords())
	}
	for name, text := range e.Not.Header {
		if headerReason(h, name, text) == "" {
			return fmt.Sprintf("header %s contains %q, which it must not", name, shortened(text))
		}
	}
	return ""
}

// unmet is the first condition beyond Body and Match that a body of some size does not meet, "" for none;
// body is its beginning. With more it is longer, nobody knows by how much.
func (e *Expect) unmet(body []byte, size int64, more bool) string {
	for _, s := range e.Size {
		if !s.holds(size, more) {
			return fmt.Sprintf("body of %d bytes, want %s", size, s)
		}
	}
	for i := range e.JSON {
		if why := e.JSON[i].lacks(body); why != "" {
			return why
		}
	}
	switch n := e.Not; {
	case n == nil:
	case n.Body != "" && bytes.Contains(body, []byte(n.Body)):
		return fmt.Sprintf("body contains %q, which it must not", shortened(n.Body))
	case n.Match != nil && n.Match.Match(body):
		return fmt.Sprintf("body matches /%s/, which it must not", shortened(n.Match.String()))
	}
	return ""
}
