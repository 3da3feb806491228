package scenarios

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/jsonpath"
	"github.com/stress-tool/stress/attack/template"
)

// captureSpec is where one value of an answer is.
type captureSpec struct {
	header, cookie at[string]
	json           at[jsonpath.Path]
	match          at[*regexp.Regexp]
}

const captureHint = "say where in the answer it is: {header: X-Token}, {cookie: session}, {json: $.token} or {match: 'token=(\\w+)'}"

// captureForm takes exactly one of its keys.
var captureForm = sync.OnceValue(func() form[captureSpec] {
	one := 1
	return object(
		field("header", responseHeader(), func(c *captureSpec) *at[string] { return &c.header },
			"A header of the answer; of several of that name the first counts."),
		field("cookie", textLike("the name of a cookie", headerName), func(c *captureSpec) *at[string] { return &c.cookie },
			"A cookie that the answer sets, or that the client has from an answer before it and sends to the same address."),
		field("json", jsonPath(), func(c *captureSpec) *at[jsonpath.Path] { return &c.json },
			"A path to one value of a body in JSON (RFC 9535): $.user.ids[0] or $['two words']. Objects and lists are taken as JSON; null is no value."),
		field("match", regularExpression(), func(c *captureSpec) *at[*regexp.Regexp] { return &c.match },
			`Regular expression whose first group is the value, such as 'name="csrf" value="(\w+)"'; without a group the whole of what matches is.`),
	).described(func(s *jsonschema.Schema) { s.MinProperties, s.MaxProperties = &one, &one })
})

// captures are the values of a request's answer, by their names.
func captures() form[map[string]at[captureSpec]] {
	f := namesTo(captureForm(), "a mapping of names to places in the answer, such as token: {header: X-Token}", func(name string) error {
		if !template.ValidName(name) || len(name) > maxName {
			return fmt.Errorf("must be a name: a letter, then letters, digits and _, at most %d", maxName)
		}
		return nil
	})
	return f.described(func(s *jsonschema.Schema) {
		s.PropertyNames = &jsonschema.Schema{Pattern: fmt.Sprintf("^[A-Za-z][A-Za-z0-9_]{0,%d}$", maxName-1)}
	})
}

// maxName is the longest name of a captured value, in bytes.
const maxName = 64

// jsonPath is a path to one value of a JSON text.
func jsonPath() form[jsonpath.Path] {
	const (
		first   = `([A-Za-z_]|[^\x00-\x7F])`
		name    = `\.` + first + `([0-9]|` + first + `)*`
		index   = `\[(0|[1-9][0-9]*)\]`
		quoted  = `\['([^'\\]|\\.)*'\]|\["([^"\\]|\\.)*"\]`
		pattern = `^\$(` + name + `|` + index + `|` + quoted + `)*$`
	)
	parse := func(s string) (jsonpath.Path, error) {
		p, err := jsonpath.Parse(s)
		if err != nil {
			err = &refusal{message: err.Error()}
		}
		return p, err
	}
	return scalar("a path such as $.user.id", orVariable(&jsonschema.Schema{Type: "string", Pattern: pattern}), parse, text)
}

// captures are the values that a request's answer gives to the requests after it, which may name them
// from there on.
func (b *builder) captures(r requestSpec, request string) (all []capture.Capture) {
	if !r.capture.ok() {
		return nil
	}
	for _, e := range r.capture.node.fields {
		w, ok := r.capture.value[e.name]
		if !ok {
			continue
		}
		if other, taken := b.names.of[e.name]; taken {
			b.faults.add(e.at, w.node.path, "is a value of "+other+" too", "rename one of them: a name stands for one value")
		}
		b.names.of[e.name] = "request " + request
		if !w.ok() {
			continue
		}
		c := capture.Capture{Name: e.name, Header: w.value.header.value, Cookie: w.value.cookie.value, Match: w.value.match.value}
		if w.value.json.given() {
			c.JSON = &w.value.json.value
		}
		places := 0
		for _, given := range []bool{w.value.header.given(), w.value.cookie.given(), w.value.json.given(), w.value.match.given()} {
			if given {
				places++
			}
		}
		if places != 1 {
			b.fault(w.node, "must have one of header, cookie, json and match", captureHint)
		}
		all = append(all, c)
	}
	return all
}

// captured are the names that the requests of a scenario capture, by the first request that does.
func (s scenarioSpec) captured() map[string]string {
	all := map[string]string{}
	for _, r := range append([]at[requestSpec]{s.request}, s.requests.value...) {
		if !r.value.capture.ok() {
			continue
		}
		for name := range r.value.capture.value {
			if _, known := all[name]; !known {
				all[name] = r.value.called()
			}
		}
	}
	return all
}

// called is what a message calls a request.
func (r requestSpec) called() string {
	if r.name.ok() {
		return "request " + r.name.value
	}
	return "a request"
}

// tooEarly is the fault of a text that names a value before a request has captured it; nil is none.
func (n names) tooEarly(err error) error {
	var unknown *template.UnknownNameError
	if !errors.As(err, &unknown) {
		return err
	}
	by, later := n.later[unknown.Name]
	if !later {
		return err
	}
	return fmt.Errorf("holds {{%s}}, which %s captures no sooner than here: only the requests after that one have it", unknown.Name, by)
}

// captureWords say where in an answer a value is: "header X-Token".
func (s *Scenario) captureWords(c capture.Capture) string {
	switch {
	case c.Header != "":
		return "header " + c.Header
	case c.Cookie != "":
		return "cookie " + c.Cookie
	case c.JSON != nil:
		return "json " + s.shown(c.JSON.String())
	}
	return "match /" + s.shown(c.Match.String()) + "/"
}

// storeCaptures say where the values of a request's answer are, by their names.
func (s *Scenario) storeCaptures(all []capture.Capture) map[string]string {
	out := map[string]string{}
	for _, c := range all {
		out[c.Name] = s.captureWords(c)
	}
	return out
}

// capturePlace begins the rest of a path below the key capture of a request.
const capturePlace = ".capture."

// inCapture reports that a path leads to where a value is captured: what stands there is no secret, though
// its name may say so.
func inCapture(path string) bool { return strings.Contains(path, capturePlace) }
