package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/internal/spell"
)

// Name is a value that a job gives a meaning to: {{email}} is Name("email"). [Text.Bind] puts that
// meaning in its place.
type Name string

// ValidName reports that a text can stand for a value as {{name}}: a letter, then letters, digits and _.
func ValidName(s string) bool { return nameForm().MatchString(s) }

var nameForm = lazy.Regexp(`^[A-Za-z][A-Za-z0-9_]*$`)

// Append appends the form itself: a name without a meaning stands for nothing else.
func (n Name) Append(b []byte, _ Turn, _ uint64) []byte {
	b = append(b, "{{"...)
	b = append(b, n...)
	return append(b, "}}"...)
}

// Named is what a name stands for. Unlike that of other values its text may be anything, and is escaped
// for the place in which it stands.
type Named interface {
	Value
	// InHeader returns why a text of the value cannot be sent in a header, nil where each can.
	InHeader() error
}

// Names are the values that requests may name.
type Names map[string]Named

// Captured is the value of a capture, by its index among those of the pass.
type Captured int

// Append appends what the client has captured.
func (c Captured) Append(b []byte, t Turn, _ uint64) []byte {
	return append(b, t.Captured.Of(int(c))...)
}

// InHeader implements [Named]: what is captured holds nothing that no header may.
func (Captured) InHeader() error { return nil }

// UnknownNameError says that a text names a value that there is not.
type UnknownNameError struct {
	Name string
	// Meant is the name that was most likely meant; "" is none.
	Meant string
	// Known are the names that there are.
	Known []string
}

func (e *UnknownNameError) Error() string {
	const most = 5 // names that are shown
	hint := fmt.Sprintf("write {{{{%s}} for the text itself", e.Name)
	switch n := len(e.Known); {
	case e.Meant != "":
		hint = fmt.Sprintf("did you mean {{%s}}?", e.Meant)
	case n > most:
		hint = fmt.Sprintf("there are {{%s}} and %d more; %s", strings.Join(e.Known[:most], "}}, {{"), n-most, hint)
	case n > 0:
		hint = fmt.Sprintf("there is {{%s}}; %s", strings.Join(e.Known, "}}, {{"), hint)
	}
	return fmt.Sprintf("holds {{%s}}, and nothing gives that name a value: %s", e.Name, hint)
}

// spaced matches a name with blanks about it, as other programs have them; here it is a text.
var spaced = lazy.Regexp(`\{\{( *([A-Za-z][A-Za-z0-9_]*) *)\}\}`)

// Unknown returns an [*UnknownNameError] for the first name in a text that is none of some, nil where
// there is none. One of them with blanks about it, {{ name }}, is such a name too: it would be sent as a text.
func (t Text) Unknown(known []string) error {
	for _, p := range t.parts {
		for _, found := range spaced().FindAllStringSubmatch(p.literal, -1) {
			if found[1] != found[2] && slices.Contains(known, found[2]) {
				return &UnknownNameError{Name: found[1], Meant: found[2]}
			}
		}
		if n, ok := p.value.(Name); ok && !slices.Contains(known, string(n)) {
			return &UnknownNameError{Name: string(n), Meant: spell.Nearest(string(n), known), Known: known}
		}
	}
	return nil
}

// Bind is the text with the meaning of each name in its place. The error is an [*UnknownNameError].
func (t Text) Bind(names Names) (Text, error) {
	if err := t.Unknown(slices.Sorted(maps.Keys(names))); err != nil {
		return Text{}, err
	}
	bound := Text{parts: slices.Clone(t.parts)}
	for i, p := range bound.parts {
		if n, ok := p.value.(Name); ok {
			bound.parts[i].value = names[string(n)]
		}
	}
	return bound, nil
}
