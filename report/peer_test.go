package report

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report/reporttest"
)

// tool is a program or a file that the Makefile puts into .tools, or a program of
// the system; a test that needs it is left out without.
func tool(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", ".tools", name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("!!! LEFT OUT: there is no %s; `make test` gets it", name)
	}
	return path
}

// The schemas by which Jenkins and Apache Ant read JUnit files accept ours, whatever the
// verdict of a run, of a gate and of each of its checks.
func TestJUnitSchemas(t *testing.T) {
	xmllint, dir := tool(t, "xmllint"), t.TempDir()
	var files []string
	keep := func(name, out string) string {
		path := filepath.Join(dir, name+".xml")
		if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	verdicts := []result.Verdict{result.Pass, result.Fail, result.Inconclusive, result.Invalid}
	for _, v := range verdicts {
		for name, a := range everyRun(t) {
			a.Verdict = v
			for i := range a.Thresholds {
				a.Thresholds[i].Verdict = v
			}
			files = append(files, keep(fmt.Sprintf("run-%s-%s", name, v), render(t, runJUnit, a, Options{})))
		}
		for name, g := range reporttest.Gates() {
			g.Verdict = v
			for i := range g.Checks {
				g.Checks[i].Verdict = v
			}
			files = append(files, keep(fmt.Sprintf("gate-%s-%s", name, v), renderGate(t, "junit", g, Options{})))
		}
	}
	for name, a := range everyRun(t) {
		files = append(files, keep("run-"+name, render(t, runJUnit, a, Options{})))
	}
	for name, g := range reporttest.Gates() {
		files = append(files, keep("gate-"+name, renderGate(t, "junit", g, Options{})))
	}
	for _, schema := range []string{"jenkins.xsd", "ant.xsd"} {
		validate := []string{"--noout", "--nonet", "--schema", filepath.Join("testdata", "junit", schema)}
		if out, err := exec.Command(xmllint, append(validate, files...)...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", schema, err, out)
		}
		if err := exec.Command(xmllint, append(validate, keep("broken", "<testsuites><testsuite/></testsuites>"))...).Run(); err == nil {
			t.Errorf("%s accepts what is no JUnit file", schema)
		}
	}
}

// benchstat, as it is published, reads two runs and finds what differs between them:
// the cluster that became slower, not the single one that did not.
func TestBenchstatReadsOurRounds(t *testing.T) {
	benchstat := tool(t, "benchstat")
	dir := t.TempDir()
	for name, factor := range map[string]float64{"before": 1, "after": 1.25} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := runBenchfmt(f, reporttest.TenRounds(factor), Options{}); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	out := stat(t, benchstat, dir, "-filter", ".unit:(p95-sec OR req/s)", "before", "after")
	for _, want := range []string{"p95-sec", "req/s", "Stress/scenario=ten_rounds/target=cluster-2", "goos: linux", "load: ", "n=10)"} {
		if !strings.Contains(out, want) {
			t.Errorf("benchstat does not say %q:\n%s", want, out)
		}
	}
	slower, same := row(t, out, "target=cluster-2"), row(t, out, "target=single-2")
	if !strings.Contains(slower, "+25.00% (p=0.000") || !strings.Contains(same, "~ (p=1.000") {
		t.Errorf("benchstat finds\n%s\n%s", slower, same)
	}
	// Two targets of one run, side by side.
	if out := stat(t, benchstat, dir, "-col", "/target", "-filter", ".unit:p95-sec", "after"); !strings.Contains(out, "single") || !strings.Contains(out, "cluster") || !strings.Contains(out, "p=0.000 n=10") {
		t.Errorf("benchstat -col /target:\n%s", out)
	}
}

func stat(t *testing.T, benchstat, dir string, args ...string) string {
	t.Helper()
	path, err := filepath.Abs(benchstat)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	return out.String()
}

// row is the first line of a table that names a benchmark.
func row(t *testing.T, out, name string) string {
	t.Helper()
	for l := range strings.Lines(out) {
		if strings.Contains(l, name) {
			return l
		}
	}
	t.Fatalf("no row for %s:\n%s", name, out)
	return ""
}
