package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/internal/spell"
)

// override sets one key of the tree from "path=value". The table says which keys
// there are and which values are taken as they stand; the others are read as YAML,
// so that lists and mappings can be set too. A path below load is for each of the loads with
// these names, all for none.
func override(root *node, assignment string, loads []string, fs *faults) {
	path, value, ok := strings.Cut(assignment, "=")
	if path = strings.TrimSpace(path); !ok || path == "" {
		if !pathForm().MatchString(path) {
			path = "" // whatever it is, it could be a secret
		}
		fs.add(place{file: Set}, path, "must be key=value", "for instance load.duration=10s")
		return
	}
	o := &overrider{faults: fs, path: path, segments: segmentsOf(path)}
	if o.segments[0] == "load" && len(o.segments) > 1 && root.field("load") == nil && root.field("loads") != nil {
		o.overrideLoads(root, loads, value)
		return
	}
	if slot, shape, ok := o.find(root, scenarioForm().shape, 0); ok {
		o.assign(slot, shape, value)
	}
}

// rateInPlaceOfClients removes the clients of the only load of a file, and its type, where the
// command line sets a rate: a rate takes their place, and the command line cannot remove a key.
func rateInPlaceOfClients(loads []*node, set []string) {
	if len(loads) != 1 || !sets(set, "load.rate") || sets(set, "load.clients") {
		return
	}
	leave := []string{"clients", "from"}
	if !sets(set, "load.type") {
		leave = append(leave, "type")
	}
	if load := loads[0]; !load.lacks(loadForm().key("clients")) {
		load.fields = slices.DeleteFunc(load.fields, func(e *entry) bool {
			return slices.ContainsFunc(leave, func(name string) bool { return loadForm().key(name).names(e.name) })
		})
	}
}

// segmentsOf are the keys of a path. A dot within braces belongs to the name of a request.
func segmentsOf(path string) []string {
	segments := []string{""}
	within := false
	for _, c := range path {
		switch last := len(segments) - 1; {
		case c == '.' && !within:
			segments = append(segments, "")
			continue
		case c == '{', c == '}':
			within = c == '{'
			fallthrough
		default:
			segments[last] += string(c)
		}
	}
	return segments
}

var pathForm = lazy.Regexp(`^[A-Za-z0-9_.-]+$`)

type overrider struct {
	faults   *faults
	path     string
	segments []string
}

func (o *overrider) fault(message, hint string) {
	o.faults.add(place{file: Set}, o.path, message, hint)
}

// find goes to the value that the segments from i on name, making what is not
// there yet.
func (o *overrider) find(n *node, s shape, i int) (*node, shape, bool) {
	if i == len(o.segments) {
		return n, s, true
	}
	switch {
	case n.broken: // reported
		return nil, s, false
	case s.keys != nil:
		return o.findKey(n, s, i)
	case s.open != nil:
		name := strings.Join(o.segments[i:], ".")
		if !o.is(n, mapping, i) {
			return nil, s, false
		}
		return n.slot(description{name: name}), *s.open, true
	case s.item != nil:
		if !o.is(n, list, i) {
			return nil, s, false
		}
		index, err := strconv.Atoi(o.segments[i])
		if err != nil || index < 0 || index >= len(n.items) {
			o.fault(fmt.Sprintf("%q is no item of a list of %d", shorten(o.segments[i]), len(n.items)), "items count from 0")
			return nil, s, false
		}
		return o.find(n.items[index], *s.item, i+1)
	}
	o.fault("no such key: "+strings.Join(o.segments[:i], ".")+" has no keys of its own", "")
	return nil, s, false
}

func (o *overrider) findKey(n *node, s shape, i int) (*node, shape, bool) {
	for _, k := range s.keys {
		if !k.names(o.segments[i]) {
			continue
		}
		if !o.is(n, mapping, i) {
			return nil, s, false
		}
		given := len(n.fields)
		of := description{name: k.name, spelled: k.spelled}
		if k.single {
			of = description{name: k.written(o.segments[i]), spelled: []string{o.segments[i]}}
		}
		slot, shape, ok := o.find(n.slot(of), k.shape, i+1)
		if !ok {
			n.fields = n.fields[:given] // what was made on the way to nowhere
		}
		return slot, shape, ok
	}
	o.fault("no such key", o.suggest(s, i))
	return nil, s, false
}

// is reports that n is of a kind, or was made just now and becomes it.
func (o *overrider) is(n *node, k kind, i int) bool {
	if n.kind == nothing && k == mapping {
		n.kind = mapping
	}
	if n.kind != k {
		o.fault(fmt.Sprintf("cannot be set: %s is %s there", strings.Join(o.segments[:i], "."), n.kind), "")
	}
	return n.kind == k
}

// slot is the value under a key, an empty one where there was none.
func (n *node) slot(k description) *node {
	for _, e := range n.fields {
		if k.names(e.name) {
			return e.value
		}
	}
	value := &node{path: join(n.path, k.name), at: place{file: Set}, key: place{file: Set}}
	n.fields = append(n.fields, &entry{name: k.name, at: place{file: Set}, value: value})
	return value
}

// suggest looks for the key among its neighbours, then for the path from there on, or
// else its last name, anywhere.
func (o *overrider) suggest(s shape, i int) string {
	var neighbours []string
	for _, k := range s.keys {
		neighbours = append(neighbours, append([]string{k.name}, k.spelled...)...)
	}
	prefix := strings.Join(o.segments[:i], ".")
	if near := spell.Meant(o.segments[i], neighbours); near != "" {
		return didYouMean(join(prefix, near))
	}
	known := knownKeys()
	end := "." + strings.Join(o.segments[i:], ".")
	if at := slices.IndexFunc(known, func(k Key) bool { return strings.HasSuffix(k.Path, end) }); at >= 0 {
		return didYouMean(known[at].Path)
	}
	if path := suggestPath(o.segments[len(o.segments)-1], known); path != "" {
		return didYouMean(path)
	}
	_, hint := suggestKey(o.segments[i], s.keys, nil, nil)
	return hint
}

// assign replaces a value.
func (o *overrider) assign(slot *node, s shape, value string) {
	fresh := &node{kind: text, text: value, raw: value}
	if !s.verbatim {
		if strings.TrimSpace(value) == "" {
			o.fault("needs a value", "")
			slot.broken = true
			return
		}
		own := &faults{}
		fresh = read(Set, []byte(value), own)
		if len(own.list) > 0 {
			o.fault(own.list[0].Message, own.list[0].Hint)
			slot.broken = true
			return
		}
	}
	fresh.relocate(o.path)
	for _, segment := range o.segments {
		fresh.hideUnder(segment)
	}
	*slot = *fresh
}

// relocate puts a tree that was read by itself under a path, outside any file.
func (n *node) relocate(base string) {
	n.at, n.key = place{file: Set}, place{file: Set}
	if n.path == "" {
		n.path = base
	} else {
		n.path = join(base, n.path)
	}
	for _, e := range n.fields {
		e.at = place{file: Set}
		e.value.relocate(base)
	}
	for _, item := range n.items {
		item.relocate(base)
	}
}
