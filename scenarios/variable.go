package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stress-tool/stress/internal/lazy"
)

// variableForm finds ${NAME}, ${NAME:-default} and the escape $${. Whatever else
// begins with ${ is a mistake, which the last branch catches.
var variableForm = lazy.Regexp(`\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{`)

// Lookup finds a variable's value, as os.LookupEnv does.
type Lookup func(name string) (value string, ok bool)

// expander fills variables into the scalars of a tree that is already built, so
// that no value can change the structure of a scenario.
type expander struct {
	lookup Lookup
	faults *faults
	// templates maps filled-in texts to what the file says.
	templates map[string]string
	used      []string // the variables that were set, once each
}

func (x *expander) expand(n *node) {
	for _, e := range n.fields {
		x.expand(e.value)
	}
	for _, item := range n.items {
		x.expand(item)
	}
	if n.kind == text && strings.Contains(n.raw, "${") {
		x.fill(n)
	}
}

func (x *expander) fill(n *node) {
	n.text = variableForm().ReplaceAllStringFunc(n.raw, func(m string) string {
		part := variableForm().FindStringSubmatch(m)
		name, fallback := part[1], part[2]
		switch {
		case m == "$${":
			return "${"
		case name == "":
			x.fault(n, m, "${ does not begin a variable here: write ${NAME} or ${NAME:-default}", "a literal ${ is written $${")
			return ""
		case strings.Contains(fallback, "${"):
			x.fault(n, m, fmt.Sprintf("the default of ${%s} holds another variable, which is not possible", name), "")
			return ""
		}
		value, ok := x.lookup(name)
		hasDefault := strings.Contains(m, ":-")
		switch {
		case ok && (value != "" || !hasDefault):
			n.variables, n.values = append(n.variables, name), append(n.values, value)
			if !slices.Contains(x.used, name) {
				x.used = append(x.used, name)
			}
			return value
		case hasDefault:
			return fallback
		}
		x.fault(n, m, fmt.Sprintf("the variable %s is not set and has no default", name),
			"set it, or give it a default: ${NAME:-default}")
		return ""
	})
	if len(n.variables) > 0 {
		x.templates[n.text] = n.template()
	}
	n.filled = true
}

// fault points at the variable itself where the value begins on the same line.
func (x *expander) fault(n *node, variable, message, hint string) {
	n.broken = true
	at := n.at
	if at.line >= 1 && at.line <= len(x.faults.source.lines) {
		line := []rune(x.faults.source.lines[at.line-1])
		rest := string(line[min(max(at.col-1, 0), len(line)):])
		if before, _, found := strings.Cut(rest, variable); found {
			at.col += utf8.RuneCountInString(before)
			at.width = utf8.RuneCountInString(variable)
		}
	}
	x.faults.add(at, n.path, message, hint)
}
