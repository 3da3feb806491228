package scenarios

import (
	"fmt"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	"golang.org/x/net/http/httpguts"

	"github.com/stress-tool/stress/internal/lazy"
)

const headerName = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"

// headersTo is a mapping of header names to texts, some names aside. What may stand in
// them package attack says, when requests are made; the schema says it here.
func headersTo(words string, never ...string) form[map[string]at[string]] {
	f := namesTo(looseText(), words, func(name string) error {
		if !httpguts.ValidHeaderFieldName(name) {
			return fmt.Errorf("%q is no valid header name", shorten(name))
		}
		return nil
	})
	return f.described(func(s *jsonschema.Schema) {
		s.PropertyNames = &jsonschema.Schema{
			Pattern: headerName,
			Not:     &jsonschema.Schema{Pattern: "^(" + anyCase(strings.Join(never, "|")) + ")$"},
		}
	})
}

// sentHeaders are those of a request, of which Host is one.
func sentHeaders() form[map[string]at[string]] {
	f := headersTo("a mapping of header names to values", "Content-Length", "Transfer-Encoding", "Trailer")
	return f.described(func(s *jsonschema.Schema) {
		host := orVariable(&jsonschema.Schema{Types: f.open.schema().Types, Pattern: hostHeaderPattern})
		s.PatternProperties = map[string]*jsonschema.Schema{"^" + anyCase("Host") + "$": host}
	})
}

// hostHeaderPattern is what a Host header may be, as far as a pattern can say it.
const hostHeaderPattern = `^` + hostPattern + `(:[0-9]+)?$`

var letter = lazy.Regexp(`[A-Za-z]`)

// anyCase is a pattern that takes capital letters for small ones. JavaScript has no flag
// for it within a pattern.
func anyCase(pattern string) string {
	return letter().ReplaceAllStringFunc(pattern, func(c string) string {
		return "[" + strings.ToLower(c) + strings.ToUpper(c) + "]"
	})
}
