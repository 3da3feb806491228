package scenarios

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/internal/lazy"
)

// scalar is a form whose values are read from their text. kinds are those that
// may be written without a variable.
func scalar[V any](words string, schema *jsonschema.Schema, parse func(string) (V, error), kinds ...kind) form[V] {
	verbatim := true
	for _, k := range kinds {
		verbatim = verbatim && k == text
	}
	s := shape{words: words, schema: schema.CloneSchemas, verbatim: verbatim}
	return form[V]{shape: s, decode: func(d *decoder, n *node) (V, bool) {
		var none V
		if !n.is(kinds...) {
			d.fault(n, "must be "+words+n.got(), d.hint(n, quotesHint(n, kinds)))
			return none, false
		}
		value, err := parse(n.text)
		if fault := (*refusal)(nil); errors.As(err, &fault) {
			d.fault(n, fault.message+n.got(), d.hint(n, fault.hint))
			return none, false
		}
		if err != nil {
			d.wrong(n, words, err)
			return none, false
		}
		return value, true
	}}
}

// advised adds advice for values that are written in ways which people and other tools
// have: it says what to write, "" where it does not know.
func (f form[V]) advised(advise func(text string) string) form[V] {
	decode := f.decode
	f.decode = func(d *decoder, n *node) (V, bool) {
		return decode(&decoder{faults: d.faults, known: d.known, advise: advise}, n)
	}
	return f
}

// hint is the advice on a value, or else what its form has to say. Advice repeats the
// value.
func (d *decoder) hint(n *node, otherwise string) string {
	if d.advise != nil && n.scalar() && !n.hidden() {
		if advice := d.advise(strings.TrimSpace(n.text)); advice != "" {
			return advice
		}
	}
	return otherwise
}

// is reports that n is of one of the kinds, or text that variables were filled
// into, which may turn out to be anything.
func (n *node) is(kinds ...kind) bool {
	for _, k := range kinds {
		if n.kind == k {
			return true
		}
	}
	return n.kind == text && n.filled
}

// quotesHint says where quotes are what is missing, or too much.
func quotesHint(n *node, kinds []kind) string {
	wantsText := false
	for _, k := range kinds {
		wantsText = wantsText || k == text
	}
	switch {
	case n.hidden():
		return ""
	case wantsText && n.scalar() && n.kind != nothing:
		return fmt.Sprintf("write it in quotes: %q", shorten(n.text))
	case !wantsText && n.kind == text:
		if _, err := strconv.ParseFloat(n.text, 64); err == nil {
			return "write it without quotes"
		}
	}
	return ""
}

// refusal is a parse error with words of its own in place of the form's.
type refusal struct{ message, hint string }

func (r *refusal) Error() string { return r.message }

// anyText is text of at least some characters.
func anyText(words string, least int) form[string] {
	schema := &jsonschema.Schema{Type: "string"}
	if least > 0 {
		schema.MinLength = &least
	}
	return scalar(words, schema, func(s string) (string, error) {
		if len([]rune(s)) < least {
			return "", &refusal{message: "must be " + words}
		}
		return s, nil
	}, text)
}

// textLike is text of a pattern that the schema can say too.
func textLike(words, pattern string) form[string] {
	re := lazy.Regexp(pattern)
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: pattern})
	return scalar(words, schema, func(s string) (string, error) {
		if !re().MatchString(s) {
			return "", &refusal{message: "must be " + words}
		}
		return s, nil
	}, text)
}

// looseText takes numbers and booleans for text, for header values.
func looseText() form[string] {
	schema := &jsonschema.Schema{Types: []string{"string", "number", "boolean"}, Pattern: `^[^\x00-\x08\x0a-\x1f\x7f]*$`}
	return scalar("text", schema, func(s string) (string, error) {
		if strings.ContainsAny(s, "\r\n\x00") {
			return "", &refusal{message: "must be one line of text"}
		}
		return s, nil
	}, text, integer, decimal, boolean)
}

func truth() form[bool] {
	schema := orVariable(&jsonschema.Schema{Type: "boolean"})
	return scalar("true or false", schema, strconv.ParseBool, boolean).advised(func(s string) string {
		switch strings.ToLower(s) {
		case "yes", "y", "on", "1", "true", "enabled":
			return "write true, without quotes"
		case "no", "n", "off", "0", "false", "disabled":
			return "write false, without quotes"
		}
		return ""
	})
}

// name is what people call something: one line, which can be seen.
func name() form[string] {
	return textLike("one line of at most 100 characters, without blanks around it",
		`^[^\p{Z}\p{C}]([^\p{Cc}\p{Zl}\p{Zp}]{0,98}[^\p{Z}\p{C}])?$`)
}

func regularExpression() form[*regexp.Regexp] {
	schema := &jsonschema.Schema{Type: "string", Format: "regex"}
	return scalar("a regular expression in Go's syntax (RE2)", schema, regexp.Compile, text)
}
