// Package archtest holds the import table of docs/architecture.md against the real
// imports, so that the document cannot rot: it is the test's data.
package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/stress-tool/stress"

// row is one line of the table.
type row struct {
	name  string
	may   []string
	below bool // may import every row further down, the lab aside
}

// pkg is what `go list` says of a package, test files left out: tests may reach
// further.
type pkg struct {
	ImportPath string
	Name       string
	Imports    []string
	GoFiles    []string
	Dir        string
}

func TestImportsFollowTheTable(t *testing.T) {
	rows := table(t)
	byName := map[string]int{}
	for i, r := range rows {
		byName[r.name] = i
	}
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if len(p.GoFiles) == 0 && name != "internal/archtest" {
			continue
		}
		seen[name] = true
		i, ok := byName[name]
		if !ok {
			t.Errorf("package %s has no row in docs/architecture.md: say what it is and what it may import", name)
			continue
		}
		for _, imp := range p.Imports {
			if to, ours := strings.CutPrefix(imp, module+"/"); ours && !allowed(rows, i, to) {
				t.Errorf("%s imports %s, which its row in docs/architecture.md does not name", name, to)
			}
		}
	}
	for _, r := range rows {
		if !seen[r.name] {
			t.Errorf("docs/architecture.md has a row for %s, which is no package", r.name)
		}
	}
}

func allowed(rows []row, i int, to string) bool {
	if slices.Contains(rows[i].may, to) {
		return true
	}
	if !rows[i].below || to == "lab" || strings.HasPrefix(to, "lab/") {
		return false
	}
	return slices.ContainsFunc(rows[i+1:], func(r row) bool { return r.name == to })
}

func TestArrowsPointDown(t *testing.T) {
	rows := table(t)
	place := map[string]int{}
	for i, r := range rows {
		place[r.name] = i
	}
	for i, r := range rows {
		for _, to := range r.may {
			if j, ok := place[to]; !ok || j <= i {
				t.Errorf("the row of %s names %s, which does not stand below it", r.name, to)
			}
		}
	}
}

// Only programs may touch what belongs to the process: stress, and those that bench
// is made of.
func TestOnlyProgramsTouchTheProcess(t *testing.T) {
	forbidden := regexp.MustCompile(`\bos\.(Args|Exit|Stdin|Stdout|Stderr)\b|\bsignal\.Notify|\bfunc init\(\)`)
	for _, p := range packages(t) {
		if p.Name != "main" || !strings.HasPrefix(p.ImportPath, module+"/cmd/") && !strings.HasPrefix(p.ImportPath, module+"/bench/") {
			p.refuse(t, forbidden, "belongs to a program")
		}
	}
}

// Every command waits for the variables of all packages, whether it needs them or not.
func TestNoPackageCompilesItsRegularExpressionsAtTheStart(t *testing.T) {
	forbidden := regexp.MustCompile(`^(var \w+|\t\w+)\s*= regexp\.MustCompile`)
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.ImportPath, module+"/bench/") {
			p.refuse(t, forbidden, "is done at every start: use lazy.Regexp")
		}
	}
}

// refuse finds code that a package must not have.
func (p pkg) refuse(t *testing.T, forbidden *regexp.Regexp, why string) {
	t.Helper()
	for _, f := range p.GoFiles {
		src, err := os.ReadFile(filepath.Join(p.Dir, f))
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(src), "\n") {
			code, _, _ := strings.Cut(line, "//")
			if m := forbidden.FindString(code); m != "" {
				t.Errorf("%s/%s:%d: %s %s", strings.TrimPrefix(p.ImportPath, module+"/"), f, n+1, m, why)
			}
		}
	}
}

// Helpers of tests are packages of their own, and no part of the program.
func TestOnlyTestsImportTestHelpers(t *testing.T) {
	helper := func(name string) bool {
		return strings.HasSuffix(name, "test") || slices.Contains([]string{"internal/golden", "internal/testenv"}, name)
	}
	outside := []string{"testing", "net/http/httptest", "pgregory.net/rapid", "github.com/rogpeppe/go-internal/testscript"}
	helpers := 0
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if helper(name) {
			helpers++
			continue
		}
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, module+"/")
			if ours && helper(to) || slices.Contains(outside, imp) {
				t.Errorf("%s imports %s, which is for tests only", name, imp)
			}
		}
	}
	if helpers < 4 {
		t.Errorf("%d packages for tests: are they called otherwise?", helpers)
	}
}

// Rule 1 of CONTRIBUTING.md, for tests as for the rest, and whatever system builds them.
func TestFilesAreShort(t *testing.T) {
	const most = 400
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		src, err := os.ReadFile(filepath.Join("../..", path))
		if n := strings.Count(string(src), "\n"); n > most {
			t.Errorf("%s has %d lines, over %d: is it still one thing?", path, n, most)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var tableRow = regexp.MustCompile("^\\| `([^`]+)` \\|.*\\| ([^|]*) \\|$")
var quoted = regexp.MustCompile("`([^`]+)`")

func table(t *testing.T) []row {
	t.Helper()
	b, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for line := range strings.SplitSeq(string(b), "\n") {
		m := tableRow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		r := row{name: m[1], below: strings.HasPrefix(m[2], "+ below")}
		for _, q := range quoted.FindAllStringSubmatch(m[2], -1) {
			r.may = append(r.may, q[1])
		}
		rows = append(rows, r)
	}
	if len(rows) < 10 {
		t.Fatalf("found %d rows in docs/architecture.md: has the table changed its shape?", len(rows))
	}
	return rows
}

// packages lists the module as three systems see it: a file that only another one builds
// may not break the rules either.
func packages(t *testing.T) []pkg {
	t.Helper()
	all := map[string]pkg{}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Imports,GoFiles,Dir", "./...")
		cmd.Dir = "../.."
		cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", goos, err)
		}
		for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
			var p pkg
			if err := dec.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(fmt.Errorf("go list for %s: %w", goos, err))
			}
			q := all[p.ImportPath]
			q.ImportPath, q.Name, q.Dir = p.ImportPath, max(p.Name, q.Name), p.Dir
			q.Imports = union(q.Imports, p.Imports)
			q.GoFiles = union(q.GoFiles, p.GoFiles)
			all[p.ImportPath] = q
		}
	}
	var list []pkg
	for _, k := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[k])
	}
	return list
}

func union(a, b []string) []string {
	u := append(slices.Clone(a), b...)
	slices.Sort(u)
	return slices.Compact(u)
}

// What the program carries along is every user's: these came in unseen with a few functions.
func TestProgramLeavesOut(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./cmd/stress")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg, instead := range map[string]string{
		"gonum.org/v1/gonum/mat":    "2 MB of linear algebra: take distributions from analyze/stats/distributions.go, not from gonum's stat",
		"gonum.org/v1/gonum/lapack": "the same",
	} {
		if slices.Contains(strings.Fields(string(out)), pkg) {
			t.Errorf("the program imports %s: %s", pkg, instead)
		}
	}
}
