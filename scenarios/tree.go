package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// kind is what a value is before anyone asks for it as something.
type kind int

const (
	nothing kind = iota
	text
	integer
	decimal
	boolean
	list
	mapping
)

func (k kind) String() string {
	return [...]string{"nothing", "text", "a whole number", "a number", "a boolean", "a list", "a mapping"}[k]
}

// place is where something stands. Line and col count from 1; both are 0 for what
// was set from outside.
type place struct {
	file      string
	line, col int
	width     int // characters to underline, at least 1
}

// node is one value, free of the ways in which YAML can write it.
type node struct {
	kind kind
	path string // dotted: "targets.0.url"; "" is the root
	at   place
	key  place // where its key stands; the zero place for list items and the root
	// text is a scalar's value, variables filled in; raw is as written.
	text, raw string
	// filled says that the text had variables, set or defaulted: it may then be read
	// as a number although it had to stand in quotes.
	filled bool
	// variables names those whose values were filled in, in order; values are these.
	variables, values []string
	secret            bool // its key says so
	broken            bool // a fault is reported already: ask nothing more of it
	fields            []*entry
	items             []*node
}

// entry is one key of a mapping.
type entry struct {
	name  string
	at    place
	value *node
	// meant is the key that an unknown name was most likely to be.
	meant string
}

func (n *node) scalar() bool { return n.kind != list && n.kind != mapping }

// field is the value under a key, nil when there is none.
func (n *node) field(name string) *node {
	for _, e := range n.fields {
		if e.name == name {
			return e.value
		}
	}
	return nil
}

// extension begins a key of the scenario that may hold anything: a place for anchors,
// as compose files have it.
const extension = "x-"

// dropExtensions forgets what is there for its anchors alone.
func (n *node) dropExtensions() {
	n.fields = slices.DeleteFunc(n.fields, func(e *entry) bool { return strings.HasPrefix(e.name, extension) })
}

// names are the keys of a mapping.
func (n *node) names() map[string]bool {
	names := map[string]bool{}
	for _, e := range n.fields {
		names[e.name] = true
	}
	return names
}

// lacks reports that neither a key nor a misspelling of it is there; what is
// misspelled is reported as that.
func (n *node) lacks(key description) bool {
	return !slices.ContainsFunc(n.fields, func(e *entry) bool { return key.names(e.name) || key.names(e.meant) })
}

// where is the place that a fault about the value as a whole points at: block
// mappings and lists begin somewhere below their key, which says more.
func (n *node) where() place {
	if n.key.line > 0 && (!n.scalar() || n.kind == nothing) {
		return n.key
	}
	return n.at
}

// hidden reports that neither the value nor a part of it may be shown.
func (n *node) hidden() bool { return n.secret || len(n.variables) > 0 }

// got is the value for the end of a message: short, and never a secret.
func (n *node) got() string {
	switch {
	case len(n.variables) > 0:
		return ", got the value of ${" + strings.Join(n.variables, "} and ${") + "}"
	case n.secret:
		return "; what it is stays hidden"
	case n.kind == text:
		return fmt.Sprintf(", got %q", shorten(n.text))
	case n.scalar() && n.kind != nothing:
		return ", got " + shorten(n.text)
	}
	return ", got " + n.kind.String()
}

// template is the text as the file has it, the defaults of variables left out, for
// a default may be as secret as a value.
func (n *node) template() string {
	return variableForm().ReplaceAllStringFunc(n.raw, func(m string) string {
		if m == "$${" {
			return "${"
		}
		return "${" + variableForm().FindStringSubmatch(m)[1] + "}"
	})
}

func shorten(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
