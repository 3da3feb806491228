package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
)

// Schema is the JSON Schema (draft 2020-12) of a scenario, indented, with a final
// newline. It says what single values may be, and which keys must be there; most of
// what depends on two values at once only [Parse] can say.
func Schema() []byte {
	root := scenarioForm().schema()
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "stress scenario"
	root.Description = "What to put under load, how, and what counts as good."
	root.PatternProperties = map[string]*jsonschema.Schema{
		"^" + extension: {Description: "Whatever you like: a place for anchors. Nothing reads it."},
	}
	root.AllOf = []*jsonschema.Schema{loadOrSearch(), either("request", "requests")}
	one, named := root.Properties["load"], root.Properties["loads"].Items
	for name := range one.Properties {
		named.Properties[name] = &jsonschema.Schema{Ref: "#/properties/load/properties/" + name}
	}
	one.AllOf, named.AllOf = []*jsonschema.Schema{reference(loadDef)}, []*jsonschema.Schema{reference(loadDef)}
	root.Defs = map[string]*jsonschema.Schema{
		variableDef: {
			Type:        "string",
			Pattern:     `\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}`,
			Description: "A value from the environment: ${NAME} or ${NAME:-default}.",
		},
		loadDef:         loadRules(),
		durationDef:     durationSchema(0, time.Nanosecond, mostDuration),
		someDurationDef: durationSchema(1, time.Nanosecond, mostDuration),
		timeoutDef:      durationSchema(1, time.Millisecond, attack.MaxTimeout),
	}
	for _, q := range everyLimited() {
		root.Defs[q.def()] = q.limitSchema()
	}
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic("scenarios: the key table makes no schema: " + err.Error())
	}
	return append(out, '\n')
}

// either asks for one of two keys and not for both.
func either(one, other string) *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Required: []string{one}}, {Required: []string{other}}}}
}

// loadOrSearch asks for a load, or for a search, which needs none.
func loadOrSearch() *jsonschema.Schema {
	s := either("load", "loads")
	none := &jsonschema.Schema{Required: []string{"capacity"}, Not: &jsonschema.Schema{AnyOf: slices.Clone(s.OneOf)}}
	s.OneOf = append(s.OneOf, none)
	return s
}

// loadRules says which keys a load of each type needs.
func loadRules() *jsonschema.Schema {
	load := &jsonschema.Schema{}
	given := func(name string) *jsonschema.Schema {
		var spellings []*jsonschema.Schema
		for _, spelling := range append([]string{name}, loadForm().key(name).spelled...) {
			spellings = append(spellings, &jsonschema.Schema{Required: []string{spelling}})
		}
		return &jsonschema.Schema{AnyOf: spellings}
	}
	load.AnyOf = []*jsonschema.Schema{given("type"), given("stages"), given("rate")}
	for _, t := range loadTypes {
		spellings := []string{t}
		for _, other := range slices.Sorted(maps.Keys(loaderioTypes)) {
			if loaderioTypes[other] == t {
				spellings = append(spellings, other)
			}
		}
		isType := &jsonschema.Schema{Required: []string{"type"}, Properties: map[string]*jsonschema.Schema{"type": {Enum: anys(spellings)}}}
		var needed []*jsonschema.Schema
		for _, name := range needs(plan.Type(t)) {
			needed = append(needed, given(name))
		}
		load.AllOf = append(load.AllOf, &jsonschema.Schema{If: isType, Then: &jsonschema.Schema{AllOf: needed}})
	}
	rateAlone := &jsonschema.Schema{Required: []string{"rate"}, Not: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{given("type"), given("stages")}}}
	load.AllOf = append(load.AllOf, &jsonschema.Schema{If: rateAlone, Then: given("duration")})
	return load
}

// What is defined once and referred to.
const (
	variableDef     = "variable"
	loadDef         = "load-of-a-type"
	durationDef     = "duration"
	someDurationDef = "duration-above-0"
	timeoutDef      = "whole-milliseconds"
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
		if k.single {
			if s.PatternProperties == nil {
				s.PatternProperties = map[string]*jsonschema.Schema{}
			}
			s.PatternProperties["^"+k.name+metric.RequestPattern+"$"] = k.property(k.about + " Of one request of a pass.")
		}
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
	s := k.shape.schema()
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
