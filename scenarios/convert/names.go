package convert

import (
	"fmt"
	"strings"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/scenarios"
)

// nameForm is a name as loader.io has it, which may begin with a digit and have spaces about it, and what
// escapes it in a scenario.
var nameForm = lazy.Regexp(`(?:\{\{)?\{\{ *([A-Za-z0-9_]+) *\}\}`)

// named is an escaped text with the values in it that an answer before it gives, or a payload file. A name of any other
// value stands for itself.
func (b *builder) named(escaped string) string {
	return nameForm().ReplaceAllStringFunc(escaped, func(form string) string {
		if name := b.meaning(nameForm().FindStringSubmatch(form)[1]); name != "" {
			return "{{" + name + "}}"
		}
		return form
	})
}

// meaning is the name that a scenario has for one of loader.io's, "" where nothing gives it a value. What
// the variables of a payload file are is known when it is fetched.
func (b *builder) meaning(name string) string {
	if b.names[name] == "" && b.payload && template.ValidName(name) {
		return name
	}
	return b.names[name]
}

// escapedNames is a text in which names stand for themselves, and expressions for what they are.
func escapedNames(s string) string {
	return nameForm().ReplaceAllStringFunc(s, func(form string) string {
		if name := nameForm().FindStringSubmatch(form)[1]; template.ValidName(name) && strings.HasSuffix(form, "{{"+name+"}}") {
			return "{{" + form
		}
		return form
	})
}

// variables are what the requests after the newest take from the headers of its answer. At loader.io a
// name may stand for a value of one answer and then of another: in a scenario each has a name of its own.
func (b *builder) variables(all []loaderioVariable) {
	r := &b.file.Requests[len(b.file.Requests)-1]
	for _, v := range all {
		switch {
		case v.Source != "" && v.Source != "header":
			b.leaveOut("the variable %s of the source %s: loader.io's own come from headers", v.Name, v.Source)
			continue
		case attack.CheckExpectedHeader(v.Property, "") != nil || !nameForm().MatchString("{{"+v.Name+"}}"):
			b.leaveOut("the variable %s of the header %s: it has a name that loader.io would not take", v.Name, v.Property)
			continue
		}
		name := v.Name
		if !template.ValidName(name) {
			name = "v" + name
		}
		for n := 2; b.taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", v.Name, n)
		}
		if r.Capture == nil {
			r.Capture = map[string]scenarios.FileCapture{}
		}
		r.Capture[name] = scenarios.FileCapture{Header: literal(v.Property)}
		b.names[v.Name], b.taken[name] = name, true
	}
}
