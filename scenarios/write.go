package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/secret"
)

// YAML is the file to keep: every key with what it means, and a variable in place of every
// secret that would stand there in clear. variables are the names of those, which the
// scenario needs from then on. [Document.Read] of it gives the same File where no secret
// stood in clear.
func (f File) YAML() (text []byte, variables []string) {
	w := &writer{told: map[string]bool{}, secrets: map[string]string{}}
	w.whole(f)
	head := "# yaml-language-server: $schema=schema.json\n"
	if len(w.variables) > 0 {
		head += "#\n# What is secret comes from the environment:\n"
		for _, name := range w.variables {
			head += "#   export " + name + "=…\n"
		}
	}
	return append([]byte(head), w.out.Bytes()...), w.variables
}

// Secrets are what the variables stand for that [File.YAML] puts in place of secrets, by their names: with
// them as its environment that text is the same scenario.
func (f File) Secrets() map[string]string {
	w := &writer{told: map[string]bool{}, secrets: map[string]string{}}
	w.mapping(f.tree(), scenarioForm().shape, "")
	for name, value := range w.secrets {
		w.secrets[name] = strings.ReplaceAll(value, "$${", "${") // a variable's value is taken as it stands
	}
	return w.secrets
}

// source is the file for [Document.Parse] to read at once: without comments, and with the
// secrets that it holds.
func (f File) source() []byte {
	w := &writer{bare: true}
	w.whole(f)
	return w.out.Bytes()
}

// writer prints a tree as YAML.
type writer struct {
	out  bytes.Buffer
	bare bool            // no comments, and secrets as they are
	told map[string]bool // meanings that stand above already
	// variables stand for secrets, in order; secrets are what they stand for.
	variables []string
	secrets   map[string]string
}

// whole prints a file; one with nothing in it is a mapping, too.
func (w *writer) whole(f File) {
	if w.mapping(f.tree(), scenarioForm().shape, ""); w.out.Len() == 0 {
		w.out.WriteString("{}\n")
	}
}

func (w *writer) mapping(n *node, s shape, indent string) {
	for _, e := range n.fields {
		inner, about := s.below(e.name)
		w.comment(about, indent)
		w.out.WriteString(indent + textOf(e.name) + ":")
		w.value(e.value, inner, indent)
	}
}

// below is the shape of the value under a key, and what the key means.
func (s shape) below(name string) (shape, string) {
	if s.open != nil {
		return *s.open, ""
	}
	i := slices.IndexFunc(s.keys, func(k description) bool { return k.names(name) })
	if i < 0 {
		return shape{}, ""
	}
	return s.keys[i].shape, s.keys[i].about
}

// value prints what stands behind a key or a dash.
func (w *writer) value(n *node, s shape, indent string) {
	switch {
	case n.kind == mapping && len(n.fields) > 0:
		w.out.WriteString("\n")
		w.mapping(n, s, indent+"  ")
	case n.kind == mapping:
		w.out.WriteString(" {}\n")
	case n.kind == list && len(n.items) > 0:
		w.out.WriteString("\n")
		w.list(n, s, indent+"  ")
	case n.kind == list:
		w.out.WriteString(" []\n")
	default:
		w.out.WriteString(strings.TrimRight(" "+w.scalar(n), " ") + "\n")
	}
}

func (w *writer) list(n *node, s shape, indent string) {
	item := shape{}
	if s.item != nil {
		item = *s.item
	}
	for _, i := range n.items {
		w.out.WriteString(indent + "-")
		if i.kind != mapping || len(i.fields) == 0 {
			w.value(i, item, indent)
			continue
		}
		for at, e := range i.fields {
			inner, _ := item.below(e.name)
			lead := indent + "  "
			if at == 0 {
				lead = " "
			}
			w.out.WriteString(lead + textOf(e.name) + ":")
			w.value(e.value, inner, indent+"  ")
		}
	}
}

// commentWidth is where comments are broken, in bytes.
const commentWidth = 100

// comment tells a meaning once.
func (w *writer) comment(about, indent string) {
	if about == "" || w.bare || w.told[about] {
		return
	}
	w.told[about] = true
	line := indent + "#"
	for word := range strings.FieldsSeq(about) {
		if len(line)+len(word) >= commentWidth {
			w.out.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	w.out.WriteString(line + "\n")
}

func (w *writer) scalar(n *node) string {
	switch {
	case n.kind == nothing:
		return ""
	case n.kind != text:
		return n.raw
	}
	if w.bare {
		return textOf(n.raw)
	}
	return textOf(w.covered(n))
}

// Secrets within a text: a password of an address, a query's values whose names say
// secret, and a body that has such a name.
var (
	bodySecret  = lazy.Regexp(secret.Name + `[\w-]*["']?\s*[:=>]`)
	passwordOf  = lazy.Regexp(`(://[^/@\s:"]*:)([^/@\s"]+)(@)`)
	querySecret = lazy.Regexp(`([?&][\w.-]*` + secret.Name + `[\w.-]*=)([^&#\s]+)()`)
	// namedField is one of a body whose value is captured, or a row of data has it.
	namedField = lazy.Regexp(secret.Name + `[\w-]*["']?\s*[:=>]\s*["']?` + namedValue)
)

// namedValue is a name that stands for a value.
const namedValue = `\{\{\$?[A-Za-z]\w*\}\}`

// covered is a text with a variable in place of every secret in it.
func (w *writer) covered(n *node) string {
	name := n.path[strings.LastIndex(n.path, ".")+1:]
	// Two keys that sound secret are names of files.
	if at := placeOf(n.path); n.secret && at != "target.tls.key" && at != "generators.nkey" {
		return w.secret(n.raw, name)
	}
	if name == "body" && bodySecret().MatchString(namedField().ReplaceAllString(n.raw, "")) {
		return w.secret(n.raw, name) // nobody knows where in it the secret ends
	}
	return w.coverForm(w.coverForm(n.raw, passwordOf, "password"), querySecret, "query")
}

func (w *writer) coverForm(s string, form func() *regexp.Regexp, name string) string {
	return form().ReplaceAllStringFunc(s, func(m string) string {
		part := form().FindStringSubmatch(m)
		return part[1] + w.secret(part[2], name) + part[3]
	})
}

// onlyVariables is a secret of which the file holds no letter.
var onlyVariables = lazy.Regexp(`^((Bearer|Basic|Token) )?(\$\{\w+\}|` + namedValue + `)$`)

// secret is the variable that stands for a value.
func (w *writer) secret(value, name string) string {
	if value == "" || onlyVariables().MatchString(value) {
		return value
	}
	if m := variableForm().FindStringSubmatch(value); m != nil && m[0] == value && m[1] != "" {
		return "${" + m[1] + "}" // its default would stand there in clear
	}
	base := "STRESS_" + strings.ToUpper(notInVariables().ReplaceAllString(name, "_"))
	variable := base
	for n := 2; w.secrets[variable] != "" && w.secrets[variable] != value; n++ {
		variable = fmt.Sprintf("%s_%d", base, n)
	}
	if w.secrets[variable] == "" {
		w.secrets[variable], w.variables = value, append(w.variables, variable)
	}
	return "${" + variable + "}"
}

var notInVariables = lazy.Regexp(`[^A-Za-z0-9]+`)

// plainText is text that YAML takes for text without quotes.
var plainText = lazy.Regexp(`^([A-Za-z/][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*|[0-9]+(\.[0-9]+)?(ms|s|m|h|%|xx))$`)

// otherThanText are words that some reader of YAML takes for something else.
var otherThanText = map[string]bool{
	"null": true, "true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true,
}

// textOf is a text as YAML has it, in quotes where it needs them.
func textOf(s string) string {
	if plainText().MatchString(s) && !otherThanText[strings.ToLower(s)] {
		return s
	}
	return quoted(s)
}

// quoted is a text in double quotes, in which YAML knows JSON's escapes.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("scenarios: a text cannot be quoted: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}
