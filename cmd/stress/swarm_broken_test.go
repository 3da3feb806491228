package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/client"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/run/fault"
)

// await waits until something is so, as long as a Swarm on a busy machine may take.
func await(t *testing.T, what string, ok func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for {
		err := ok(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited %v in vain for %s: %v", limit, what, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// change changes the service, and waits until so many replicas answer, each under a host that is
// as wanted, and the engines run no other: one that is to end answers nobody for seconds before it
// does, and would be told of as an end in the run that comes next.
func (s *testSwarm) change(t *testing.T, do func(*swarm.ServiceSpec), replicas int, wanted func(host string) bool) {
	t.Helper()
	await(t, "a manager that changes the service", func(ctx context.Context) error {
		manager := s.Nodes[0].Client
		found, err := manager.ServiceInspect(ctx, s.Service, client.ServiceInspectOptions{})
		if err != nil {
			return err
		}
		do(&found.Service.Spec)
		_, err = manager.ServiceUpdate(ctx, found.Service.ID, client.ServiceUpdateOptions{Version: found.Service.Version, Spec: found.Service.Spec})
		return err
	})
	await(t, "the replicas", func(ctx context.Context) error {
		hosts := s.hosts(ctx)
		if slices.ContainsFunc(hosts, func(h string) bool { return h != "" && !wanted(h) }) {
			return fmt.Errorf("%q answer", hosts)
		}
		return s.settled(ctx, hosts, replicas)
	})
}

// settled is an error unless so many replicas answer, and are all that the engines run.
func (s *testSwarm) settled(ctx context.Context, hosts []string, replicas int) error {
	answer := slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return h == "" })
	var running []string
	for _, n := range s.Nodes {
		found, err := n.Client.ContainerList(ctx, client.ContainerListOptions{Filters: client.Filters{}.Add("label", "com.docker.swarm.service.name="+s.Service)})
		if err != nil {
			return err
		}
		for _, c := range found.Items {
			running = append(running, c.ID[:12])
		}
	}
	if len(answer) != replicas || len(running) != replicas {
		return fmt.Errorf("%q answer, %q run, want %d", answer, running, replicas)
	}
	return nil
}

// hosts are what the replica on each node calls itself; "" where none answers.
func (s *testSwarm) hosts(ctx context.Context) []string {
	out := make([]string, len(s.Nodes))
	for i, url := range s.Replicas {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/ready.php", nil)
		if err == nil {
			req.Close = true
			if resp, err := http.DefaultClient.Do(req); err == nil {
				b, _ := io.ReadAll(io.LimitReader(resp.Body, 100)) // "" is no host
				resp.Body.Close()
				out[i] = string(b)
			}
		}
		cancel()
	}
	return out
}

// leader is the name of the node that leads the managers.
func (s *testSwarm) leader(ctx context.Context) (string, error) {
	list, err := s.Nodes[0].Client.NodeList(ctx, client.NodeListOptions{})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(list.Items, func(n swarm.Node) bool { return n.ManagerStatus != nil && n.ManagerStatus.Leader })
	if i < 0 {
		return "", errors.New("nobody leads the managers")
	}
	return list.Items[i].Description.Hostname, nil
}

// busy is a node with one of two replicas that does not lead the managers.
func (s *testSwarm) busy(t *testing.T) (away node) {
	t.Helper()
	await(t, "two replicas, one of them not with the leader", func(ctx context.Context) error {
		leader, err := s.leader(ctx)
		if err != nil {
			return err
		}
		hosts := s.hosts(ctx)
		away = node{}
		for i, n := range s.Nodes {
			if hosts[i] != "" && n.Name != leader {
				away = node{n.Name, hosts[i]}
			}
		}
		if away.name == "" {
			return fmt.Errorf("%q answer", hosts)
		}
		return s.settled(ctx, hosts, 2)
	})
	return away
}

// node is one with a replica.
type node struct{ name, host string }

// happening is what is told of a host that went away.
func (l *leg) happening(t *testing.T, host string) result.Happening {
	t.Helper()
	i := slices.IndexFunc(l.Cluster.Happenings, func(h result.Happening) bool { return h.Host == host && h.What != "started" })
	if i < 0 {
		t.Fatalf("nothing is told of the end of %s: %+v", host, l.Cluster.Happenings)
	}
	return l.Cluster.Happenings[i]
}

// says requires texts among findings and happenings of a leg.
func (l *leg) says(t *testing.T, wanted ...string) {
	t.Helper()
	var said []string
	for _, f := range l.a.Findings {
		said = append(said, f.Text)
	}
	for _, h := range l.Cluster.Happenings {
		said = append(said, fmt.Sprintf("%.1f %s %s", h.AtS, h.What, h.Node))
	}
	for _, want := range wanted {
		if !strings.Contains(strings.Join(said, "\n"), want) {
			t.Errorf("%q is not said:\n%s", want, strings.Join(said, "\n"))
		}
	}
}

// A host name that a template makes is the same again when a container is replaced in its place.
func (s *testSwarm) testTemplate(t *testing.T) {
	s.change(t, func(spec *swarm.ServiceSpec) {
		spec.TaskTemplate.ContainerSpec.Hostname = "{{.Node.Hostname}}-{{.Task.Slot}}"
		spec.UpdateConfig = &swarm.UpdateConfig{} // all at once
	}, 2, func(host string) bool { return strings.Contains(host, "-") })
	defer s.change(t, func(spec *swarm.ServiceSpec) { spec.TaskTemplate.ContainerSpec.Hostname = "" }, 2, func(host string) bool { return !strings.Contains(host, "-") })
	l := s.run(t, asked{seconds: 14, faults: "{at: 2s, kill: " + s.Service + ".1}"})
	for _, h := range l.Hosts {
		_, slot, _ := strings.Cut(h.Host, "-")
		if h.Host != h.Node+"-"+slot || h.Task != s.Service+"."+slot || h.Rows != l.rows[h.Host] || h.Rows == 0 {
			t.Errorf("%+v, %d rows are there", h, l.rows[h.Host])
		}
	}
	if len(l.Hosts) < 2 || len(l.deaths) != 1 || len(l.Cluster.Tasks) != 3 { // the new container may be on another node
		t.Errorf("%+v, %+v, %+v", l.Hosts, l.deaths, l.Cluster.Tasks)
	}
	l.account(t)
}

// Replicas that come and go behind a proxy which looked their name up once: what it never asks is
// named, and an update that leaves it without any replica does not pass.
func (s *testSwarm) testInside(t *testing.T) {
	const service = "inside"
	url, err := s.StartInside(t.Context(), service, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer s.remove(t, service)
	// A task has to run for 12 s to be named, and the two that come may take seconds to begin.
	l := s.run(t, asked{seconds: 31, url: url, service: service, faults: "{at: 3s, scale: 5}, {at: 20s, scale: 3}"})
	l.says(t, "scaled from 3 to 5 replicas", "scaled from 5 to 3 replicas", "2 tasks ran and wrote nothing: "+service+".")
	if starts := s.told(t, service, l.started, events.ActionStart); len(starts) != 2 || len(l.deaths) != 2 || len(l.Cluster.Tasks) != 5 {
		t.Errorf("started %+v, ended %+v, told of %+v", starts, l.deaths, l.Cluster.Tasks)
	}
	for _, died := range l.deaths {
		if h := l.happening(t, died.host); h.Task != died.task || h.Node != died.node || !l.near(h.AtS, died.at) {
			t.Errorf("%+v, the engine says %+v", h, died)
		}
	}
	l.account(t)

	// So has the last of three that begin one after the other.
	l = s.run(t, asked{seconds: 40, url: url, service: service, faults: "{at: 3s, update: stress-page:2}"})
	if l.ran.code != exitFail && l.ran.spoilt() == nil {
		t.Errorf("exit %d: %s", l.ran.code, l.a.Headline)
	}
	if l.Outage == nil || !l.Outage.TooLong || l.Outage.ToS < 39 {
		t.Errorf("outage %+v", l.Outage)
	}
	t.Logf("%s", l.a.Headline)
	l.says(t, "3 tasks ran and wrote nothing: "+service+".", "succeeded")
	l.account(t)
}

// remove removes a service.
func (s *testSwarm) remove(t *testing.T, service string) {
	if _, err := s.Nodes[0].Client.ServiceRemove(t.Context(), service, client.ServiceRemoveOptions{}); err != nil {
		t.Error(err)
	}
}

// A drained node has its task stopped and another one started where there is room.
func (s *testSwarm) testDrain(t *testing.T) {
	two := uint64(2)
	s.change(t, func(spec *swarm.ServiceSpec) { spec.Mode.Replicated.Replicas = &two }, 2, func(string) bool { return true })
	away := s.busy(t)
	l := s.run(t, asked{seconds: 22, faults: "{at: 3s, drain: " + away.name + "}"})
	starts := s.told(t, s.Service, l.started, events.ActionStart)
	if len(l.deaths) != 1 || len(starts) != 1 || l.deaths[0].host != away.host {
		t.Fatalf("ended %+v, started %+v, drained %+v", l.deaths, starts, away)
	}
	h := l.happening(t, away.host)
	if h.Node != away.name || h.NewHost != starts[0].host || h.ReplacedS == nil || !l.near(h.AtS, l.deaths[0].at) || !l.near(h.AtS+*h.ReplacedS, starts[0].at) {
		t.Errorf("%+v, the engines say %+v, %+v", h, l.deaths, starts)
	}
	l.says(t, away.name+": availability drain")
	if now := s.availability(t, away.name); now != swarm.NodeAvailabilityActive {
		t.Errorf("%s is on %s after the run", away.name, now)
	}
	l.account(t)
}

func (s *testSwarm) availability(t *testing.T, node string) swarm.NodeAvailability {
	t.Helper()
	found, err := s.Nodes[0].Client.NodeList(t.Context(), client.NodeListOptions{Filters: client.Filters{}.Add("name", node)})
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%+v, %v", found.Items, err)
	}
	return found.Items[0].Spec.Availability
}

// A run that is interrupted in the middle of a drain undoes it, and what one left that was killed
// recover undoes.
func (s *testSwarm) testEndedRuns(t *testing.T) {
	const node = "sw3"
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		p := s.prepare(t, asked{seconds: 60, faults: "{at: 500ms, drain: " + node + "}"})
		cmd, out := command(t, p.env, p.args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the drain", func() bool {
			journal, _ := os.ReadFile(filepath.Join(p.dir, fault.JournalFile)) // not yet there
			return strings.Contains(string(journal), `"step":"done"`)
		})
		if now := s.availability(t, node); now != swarm.NodeAvailabilityDrain {
			t.Errorf("%s is on %s in the middle of the run", node, now)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		ended := wait(t, cmd.Wait(), out)
		if signal == syscall.SIGKILL {
			if now := s.availability(t, node); now != swarm.NodeAvailabilityDrain {
				t.Errorf("%s is on %s, which nobody undid", node, now)
			}
			if r := stress(t, p.env, "recover"); r.code != exitPass || !strings.Contains(r.stdout, "availability of sw3: active again, was drain") {
				t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
			}
		} else if ended.code != exitInterrupted {
			t.Errorf("exit %d: %s", ended.code, ended.stderr)
		}
		if now := s.availability(t, node); now != swarm.NodeAvailabilityActive {
			t.Errorf("%s is on %s at the end", node, now)
		}
	}
}

// A node whose cable is pulled is given up after seconds, and its task runs elsewhere after more.
func (s *testSwarm) testCable(t *testing.T) {
	s.reachable(t)
	away := s.busy(t)
	l := s.run(t, asked{seconds: 34, faults: "{at: 3s, partition: " + away.name + "}"})
	l.says(t, away.name+": down")
	h := l.happening(t, away.host)
	starts := s.told(t, s.Service, l.started, events.ActionStart)
	if len(starts) == 0 || h.Node != away.name || h.NewHost != starts[0].host || h.What != "lost with its node" {
		t.Fatalf("%+v, the engines say %+v", h, starts)
	}
	t.Logf("%s is down at %.1f s, %s runs %.1f s later", away.name, h.AtS, h.NewHost, *h.ReplacedS)
	l.account(t)
}

// Without its leader a Swarm elects another and serves on; without a majority it serves on, and
// replaces nothing.
func (s *testSwarm) testLeader(t *testing.T) {
	s.reachable(t)
	leader, err := s.leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := s.Nodes[0].Name
	if next == leader {
		next = s.Nodes[1].Name
	}
	// An election takes 10 to 20 s, and as long again where the first has no winner. A leader that is alone may take 20 s
	// to notice.
	l := s.run(t, asked{seconds: 60, faults: "{at: 3s, power_off: " + leader + "}, {at: 30s, power_off: " + next + "}"})
	blind := 0
	for _, h := range l.Cluster.Happenings {
		t.Logf("%.1f s: %s %s %s", h.AtS, h.Node, h.Task, h.What)
		if strings.HasPrefix(h.What, "no manager answers") {
			blind++
		}
	}
	if blind < 2 {
		t.Errorf("no manager answered %d times, want it until one was elected, and then without a majority", blind)
	}
	l.says(t, "without a manager")
	l.account(t)
}

// reachable waits until every manager is in touch with the others: until then the loss of one more
// may be the loss of the majority.
func (s *testSwarm) reachable(t *testing.T) {
	t.Helper()
	await(t, "three managers", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		list, err := s.Nodes[2].Client.NodeList(ctx, client.NodeListOptions{})
		for _, n := range list.Items {
			if n.ManagerStatus == nil || n.ManagerStatus.Reachability != swarm.ReachabilityReachable || n.Status.State != swarm.NodeStateReady {
				return fmt.Errorf("%s: %+v, %+v", n.Description.Hostname, n.ManagerStatus, n.Status)
			}
		}
		return err
	})
}
