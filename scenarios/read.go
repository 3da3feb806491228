package scenarios

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/secret"
)

// Bounds of a scenario file. The YAML parser recurses and its cost grows with the
// square of the keys, so both are checked before it sees the text.
const (
	maxSize   = 1 << 20 // bytes
	maxTokens = 20_000
	maxDepth  = 50
	maxNodes  = 20_000 // aliases included: they can multiply
)

// reader turns YAML into nodes.
type reader struct {
	faults  *faults
	file    string
	anchors map[string]ast.Node
	nodes   int
	full    bool // maxNodes was reported
}

// read is the file's single document as a tree; nil when there is none to speak
// of, and then a fault says why.
func read(file string, src []byte, fs *faults) *node {
	r := &reader{faults: fs, file: file, anchors: map[string]ast.Node{}}
	if len(src) > maxSize {
		r.fault(place{file: file}, fmt.Sprintf("is larger than %d bytes: no scenario is", maxSize), "")
		return nil
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	if !utf8.Valid(src) {
		r.fault(place{file: file}, "is not UTF-8 text", "")
		return nil
	}
	layout := layOut(string(src))
	tokens := lexer.Tokenize(layout.text)
	fs.source = newSource(layout.text, tokens)
	if !r.bounded(tokens) {
		return nil
	}
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(layout, err)
		return nil
	}
	return r.document(parsed)
}

func (r *reader) fault(at place, message, hint string) { r.faults.add(at, "", message, hint) }

// bounded reports that the text is small and flat enough to be parsed.
func (r *reader) bounded(tokens token.Tokens) bool {
	if len(tokens) > maxTokens {
		r.fault(r.tokenPlace(tokens[maxTokens]), fmt.Sprintf("has more than %d words and signs: no scenario has", maxTokens), "")
		return false
	}
	flow, inLine, line := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, inLine = tk.Position.Line, 0
		}
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			inLine++
		}
		if flow > maxDepth || inLine > 2*maxDepth {
			r.fault(r.tokenPlace(tk), fmt.Sprintf("is nested more than %d deep", maxDepth), "")
			return false
		}
	}
	return true
}

func (r *reader) document(f *ast.File) *node {
	var bodies []ast.Node
	for _, doc := range f.Docs {
		switch doc.Body.(type) {
		case nil, *ast.CommentGroupNode:
		case *ast.DirectiveNode:
			r.fault(r.placeOf(doc.Body), "YAML directives have no use in a scenario: leave the line out", "")
			return nil
		default:
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		r.fault(place{file: r.file, line: 1, col: 1}, "is empty: a scenario needs at least load, request and targets", "")
		return nil
	case 1:
		return r.node(bodies[0], "", place{}, 0)
	}
	r.fault(r.placeOf(bodies[1]), "is a second document: a file holds one scenario", "put it in a file of its own")
	return nil
}

// node converts one value. It never returns nil; what cannot be converted is
// broken, and reported.
func (r *reader) node(v ast.Node, path string, key place, depth int) *node {
	n := &node{path: path, key: key, at: r.placeOf(v)}
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		n.broken = true
		if !r.full {
			r.full = true
			r.faults.add(n.at, path, fmt.Sprintf("is nested more than %d deep, or aliases make more than %d values of the file", maxDepth, maxNodes), "")
		}
		return n
	}
	switch v := v.(type) {
	case *ast.AnchorNode:
		n = r.node(v.Value, path, key, depth+1)
		r.anchors[v.Name.GetToken().Value] = v.Value
	case *ast.AliasNode:
		return r.alias(v, n, depth)
	case *ast.MappingNode:
		n.kind = mapping
		r.fields(n, v.Values, depth)
	case *ast.MappingValueNode:
		n.kind = mapping
		r.fields(n, []*ast.MappingValueNode{v}, depth)
	case *ast.SequenceNode:
		n.kind = list
		for i, item := range v.Values {
			n.items = append(n.items, r.node(item, join(path, fmt.Sprint(i)), place{}, depth+1))
		}
	default:
		r.scalar(n, v)
	}
	return n
}

func (r *reader) scalar(n *node, v ast.Node) {
	switch v := v.(type) {
	case *ast.NullNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		n.plain(v.GetToken().Value)
	case *ast.StringNode:
		n.kind, n.raw = text, v.Value
		if v.Token.Type == token.StringType {
			n.plain(v.Value)
		}
	case *ast.LiteralNode:
		n.kind = text
		if v.Value != nil {
			n.raw = v.Value.Value
		}
	default:
		n.broken = true
		r.faults.add(n.at, n.path, fmt.Sprintf("YAML's %s is not understood here", strings.ToLower(v.Type().YAMLName())), "write the value out")
		return
	}
	n.text = n.raw
}

// The core schema of YAML 1.2 (§10.3.2) says what text without quotes is. The library
// has a little of YAML 1.1 in it, such as 0b11 and 1_000, and takes 1e3 for text.
var (
	nullForm    = lazy.Regexp(`^(|~|null|Null|NULL)$`)
	booleanForm = lazy.Regexp(`^(true|True|TRUE|false|False|FALSE)$`)
	integerForm = lazy.Regexp(`^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	decimalForm = lazy.Regexp(`^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

// plain sets what was written without quotes.
func (n *node) plain(s string) {
	n.raw = strings.ReplaceAll(s, string(tabInText), "\t")
	switch {
	case nullForm().MatchString(s):
		n.kind = nothing
	case booleanForm().MatchString(s):
		n.kind = boolean
	case integerForm().MatchString(s):
		n.kind = integer
	case decimalForm().MatchString(s):
		n.kind = decimal
	default:
		n.kind = text
	}
}

// alias converts what an alias stands for. An anchor is known only once it is
// complete, so it cannot hold itself.
func (r *reader) alias(v *ast.AliasNode, n *node, depth int) *node {
	name := v.Value.GetToken().Value
	target, known := r.anchors[name]
	if !known {
		n.broken = true
		r.faults.add(n.at, n.path, fmt.Sprintf("no anchor &%s stands before this alias", shorten(name)), "a text that begins with * must stand in quotes")
		return n
	}
	return r.node(target, n.path, n.key, depth+1)
}

// fields converts the pairs of a mapping. Merged keys (<<) give way to those that
// are written out, wherever they stand.
func (r *reader) fields(n *node, pairs []*ast.MappingValueNode, depth int) {
	var merged []*entry
	seen := map[string]bool{}
	for _, pair := range pairs {
		at := r.placeOf(pair.Key)
		if _, ok := pair.Key.(*ast.MergeKeyNode); ok {
			merged = append(merged, r.merge(n, pair.Value, depth)...)
			continue
		}
		name, ok := keyName(pair.Key)
		if !ok {
			r.faults.add(at, n.path, "a key must be plain text", "")
			continue
		}
		path := join(n.path, name)
		if seen[name] {
			r.faults.add(at, path, "is given twice", "")
			continue
		}
		seen[name] = true
		value := r.node(pair.Value, path, at, depth+1)
		value.hideUnder(name)
		n.fields = append(n.fields, &entry{name: name, at: at, value: value})
	}
	for _, e := range merged {
		if !seen[e.name] {
			seen[e.name] = true
			n.fields = append(n.fields, e)
		}
	}
}

// merge is what << brings in. Of several mappings an earlier one goes before a later
// one (yaml.org/type/merge).
func (r *reader) merge(n *node, v ast.Node, depth int) []*entry {
	from := r.node(v, n.path, place{}, depth+1)
	sources := []*node{from}
	if from.kind == list {
		sources = from.items
	}
	var entries []*entry
	for _, source := range sources {
		switch {
		case source.broken:
		case source.kind == mapping:
			entries = append(entries, source.fields...)
		default:
			r.faults.add(source.at, n.path, "<< merges a mapping, or a list of mappings"+source.got(), "")
		}
	}
	return entries
}

// hideUnder hides a value under a name that says secret. The user under auth may be read, and
// the password there has a name of its own.
func (n *node) hideUnder(name string) {
	if secret.Named(name) && !inCapture(n.path) && (name != "auth" || n.kind != mapping && !strings.HasSuffix(n.path, ".user")) {
		n.hide()
	}
}

// hide marks a value, and all in it, as secret.
func (n *node) hide() {
	n.secret = true
	for _, e := range n.fields {
		e.value.hide()
	}
	for _, item := range n.items {
		item.hide()
	}
}

func keyName(k ast.MapKeyNode) (string, bool) {
	switch k := k.(type) {
	case *ast.StringNode:
		return strings.ReplaceAll(k.Value, string(tabInText), "\t"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return k.GetToken().Value, true
	}
	return "", false
}

// placeOf is where a value begins: of a block mapping the first key, not its colon.
func (r *reader) placeOf(v ast.Node) place {
	switch v := v.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return r.placeOf(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return r.placeOf(v.Key)
	}
	if v == nil || v.GetToken() == nil {
		return place{file: r.file, line: 1, col: 1, width: 1}
	}
	return r.tokenPlace(v.GetToken())
}

func (r *reader) tokenPlace(tk *token.Token) place {
	at := place{file: r.file, line: tk.Position.Line, col: tk.Position.Column, width: 1}
	origin := strings.TrimSpace(tk.Origin)
	if !strings.Contains(origin, "\n") {
		at.width = max(1, utf8.RuneCountInString(origin))
	}
	return at
}
