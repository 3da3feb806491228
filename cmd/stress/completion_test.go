package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// completions are command lines up to the cursor, and what a Tab makes of the word that
// is being typed, where only one word fits. They are typed in [completionDir].
var completions = []struct{ typed, want string }{
	{"stress ru", "run"},
	{"stress help chec", "check"},
	{"stress run cluster-s", "cluster-sustained"},
	{"stress check --i-ow", "--i-own-this-target"},
	{"stress baseline li", "list"},
	{"stress baseline prune --dr", "--dry-run"},
	{"stress run sho", "shop.yaml"},
	{"stress run shop.yaml --clients 5 --target clu", "cluster"},
	{"stress run loads.yaml --load sec", "second"},
	{"stress run --target nor shop.yaml --target sin", "single"},
	{"stress gate --run shop.yaml --target sin", "single"},
	{"stress run shop=http://127.0.0.1/ --target sh", "shop"},
	{`stress run two\ words.yaml --target tw`, "twin"},
	{`stress check two`, "two words.yaml"},
	{"stress compare results/shop/b --target on", "one"},
	{"stress trend --metric succ", "success_rps"},
	{"stress trend sho", "shop"},
	{"stress trend shop --target on", "one"},
	{"stress baseline show --format js", "json"},
	{"stress report --format bench", "benchfmt"},
	{"stress report results/shop/b", "results/shop/b"},
	{"stress report --report su", "summary"},
	{"stress gate --inconclusive pa", "pass"},
	{"stress gate --write md=shop", "md=shop.yaml"},
	{"stress gate --write ju", "junit="},
	{"stress run cluster --set load.dura", "load.duration="},
	{"stress run cluster --set load.type=maintain-c", "load.type=maintain-client-load"},
	{"stress run cluster --set=load.type=maintain-c", "--set=load.type=maintain-client-load"},
	{"stress run cluster --type=maintain-c", "--type=maintain-client-load"},
	{"stress run cluster --type maintain-c", "maintain-client-load"},
	{"stress run --method PA", "PATCH"},
	{"stress run cluster --out sub", "subfolder/"},
	{"stress verify https", "https://"},
	{"stress completion fi", "fish"},
	{"stress lab --re --well", "--well-known-ports"},
}

// completionDir is a directory with scenarios, runs and a baseline.
func completionDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	const scenario = "load: {clients: 1, type: nonsense}\nrequest: {path: /}\ntargets: [{name: %s, url: '${NOT_SET}'}, {name: %s, url: 'http://127.0.0.1:1'}]\n"
	for file, content := range map[string]string{
		"shop.yaml":                        fmt.Sprintf(scenario, "single", "cluster"),
		"two words.yaml":                   fmt.Sprintf(scenario, "twin", "other"),
		"loads.yaml":                       "loads: [{name: first}, {name: second}]\n",
		"notes.txt":                        "",
		"subfolder/x":                      "",
		"results/shop/b/run.json":          `{"schema": 1, "name": "shop", "started": "2026-01-02T10:00:00Z", "targets": [{"name": "one"}]}`,
		"results/shop/c/capacity.json":     `{"schema": 1}`,
		"results/shop/c/probes/a/run.json": `{"schema": 1}`,
		"results/else/a/run.json":          `{"schema": 1, "name": "shop", "started": "2026-01-01T10:00:00Z"}`,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A program that is asked has the same answers as the shells, which only show them.
func TestCompletionOffersWhatFits(t *testing.T) {
	dir := completionDir(t)
	for typed, want := range map[string]string{
		"stress ":                           "demo init import scenarios run check spread report compare gate baseline trend recover capacity serve agent fleet lab verify schema version completion help",
		"stress --":                         "--version --help",
		"stress baseline ":                  "save list show prune",
		"stress run c":                      "capacity cluster cluster-sustained",
		"stress report ":                    "results/shop/b results/else/a subfolder/ results/shop/c",
		"stress run shop.yaml --target ":    "single cluster",
		"stress run --target x ":            "capacity cluster cluster-sustained demo resilience scaling single loads.yaml results/ shop.yaml subfolder/ two|words.yaml http:// https://",
		"stress gate --inconclusive ":       "exit pass fail",
		"stress run --clients ":             "",
		"stress run -- --":                  "",
		"stress frobnicate ":                "",
		"stress run nosuch.yaml --target ":  "",
		"stress run cluster --set load.ty":  "load.type=",
		"stress run cluster --set gate.p95": "gate.p95= gate.p95.worse_by= gate.p95.and= gate.p95.max= gate.p95.min=",
		"stress trend --metric p":           "p50 p90 p95 p99 p999",
	} {
		words := strings.Split(typed, " ")[1:]
		cmd, out := command(t, nil, append([]string{"__complete"}, words...)...)
		cmd.Dir = dir
		if r := wait(t, cmd.Run(), out); r.code != 0 || r.stderr != "" {
			t.Errorf("%q: exit %d, %s", typed, r.code, r.stderr)
		}
		var got []string
		for line := range strings.Lines(out.stdout.String()) {
			word, _, _ := strings.Cut(line, "\t")
			got = append(got, strings.ReplaceAll(word, " ", "|"))
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q offers\n%s, want\n%s", typed, g, want)
		}
	}
}

// fish has a command that says what a Tab would offer.
func TestCompletionInFish(t *testing.T) {
	fish := shell(t, "fish")
	dir := completionDir(t)
	keep(t, dir)
	for _, c := range completions {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, fish, "--no-config", "-c", "stress completion fish | source; complete -C $argv[1]", c.typed)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		word, _, _ := strings.Cut(string(out), "\t")
		if err != nil || strings.TrimRight(strings.ReplaceAll(word, `\ `, " "), "\n") != c.want || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%q offers %q (%v), want %q", c.typed, out, err, c.want)
		}
	}
}

// shell is the path of a shell; without it the test is left out.
func shell(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("!!! LEFT OUT: there is no %s here; apt-get install %[1]s", name)
	}
	return path
}

// keep makes a baseline of a run of the directory's scenario.
func keep(t *testing.T, dir string) {
	t.Helper()
	kept := filepath.Join(dir, "baselines", "shop", "here")
	if err := os.MkdirAll(kept, 0o755); err != nil {
		t.Fatal(err)
	}
	const summary = `{"schema": 2, "name": "shop", "verdict": "PASS", "headline": "x", "findings": [{"verdict": "PASS", "code": "no-threshold", "text": "x"}],
		"run": {"started": "2026-01-02T10:00:00Z", "measure": "service time"}, "legs": [{"name": "one", "target": "one", "round": 1}]}`
	if err := os.WriteFile(filepath.Join(kept, "2026-01-02T10-00-00Z-abc.json"), []byte(summary), 0o644); err != nil {
		t.Fatal(err)
	}
}
