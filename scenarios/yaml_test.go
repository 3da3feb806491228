package scenarios

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// asWritten is a tree as JSON, numbers as they were written.
func asWritten(n *node) any {
	switch n.kind {
	case list:
		items := []any{}
		for _, item := range n.items {
			items = append(items, asWritten(item))
		}
		return items
	case mapping:
		fields := map[string]any{}
		for _, e := range n.fields {
			fields[e.name] = asWritten(e.value)
		}
		return fields
	case nothing:
		return nil
	case boolean:
		return strings.EqualFold(n.text, "true")
	case integer, decimal:
		return map[string]any{"number": n.text}
	}
	return n.text
}

// What documents mean in YAML 1.2; a number is {"number": as written}.
func TestYAMLMeansWhatItsSpecificationSays(t *testing.T) {
	for src, want := range map[string]string{
		// Tabs that separate (§6.2) or stand in lines of nothing else.
		"a: x\n\t\nb: y\n":                   `{"a":"x","b":"y"}`,
		"a:\n  b: x\n  \t \n  c: y\n":        `{"a":{"b":"x","c":"y"}}`,
		"\t# c\na: x\n":                      `{"a":"x"}`,
		"a:\n  b: x\n\t# c\n  c: y\n":        `{"a":{"b":"x","c":"y"}}`,
		"a:\tx\n":                            `{"a":"x"}`,
		"a: \t x \t\n":                       `{"a":"x"}`,
		"a: x\t# c\n":                        `{"a":"x"}`,
		"-\tx\n- \ty\n":                      `["x","y"]`,
		"a: {b:\tx,\tc:\ty\t}\n":             `{"a":{"b":"x","c":"y"}}`,
		"a: [x,\ty\t,\tz]\n":                 `{"a":["x","y","z"]}`,
		"a: {\n \t b: x,\n \t c: y\n \t }\n": `{"a":{"b":"x","c":"y"}}`,
		"{\"a\"\t:\t\"x\"}\n":                `{"a":"x"}`,
		"\"a\"\t: x\n":                       `{"a":"x"}`,
		"a\t: x\n":                           `{"a":"x"}`,
		"a: &n\tx\nb: *n\t\n":                `{"a":"x","b":"x"}`,
		"a: |\t# c\n  x\n":                   `{"a":"x\n"}`,
		"a: >-\t\n  x\n  y\n":                `{"a":"x y"}`,
		// Tabs that are text.
		"a: x\ty\n":                            `{"a":"x\ty"}`,
		"a: x \t y\n":                          `{"a":"x \t y"}`,
		"a: [x\ty, z]\n":                       `{"a":["x\ty","z"]}`,
		"a: \"x\ty\"\n":                        `{"a":"x\ty"}`,
		"a: 'x\t'\n":                           `{"a":"x\t"}`,
		"a: \"\\t\"\n":                         `{"a":"\t"}`,
		"a: |\n  x\n  \ty\n  \t\n  z\n":        `{"a":"x\n\ty\n\t\nz\n"}`,
		"a:\n  - b: |\n      x\ty\n    c: z\n": `{"a":[{"b":"x\ty\n","c":"z"}]}`,
		"a: |\n  {\"x\":\t[1]}\nb:\tx\n":       `{"a":"{\"x\":\t[1]}\n","b":"x"}`,
		"- |\n x\t\n-\ty\n":                    `["x\t\n","y"]`,
		"a: x#\ty\n":                           `{"a":"x#\ty"}`,
		// Blocks of text at the file's end.
		"a: |\n  x\n   ":          `{"a":"x\n \n"}`,
		"a: |\n  x\n ":            `{"a":"x\n"}`,
		"a: |\n  x":               `{"a":"x"}`,
		"a: |+\n  x\n\n":          `{"a":"x\n\n"}`,
		"a: |+\n   ":              `{"a":"\n"}`,
		"a: |-\n  x\n\n":          `{"a":"x"}`,
		"a: >\n  x\n  y\n\n  z\n": `{"a":"x y\nz\n"}`,
		"a: |2\n   x\n":           `{"a":" x\n"}`,
		// Merges (yaml.org/type/merge): an earlier mapping of a list goes first.
		"a: &a {x: p}\nb: {<<: *a, y: q}\n":                           `{"a":{"x":"p"},"b":{"x":"p","y":"q"}}`,
		"a: &a {x: p, y: p}\nb: &b {y: q, z: q}\nc: {<<: [*b, *a]}\n": `{"a":{"x":"p","y":"p"},"b":{"y":"q","z":"q"},"c":{"x":"p","y":"q","z":"q"}}`,
		"a: &a {x: p}\nc:\n  y: q\n  <<: [*a, {z: r}]\n":              `{"a":{"x":"p"},"c":{"x":"p","y":"q","z":"r"}}`,
		"a: &a {x: p}\nb: {x: q, <<: [*a]}\n":                         `{"a":{"x":"p"},"b":{"x":"q"}}`,
		"a: {<<: [], x: p}\n":                                         `{"a":{"x":"p"}}`,
		// The core schema: what text without quotes is.
		"[1e3, 1E+2, 1.5e-3, .5, 1., +1, -0, 0o17, 0x1F, 012]":   `[{"number":"1e3"},{"number":"1E+2"},{"number":"1.5e-3"},{"number":".5"},{"number":"1."},{"number":"+1"},{"number":"-0"},{"number":"0o17"},{"number":"0x1F"},{"number":"012"}]`,
		"[0b11, 1_000, 12:30, 2024-01-02, 1.2.3, 1e, e3, 0x, .]": `["0b11","1_000","12:30","2024-01-02","1.2.3","1e","e3","0x","."]`,
		"[.inf, -.INF, .NaN]": `[{"number":".inf"},{"number":"-.INF"},{"number":".NaN"}]`,
		"[true, False, yes, on, ~, null, Null, '~', '1', \"true\"]": `[true,false,"yes","on",null,null,null,"~","1","true"]`,
		"{\"a\": 1E+2, \"b\": [null, \"\\u00e9\"]}":                 `{"a":{"number":"1E+2"},"b":[null,"é"]}`,
	} {
		fs := &faults{}
		n := read("a.yaml", []byte(src), fs)
		if n == nil || len(fs.list) > 0 {
			t.Errorf("%q: %v", src, fs.list)
			continue
		}
		got, err := json.Marshal(asWritten(n))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%q\nmeans %s\nwant  %s", src, got, want)
		}
	}
}

// What is no YAML, or no more than a scenario needs, with its place and its remedy.
func TestYAMLThatIsRefused(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"load:\n\ttype: rate\n", "2:1: is not valid YAML: line 2 begins with a tab: YAML indents with spaces"},
		{"load:\n  type: rate\n  \trate: 5\n", "3:3: is not valid YAML: line 3 has a tab in its indentation"},
		{"load:\n  type: rate\n\n\trate: 5\n\tseed: 5\n", "4:1: is not valid YAML: line 4 begins with a tab"},
		{"a: \"x\n\ty\"\n", "2:1: is not valid YAML: line 2 begins with a tab"},
		{"a: |\n  x\n\ty\n", "3:1: is not valid YAML: line 3 begins with a tab"},
		{"-\t- x\n", "is not valid YAML"},
		{"a: &a {x: p}\nb: {<<: [*a, p]}\n", `b: << merges a mapping, or a list of mappings, got "p"`},
		{"a: {<<: p}\n", "a: << merges a mapping, or a list of mappings"},
		{"? {a: b}\n: c\n", "is not valid YAML"},
		{"&k a: 1\n", "1:1: a key must be plain text"},
		{": b\n", "is not valid YAML"},
		{"a: !!int 5\n", "1:4: a: YAML's tag is not understood"},
	} {
		fs := &faults{}
		read("a.yaml", []byte(c.src), fs)
		if err := fs.err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.src, err, c.want)
		}
	}
}

// What lacks its colon is shown without its value: that could be a secret.
func TestNoSecretIsShownOfALineWithoutColon(t *testing.T) {
	for _, line := range []string{"password geheim", "password=geheim", "password:geheim", "dsn  = geheim"} {
		_, err := Parse("a.yaml", []byte("request:\n  path: /\n  "+line+"\n"), Options{})
		if fs := (Faults)(nil); !errors.As(err, &fs) || strings.Contains(fs.Render(), "geheim") || !strings.Contains(fs.Render(), "3:3") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// The layout moves nothing, and touches nothing but tabs.
func FuzzLayout(f *testing.F) {
	for _, src := range []string{"a: {b:\tx,\tc: y}\n", "a: |\n  x\ty\n\t\nb:\t'x\n  \ty'\n", "- \"\t\\\"\t\"\t# x\t\n-\tx\ty", "[\t}]\t{\n\t'\n", "a:\t&b\t!c\t*d\t|\n\tx\n"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if strings.ContainsRune(src, tabInText) || strings.ToValidUTF8(src, "") != src {
			return
		}
		got := []rune(layOut(src).text)
		for i, c := range []rune(src) {
			if i >= len(got) || got[i] != c && (c != '\t' || got[i] != ' ' && got[i] != tabInText) {
				t.Fatalf("%q is laid out as %q", src, string(got))
			}
		}
		if rest := string(got[len([]rune(src)):]); rest != "" && rest != "\n" {
			t.Fatalf("%q ends as %q", src, rest)
		}
	})
}
