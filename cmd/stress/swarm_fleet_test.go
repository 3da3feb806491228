package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
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

// The stack of lab/deploy, with TLS, puts an agent on every node. They load the cluster while one of the
// nodes is drained: its agent is lost, the account of requests and of rows still balances, and the agent is
// back when the node is.
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
	env := []string{"STRESS_IMAGE=" + image, "STRESS_BROKER=" + at.Address, "STRESS_LEAD=" + newFleetKey(t, dir, "lead.nk"), "STRESS_AGENT=" + newFleetKey(t, dir, "agent.nk")}
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
	docker(t, at, env, "stack", "deploy", "--resolve-image", "never", "-c", "lab/deploy/fleet.yaml", "-c", "lab/deploy/fleet.tls.yaml", "fleet")
	t.Cleanup(func() { docker(t, at, nil, "stack", "rm", "fleet") })

	broker, key, ca := "tls://"+at.Address+":4222", filepath.Join(dir, "lead.nk"), filepath.Join(dir, "ca.pem")
	there := func(names ...string) func(context.Context) error {
		return func(context.Context) error {
			r := stress(t, nil, "fleet", "list", "--nats", broker, "--nkey", key, "--tls-ca", ca, "--json")
			var all roster
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
		}
	}
	await(t, "the agents", there("sw1", "sw2", "sw3"))
	l := s.run(t, asked{seconds: 12, clients: 3, faults: "{at: 4s, drain: sw3}", fleet: fmt.Sprintf("{agents: 3, nats: %q, nkey: %q, ca: %q}", broker, key, ca)})
	if l.a.Verdict != result.Invalid || !slices.ContainsFunc(l.a.Findings, func(f result.Finding) bool {
		return f.Code == result.CodeAgentLost && strings.Contains(f.Text, "agent sw3 was lost")
	}) {
		t.Errorf("%s: %s\n%+v", l.a.Verdict, l.a.Headline, l.a.Findings)
	}
	var lost []string
	for _, a := range l.Fleet.Agents {
		if a.Lost != "" {
			lost = append(lost, a.Name)
		}
	}
	if len(l.Fleet.Agents) != 3 || !slices.Equal(lost, []string{"sw3"}) {
		t.Errorf("%d agents, lost %q", len(l.Fleet.Agents), lost)
	}
	if !strings.Contains(l.a.Headline, "agent sw3 was lost") {
		t.Errorf("the first that is said: %s", l.a.Headline)
	}
	l.account(t)
	await(t, "the agent of the node that was drained", there("sw1", "sw2", "sw3"))
}
