package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/run/fault"
	"github.com/stress-tool/stress/runlog"
)

// scale writes a scenario whose target has several replicas.
func (f *faulty) scale(replicas, duration, more string) {
	f.t.Helper()
	text := "load: {type: maintain-client-load, clients: 4, duration: " + duration + ", timeout: 2s}\n" +
		"request: {path: /index.php, expect: {body: New record created successfully}}\n" +
		"targets: [{name: cluster, url: \"${STRESS_CLUSTER}\", replicas: " + replicas + ", host_from: {header: X-Served-By}}]\n" +
		"ledger: {dsn: \"${STRESS_DSN}\", table: dados, column: Host}\n" +
		"cluster: {docker: \"${STRESS_DOCKER}\", service: \"${STRESS_SERVICE}\"}\nallow_faults: true\n" + more
	if err := os.WriteFile(f.scenario, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// replicas are how many the service is to have.
func (f *faulty) replicas() uint64 {
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
	return s.Service.Replicas
}

// awaitReplicas waits until the service is to have so many.
func (f *faulty) awaitReplicas(n uint64) {
	f.t.Helper()
	for end := time.Now().Add(limit); f.replicas() != n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("%d replicas, want %d", f.replicas(), n)
		}
	}
}

// Every number of replicas has its legs, each served by so many hosts, and the service has as many as
// before at the end. What a run says of them is in every form.
func TestScaling(t *testing.T) {
	f := newFaulty(t)
	f.scale("[4, 1, 2]", "2s", "thresholds: [cluster-1.hosts == 1, cluster-2.hosts == 2, cluster-4.hosts == 4, lost == 0]\ncompare: {rounds: 2, warm_up: 200ms}\n")
	run := filepath.Join(f.dir, "run")
	r := stress(t, f.env, "run", f.scenario, "--yes", "--json", "--out", run)
	a := r.summary(t)
	if len(a.Legs) != 6 || len(a.Replicas) != 1 || len(a.Replicas[0].Sizes) != 3 || !slices.Equal(a.Targets(), []string{"cluster-4", "cluster-1", "cluster-2"}) {
		t.Fatalf("exit %d, %s%s", r.code, r.stderr, r.stdout)
	}
	for _, threshold := range a.Thresholds {
		if threshold.Verdict != result.Pass && threshold.Verdict != result.Invalid {
			t.Errorf("%+v", threshold)
		}
	}
	if want := "replicas of service web-server, and at the end as many as before: 4 for cluster-4, 1 for cluster-1, 2 for cluster-2"; !strings.Contains(r.stderr, want) {
		t.Errorf("the plan is not said: %s", r.stderr)
	}
	scaled := 0
	for _, e := range a.Run.Events {
		if e.Kind == runlog.EventScale {
			scaled++
		}
	}
	if last := a.Run.Events[len(a.Run.Events)-1]; scaled < 4 || !slices.ContainsFunc(a.Run.Events, func(e runlog.Event) bool { return strings.HasPrefix(e.Text, "undone: replicas of web-server: 3 again") }) {
		t.Errorf("%d times scaled, last %+v", scaled, last)
	}
	if now := f.replicas(); now != 3 {
		t.Errorf("%d replicas are left", now)
	}
	if _, err := os.Stat(filepath.Join(run, "replicas.svg")); err != nil {
		t.Error(err)
	}
	for format, want := range map[string]string{"text": "Replicas of cluster", "md": "Replicas of cluster", "html": "Replicas of cluster", "csv": "cluster-2,,efficiency,"} {
		if out := stress(t, f.env, "report", run, "--format", format); !strings.Contains(out.stdout, want) && a.Verdict != result.Invalid {
			t.Errorf("%s: %s", format, out.stdout)
		}
	}
}

// A run that is interrupted restores the replicas, and one that is killed leaves that to recover. Its
// scenario needs the permission that faults need.
func TestScalingIsUndone(t *testing.T) {
	f := newFaulty(t)
	f.scale("[5, 4]", "1m", "")
	if r := stress(t, f.env, "run", f.scenario, "--out", filepath.Join(f.dir, "refused")); r.code != exitUsage || !strings.HasSuffix(r.stderr, "the scenario scales its cluster, which nobody confirmed: type the same with --yes\n") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		run := filepath.Join(f.dir, signal.String())
		cmd, out := command(t, f.env, "run", f.scenario, "--yes", "--out", run)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		f.awaitReplicas(5)
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		if signal == syscall.SIGINT {
			if r := wait(t, err, out); r.code != exitInterrupted {
				t.Errorf("exit %d: %s", r.code, r.stderr)
			}
		} else {
			if now := f.replicas(); now != 5 {
				t.Errorf("%d replicas after a kill", now)
			}
			if r := stress(t, f.env, "recover"); r.code != exitPass || !strings.Contains(r.stdout, "undone: replicas of web-server: 3 again, was 5") {
				t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
			}
		}
		if now := f.replicas(); now != 3 {
			t.Errorf("%v left %d replicas", signal, now)
		}
	}
}

// A number of replicas that nobody can place ends the run, which says what waits, and as many are there
// afterwards as before. Nothing is scaled that has no number.
func TestReplicasThatCannotBePlaced(t *testing.T) {
	f := newFaulty(t)
	f.scale("[2, 4]", "1s", "")
	run := filepath.Join(f.dir, "run")
	c, err := fault.Open(swarm.Config{Docker: f.Docker, Service: f.Service}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, node := range []string{"lab1", "lab2", "lab3"} {
		if err := c.Set(t.Context(), fault.Resource{Kind: fault.Availability, ID: node}, "pause"); err != nil {
			t.Fatal(err)
		}
	}
	cmd, out := command(t, f.env, "run", f.scenario, "--yes", "--target", "cluster-4", "--out", run)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.awaitReplicas(4)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil { // in the middle of waiting
		t.Fatal(err)
	}
	if r := wait(t, cmd.Wait(), out); r.code != exitInterrupted {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	if now := f.replicas(); now != 3 {
		t.Errorf("%d replicas are left", now)
	}
}

// A search for the capacity at several numbers of replicas scales once for each, and restores at its end.
func TestSearchAtSeveralReplicas(t *testing.T) {
	f := newFaulty(t)
	f.scale("[1, 2]", "1s", "capacity: {slo: [p95 < 250ms], precision: 50%, probe: 1s, longest_probe: 1s, warm_up: 0s, cool_down: 0s, budget: 16s, first_rate: 50}\n")
	study := filepath.Join(f.dir, "study")
	if r := stress(t, f.env, "capacity", f.scenario, "--out", study); r.code != exitUsage || !strings.Contains(r.stderr, "scales its cluster, which nobody confirmed") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	r := stress(t, f.env, "capacity", f.scenario, "--yes", "--out", study, "--format", "json")
	found, err := result.ReadStudy(study)
	if err != nil {
		t.Fatalf("%v: %s", err, r.stderr)
	}
	for i, c := range found.Configurations {
		if c.Target != []string{"cluster-1", "cluster-2"}[i] || c.Replicas != i+1 || len(c.Probes) == 0 {
			t.Errorf("%+v", c)
		}
	}
	journal, err := os.ReadFile(filepath.Join(study, fault.JournalFile))
	if done := strings.Count(string(journal), `"step":"done"`); err != nil || done != 2 {
		t.Errorf("scaled %d times: %s, %v", done, journal, err)
	}
	if now := f.replicas(); now != 3 || !strings.Contains(r.stderr, "undone: replicas of web-server: 3 again, was 2") {
		t.Errorf("%d replicas are left: %s", now, r.stderr)
	}
}
