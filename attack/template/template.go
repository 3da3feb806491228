// Package template is the texts of requests of which parts change from pass to pass: which forms
// stand for such a part, and what stands there in a certain pass. A value follows from the
// numbers of the client and of its pass alone, so that many machines put on one load without a
// word between them, and a run with the same seed can be repeated. What a [Name] stands for is the
// affair of the job.
package template

import (
	"encoding/base64"
	"strings"

	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/internal/lazy"
)

// Turn is the pass that a text is made for.
type Turn struct {
	// Client is the number of the client in the plan, Pass that of its pass; both count from 0.
	Client, Pass uint64
	// Number numbers the passes of all clients, see [plan.Plan.Turn].
	Number uint64
	// Seed is that of random values.
	Seed uint64
	// Captured is what the client has captured in the pass; nil is nothing.
	Captured *capture.Values
}

// Text is a text with values in it. The zero value is the empty text.
type Text struct{ parts []part }

// part is a literal text and the value behind it; a nil value is none.
type part struct {
	literal string
	value   Value
}

// Value is what stands in a text for a form in it. But for [Basic] and what is [Named] it consists of
// digits, of letters from a to f, of - and of the point, which need no escape in any part of a request.
type Value interface {
	// Append appends the value for a turn. place is the number of the value among those of a
	// job: two random values of one turn differ by it.
	Append(b []byte, turn Turn, place uint64) []byte
}

// form finds what may be a value: {{name}}, {{$name}}, {{$name:parameters}}, %{list}, the escapes {{{{,
// %%{ and {{$$, and what begins as one and is none.
var form = lazy.Regexp(`(\{\{)?\{\{([A-Za-z][A-Za-z0-9_]*)\}\}|%%\{|\{\{\$\$|\{\{\$([A-Za-z_]*)((?::[^{}:]*)*)\}\}|%\{([^{}]*)\}|\{\{\$|%\{`)

// unescaped is what a form stands for that is an escape.
func unescaped(form string) (text string, ok bool) {
	switch {
	case form == "%%{":
		return "%{", true
	case form == "{{$$":
		return "{{$", true
	case strings.HasPrefix(form, "{{{{"):
		return form[len("{{"):], true
	}
	return "", false
}

// Escape is a text that [Parse] reads as s, without a value.
func Escape(s string) string { return special().ReplaceAllStringFunc(s, escapeForm) }

// special is what begins a form. It goes through a text once: in %{{$ the first takes a brace of the second.
var special = lazy.Regexp(`%\{|\{\{\$|\{\{[A-Za-z][A-Za-z0-9_]*\}\}`)

func escapeForm(found string) string {
	switch found {
	case "%{":
		return "%%{"
	case "{{$":
		return "{{$$"
	}
	return "{{" + found
}

// Parse reads a text. The error says what is wrong with the first form that is none; it repeats
// nothing of the text, which may be secret.
func Parse(s string) (Text, error) {
	var t Text
	var literal strings.Builder
	for strings.Contains(s, "%{") || strings.Contains(s, "{{") { // bodies are long, and the pattern is slow
		at := form().FindStringSubmatchIndex(s)
		if at == nil {
			break
		}
		literal.WriteString(s[:at[0]])
		found := s[at[0]:at[1]]
		if text, ok := unescaped(found); ok {
			literal.WriteString(text)
			s = s[at[1]:]
			continue
		}
		v, err := parseValue(form().FindStringSubmatch(found))
		if err != nil {
			return Text{}, err
		}
		t.parts = append(t.parts, part{literal.String(), v})
		literal.Reset()
		s = s[at[1]:]
	}
	if literal.WriteString(s); literal.Len() > 0 {
		t.parts = append(t.parts, part{literal: literal.String()})
	}
	return t, nil
}

func parseValue(found []string) (Value, error) {
	switch form, given, name, parameters, list := found[0], found[2], found[3], found[4], found[5]; {
	case given != "":
		return Name(given), nil
	case name != "":
		return parseNamed(name, parameters)
	case list != "":
		return parseExpression(list)
	case strings.HasPrefix(form, "%"):
		return nil, errExpression
	}
	return nil, errNamed
}

// Varies reports that the text has a value.
func (t Text) Varies() bool {
	for _, p := range t.parts {
		if p.value != nil {
			return true
		}
	}
	return false
}

// With is the text with a text in place of each value.
func (t Text) With(stand func(Value) string) string {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.literal)
		if p.value != nil {
			b.WriteString(stand(p.value))
		}
	}
	return b.String()
}

// basic is the value of a header Authorization for basic authentication (RFC 7617).
type basic struct{ user, password Text }

// Basic is the value of a header Authorization for a user and a password.
func Basic(user, password Text) Value { return basic{user, password} }

// Append appends "Basic " and the encoded credentials. The places of values in the user and the
// password follow from its own.
func (v basic) Append(b []byte, turn Turn, place uint64) []byte {
	b = append(b, "Basic "...)
	from := len(b)
	b = v.user.append(b, turn, Mix(place, 1))
	b = append(b, ':')
	b = v.password.append(b, turn, Mix(place, 2))
	plain := len(b)
	b = base64.StdEncoding.AppendEncode(b, b[from:plain])
	return append(b[:from], b[plain:]...)
}

func (t Text) append(b []byte, turn Turn, place uint64) []byte {
	for i, p := range t.parts {
		b = append(b, p.literal...)
		if p.value != nil {
			b = p.value.Append(b, turn, place+uint64(i))
		}
	}
	return b
}
