package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/events"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/fleet/roster"
	"github.com/stress-tool/stress/internal/authority"
	"github.com/stress-tool/stress/lab/swarm"
)

// docker has a node do something, with variables of the environment, and returns what it prints.
func docker(t *testing.T, n *swarm.Node, env []string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Dir, cmd.Env = root, append(append(os.Environ(), "DOCKER_HOST="+n.Docker), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("docker %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// secured writes an authority's certificate, and what it has signed for a broker, into a directory.
func secured(t *testing.T, dir string, names ...string) {
	t.Helper()
	ca, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	pem, _, err := authority.PEM(ca.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := ca.Issue(time.Hour, names...)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, err := authority.PEM(issued)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"ca.pem": pem, "broker.pem": certificate, "broker.key": key} {
		write(t, filepath.Join(dir, name), string(text))
	}
}

// newFleetKey makes a key in a directory, and returns its public part.
func newFleetKey(t *testing.T, dir, name string) string {
	t.Helper()
	r := stress(t, nil, "fleet", "key", "--out", filepath.Join(dir, name))
	r.wantCode(t, exitPass)
	return strings.TrimSpace(r.stdout)
}

// swarmFleet is the stack of lab/deploy with TLS on a Swarm, and what a lead needs to reach it.
type swarmFleet struct {
	*testSwarm
	dir, broker string
	env         []string
}

// A fleet that Docker Swarm places, in each of its modes.
func (s *testSwarm) testFleet(t *testing.T) {
	for _, name := range []string{"docker", "make"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("!!! LEFT OUT: there is no %s here", name)
		}
	}
	at, dir, image := s.Nodes[0], t.TempDir(), "stress:fleet"
	cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "image", "IMAGE="+image)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "DOCKER_HOST="+at.Docker)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make image: %v\n%s", err, out)
	}
	saved := filepath.Join(dir, "image.tar")
	docker(t, at, nil, "save", "-o", saved, image)
	secured(t, dir, at.Address, "127.0.0.1")
	f := &swarmFleet{s, dir, "tls://" + at.Address + ":4222", []string{
		"STRESS_IMAGE=" + image, "STRESS_BROKER=" + at.Address, "STRESS_LEAD=" + newFleetKey(t, dir, "lead.nk"), "STRESS_AGENT=" + newFleetKey(t, dir, "agent.nk"),
	}}
	for _, n := range s.Nodes {
		docker(t, n, nil, "load", "-q", "-i", saved)
		docker(t, at, nil, "node", "update", "--label-add", "stress=agent", n.Name)
	}
	docker(t, at, nil, "node", "update", "--label-add", "stress-broker=yes", at.Name)
	for secret, file := range map[string]string{
		"stress_agent_key": "agent.nk", "stress_broker_cert": "broker.pem", "stress_broker_key": "broker.key", "stress_broker_ca": "ca.pem",
	} {
		docker(t, at, nil, "secret", "create", secret, filepath.Join(dir, file))
	}
	t.Run("an agent on each node", f.testGlobal)
	t.Run("a number of agents", f.testScaled)
}

// deploy deploys the stack for a test, with more files than those that each has.
func (f *swarmFleet) deploy(t *testing.T, more ...string) {
	t.Helper()
	at, args := f.Nodes[0], []string{"stack", "deploy", "--resolve-image", "never"}
	for _, file := range append([]string{"fleet.yaml", "fleet.tls.yaml"}, more...) {
		args = append(args, "-c", "lab/deploy/"+file)
	}
	docker(t, at, f.env, append(args, "fleet")...)
	t.Cleanup(func() {
		docker(t, at, nil, "stack", "rm", "fleet")
		for _, n := range f.Nodes {
			for range 100 {
				if docker(t, n, nil, "ps", "-aq", "--filter", "label=com.docker.stack.namespace=fleet") == "" {
					break
				}
				time.Sleep(200 * time.Millisecond)
			}
		}
	})
}

// await waits until the agents of these names wait for a run, and no other.
func (f *swarmFleet) await(t *testing.T, names ...string) {
	t.Helper()
	await(t, fmt.Sprintf("the agents %q", names), func(context.Context) error {
		r := stress(t, nil, "fleet", "list", "--nats", f.broker, "--nkey", f.file("lead.nk"), "--tls-ca", f.file("ca.pem"), "--json")
		var all roster.Roster
		if r.code != exitPass || json.Unmarshal([]byte(r.stdout), &all) != nil {
			return fmt.Errorf("exit code %d: %s", r.code, r.stderr)
		}
		var got []string
		for _, a := range all.Agents {
			if a.Run == "" && a.Private {
				got = append(got, a.Name)
			}
		}
		if !slices.Equal(got, names) {
			return fmt.Errorf("%q wait for a run, want %q", got, names)
		}
		return nil
	})
}

func (f *swarmFleet) file(name string) string { return filepath.Join(f.dir, name) }

// run puts a load on the Swarm with the agents of these names, and returns which of them were lost.
func (f *swarmFleet) run(t *testing.T, agents []string, a asked) (*leg, []string) {
	t.Helper()
	f.await(t, agents...)
	a.clients, a.fleet = 3, fmt.Sprintf("{agents: %d, nats: %q, nkey: %q, ca: %q}", len(agents), f.broker, f.file("lead.nk"), f.file("ca.pem"))
	l := f.testSwarm.run(t, a)
	var names, lost []string
	var sent uint64
	for _, a := range l.Fleet.Agents {
		t.Logf("agent %s: %d of %d sent, %d dropped, %d unsure, lost %q", a.Name, a.Sent, a.Planned, a.Dropped, a.Unsure, a.Lost)
		names, sent = append(names, a.Name), sent+a.Sent
		if a.Lost != "" {
			lost = append(lost, a.Name)
		}
	}
	t.Logf("exit code %d, %s: %s", l.ran.code, l.a.Verdict, l.a.Headline)
	if !slices.Equal(names, agents) {
		t.Errorf("agents %q, want %q", names, agents)
	}
	if sent != l.Sent {
		t.Errorf("agents sent %d, the leg has %d", sent, l.Sent)
	}
	l.account(t)
	return l, lost
}

// wantLost holds a run to the agents that it is to have lost. The headline names the first of them.
func (l *leg) wantLost(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("lost %q, want %q", got, want)
	}
	for i, name := range want {
		words := "agent " + name + " was lost"
		if l.ran.code != exitInvalid || l.a.Verdict != result.Invalid || i == 0 && !strings.Contains(l.a.Headline, words) || !slices.ContainsFunc(l.a.Findings, func(f result.Finding) bool {
			return f.Code == result.CodeAgentLost && strings.Contains(f.Text, words)
		}) {
			t.Errorf("exit code %d, %s: %s\n%+v", l.ran.code, l.a.Verdict, l.a.Headline, l.a.Findings)
		}
	}
}

// Every node has an agent. They load the cluster while one of the nodes is drained: its agent is lost, the account
// of requests and of rows still balances, and the agent is back when the node is.
func (f *swarmFleet) testGlobal(t *testing.T) {
	f.deploy(t)
	all := []string{"sw1", "sw2", "sw3"}
	l, lost := f.run(t, all, asked{seconds: 20, faults: "{at: 4s, drain: sw3}"})
	l.wantLost(t, lost, "sw3")
	f.await(t, all...)
}

// under returns when a load has gone on for seconds, by what its lead has stored in the directory of its run.
func under(t *testing.T, dir string, seconds int) {
	t.Helper()
	await(t, "a load", func(context.Context) error {
		files, _ := filepath.Glob(filepath.Join(dir, "legs", "*", "timeline.jsonl"))
		for _, file := range files {
			if b, _ := os.ReadFile(file); bytes.Count(b, []byte("\n")) >= seconds {
				return nil
			}
		}
		return fmt.Errorf("less than %d s of it are stored: %q", seconds, files)
	})
}

// There are as many agents as the service is scaled to, each on a node of its own, whose name it has: none is lost
// where that changes between runs. One that leaves in the middle of a run is lost, and ends with code 0. Where the
// broker's task is replaced in the middle of a run, what it had kept is there again. The accounts of requests and of
// rows balance all the same.
func (f *swarmFleet) testScaled(t *testing.T) {
	at, all := f.Nodes[0], []string{"sw1", "sw2", "sw3"}
	scale := func(agents string) { docker(t, at, nil, "service", "scale", "--detach", "fleet_agent="+agents) }
	f.deploy(t, "fleet.replicated.yaml")
	scale("4")
	f.await(t, all...)
	await(t, "four tasks of which three have a node", func(context.Context) error { // which the manager learns later than the broker
		states := docker(t, at, nil, "service", "ps", "--filter", "desired-state=running", "--format", "{{.CurrentState}}", "fleet_agent")
		if strings.Count(states, "Running ") != 3 || strings.Count(states, "Pending ") != 1 {
			return errors.New(states)
		}
		return nil
	})
	scale("3")
	l, lost := f.run(t, all, asked{seconds: 6})
	l.wantLost(t, lost)

	since := time.Now()
	l, lost = f.run(t, all, asked{seconds: 20, during: func(dir string) { under(t, dir, 3); scale("2") }})
	if len(lost) != 1 {
		t.Fatalf("lost %q, and one of three agents was taken away", lost)
	}
	l.wantLost(t, lost, lost[0])
	left := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return name == lost[0] })
	l, again := f.run(t, left, asked{seconds: 6})
	l.wantLost(t, again)
	for _, n := range f.Nodes {
		codes := docker(t, n, nil, "events", "--since", since.Format(time.RFC3339Nano), "--until", time.Now().Format(time.RFC3339Nano),
			"--filter", "event=die", "--filter", "label=com.docker.swarm.service.name=fleet_agent", "--format", "{{.Actor.Attributes.exitCode}}")
		if want := map[bool]string{true: "0"}[n.Name == lost[0]]; codes != want {
			t.Errorf("agents of %s ended with %q, want %q", n.Name, codes, want)
		}
	}

	// Agents go on while the broker is away for less than their leases last. Where it is away for longer, those are lost
	// whose leases have ended: all, or some.
	since = time.Now()
	l, lost = f.run(t, left, asked{seconds: 20, during: func(dir string) {
		under(t, dir, 3)
		docker(t, at, nil, "service", "update", "--detach", "--force", "fleet_broker")
	}})
	ends, starts := f.told(t, "fleet_broker", since, events.ActionDie), f.told(t, "fleet_broker", since, events.ActionStart)
	if len(ends) != 1 || len(starts) != 1 || ends[0].at.Sub(l.started).Seconds() > l.LoadS {
		t.Fatalf("the broker's task ended at %v and began at %v, the load at %v for %.1f s", ends, starts, l.started, l.LoadS)
	}
	t.Logf("the broker was away for %v from second %.1f on", starts[0].at.Sub(ends[0].at), ends[0].at.Sub(l.started).Seconds())
	l.wantLost(t, lost, lost...)
	f.await(t, left...)
}
