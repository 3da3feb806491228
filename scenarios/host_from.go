package scenarios

import (
	"net/http"
	"regexp"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack"
)

type hostFromSpec struct {
	header at[string]
	body   at[*regexp.Regexp]
}

// hostFromForm takes exactly one of its keys.
func hostFromForm() form[hostFromSpec] {
	one := 1
	return object(
		field("header", responseHeader(), func(h *hostFromSpec) *at[string] { return &h.header },
			"A response header that holds the host's name."),
		field("body", regularExpression(), func(h *hostFromSpec) *at[*regexp.Regexp] { return &h.body },
			`Regular expression whose first group is the host's name, such as 'served by (\S+)'; it is looked for in the first MiB of the body.`),
	).described(func(s *jsonschema.Schema) { s.MinProperties, s.MaxProperties = &one, &one })
}

// responseHeader is the name of a header that belongs to the answer.
func responseHeader() form[string] {
	pattern := &jsonschema.Schema{
		Type: "string", Pattern: headerName,
		Not: &jsonschema.Schema{Pattern: "^(" + anyCase("Transfer-Encoding|Trailer") + ")$"},
	}
	const words = "the name of a response header, such as X-Served-By"
	return scalar(words, orVariable(pattern), func(s string) (string, error) {
		if attack.CheckExpectedHeader(s, "") != nil {
			return "", &refusal{message: "must be " + words}
		}
		return http.CanonicalHeaderKey(s), nil
	}, text)
}

// hostFrom is where a target's answers name their hosts.
func (b *builder) hostFrom(h at[hostFromSpec]) attack.HostFrom {
	if !h.ok() {
		return attack.HostFrom{}
	}
	if h.value.header.given() == h.value.body.given() {
		b.fault(h.node, "must have either header or body", "say where an answer names its host: {header: X-Served-By}")
	}
	return attack.HostFrom{Header: h.value.header.value, Body: h.value.body.value}
}

// namesHosts reports that the answers of a target name their hosts; "" is all targets.
func (s scenarioSpec) namesHosts(target string) bool {
	for _, t := range s.targets.value {
		if !t.value.hostFrom.given() && (target == "" || slices.Contains(t.value.names(), target)) {
			return false
		}
	}
	return true
}

// HostWords say where a target's answers name their hosts: "header X-Served-By"; "" for
// nowhere.
func (s *Scenario) HostWords(t Target) string {
	switch h := s.storeHostFrom(t.HostFrom); {
	case h.Header != "":
		return "header " + h.Header
	case h.Body != "":
		return "body /" + h.Body + "/"
	}
	return ""
}

// storedHostFrom is an [attack.HostFrom] as the file has it.
type storedHostFrom struct {
	Header string `json:"header,omitempty"`
	Body   string `json:"body,omitempty"`
}

func (s *Scenario) storeHostFrom(h attack.HostFrom) storedHostFrom {
	out := storedHostFrom{Header: h.Header}
	if h.Body != nil {
		out.Body = s.shown(h.Body.String())
	}
	return out
}
