package result

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// docs/ci.md has the table of codes, each as it stands there and in that order.
func TestCodesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| code | says |\n|---|---|\n")
	seen := map[Code]bool{}
	for _, c := range Codes() {
		if seen[c.Code] || c.About == "" || !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(string(c.Code)) {
			t.Errorf("%+v: a code is one lower-case name, explained once", c)
		}
		seen[c.Code] = true
		fmt.Fprintf(&want, "| `%s` | %s |\n", c.Code, c.About)
	}
	if !strings.Contains(string(page), want.String()) {
		t.Errorf("docs/ci.md lacks this table:\n%s", want.String())
	}
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`Code = "([^"]*)"`).FindAllSubmatch(source, -1) {
		if !seen[Code(m[1])] {
			t.Errorf("the code %s has no row", m[1])
		}
	}
}

func TestFindingInOneLine(t *testing.T) {
	for want, f := range map[string]Finding{
		"it is void":                                    {Text: "it is void"},
		"cluster: p95 < 500ms: p95 was 620 ms":          {Target: "cluster", Limit: "p95 < 500ms", Text: "p95 was 620 ms"},
		"cluster, round 2: p95 < 500ms: p95 was 620 ms": {Target: "cluster", Round: 2, Limit: "p95 < 500ms", Text: "p95 was 620 ms"},
		"cluster, round 1: none succeeded":              Finding{Text: "none succeeded"}.At(&Leg{Target: "cluster", Round: 1, Rounds: 3}),
		"single: none succeeded":                        Finding{Text: "none succeeded"}.At(&Leg{Target: "single", Round: 1}),
	} {
		if f.String() != want {
			t.Errorf("%q, want %q", f, want)
		}
	}
}
