package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/scenarios"
)

// document is a page for people, by its path from the project's root.
type document struct{ path, text string }

func documents(t *testing.T) []document {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []document
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		all = append(all, document{path, string(text)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("only %d documents", len(all))
	}
	return all
}

func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	for _, d := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(d.text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", "..", filepath.Dir(d.path), m[1])); err != nil {
				t.Errorf("%s: the link %s leads nowhere", d.path, m[1])
			}
		}
	}
}

func TestDocumentsNameTargetsOfTheMakefile(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("(?m)(?:`|^)make ([a-z-]+)")
	for _, d := range documents(t) {
		for _, m := range named.FindAllStringSubmatch(d.text, -1) {
			if !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
				t.Errorf("%s: make %s is no target", d.path, m[1])
			}
		}
	}
}

var (
	// code is what a document shows as typed: between back quotes, in fenced blocks and in
	// blocks that are indented.
	comment = regexp.MustCompile(`(?m)(?:^|\s)# .*$`)
	code    = regexp.MustCompile("(?ms)^```(?:sh|bash)?[^\n]*\n.*?^```|`[^`\n]+`|^    [^\n]*$")
	typed   = regexp.MustCompile(`(?:^|[\s` + "`" + `(/])stress ([a-z]+)([^\n|;#` + "`" + `]*)`)
	named   = regexp.MustCompile(`(?:^|[\s` + "`" + `\[])--([a-z][a-z-]*)`)
)

// Commands and flags that documents name are there, each flag with its own command.
func TestDocumentsNameCommandsAndFlagsThatThereAre(t *testing.T) {
	app := newApp(environment{stdout: io.Discard, stderr: io.Discard}, &interrupts{})
	seen := 0
	for _, d := range documents(t) {
		for _, shown := range code.FindAllString(d.text, -1) {
			shown = comment.ReplaceAllString(shown, "")
			for _, m := range typed.FindAllStringSubmatch(shown, -1) {
				c := app.Command(m[1])
				if c == nil {
					if m[1] != "there" && !strings.Contains(shown, "docker") { // a question, and a stack's name
						t.Errorf("%s: there is no command stress %s", d.path, m[1])
					}
					continue
				}
				seen++
				for _, f := range named.FindAllStringSubmatch(m[2], -1) {
					if f[1] != "help" && !takes(c, f[1]) {
						t.Errorf("%s: stress %s has no flag --%s", d.path, m[1], f[1])
					}
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("documents name only %d commands: are they still found?", seen)
	}
}

// takes reports that a command, or one below it, has a flag.
func takes(c *cli.Command, name string) bool {
	return slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) }) ||
		slices.ContainsFunc(c.Subcommands, func(sub *cli.Command) bool { return takes(sub, name) })
}

// Every scenario that a document shows is one, and of every piece of one the keys are.
func TestScenariosOfDocumentsAreRead(t *testing.T) {
	block := regexp.MustCompile("(?ms)^```yaml[^\n]*\n(.*?)^```")
	lookup := func(name string) (string, bool) { // the others have defaults
		if strings.HasSuffix(name, "DSN") {
			return "app:pw@tcp(127.0.0.1:3306)/db", true
		}
		return "http://127.0.0.1:8080", strings.Contains("STRESS_SINGLE STRESS_CLUSTER BASE_URL CHANGE_URL", name)
	}
	around := []string{
		"load: {rate: 1, duration: 1m}", "request: {path: /}", `ledger: {dsn: "${DSN}", table: t, column: c}`,
		`targets: [{name: single, url: "http://h"}, {name: cluster, url: "http://h"}]`,
	}
	whole, pieces := 0, 0
	for _, d := range documents(t) {
		for _, m := range block.FindAllStringSubmatch(d.text, -1) {
			src := m[1]
			switch {
			case strings.Contains(src, "runs-on:"): // a workflow
				continue
			case regexp.MustCompile(`(?m)^currency:`).MatchString(src): // what is to be decided
				if _, err := scenarios.ParseCase(d.path, []byte(src)); err != nil {
					t.Errorf("%s: %v\n%s", d.path, err, src)
				}
				continue
			case strings.Contains(src, "\nload:") || strings.HasPrefix(src, "load:"):
				whole++
			default:
				pieces++
				for _, line := range around {
					if key, _, _ := strings.Cut(line, ":"); !regexp.MustCompile(`(?m)^` + key + `s?:`).MatchString(src) {
						src += line + "\n"
					}
				}
			}
			_, err := scenarios.Parse(d.path, []byte(src), scenarios.Options{Lookup: lookup})
			// Files that readers have, this test has not.
			if err != nil && (strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "no such file")) {
				t.Errorf("%s: %v\n%s", d.path, err, src)
			}
		}
	}
	if whole < 4 || pieces < 2 {
		t.Errorf("%d scenarios and %d pieces: are they still found?", whole, pieces)
	}
}

// "Where a change goes" in CONTRIBUTING.md names files and folders that are there.
func TestPlacesOfContributingAreThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## Where a change goes\n")
	section, _, _ = strings.Cut(section, "\n## ")
	places := regexp.MustCompile("`([a-z_.]+/[a-z/_.-]*)`").FindAllStringSubmatch(section, -1)
	if !found || len(places) < 10 {
		t.Fatalf("only %d places", len(places))
	}
	for _, m := range places {
		if _, err := os.Stat(filepath.Join("..", "..", m[1])); err != nil {
			t.Errorf("%s is not there", m[1])
		}
	}
}
