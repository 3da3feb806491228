package scenarios

import (
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/jsonpath"
)

// notSpec is the key not of expect.
type notSpec struct {
	status at[[]at[attack.StatusRange]]
	body   at[string]
	match  at[*regexp.Regexp]
	header at[map[string]at[string]]
}

var notForm = sync.OnceValue(func() form[notSpec] {
	return object(
		field("status", oneOrMany(statusRange(), "a status or a list of them"), func(e *notSpec) *at[[]at[attack.StatusRange]] { return &e.status },
			"Status codes that are no success."),
		field("body", anyText("text of at least one character", 1), func(e *notSpec) *at[string] { return &e.body },
			"Text that must not occur in the first MiB of the body."),
		field("match", regularExpression(), func(e *notSpec) *at[*regexp.Regexp] { return &e.match },
			"Regular expression that must not match anywhere in the first MiB of the body."),
		field("header", headersTo("a mapping of header names to texts", "Transfer-Encoding", "Trailer"), func(e *notSpec) *at[map[string]at[string]] { return &e.header },
			"Texts that must not occur in response headers; \"\" asks that the header not be there."),
	)
})

// jsonValues is a mapping of paths to values.
func jsonValues(words string, value form[string]) form[map[string]at[string]] {
	return namesTo(value, words, func(path string) error {
		_, err := jsonpath.Parse(path)
		return err
	})
}

func bodySize() form[attack.Size] {
	const words = `a number of bytes, such as 17 or ">= 1000"`
	least := 0.
	schema := orVariable(&jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "integer", Minimum: &least}, {Type: "string", Pattern: `^(==|!=|<|<=|>|>=)? *[0-9]{1,18} *$`},
	}})
	return scalar(words, schema, func(s string) (attack.Size, error) {
		size, err := attack.ParseSize(s)
		if err != nil {
			return size, &refusal{message: "must be " + words}
		}
		return size, nil
	}, text, integer)
}

func (b *builder) expect(e expectSpec) attack.Expect {
	out := attack.Expect{Body: e.body.value, Match: e.match.value, Status: statuses(e.status), Within: e.within.value}
	if e.header.ok() {
		out.Header = b.headers(e.header, attack.CheckExpectedHeader)
	}
	for _, s := range e.size.value {
		if s.ok() {
			out.Size = append(out.Size, s.value)
		}
	}
	out.JSON = append(b.json(e.json, false), b.json(e.jsonMatch, true)...)
	if n := e.not.value; e.not.ok() {
		out.Not = &attack.Expect{Body: n.body.value, Match: n.match.value, Status: statuses(n.status)}
		if n.header.ok() {
			out.Not.Header = b.headers(n.header, attack.CheckExpectedHeader)
		}
	}
	return out
}

func statuses(written at[[]at[attack.StatusRange]]) (all []attack.StatusRange) {
	for _, status := range written.value {
		if status.ok() {
			all = append(all, status.value)
		}
	}
	return all
}

// json are the values of a body, in the order of their paths.
func (b *builder) json(written at[map[string]at[string]], match bool) (all []attack.JSONValue) {
	for _, path := range slices.Sorted(maps.Keys(written.value)) {
		value := written.value[path]
		p, err := jsonpath.Parse(path)
		if err != nil || !value.ok() {
			continue // it was told
		}
		v := attack.JSONValue{Path: p, Equals: value.value}
		if match {
			if v.Match, err = regexp.Compile(value.value); err != nil {
				b.fault(value.node, "must be a regular expression in Go's syntax (RE2): "+err.Error(), "")
			}
		}
		all = append(all, v)
	}
	return all
}
