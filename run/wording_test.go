package run_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/gate"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// shownIn names the directory that a child process writes its forms to.
const shownIn = "STRESS_TEST_SHOWN_IN"

// Nothing is decided by a word: built with every word of analyze in capitals, all forms of
// runs, gates, comparisons and trends are the same but for capitals: no figure, colour,
// cell, code or verdict is another.
func TestWordsDecideNothing(t *testing.T) {
	if dir := os.Getenv(shownIn); dir != "" {
		for name, text := range everyForm(t) {
			must(t, os.WriteFile(filepath.Join(dir, name), text, 0o644))
		}
		return
	}
	forms, dir := everyForm(t), t.TempDir()
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	must(t, os.WriteFile(overlay, inCapitals(t, "../analyze", "../analyze/result", "../analyze/compare", "../analyze/gate", "../analyze/trend"), 0o644))
	child := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-overlay="+overlay, "-run=^TestWordsDecideNothing$", ".")
	child.Env = append(os.Environ(), shownIn+"="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	changed := 0
	for name, text := range forms {
		other, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		if !bytes.Equal(text, other) {
			changed++
		}
		text, other := unexplained(text), unexplained(other)
		if !strings.EqualFold(string(text), string(other)) {
			t.Errorf("%s depends on words: %s", name, firstDifference(text, other))
		}
	}
	if changed < len(forms)/2 {
		t.Errorf("only %d of %d forms have other words", changed, len(forms))
	}
}

// unexplained is a form without its glossary and the links to it, which follow the words: that is
// what a glossary is.
func unexplained(text []byte) []byte {
	return glossary.ReplaceAll(text, []byte("$1"))
}

var glossary = regexp.MustCompile(`(?s)<section aria-labelledby="glossary">.*?</section>|<a class="term"[^>]*>([^<]*)</a>`)

// firstDifference is the first line that is not the same.
func firstDifference(a, b []byte) string {
	others := strings.Split(string(b), "\n")
	for i, line := range strings.Split(string(a), "\n") {
		if i >= len(others) || !strings.EqualFold(line, others[i]) {
			return fmt.Sprintf("line %d is %q, with other words %q", i+1, line, others[min(i, len(others)-1)])
		}
	}
	return "there are more lines with other words"
}

// drawing is left out: capitals are wider. So is which blank parts a number from its unit.
var drawing = regexp.MustCompile(`(?s)<svg .*?</svg>`)

// everyForm is all that is written of some runs, by a name for each.
func everyForm(t *testing.T) map[string][]byte {
	out := map[string][]byte{}
	show := func(name string, write func(io.Writer) error) {
		var b bytes.Buffer
		must(t, write(&b))
		lines := strings.Split(string(drawing.ReplaceAll(b.Bytes(), nil)), "\n")
		for i, line := range lines {
			lines[i] = strings.Join(strings.Fields(line), " ")
		}
		out[name] = []byte(strings.Join(lines, "\n"))
	}
	zero, tenth := 0., 0.1
	limits := []runlog.Limit{{Metric: "p95", WorseBy: &tenth}, {Metric: "error_rate", Max: &zero}, {Metric: "lost", Max: &zero}}
	for kind, c := range wordedRuns(t) {
		dir := filepath.Join(t.TempDir(), "run")
		c.write(t, dir)
		a, err := run.Read(t.Context(), dir)
		must(t, err)
		for name, format := range report.Formats {
			show(kind+"."+name, func(w io.Writer) error { return format(w, a, report.Options{Full: true, Color: true}) })
		}
		g, err := gate.Judge(a, "this", nil, "", limits, nil)
		must(t, err)
		for name, format := range report.GateFormats {
			show(kind+".gate."+name, func(w io.Writer) error { return format(w, g.Gate, report.Options{Full: true, Color: true}) })
		}
		compared, err := compare.Compare(compare.Pick{Run: a, Target: "single"}, compare.Pick{Run: a, Target: "cluster"})
		must(t, err)
		for name, format := range report.ComparisonFormats {
			show(kind+".comparison."+name, func(w io.Writer) error {
				return format(w, report.Compared{Comparisons: []*result.Comparison{compared}}, report.Options{})
			})
		}
	}
	return out
}

// wordedRuns are runs whose ledger reconciles, misses rows, has too many, and could not be
// counted; whose rows are of one host; and one that was killed.
func wordedRuns(t *testing.T) map[string]crafted {
	out := map[string]crafted{}
	for name, change := range map[string]func(c crafted, ledger string){
		"reconciled": func(crafted, string) {},
		"lost":       func(c crafted, l string) { c.replace(t, l, `"a": 5`, `"a": 2`) },
		"extra":      func(c crafted, l string) { c.replace(t, l, `"a": 5`, `"a": 55`) },
		"unknown":    func(c crafted, l string) { c[l] = []byte(`{"table":"dados","column":"Host","error":"gone away"}`) },
		"nothing": func(c crafted, l string) {
			c[l] = []byte(`{"table":"dados","column":"Host","before":{"a":1},"after":{"a":1}}`)
		},
		"killed": func(c crafted, l string) {
			delete(c, l)
			c["run.json"] = bytes.Replace(c["run.json"], []byte(`"sealed": true`), []byte(`"sealed": false`), 1)
		},
	} {
		c := maps.Clone(healthy(t, 2, 2))
		c.replace(t, "run.json", `"open": true`, `"open": false`) // or its lag would make it INVALID
		for _, file := range c.names() {
			if strings.HasSuffix(file, "ledger.json") {
				change(c, file)
			}
		}
		out[name] = c
	}
	return out
}

// inCapitals is an overlay for go build: the packages with every sentence, and every word
// of their table of words, in capitals. Names of fields, metrics and codes hold no blank.
func inCapitals(t *testing.T, packages ...string) []byte {
	var files []string
	for _, pkg := range packages {
		found, err := filepath.Glob(filepath.Join(pkg, "*.go"))
		must(t, err)
		files = append(files, found...)
	}
	replace, dir := map[string]string{}, t.TempDir()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		from, err := filepath.Abs(file)
		must(t, err)
		text, err := os.ReadFile(file)
		must(t, err)
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "-"))
		must(t, os.WriteFile(to, capitals(t, text, filepath.Base(file) == "wording.go"), 0o644))
		replace[from] = to
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	must(t, err)
	return overlay
}

// verb is one of a format.
var verb = regexp.MustCompile(`%[-+#0-9.]*[a-zA-Z%]`)

// capitals puts the literals of a file into capitals: those with a blank, or all.
func capitals(t *testing.T, text []byte, all bool) []byte {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, 0)
	must(t, err)
	var words []*ast.BasicLit
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.StructType:
			return false
		case *ast.BasicLit:
			if n.Kind == token.STRING && n.Value[0] == '"' && (all || strings.Contains(n.Value, " ")) {
				words = append(words, n)
			}
		}
		return true
	})
	slices.Reverse(words)
	for _, w := range words {
		s, err := strconv.Unquote(w.Value)
		must(t, err)
		verbs := verb.FindAllString(s, -1)
		for i, part := range verb.Split(s, -1) {
			if i == 0 {
				s = strings.ToUpper(part)
				continue
			}
			s += verbs[i-1] + strings.ToUpper(part)
		}
		at := set.Position(w.Pos()).Offset
		text = slices.Concat(text[:at], []byte(strconv.Quote(s)), text[at+len(w.Value):])
	}
	return text
}
