package scenarios

import (
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is the JSON Schema (draft 2020-12) of a scenario, indented, with a final
// newline. It says what single values may be; what depends on two of them at once
// only [Parse] can say.
func Schema() []byte {
	root := scenarioForm.schema.CloneSchemas()
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "stress scenario"
	root.Description = "What to put under load, how, and what counts as good."
	root.PatternProperties = map[string]*jsonschema.Schema{
		"^" + extension: {Description: "Whatever you like: a place for anchors. Nothing reads it."},
	}
	root.Defs = map[string]*jsonschema.Schema{
		variableDef: {
			Type:        "string",
			Pattern:     `\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}`,
			Description: "A value from the environment: ${NAME} or ${NAME:-default}.",
		},
		limitDef: limitForm.schema.CloneSchemas(),
	}
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic("scenarios: the key table makes no schema: " + err.Error())
	}
	return append(out, '\n')
}

// What is defined once and referred to.
const (
	variableDef = "variable"
	limitDef    = "limit"
)

func reference(def string) *jsonschema.Schema { return &jsonschema.Schema{Ref: "#/$defs/" + def} }

// orVariable lets a variable stand in place of what the schema asks for.
func orVariable(s *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, reference(variableDef)}}
}

func objectSchema[O any](keys []key[O]) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type:                 "object",
		Properties:           map[string]*jsonschema.Schema{},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, k := range keys {
		s.Properties[k.name] = k.property(k.about)
		s.PropertyOrder = append(s.PropertyOrder, k.name)
		for _, other := range k.spelled {
			s.Properties[other] = k.property(fmt.Sprintf("loader.io's name of `%s`.", k.name))
			s.PropertyOrder = append(s.PropertyOrder, other)
		}
		if k.must {
			s.Required = append(s.Required, k.name)
		}
	}
	return s
}

// property is the schema of a key: that of its shape, with what is told of it.
func (k description) property(about string) *jsonschema.Schema {
	s := k.shape.schema.CloneSchemas()
	s.Description = about
	if k.fallback != "" && json.Valid([]byte(k.fallback)) {
		s.Default = json.RawMessage(k.fallback)
	} else if k.fallback != "" {
		s.Description += " Default: " + k.fallback + "."
	}
	return s
}

func anys(words []string) []any {
	values := make([]any, len(words))
	for i, w := range words {
		values[i] = w
	}
	return values
}
