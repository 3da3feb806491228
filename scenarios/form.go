package scenarios

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/internal/spell"
)

// form is how the values of one kind look: it decodes them and describes them.
type form[V any] struct {
	shape
	// decode reports what is wrong with n, at n, and then returns false.
	decode func(d *decoder, n *node) (V, bool)
}

// shape describes the values of a form to people, to editors and to --set.
type shape struct {
	// words say what a value is, after "must be": "a duration, such as 30s".
	words string
	// schema makes a new one each time: only editors need it, and every command would wait
	// for all of them.
	schema func() *jsonschema.Schema
	keys   []description // of a mapping with known keys
	open   *shape        // of a mapping with free keys, what they hold
	item   *shape        // of a list, what it holds
	single bool          // of a list: its only item may stand without it
	// verbatim says that a value set from outside is taken as it stands; others
	// are read as YAML.
	verbatim bool
}

// described adds to the schema of a form what the other parts of it do not say.
func (f form[V]) described(add func(s *jsonschema.Schema)) form[V] {
	schema := f.schema
	f.schema = func() *jsonschema.Schema {
		s := schema()
		add(s)
		return s
	}
	return f
}

// key is one of the keys by its name.
func (s shape) key(name string) description {
	for _, k := range s.keys {
		if k.name == name {
			return k
		}
	}
	panic("scenarios: the key table has no " + name)
}

// description is all that is told of a key.
type description struct {
	name     string
	spelled  []string // other spellings
	about    string
	fallback string // the default as written; "" is none
	must     bool
	// single says that a key such as p95{login} is this one too, of one request of a pass; whole says
	// why there is none of one request.
	single bool
	whole  string
	shape  shape
}

func (k description) names(name string) bool {
	if k.single {
		name, _ = metric.CutRequest(name)
	}
	return name == k.name || slices.Contains(k.spelled, name)
}

// written is the key as it is called where it is given by that name: p95{login}.
func (k description) written(name string) string {
	if !k.single {
		return k.name
	}
	_, rest := metric.CutRequest(name)
	return k.name + rest
}

// at is a decoded value and where it stood. The zero at was not given.
type at[V any] struct {
	value V
	node  *node
}

// given reports that the scenario has the key, be its value good or bad.
func (a at[V]) given() bool { return a.node != nil }

// ok reports that there is a value to work with.
func (a at[V]) ok() bool { return a.node != nil && !a.node.broken }

// key is a key of a mapping that is decoded into an O.
type key[O any] struct {
	description
	decode func(d *decoder, n *node, into *O)
}

// field declares a key: its name, what its values look like, where they go and
// what they mean.
func field[O, V any](name string, f form[V], into func(*O) *at[V], about string) key[O] {
	return key[O]{
		description: description{name: name, about: about, shape: f.shape},
		decode: func(d *decoder, n *node, o *O) {
			target := into(o)
			target.node = n
			if n.broken {
				return
			}
			value, ok := f.decode(d, n)
			if !ok {
				n.broken = true
				return
			}
			target.value = value
		},
	}
}

// within are keys whose values go into a part of an O.
func within[O, P any](part func(*O) *P, keys []key[P]) []key[O] {
	out := make([]key[O], len(keys))
	for i, k := range keys {
		out[i] = key[O]{k.description, func(d *decoder, n *node, o *O) { k.decode(d, n, part(o)) }}
	}
	return out
}

func (k key[O]) required() key[O]           { k.must = true; return k }
func (k key[O]) or(fallback string) key[O]  { k.fallback = fallback; return k }
func (k key[O]) aka(names ...string) key[O] { k.spelled = names; return k }

// decoder is what decoding needs besides the form.
type decoder struct {
	faults *faults
	known  []Key                    // all keys that there are
	advise func(text string) string // see [form.advised]; nil has none
}

func (d *decoder) fault(n *node, message, hint string) {
	d.faults.add(n.where(), n.path, message, hint)
}

// wrong reports a value that is not what its form wants. What a library said is
// added unless it could repeat a secret.
func (d *decoder) wrong(n *node, words string, said error) {
	message := "must be " + words + n.got()
	if said != nil && !n.hidden() {
		message += ": " + said.Error()
	}
	d.fault(n, message, "")
}

// object is a mapping with known keys.
func object[O any](keys ...key[O]) form[O] {
	s := shape{words: "a mapping", schema: func() *jsonschema.Schema { return objectSchema(keys) }}
	for _, k := range keys {
		s.keys = append(s.keys, k.description)
	}
	return form[O]{shape: s, decode: func(d *decoder, n *node) (O, bool) {
		var o O
		if n.kind != mapping {
			d.wrong(n, s.words, nil)
			return o, false
		}
		seen := map[string]string{}
		for _, e := range n.fields {
			if i := d.match(n, e, s.keys, seen); i >= 0 {
				keys[i].decode(d, e.value, &o)
			}
		}
		for _, k := range keys {
			if k.must && n.lacks(k.description) {
				d.faults.add(n.where(), join(n.path, k.name), "is missing", k.about)
			}
		}
		return o, true
	}}
}

// match is the index of an entry's key among those of its mapping, -1 with a fault where it
// is none of them, or was given before. seen are the spellings so far, by the keys' names.
func (d *decoder) match(in *node, e *entry, keys []description, seen map[string]string) int {
	i := slices.IndexFunc(keys, func(k description) bool { return k.names(e.name) })
	if i < 0 {
		e.value.broken = true
		message, hint := d.unknownKey(in, e, keys)
		d.faults.add(e.at, e.value.path, message, hint)
		return -1
	}
	written := keys[i].written(e.name)
	if first, twice := seen[written]; twice {
		d.faults.add(e.at, e.value.path, fmt.Sprintf("is another spelling of %s, which is given too", first), "leave one of them out")
		return -1
	}
	seen[written] = e.name
	return i
}

// unknownKey says what is wrong with a key that is none of its mapping, and what was likely meant.
func (d *decoder) unknownKey(in *node, e *entry, keys []description) (message, hint string) {
	base, rest := metric.CutRequest(e.name)
	if !slices.ContainsFunc(keys, func(k description) bool { return k.single }) {
		base, rest = e.name, ""
	}
	if i := slices.IndexFunc(keys, func(k description) bool { return k.names(base) }); i >= 0 {
		return "is of all requests together, for " + keys[i].whole, "leave " + rest + " out"
	}
	given := in.names()
	if rest != "" {
		given = nil // of other requests
	}
	if e.meant, hint = suggestKey(base, keys, given, d.known); rest != "" && e.meant != "" {
		e.meant += rest
		hint = didYouMean(e.meant)
	}
	return "no such key", hint
}

// listOf is a list of values of one form.
func listOf[V any](f form[V], words string, least int) form[[]at[V]] {
	s := shape{words: words, item: &f.shape, schema: func() *jsonschema.Schema {
		list := &jsonschema.Schema{Type: "array", Items: f.schema()}
		if least > 0 {
			list.MinItems = &least
		}
		return list
	}}
	return form[[]at[V]]{shape: s, decode: func(d *decoder, n *node) ([]at[V], bool) {
		if n.kind != list || len(n.items) < least {
			d.wrong(n, words, nil)
			return nil, false
		}
		var values []at[V]
		for _, item := range n.items {
			a := at[V]{node: item}
			if !item.broken {
				var ok bool
				a.value, ok = f.decode(d, item)
				item.broken = !ok
			}
			values = append(values, a)
		}
		return values, true
	}}
}

// oneOrMany is a value or a list of them.
func oneOrMany[V any](f form[V], words string) form[[]at[V]] {
	many := listOf(f, words, 1)
	s := many.shape
	s.single = true
	s.schema = func() *jsonschema.Schema {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{f.schema(), many.schema()}}
	}
	return form[[]at[V]]{shape: s, decode: func(d *decoder, n *node) ([]at[V], bool) {
		if n.kind == list {
			return many.decode(d, n)
		}
		value, ok := f.decode(d, n)
		return []at[V]{{value, n}}, ok
	}}
}

// namesTo is a mapping with free keys; check looks at each.
func namesTo[V any](f form[V], words string, check func(name string) error) form[map[string]at[V]] {
	s := shape{words: words, open: &f.shape, schema: func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "object", AdditionalProperties: f.schema()}
	}}
	return form[map[string]at[V]]{shape: s, decode: func(d *decoder, n *node) (map[string]at[V], bool) {
		if n.kind != mapping {
			d.wrong(n, words, nil)
			return nil, false
		}
		values := map[string]at[V]{}
		for _, e := range n.fields {
			if err := check(e.name); err != nil {
				d.faults.add(e.at, e.value.path, err.Error(), "")
				continue
			}
			a := at[V]{node: e.value}
			if !e.value.broken {
				var ok bool
				a.value, ok = f.decode(d, e.value)
				e.value.broken = !ok
			}
			values[e.name] = a
		}
		return values, true
	}}
}

// enum is one of several words. others maps further spellings to the word that
// they mean; nil is none.
func enum(words []string, others map[string]string) form[string] {
	all := append(slices.Clone(words), slices.Sorted(maps.Keys(others))...)
	say := "one of " + strings.Join(words, ", ")
	s := shape{words: say, verbatim: true, schema: orVariable(&jsonschema.Schema{Enum: anys(all)}).CloneSchemas}
	return form[string]{shape: s, decode: func(d *decoder, n *node) (string, bool) {
		if n.kind == text && slices.Contains(words, n.text) {
			return n.text, true
		}
		if meant, ok := others[n.text]; ok && n.kind == text {
			return meant, true
		}
		hint := ""
		if !n.hidden() {
			hint = didYouMean(cmp.Or(spell.Meant(n.text, words), spell.Meant(n.text, all)))
		}
		d.fault(n, "must be "+say+n.got(), hint)
		return "", false
	}}
}

func oneOf(words ...string) form[string] { return enum(words, nil) }
