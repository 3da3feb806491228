package scenarios

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/internal/golden"
)

// docs/scenario.md is the key table once more, for people.
func TestReferenceIsFresh(t *testing.T) {
	head, err := os.ReadFile(filepath.Join("testdata", "reference.head.md"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(head)
	writeKeys(&b, "The scenario", scenarioForm().shape, map[string]string{})
	golden.Check(t, filepath.Join("..", "docs", "scenario.md"), []byte(strings.TrimRight(b.String(), "\n")+"\n"))
}

// writeKeys writes the table of a mapping, then those of the mappings in it. seen
// tells which tables there are already, by what is in them.
func writeKeys(b *strings.Builder, title string, s shape, seen map[string]string) {
	fmt.Fprintf(b, "### %s\n\n| key | value | default | meaning |\n|---|---|---|---|\n", title)
	own, rest := s.keys, ""
	if identity(s) == identity(namedLoadForm().shape) {
		own = slices.DeleteFunc(slices.Clone(s.keys), func(k description) bool {
			return slices.ContainsFunc(loadForm().keys, func(l description) bool { return l.name == k.name })
		})
		rest = "And the keys of `load`.\n\n"
	}
	for _, k := range own {
		name := "`" + k.name + "`"
		for _, other := range k.spelled {
			name += fmt.Sprintf(" (loader.io: `%s`)", other)
		}
		if k.must {
			name += " **required**"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, cell(k.shape.words), cell(strings.Trim(k.fallback, `"`)), cell(k.about))
	}
	b.WriteString("\n" + rest)
	if inner, ok := alike(s); ok {
		writeKeys(b, title+", each", inner, seen)
		return
	}
	for _, k := range own {
		inner, of := k.shape, ""
		switch {
		case inner.item != nil:
			inner, of = *inner.item, ", each"
		case inner.open != nil:
			inner, of = *inner.open, ", each"
		}
		if inner.keys == nil {
			continue
		}
		id := identity(inner)
		path := strings.TrimPrefix(title, "The scenario")
		path = "`" + join(strings.Trim(path, "`"), k.name) + "`" + of
		if first, twice := seen[id]; twice {
			fmt.Fprintf(b, "### %s\n\nThe keys are those of %s.\n\n", path, first)
			continue
		}
		seen[id] = path
		writeKeys(b, path, inner, seen)
	}
}

// alike is the mapping that stands under every one of several keys.
func alike(s shape) (shape, bool) {
	for _, k := range s.keys {
		if k.shape.keys == nil || identity(k.shape) != identity(s.keys[0].shape) {
			return shape{}, false
		}
	}
	return s.keys[0].shape, len(s.keys) > 1
}

// identity tells mappings with known keys apart.
func identity(s shape) string { return fmt.Sprint(s.words, len(s.keys), s.keys[0].about) }

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// A key without a word of explanation helps nobody.
func TestEveryKeyIsDescribed(t *testing.T) {
	var walk func(path string, s shape)
	walk = func(path string, s shape) {
		if s.words == "" || s.schema == nil {
			t.Errorf("%s: no words or no schema", path)
		}
		for _, k := range s.keys {
			if len(k.about) < 5 || !strings.HasSuffix(k.about, ".") {
				t.Errorf("%s: described as %q", join(path, k.name), k.about)
			}
			walk(join(path, k.name), k.shape)
		}
		if s.item != nil {
			walk(path, *s.item)
		}
		if s.open != nil {
			walk(path, *s.open)
		}
	}
	walk("", scenarioForm().shape)
}
