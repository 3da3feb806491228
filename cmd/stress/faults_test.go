package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/lab/embedded"
	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/run/fault"
)

// faulty is a lab, and a scenario that breaks its Swarm for as long as it runs.
type faulty struct {
	*embedded.Lab
	t        *testing.T
	dir      string
	env      []string
	scenario string
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	program, err := exec.LookPath("stress")
	if err != nil {
		t.Fatal(err)
	}
	l, err := embedded.Start(t.Context(), embedded.Options{Exec: []string{program, childName}, Service: time.Millisecond, RestartDelay: 100 * time.Millisecond, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &faulty{Lab: l, t: t, dir: t.TempDir()}
	f.env = []string{
		"STRESS_CLUSTER=" + l.Cluster, "STRESS_DSN=" + l.DSN(), "STRESS_DOCKER=" + strings.Join(l.Docker, ","), "STRESS_SERVICE=" + l.Service,
		"STRESS_LAB=" + l.Control, "XDG_STATE_HOME=" + filepath.Join(f.dir, "state"),
	}
	f.scenario = filepath.Join(f.dir, "broken.yaml")
	f.write("drain: lab3", "1m", "allow_faults: true\n")
	return f
}

// write writes the scenario with one fault a tenth of a second after the beginning.
func (f *faulty) write(does, duration, allowed string) {
	f.t.Helper()
	text := "load: {type: maintain-client-load, clients: 2, duration: " + duration + ", timeout: 2s}\n" +
		"request: {path: /index.php}\ntargets: [{name: cluster, url: \"${STRESS_CLUSTER}\"}]\n" +
		"cluster: {docker: \"${STRESS_DOCKER}\", service: \"${STRESS_SERVICE}\"}\nthresholds: []\n" +
		allowed + "faults: [{at: 100ms, " + does + "}]\n"
	if err := os.WriteFile(f.scenario, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// availability is that of the last node.
func (f *faulty) availability() string {
	f.t.Helper()
	w, err := swarm.New(swarm.Config{Docker: f.Docker, Service: f.Service})
	if err != nil {
		f.t.Fatal(err)
	}
	defer w.Close()
	s, err := w.Look(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, n := range s.Nodes {
		if n.Name == "lab3" {
			return n.Availability
		}
	}
	f.t.Fatalf("no lab3 among %+v", s.Nodes)
	return ""
}

// begin starts a run and returns when its fault is done.
func (f *faulty) begin(run string) (*exec.Cmd, *streams) {
	f.t.Helper()
	cmd, out := command(f.t, f.env, "run", f.scenario, "--yes", "--out", run)
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	end := time.Now().Add(limit)
	for {
		journal, _ := os.ReadFile(filepath.Join(run, fault.JournalFile)) // not yet there
		if strings.Contains(string(journal), `"step":"done"`) {
			break
		}
		if time.Now().After(end) {
			f.t.Fatalf("no fault was done: %s", out.stderr.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
	if now := f.availability(); now != "drain" {
		f.t.Fatalf("lab3 is %s", now)
	}
	return cmd, out
}

// Faults need the scenario's permission and the user's; without both nothing is done, and the
// program says what to type.
func TestFaultsNeedBoth(t *testing.T) {
	f := newFaulty(t)
	for _, test := range []struct {
		allowed string
		args    []string
		want    string
	}{
		{"allow_faults: true\n", nil, "the scenario has faults, which nobody confirmed: type the same with --yes\n"},
		{"", []string{"--yes"}, "the scenario has faults and does not allow that: say `allow_faults: true` in it, and type the same with --yes\n"},
		{"", nil, "the scenario has faults, which neither it allows nor anybody confirmed: say `allow_faults: true` in it, and type the same with --yes\n"},
	} {
		f.write("drain: lab3", "1m", test.allowed)
		run := filepath.Join(f.dir, "run")
		r := stress(t, f.env, append([]string{"run", f.scenario, "--out", run}, test.args...)...)
		if r.code != exitUsage || !strings.HasSuffix(r.stderr, test.want) || !strings.Contains(r.stderr, "at 100ms of each leg of every target: drain lab3") {
			t.Errorf("exit %d, %s", r.code, r.stderr)
		}
		if _, err := os.Stat(run); !os.IsNotExist(err) {
			t.Errorf("a run was begun: %v", err)
		}
	}
	f.write("drain: lab9", "1m", "allow_faults: true\n")
	if r := stress(t, f.env, "run", f.scenario, "--yes"); r.code != exitUsage || !strings.Contains(r.stderr, "fault drain lab9: no such node: there are lab1, lab2, lab3") {
		t.Errorf("exit %d, %s", r.code, r.stderr)
	}
	if now := f.availability(); now != "active" {
		t.Errorf("lab3 is %s", now)
	}
}

// What a killed container did is in the summary, and the plan is printed before.
func TestResilienceOfAKill(t *testing.T) {
	f := newFaulty(t)
	f.write("kill: one", "6s", "allow_faults: true\n")
	r := stress(t, f.env, "run", f.scenario, "--yes", "--json", "--out", filepath.Join(f.dir, "run"))
	a := r.summary(t)
	if len(a.Legs) != 1 || len(a.Legs[0].Resilience) != 1 || len(a.Resilience) != 1 {
		t.Fatalf("%s", r.stdout)
	}
	found := a.Legs[0].Resilience[0]
	if found.Fault != "kill one" || found.Task != "web-server.1" || found.Node != "lab1" || found.Host != f.Hosts[0] || found.Failure != "" {
		t.Errorf("%+v", found)
	}
	if found.EndedS == nil || found.ReplacedS == nil || *found.ReplacedS < *found.EndedS || found.Ended == 0 {
		t.Errorf("%+v", found)
	}
	if !strings.Contains(r.stderr, "at 100ms of each leg of every target: kill one") || !strings.Contains(a.Resilience[0].Words, "cluster, kill one: ") {
		t.Errorf("%s\n%s", r.stderr, a.Resilience[0].Words)
	}
}

// What only the lab can do to its replicas is felt by callers and missed in the table, and undone.
func TestFaultsOfTheLab(t *testing.T) {
	f := newFaulty(t)
	const load = "load: {type: maintain-client-load, clients: 2, duration: 5s, timeout: 5s}\nrequest: {path: /index.php}\n" +
		"targets: [{name: cluster, url: \"${STRESS_CLUSTER}\"}]\nledger: {dsn: \"${STRESS_DSN}\", table: dados, column: Host}\nthresholds: []\nallow_faults: true\n"
	text := load + "cluster: {docker: \"${STRESS_DOCKER}\", service: \"${STRESS_SERVICE}\", lab: \"${STRESS_LAB}\"}\n" +
		"faults: [{at: 0s, lose_writes: 50%}, {at: 1s, slow: 500}, {at: 1100ms, kill: one}]\n"
	if err := os.WriteFile(f.scenario, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := stress(t, f.env, "run", f.scenario, "--yes", "--json", "--out", filepath.Join(f.dir, "run"))
	l := r.summary(t).Legs[0]
	if l.Reconcile == nil || l.Reconcile.Lost == 0 || l.Response.Max < 400 {
		t.Errorf("%+v, %+v\n%s", l.Reconcile, l.Response, r.stderr)
	}
	for _, name := range []string{"slowness", "lost_writes"} {
		resp, err := http.Get(strings.Replace(f.Control, "tcp:", "http:", 1) + "/" + name + "/" + f.Service)
		if err != nil {
			t.Fatal(err)
		}
		value, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if want := map[string]string{"slowness": "1", "lost_writes": "0%"}[name]; err != nil || string(value) != want {
			t.Errorf("%s is %q after the run, want %q: %v", name, value, want, err)
		}
	}

	f.write("partition: lab3", "1m", "allow_faults: true\n")
	r = stress(t, f.env, "run", f.scenario, "--yes")
	if r.code != exitUsage || !strings.Contains(r.stderr, `which no cluster can do to itself, but only a lab that it is a part of`) || !strings.Contains(r.stderr, "cluster.lab") {
		t.Errorf("exit %d, %s", r.code, r.stderr)
	}
	if err := os.WriteFile(f.scenario, []byte(strings.ReplaceAll(text, "{at: 1s, slow: 500}", "{at: 1s, power_off: lab3}")), 0o600); err != nil {
		t.Fatal(err)
	}
	r = stress(t, f.env, "run", f.scenario, "--yes")
	if r.code != exitUsage || !strings.Contains(r.stderr, "has no power of lab3: it has lost writes of web-server, slowness of web-server") {
		t.Errorf("exit %d, %s", r.code, r.stderr)
	}
}

// A run that is interrupted undoes its faults before it ends.
func TestInterruptUndoes(t *testing.T) {
	f := newFaulty(t)
	run := filepath.Join(f.dir, "run")
	cmd, out := f.begin(run)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if r := wait(t, cmd.Wait(), out); r.code != exitInterrupted {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	if now := f.availability(); now != "active" {
		t.Errorf("lab3 is %s", now)
	}
	if r := stress(t, f.env, "recover"); r.code != exitPass || r.stdout != "nothing is to undo\n" {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
}

// A run that was killed between a fault and its undoing left the cluster broken. Every later
// run says so and with what it is undone, wherever it starts; recover undoes it, once.
func TestKilledRunIsRecovered(t *testing.T) {
	f := newFaulty(t)
	run := filepath.Join(f.dir, "run")
	cmd, out := f.begin(run)
	during := stress(t, f.env, "recover", run)
	if during.code != exitUnable || !strings.Contains(during.stderr, "is still under way") {
		t.Errorf("during the run: exit %d: %s", during.code, during.stderr)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if now := f.availability(); now != "drain" {
		t.Fatalf("lab3 is %s after %s", now, out.stderr.String())
	}
	later := stress(t, f.env, "run", f.Single, "--clients", "1", "--duration", "100ms", "--out", filepath.Join(f.dir, "later"))
	if want := "STILL TO UNDO of " + run + ": availability of lab3 was active. Type: stress recover " + run; !strings.Contains(later.stderr, want) {
		t.Errorf("a later run says %s", later.stderr)
	}
	for _, want := range []string{"undone: availability of lab3: active again, was drain", "nothing is to undo"} {
		if r := stress(t, f.env, "recover", run); r.code != exitPass || r.stdout != run+": "+want+"\n" {
			t.Errorf("exit %d: %s%s, want %s", r.code, r.stdout, r.stderr, want)
		}
		if now := f.availability(); now != "active" {
			t.Errorf("lab3 is %s", now)
		}
	}
	if r := stress(t, f.env, "recover", f.dir); r.code != exitUsage || !strings.Contains(r.stderr, "no journal of faults is there") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
}
