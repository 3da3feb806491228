package scenarios

import (
	"cmp"
	"reflect"
	"slices"
)

// Read is the document as it is written, with everything that was set: see [File]. The
// values are not checked, and no variable is looked up. The error is a [Faults] with the
// keys that there are not, and the values that are no text, list or mapping where one must
// stand.
func (d Document) Read(opts Options) (File, error) {
	var f File
	fs, root := d.tree(opts)
	if root != nil {
		into := &filler{decoder{faults: fs, known: knownKeys()}}
		into.fill(reflect.ValueOf(&f).Elem(), root, scenarioForm().shape)
	}
	return f, fs.err()
}

// filler puts nodes into a [File].
type filler struct{ decoder }

// fill puts a node into a value. s is the shape of both.
func (f *filler) fill(v reflect.Value, n *node, s shape) {
	if n.broken { // reported
		return
	}
	switch v.Kind() {
	case reflect.String:
		if !n.scalar() || n.kind == nothing {
			f.wrong(n, s.words, nil)
			return
		}
		v.SetString(n.raw)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), n, s)
	case reflect.Slice:
		f.fillList(v, n, s)
	default:
		f.fillMapping(v, n, s)
	}
}

func (f *filler) fillList(v reflect.Value, n *node, s shape) {
	items := n.items
	switch {
	case n.kind != list && s.single:
		items = []*node{n}
	case n.kind != list:
		f.wrong(n, s.words, nil)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		f.fill(v.Index(i), item, *s.item)
	}
}

// fillMapping fills a struct of known keys, a map of them, or a map of free ones.
func (f *filler) fillMapping(v reflect.Value, n *node, s shape) {
	if n.kind != mapping {
		f.wrong(n, s.words, nil)
		return
	}
	if v.Kind() == reflect.Map {
		v.Set(reflect.MakeMap(v.Type()))
	}
	seen := map[string]string{}
	for _, e := range n.fields {
		name, inner := e.name, s.open
		if inner == nil {
			k := f.match(n, e, s.keys, seen)
			if k < 0 {
				continue
			}
			name, inner = s.keys[k].written(e.name), &s.keys[k].shape
		}
		if v.Kind() == reflect.Struct {
			f.fill(v.FieldByIndex(fieldOf(v.Type(), name)), e.value, *inner)
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		f.fill(value, e.value, *inner)
		v.SetMapIndex(reflect.ValueOf(name), value)
	}
}

// keyTag is the tag of a field that names its key.
const keyTag = "yaml"

// fieldOf is the field of a struct of [File] that stands for a key.
func fieldOf(t reflect.Type, name string) []int {
	f, ok := t.FieldByNameFunc(func(field string) bool {
		f, _ := t.FieldByName(field)
		return f.Tag.Get(keyTag) == name
	})
	if !ok {
		panic("scenarios: " + t.Name() + " has no field for the key " + name)
	}
	return f.Index
}

// tree is the file as nodes.
func (f File) tree() *node { return nodeOf(reflect.ValueOf(f), scenarioForm().shape, "") }

// nodeOf is a value of a [File] as a node; nil where it is not given.
func nodeOf(v reflect.Value, s shape, path string) *node {
	switch v.Kind() {
	case reflect.String:
		if v.String() == "" {
			return nil
		}
		return textNode(v.String(), s, path)
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return nodeOf(v.Elem(), s, path)
	case reflect.Slice:
		return listNode(v, s, path)
	case reflect.Map:
		return mapNode(v, s, path)
	}
	n := &node{kind: mapping, path: path}
	for _, field := range reflect.VisibleFields(v.Type()) {
		if field.Anonymous { // its fields follow
			continue
		}
		k := s.key(field.Tag.Get(keyTag))
		value := nodeOf(v.FieldByIndex(field.Index), k.shape, join(path, k.name))
		if value == nil && k.must && field.Type.Kind() == reflect.String {
			value = textNode("", k.shape, join(path, k.name))
		}
		n.put(k.name, value)
	}
	return n
}

// put adds what is given under a key.
func (n *node) put(name string, value *node) {
	if value == nil {
		return
	}
	value.hideUnder(name)
	n.fields = append(n.fields, &entry{name: name, value: value})
}

// textNode is a scalar. Where numbers and booleans may stand, what looks like one is one.
func textNode(s string, of shape, path string) *node {
	n := &node{path: path, kind: text, raw: s, text: s}
	if !of.verbatim {
		n.plain(s)
	}
	if n.kind == nothing {
		n.kind = text
	}
	return n
}

func listNode(v reflect.Value, s shape, path string) *node {
	switch {
	case v.IsNil():
		return nil
	case s.single && v.Len() == 1:
		return textNode(v.Index(0).String(), *s.item, path)
	}
	n := &node{kind: list, path: path}
	for i := range v.Len() {
		at := path + ".0"
		item := nodeOf(v.Index(i), *s.item, at)
		if item == nil {
			item = textNode("", *s.item, at)
		}
		n.items = append(n.items, item)
	}
	return n
}

// mapNode has known keys in the order of the table, and free ones in theirs.
func mapNode(v reflect.Value, s shape, path string) *node {
	if v.IsNil() {
		return nil
	}
	n := &node{kind: mapping, path: path}
	names := v.MapKeys()
	slices.SortFunc(names, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	if s.open == nil {
		for _, k := range s.keys {
			for _, name := range names {
				if k.names(name.String()) {
					n.put(name.String(), nodeOf(v.MapIndex(name), k.shape, join(path, name.String())))
				}
			}
		}
		return n
	}
	for _, name := range names {
		at := join(path, name.String())
		value := nodeOf(v.MapIndex(name), *s.open, at)
		if value == nil {
			value = textNode("", *s.open, at)
		}
		n.put(name.String(), value)
	}
	return n
}
