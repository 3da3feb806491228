package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/runlog"
)

// byAgents requires that agents put every leg of a run on, and returns how many requests they sent.
func byAgents(t *testing.T, dir string, names ...string) (sent uint64) {
	t.Helper()
	r, err := runlog.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Machine.Agents != len(names) || len(r.Legs) == 0 {
		t.Errorf("%s: %d legs from %+v", dir, len(r.Legs), r.Machine)
	}
	for _, leg := range r.Legs {
		var got []string
		for _, a := range leg.Agents {
			got, sent = append(got, a.Name), sent+a.Sent
		}
		if !slices.Equal(got, names) {
			t.Errorf("%s, %s: by %q, want %q", dir, leg.Target, got, names)
		}
	}
	return sent
}

// A gate measures with the agents of its scenario, in all its rounds and both runs of an A/A measurement, and a
// baseline of one machine is none for several.
func TestGateByAgents(t *testing.T) {
	url, hits := page(t, 0)
	dir := t.TempDir()
	file, kept := filepath.Join(dir, "shop.yaml"), filepath.Join(dir, "kept")
	write(t, file, fmt.Sprintf(`
name: shop
load: {type: rate, rate: 40, duration: 1s}
request: {path: /}
targets: [{name: a, url: %q}]
compare: {rounds: 2, most_rounds: 2}
gate: {error_rate: {max: 50%%}}
thresholds: []
`, url))
	gate := func(args ...string) ran { return stress(t, nil, append([]string{"gate", "--quiet"}, args...)...) }
	out := filepath.Join(dir, "run")
	if r := gate("--run", file, "--agents", "2", "--out", out); r.code == exitUsage || r.code == exitUnable {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	if sent := byAgents(t, out, "agent-1", "agent-2"); int64(sent) != hits.Load() {
		t.Errorf("%d requests were sent, %d came", sent, hits.Load())
	}
	if r := stress(t, nil, "baseline", "save", out, "--dir", kept, "--force"); r.code != exitPass {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	before := hits.Load()
	if r := gate("--run", file, "--baseline", kept, "--out", filepath.Join(dir, "alone")); r.code != exitUsage || hits.Load() != before {
		t.Errorf("a baseline of agents for one machine: exit code %d, %d requests: %s", r.code, hits.Load()-before, r.stderr)
	}
	if r := gate("--run", file, "--agents", "3", "--baseline", kept, "--out", filepath.Join(dir, "three")); r.code != exitUsage || hits.Load() != before {
		t.Errorf("a baseline of two agents for three: exit code %d, %d requests: %s", r.code, hits.Load()-before, r.stderr)
	}
	if r := gate("--run", file, "--agents", "2", "--baseline", kept, "--out", filepath.Join(dir, "two")); r.code == exitUsage || r.code == exitUnable || hits.Load() == before {
		t.Errorf("a baseline of two agents: exit code %d, %d requests: %s", r.code, hits.Load()-before, r.stderr)
	}
	noise := filepath.Join(dir, "noise.json")
	if r := gate("--aa", file, "--agents", "2", "--noise", noise, "--out", filepath.Join(dir, "aa")); r.code == exitUsage || r.code == exitUnable {
		t.Fatalf("two runs: exit code %d: %s", r.code, r.stderr)
	}
	for _, run := range []string{"aa", "aa-again"} {
		byAgents(t, filepath.Join(dir, run), "agent-1", "agent-2")
	}
	// Of two targets each has a twin, which the agents' scenario does not have.
	both := []string{"--set", fmt.Sprintf("targets=[{name: a, url: %q}, {name: b, url: %q}]", url, url), "--set", "compare.baseline=a"}
	if r := gate(append([]string{"--aa", file, "--agents", "2", "--noise", noise, "--out", filepath.Join(dir, "twins")}, both...)...); r.code == exitUsage || r.code == exitUnable {
		t.Fatalf("twins: exit code %d: %s", r.code, r.stderr)
	}
	byAgents(t, filepath.Join(dir, "twins"), "agent-1", "agent-2")
}

// A search for a capacity is by the same agents in all of its probes.
func TestCapacityByAgents(t *testing.T) {
	url, dir := crowded(t), filepath.Join(t.TempDir(), "study")
	r := stress(t, nil, quickSearch(url, "error_rate < 20%", "--agents", "2", "--out", dir)...)
	if r.code != exitPass && r.code != exitInconclusive {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	study, err := result.ReadStudy(dir)
	if err != nil {
		t.Fatal(err)
	}
	if study.Stopped != "" || study.Machine.Agents != 2 || probesOf(dir) < 4 {
		t.Errorf("stopped %q, %d probes from %+v", study.Stopped, probesOf(dir), study.Machine)
	}
	for _, p := range study.Configurations[0].Probes {
		byAgents(t, filepath.Join(dir, p.Dir), "agent-1", "agent-2")
	}
	if text := unfolded(stress(t, nil, "report", dir, "--format", "md").stdout); !strings.Contains(text, "2 agents, each on ") {
		t.Errorf("the report does not say that agents put the load on:\n%s", text)
	}
}

// openFleet is a broker of this process for agents that are other processes, by their names and flags.
func openFleet(t *testing.T, agents map[string][]string) *secureFleet {
	t.Helper()
	b, err := broker.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	f := &secureFleet{dir: t.TempDir(), url: strings.Replace(b.URL(), "nats://", "nats://"+b.User+":"+b.Password+"@", 1)}
	var names []string
	for name, flags := range agents {
		names = append(names, name)
		upUntilTheEnd(t, append([]string{"agent", "--nats", f.url, "--name", name}, flags...)...)
	}
	slices.Sort(names)
	f.agentsBy(t, nil, names...)
	return f
}

// A check says of agents what a run would find, and sends no load.
func TestCheckOfAgents(t *testing.T) {
	f := openFleet(t, map[string][]string{"n1": {"--max-rate", "100"}, "n2": {"--targets", "127.0.0.0/8"}})
	var hits atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()
	const answered = "ok  target target, GET /: 2 answers, all as expected"
	for _, c := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"all is well", []string{"--agents", "2", "--nats", f.url, "--rate", "150"}, exitPass, []string{
			"ok  broker: nats://127.0.0.1:", "nobody on the way can read what is sent", "ok  agents: 2 agents asked for: n1, n2",
			"ok  agent n1: version ", "it allows 100/s; ", "ok  agent n2: version ", "it allows to 127.0.0.0/8; ",
			"ok  agents, target target: each can put its part on; it is not known what 2 agents can send (n1 and n2): measure it with stress fleet calibrate", answered}},
		{"more than an agent allows", []string{"--agents", "2", "--nats", f.url, "--rate", "300"}, exitUnable, []string{
			"NO  agents, target target: agent n1: its part is 150 requests/s at most, and it was started with --max-rate 100", answered}},
		{"more agents than there are", []string{"--agents", "3", "--nats", f.url, "--rate", "30"}, exitUnable, []string{
			"NO  agents: 3 agents asked for, and free were n1, n2: start more with `stress agent`", answered}},
		{"no broker", []string{"--agents", "2", "--nats", "nats://127.0.0.1:1", "--rate", "30"}, exitUnable, []string{
			"NO  agents: broker nats://127.0.0.1:1: nats: no servers available for connection: look whether it is up, and reached at that address from here", answered}},
		{"agents of this machine", []string{"--agents", "2", "--rate", "30"}, exitPass, []string{"ok  agents: 2 agents asked for: agent-1, agent-2", answered}},
	} {
		hits.Store(0)
		r := stress(t, nil, append([]string{"check", "target=" + srv.URL, "--type", "rate", "--duration", "1s"}, c.args...)...)
		r.wantCode(t, c.code)
		for _, text := range c.says {
			if !strings.Contains(r.stdout, text) {
				t.Errorf("%s: no %q in\n%s", c.name, text, r.stdout)
			}
		}
		if strings.Contains(r.stdout+r.stderr, "stress:") || hits.Load() != 2 {
			t.Errorf("%s: %d requests, want 2; %s", c.name, hits.Load(), r.stderr)
		}
	}
	// What keeps an agent from the target is found by the agent.
	g := openFleet(t, map[string][]string{"n1": {"--targets", "10.0.0.0/8"}, "n2": {"--targets", "10.0.0.0/8"}})
	r := stress(t, nil, "check", srv.URL, "--agents", "2", "--nats", g.url, "--json")
	r.wantCode(t, exitUnable)
	var all checked
	if err := json.Unmarshal([]byte(r.stdout), &all); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"n1", "n2"} {
		if got := all.Findings[i]; got.OK || got.What != "agents" || !strings.Contains(got.Text, "agent "+name) {
			t.Errorf("%+v", got)
		}
	}
}

// A study whose lead was killed goes on by the same agents, and the probe that was under way can be collected.
func TestAKilledStudyOfAgents(t *testing.T) {
	f := openFleet(t, map[string][]string{"n1": nil, "n2": nil})
	url, dir := crowded(t), filepath.Join(t.TempDir(), "study")
	args := func(more ...string) []string {
		return append(quickSearch(url, "error_rate < 20%", "--agents", "2", "--nats", f.url), more...)
	}
	cmd, _ := command(t, nil, args("--out", dir)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var under string // the probe under way
	eventually(t, "a third probe under way", func() bool {
		dirs, _ := filepath.Glob(filepath.Join(dir, "probes", "*"))
		if len(dirs) < 3 {
			return false
		}
		under = dirs[len(dirs)-1]
		_, err := lead.ReadKept(under)
		return err == nil
	})
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	kept, err := lead.ReadKept(under)
	if err != nil || kept.Before < 2 {
		t.Errorf("%+v, %v", kept, err)
	}
	done := probesOf(dir)
	r := stress(t, nil, args("--resume", dir)...) // at once: the agents wait for their lead for a while
	if r.code != exitPass && r.code != exitInconclusive {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	study, err := result.ReadStudy(dir)
	if err != nil || study.Stopped != "" || probesOf(dir) <= done || len(study.Others) > 0 {
		t.Errorf("%v, stopped %q, %d probes, then %d; %v", err, study.Stopped, done, probesOf(dir), study.Others)
	}
	for _, p := range study.Configurations[0].Probes {
		byAgents(t, filepath.Join(dir, p.Dir), "n1", "n2")
	}
	if sealed(under) {
		return // it had ended
	}
	if r := stress(t, nil, "run", "--resume", under, "--nats", f.url); r.code == exitUsage || r.code == exitUnable {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
	if !sealed(under) {
		t.Errorf("%s is not sealed", under)
	}
}

func sealed(dir string) bool {
	r, err := runlog.Open(dir)
	return err == nil && r.Sealed
}

// An interrupt ends a study of agents in order, and the agents are free.
func TestAnInterruptedStudyOfAgents(t *testing.T) {
	f := openFleet(t, map[string][]string{"n1": nil, "n2": nil})
	url, dir := crowded(t), filepath.Join(t.TempDir(), "study")
	cmd, out := command(t, nil, quickSearch(url, "error_rate < 20%", "--agents", "2", "--nats", f.url, "--out", dir)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two probes on disk", func() bool { return probesOf(dir) >= 2 })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	r := wait(t, cmd.Wait(), out)
	r.wantCode(t, exitInterrupted)
	if !strings.Contains(r.stderr, " --resume "+dir) {
		t.Errorf("%s", r.stderr)
	}
	f.agentsBy(t, nil, "n1", "n2")
}
