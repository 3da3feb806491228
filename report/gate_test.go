package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/reporttest"
)

func renderGate(t testing.TB, format string, g *result.Gate, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := GateFormats[format](&b, g, o); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.String()
}

func TestGoldenGate(t *testing.T) {
	forms := []struct {
		suffix, format string
		options        Options
	}{
		{".txt", "text", Options{}},
		{".full.txt", "text", Options{Full: true}},
		{".md", "md", Options{}},
		{".json", "json", Options{}},
		{".junit.xml", "junit", Options{}},
		{".github.txt", "github", Options{}},
	}
	only := map[string]string{".full.txt": "fail", ".json": "fail"}
	for name, g := range reporttest.Gates() {
		for _, f := range forms {
			if who := only[f.suffix]; who != "" && who != name {
				continue
			}
			t.Run(name+f.suffix, func(t *testing.T) {
				golden.Check(t, "testdata/gate-"+name+f.suffix, []byte(renderGate(t, f.format, g, f.options)))
			})
		}
	}
}

func TestGateTextFitsItsWidth(t *testing.T) {
	for name, g := range reporttest.Gates() {
		for _, width := range []int{80, 100} {
			for _, l := range strings.Split(renderGate(t, "text", g, Options{Width: width, Full: true}), "\n") {
				if twwidth.Width(l) > width {
					t.Errorf("%s at %d: %q is %d wide", name, width, l, twwidth.Width(l))
				}
			}
		}
	}
}

// Every form of a gate says its verdict first, or it is for programs.
func TestGateVerdictComesFirst(t *testing.T) {
	for name, g := range reporttest.Gates() {
		for format, before := range map[string]string{"text": "", "md": "# ", "github": "::"} {
			out := renderGate(t, format, g, Options{})
			first, _, _ := strings.Cut(out, "\n")
			if !strings.HasPrefix(out, before) || !strings.Contains(first, string(g.Verdict)) {
				t.Errorf("%s as %s begins with %q", name, format, first)
			}
		}
	}
}

// A gate as JSON is the gate: a test that a field is not lost, and that what must
// stay out does.
func TestGateJSONIsTheGate(t *testing.T) {
	for name, g := range reporttest.Gates() {
		var back map[string]any
		out := renderGate(t, "json", g, Options{})
		if err := json.Unmarshal([]byte(out), &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checks, _ := back["checks"].([]any)
		if back["verdict"] != string(g.Verdict) || len(checks) != len(g.Checks) {
			t.Errorf("%s: something went missing: %s", name, out)
		}
		if _, ok := back["Run"]; ok {
			t.Errorf("%s: the run is in gate.json", name)
		}
	}
}

// What a gate with a run shows as benchmarks are that run's; without, the error says so.
func TestGateBenchfmt(t *testing.T) {
	if got, want := renderGate(t, "benchfmt", reporttest.Gates()["pass"], Options{}), render(t, runBenchfmt, reporttest.Gates()["pass"].Run, Options{}); got != want {
		t.Errorf("%s", got)
	}
	err := GateFormats["benchfmt"](&bytes.Buffer{}, reporttest.Gates()["no-baseline"], Options{})
	if err == nil || !strings.Contains(err.Error(), "not at hand") {
		t.Errorf("%v", err)
	}
}

func TestGateFailingWriter(t *testing.T) {
	for name, f := range GateFormats {
		if err := f(failing{}, reporttest.Gates()["fail"], Options{}); err == nil {
			t.Errorf("%s: a full disk went unnoticed", name)
		}
	}
}

// untrustedGateChecks are [documentChecks] for the forms that a gate has without a
// document.
var untrustedGateChecks = []func(t *testing.T, g *result.Gate){
	func(t *testing.T, g *result.Gate) {
		out := renderGate(t, "junit", g, Options{Full: true})
		noControls(t, "junit", out)
		wholeJUnit(t, []byte(out))
	},
	func(t *testing.T, g *result.Gate) {
		out := renderGate(t, "github", g, Options{Full: true})
		noControls(t, "github", out)
		wholeCommands(t, out, g)
	},
}

func TestUntrustedGate(t *testing.T) {
	for _, s := range untrusted() {
		for _, check := range documentChecks {
			check(t, composeGate(reporttest.TaintedGate(s), Options{Full: true}))
		}
		for _, check := range untrustedGateChecks {
			check(t, reporttest.TaintedGate(s))
		}
	}
}

// FuzzUntrustedGate is TestUntrustedGate with any text, as [FuzzUntrustedText] has it.
func FuzzUntrustedGate(f *testing.F) {
	for i, s := range untrusted() {
		f.Add(s, byte(i), byte(i))
	}
	f.Fuzz(func(t *testing.T, s string, form, block byte) {
		g := reporttest.TaintedGate(s)
		if i := int(form) % (len(documentChecks) + len(untrustedGateChecks)); i < len(documentChecks) {
			documentChecks[i](t, oneBlock(composeGate(g, Options{Full: true}), int(block)))
		} else {
			untrustedGateChecks[i-len(documentChecks)](t, g)
		}
	})
}

// unfolded takes our own folds out of Markdown, and nothing else.
func unfolded(out string) string {
	return folds.ReplaceAllString(out, "")
}

var folds = regexp.MustCompile(`(?m)^(<details><summary>[A-Z][a-z ]+</summary>|</details>)$`)

// wholeJUnit holds a JUnit file to what readers count on and no schema says: the
// counts are those of the elements, names are there, an outcome says which.
func wholeJUnit(t *testing.T, out []byte) {
	t.Helper()
	var doc junitDocument
	if err := xml.Unmarshal(out, &doc); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(doc.Suites) == 0 || len(doc.Suites[0].Cases) != 1 || doc.Suites[0].Cases[0].Name != "measurement" {
		t.Fatalf("no case for the measurement:\n%s", out)
	}
	for i, s := range doc.Suites {
		var failures, errors, skipped int
		for _, c := range s.Cases {
			for _, r := range []struct {
				result *junitResult
				n      *int
				kind   result.Verdict
			}{{c.Failure, &failures, result.Fail}, {c.Error, &errors, result.Invalid}, {c.Skipped, &skipped, ""}} {
				if r.result != nil {
					*r.n++
					if (r.result.Type == "") != (r.kind == "") {
						t.Errorf("%s has the type %q", c.Name, r.result.Type)
					}
				}
			}
			if strings.TrimSpace(c.Name) == "" || strings.TrimSpace(c.Class) == "" {
				t.Errorf("a case without a name in %q", s.Name)
			}
		}
		if s.ID != i || s.Tests != len(s.Cases) || s.Failures != failures || s.Errors != errors || s.Skipped != skipped {
			t.Errorf("suite %d counts %d tests, %d failures, %d errors, %d skipped; it has %d, %d, %d, %d",
				i, s.Tests, s.Failures, s.Errors, s.Skipped, len(s.Cases), failures, errors, skipped)
		}
	}
}

// The worst that a JUnit file says is the verdict: no server shows green for what
// did not pass.
func TestJUnitSaysTheVerdict(t *testing.T) {
	for name, g := range reporttest.Gates() {
		out := []byte(renderGate(t, "junit", g, Options{}))
		wholeJUnit(t, out)
		sameVerdict(t, name, out, g.Verdict)
	}
	for name, a := range everyRun(t) {
		out := []byte(render(t, runJUnit, a, Options{}))
		wholeJUnit(t, out)
		sameVerdict(t, name, out, a.Verdict)
	}
}

func sameVerdict(t *testing.T, name string, out []byte, want result.Verdict) {
	t.Helper()
	var doc junitDocument
	if err := xml.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	seen := map[result.Verdict]bool{}
	for _, s := range doc.Suites {
		seen[result.Fail] = seen[result.Fail] || s.Failures > 0
		seen[result.Invalid] = seen[result.Invalid] || s.Errors > 0
		seen[result.Inconclusive] = seen[result.Inconclusive] || s.Skipped > 0
	}
	if want != result.Pass && !seen[want] {
		t.Errorf("%s: nothing in the file says %s", name, want)
	}
	if want == result.Pass && (seen[result.Fail] || seen[result.Invalid]) {
		t.Errorf("%s passed, and the file says it failed", name)
	}
}

var (
	commandDecoder  = strings.NewReplacer("%3A", ":", "%2C", ",", "%0A", "\n", "%0D", "\r", "%25", "%")
	workflowCommand = regexp.MustCompile(`^::(error|warning|notice) title=([^,:]*)::(.*)$`)
)

// wholeCommands reads workflow commands as GitHub's runner does, and wants the
// gate's own words back.
func wholeCommands(t *testing.T, out string, g *result.Gate) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for i, l := range lines {
		m := workflowCommand.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("no workflow command: %q", l)
		}
		if i == 0 && (!strings.HasPrefix(commandDecoder.Replace(m[2]), plain.Line(string(g.Verdict)+": "+g.Name)) || commandDecoder.Replace(m[3]) != plainLines(g.Headline)) {
			t.Fatalf("%q says neither %q nor %q", l, g.Name, g.Headline)
		}
	}
	asked := 1 + len(g.Warnings)
	for _, k := range g.Checks {
		if k.Verdict != result.Pass && k.Code != result.CodeNotJudged {
			asked++
		}
	}
	if len(lines) != asked {
		t.Errorf("%d commands, want %d:\n%s", len(lines), asked, out)
	}
}

func TestGitHubCommands(t *testing.T) {
	for name, g := range reporttest.Gates() {
		t.Run(name, func(t *testing.T) { wholeCommands(t, renderGate(t, "github", g, Options{}), g) })
	}
}

var (
	benchmarkName = regexp.MustCompile(`^BenchmarkStress/scenario=[^/\s]+(/load=[^/\s]+)?/target=[^/\s]+-\d+$`)
	benchmarkKey  = regexp.MustCompile(`^[\p{Ll}][^\s\p{Lu}]*: \S`)
)

// wholeBenchmarks holds results to the grammar of the format: a name without
// blanks, a count, pairs of value and unit.
func wholeBenchmarks(t *testing.T, out string, results int) {
	t.Helper()
	n := 0
	for _, l := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		switch {
		case strings.HasPrefix(l, "Benchmark"):
			f := strings.FieldsFunc(l, unicode.IsSpace)
			if n++; !benchmarkName.MatchString(f[0]) || len(f) < 4 || len(f)%2 != 0 {
				t.Fatalf("no result: %q", l)
			}
			for _, v := range append([]string{f[1]}, values(f[2:])...) {
				if _, err := strconv.ParseFloat(v, 64); err != nil {
					t.Fatalf("%v in %q", err, l)
				}
			}
		case !strings.HasPrefix(l, "# ") && !strings.HasPrefix(l, "Unit ") && !benchmarkKey.MatchString(l):
			t.Fatalf("a line of its own: %q", l)
		}
	}
	if n != results {
		t.Errorf("%d results, want %d:\n%s", n, results, out)
	}
}

func values(fields []string) []string {
	var out []string
	for i := 0; i < len(fields); i += 2 {
		out = append(out, fields[i])
	}
	return out
}
