package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/scenarios"
)

// shortly makes the recipes of docs/ci.md quick: a round has just enough answers for a p95, and a
// run just enough rounds for an interval.
var shortly = []string{"STRESS_DURATION=1s", "STRESS_ROUNDS=4", "STRESS_WARM_UP=100ms", "NO_COLOR=1"}

// documented writes the blocks of documents that name a file into a new directory, as a reader
// would.
func documented(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var blocks [][][]byte
	for _, name := range []string{"ci.md", "capacity.md", "recipes.md"} {
		page, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, regexp.MustCompile("(?ms)^```\\w+ file=(\\S+)\n(.*?)^```$").FindAllSubmatch(page, -1)...)
	}
	for _, b := range blocks {
		path := filepath.Join(dir, string(b[1]))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b[2], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(blocks) != 27 {
		t.Fatalf("documents have %d blocks that name a file, not 27", len(blocks))
	}
	return dir
}

// bash runs a script as CI does, in dir, and returns what it printed and its exit
// code. What it leaves in the background ends with the test.
func bash(t *testing.T, dir string, env []string, args ...string) (out string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", append([]string{"--noprofile", "--norc"}, args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err := cmd.Run()
	t.Cleanup(func() { endGroup(cmd.Process.Pid) })
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return b.String(), cmd.ProcessState.ExitCode()
}

// endGroup ends what a script left running, in order: the lab ends its own children.
func endGroup(group int) {
	if syscall.Kill(-group, syscall.SIGTERM) != nil {
		return
	}
	for range 200 {
		if syscall.Kill(-group, 0) != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	_ = syscall.Kill(-group, syscall.SIGKILL)
}

// The recipe for any CI does what it says. The test does not ask what the gate finds on this
// machine: its answer, its exit code and its files must agree.
func TestShellRecipe(t *testing.T) {
	dir := documented(t)
	step := func(what string, allowed ...int) (out string, code int) {
		for range tries {
			if out, code = bash(t, dir, shortly, "ci/load.sh", what); slices.Contains(allowed, code) {
				return out, code
			}
		}
		if code == exitInvalid && busyReasons.MatchString(unfolded(out)) {
			t.Skipf("!!! LEFT OUT: this machine is too busy elsewhere for a measurement, %d times\n%s", tries, out)
		}
		t.Fatalf("ci/load.sh %s: exit code %d, want one of %v\n%s", what, code, allowed, out)
		return out, code
	}
	step("keep", exitPass)
	baselines, err := filepath.Glob(filepath.Join(dir, "baselines", "*", "*", "*.json"))
	if err != nil || len(baselines) != 1 {
		t.Fatalf("baselines: %v, %v", baselines, err)
	}
	out, code := step("judge", exitPass, exitFail, exitInconclusive, exitInvalid)
	judged(t, dir, out, code, filepath.Join(dir, "gate.json"))
	if md, err := os.ReadFile(filepath.Join(dir, "gate.md")); err != nil || !regexp.MustCompile(`^# [A-Z]+: shop\n`).Match(md) {
		t.Errorf("gate.md: %v\n%s", err, md)
	}
	runs, err := filepath.Glob(filepath.Join(dir, "results", "shop", "*Z"))
	if err != nil || len(runs) == 0 {
		t.Fatalf("no run of the gate: %v, %v", runs, err)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "results", "keep-*"))
	if err != nil || len(kept) == 0 {
		t.Fatalf("no run of the main branch: %v, %v", kept, err)
	}
	benchstatReads(t, kept[len(kept)-1], runs[len(runs)-1])
	// This comes last, because the noise of so short a run can forbid the gate's tolerance.
	step("noise", exitPass, exitFail, exitInconclusive)
	step("", exitUsage)
}

// benchstatReads lets benchstat compare the rounds of two runs that were measured.
func benchstatReads(t *testing.T, before, after string) {
	t.Helper()
	var files []string
	for _, run := range []string{before, after} {
		file := filepath.Join(t.TempDir(), "rounds.txt")
		stress(t, nil, "report", run, "--format", "benchfmt", "-o", file).wantCode(t, exitPass)
		files = append(files, file)
	}
	benchstat, err := exec.LookPath("benchstat")
	if err != nil {
		t.Log("!!! LEFT OUT: there is no benchstat in PATH; `make test` builds it")
		return
	}
	// A run that a busy machine spoilt says so in its key verdict, and is then in a table of its own.
	out, err := exec.Command(benchstat, "-ignore", "verdict", "before="+files[0], "after="+files[1]).CombinedOutput()
	if err != nil || !regexp.MustCompile(`before .*after`).Match(out) || !regexp.MustCompile(`target=shop-\d+ .*p=`).Match(out) {
		t.Errorf("benchstat: %v\n%s", err, out)
	}
}

// The scenarios that the page shows are whole, and ask a gate something.
func TestDocumentedScenarios(t *testing.T) {
	dir := documented(t)
	lookup := func(name string) (string, bool) {
		return map[string]string{
			"STRESS_CLUSTER": "http://127.0.0.1:1", "BASE_URL": "http://127.0.0.1:1", "CHANGE_URL": "http://127.0.0.1:2", "STRESS_DSN": "u@tcp(127.0.0.1:3)/d",
		}[name], true
	}
	for _, name := range []string{"shop.yaml", "both.yaml"} {
		sc, err := scenarios.Load(filepath.Join(dir, "load", name), scenarios.Options{Lookup: lookup})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(sc.Gate) == 0 || sc.Compare == nil || sc.Compare.Rounds != 10 {
			t.Errorf("%s: %d limits, compare %+v", name, len(sc.Gate), sc.Compare)
		}
	}
}

// judged holds the files that a gate left against its exit code.
func judged(t *testing.T, dir, out string, code int, gate string) {
	t.Helper()
	var g result.Gate
	if gate != "" {
		b, err := os.ReadFile(gate)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if err := json.Unmarshal(b, &g); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if code != verdictCodes[g.Verdict] || len(g.Checks) < 3 || g.Baseline == nil {
			t.Errorf("exit code %d with %s, %d checks, baseline %v\n%s", code, g.Verdict, len(g.Checks), g.Baseline, out)
		}
	}
	var suites struct {
		Suites []struct {
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Skipped  int `xml:"skipped,attr"`
		} `xml:"testsuite"`
	}
	b, err := os.ReadFile(filepath.Join(dir, "gate.junit.xml"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := xml.Unmarshal(b, &suites); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	worst := exitPass
	for _, s := range suites.Suites {
		switch {
		case s.Errors > 0:
			worst = exitInvalid
		case s.Failures > 0 && worst != exitInvalid:
			worst = exitFail
		case s.Skipped > 0 && worst == exitPass:
			worst = exitInconclusive
		}
	}
	if worst != code {
		t.Errorf("exit code %d, and the JUnit file says %d\n%s", code, worst, b)
	}
}

// workflow is what the test understands of a GitHub workflow.
type workflow struct {
	On   map[string]any `yaml:"on"`
	Jobs map[string]struct {
		Steps []workflowStep `yaml:"steps"`
	} `yaml:"jobs"`
}

type workflowStep struct {
	Name, Uses, If, Run string
}

// actions are those that the workflow may use, at these versions.
var actions = []string{"actions/checkout@v5", "actions/cache@v4", "actions/upload-artifact@v4"}

// The workflow does what it says: first on the main branch, then on a change, with
// the baselines in between as the cache keeps them.
func TestWorkflow(t *testing.T) {
	dir := documented(t)
	b, err := os.ReadFile(filepath.Join(dir, ".github", "workflows", "load.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var w workflow
	if err := yaml.Unmarshal(b, &w); err != nil {
		t.Fatal(err)
	}
	leftOut := false
	for _, event := range []string{"push", "pull_request"} {
		if _, ok := w.On[event]; !ok {
			t.Fatalf("nothing happens on %s", event)
		}
		for name, job := range w.Jobs {
			t.Run(event+" "+name, func(t *testing.T) {
				if leftOut && event == "pull_request" {
					t.Skip("!!! LEFT OUT: the main branch could not be measured")
				}
				defer func() { leftOut = leftOut || t.Skipped() }()
				runJob(t, dir, event, job.Steps)
			})
		}
	}
}

// runJob runs the steps of a job one after the other. Only the gate may fail; what
// comes after it runs as its condition says.
func runJob(t *testing.T, dir, event string, steps []workflowStep) {
	summary, vars := filepath.Join(t.TempDir(), "summary.md"), filepath.Join(t.TempDir(), "env")
	env := append(slices.Clone(shortly), "CI=true", "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME="+event,
		"GITHUB_SHA=2f1d3c4b5a69788796a5b4c3d2e1f00112233445", "GITHUB_STEP_SUMMARY="+summary, "GITHUB_ENV="+vars)
	failed, gated := false, false
	for i, s := range steps {
		if s.Uses != "" {
			if !slices.Contains(actions, s.Uses) || s.Run != "" {
				t.Errorf("step %d uses %q, which is none of %v", i, s.Uses, actions)
			}
			continue
		}
		if !applies(t, s.If, event, failed) {
			continue
		}
		if strings.Contains(s.Run, "${{") {
			t.Fatalf("step %q has an expression in its script: a title could be code", s.Name)
		}
		script := filepath.Join(t.TempDir(), "step.sh")
		if err := os.WriteFile(script, []byte(s.Run), 0o644); err != nil {
			t.Fatal(err)
		}
		var out string
		var code int
		for range tries {
			// A runner begins a job that is run again with a new checkout.
			if err := os.RemoveAll(filepath.Join(dir, "results")); err != nil {
				t.Fatal(err)
			}
			if out, code = bash(t, dir, append(slices.Clone(env), variables(t, vars)...), "-e", script); code != exitInvalid {
				break
			}
		}
		switch {
		case s.Name == "Gate":
			gated, failed = true, code != exitPass
			judged(t, dir, out, code, "")
			if !regexp.MustCompile(`(?m)^::(notice|warning|error) title=`).MatchString(out) {
				t.Errorf("no annotation:\n%s", out)
			}
		case code == exitInvalid && busyReasons.MatchString(unfolded(out)):
			t.Skipf("!!! LEFT OUT: this machine is too busy elsewhere for a measurement, %d times\n%s", tries, out)
		case code != 0:
			t.Fatalf("step %q: exit code %d\n%s", s.Name, code, out)
		}
	}
	if gated != (event == "pull_request") {
		t.Errorf("on %s the gate ran: %v", event, gated)
	}
	if md, err := os.ReadFile(summary); gated && (err != nil || !regexp.MustCompile(`^# [A-Z]+: shop\n`).Match(md)) {
		t.Errorf("the summary: %v\n%s", err, md)
	}
}

// applies evaluates the few conditions that the workflow has.
func applies(t *testing.T, condition, event string, failed bool) bool {
	t.Helper()
	always := false
	for term := range strings.SplitSeq(condition, "&&") {
		switch term = strings.TrimSpace(term); {
		case term == "always()":
			always = true
		case strings.HasPrefix(term, "github.event_name == '"):
			if term != "github.event_name == '"+event+"'" {
				return false
			}
		case term != "":
			t.Fatalf("a condition that this test does not know: %q", term)
		}
	}
	return always || !failed
}

// variables are what earlier steps set for later ones.
func variables(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	for s := bufio.NewScanner(f); s.Scan(); {
		out = append(out, s.Text())
	}
	return out
}
