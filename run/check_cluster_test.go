package run

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/scenarios"
)

// What a check says of a cluster, by what its manager answered and which hosts the probes reached.
func TestCheckOfACluster(t *testing.T) {
	task := func(id, host, state string) swarm.Task {
		return swarm.Task{ID: id, Name: "web." + id, Node: "sw" + id, NodeID: "n" + id, Host: host, State: state, Desired: "running"}
	}
	waits := swarm.Task{ID: "2", Name: "web.2", State: "pending", Desired: "running", Error: "no suitable node"}
	for name, c := range map[string]struct {
		tasks    []swarm.Task
		update   string
		answered []string
		good     bool
		want     []string
	}{
		"converged":              {tasks: []swarm.Task{task("1", "h1", "running"), task("2", "h2", "running")}, good: true, want: []string{"2 of 2 replicas running: web.1 on sw1 is host h1, web.2 on sw2 is host h2"}},
		"one is never asked":     {tasks: []swarm.Task{task("1", "h1", "running"), task("2", "h2", "running")}, answered: []string{"h1"}, good: true, want: []string{"no probe reached web.2 on sw2"}},
		"one waits":              {tasks: []swarm.Task{task("1", "h1", "running"), waits}, want: []string{"not converged: 1 of 2 replicas running", "web.2 is pending: no suitable node"}},
		"an update is under way": {tasks: []swarm.Task{task("1", "h1", "running"), task("2", "h2", "running")}, update: "updating", want: []string{"an update is under way"}},
	} {
		s := &swarm.State{Service: swarm.Service{Replicas: 2, Update: c.update}, Nodes: map[string]swarm.Node{}, Tasks: map[string]swarm.Task{}}
		for _, own := range c.tasks {
			s.Tasks[own.ID] = own
		}
		check := &checker{runner: &runner{sc: &scenarios.Scenario{Cluster: &scenarios.Cluster{Service: "web"}}}}
		if c.answered != nil {
			check.reached(c.answered)
		}
		check.checkTasks(s)
		var said strings.Builder
		good := true
		for _, f := range check.found {
			said.WriteString(f.Text + "\n")
			if f.Err != nil {
				said.WriteString(f.Err.Error() + "\n")
				good = false
			}
		}
		for _, want := range c.want {
			if !strings.Contains(said.String(), want) || good != c.good {
				t.Errorf("%s: %s, want %s", name, said.String(), want)
			}
		}
	}
}

func TestSettingsThatHurt(t *testing.T) {
	for want, s := range map[string]swarm.Service{
		"":                             {Order: "stop-first", Restart: "any"},
		"mode=host":                    {HostPorts: true},
		"finds no node":                {HostPorts: true, Order: "start-first"},
		"looks the name up once":       {Order: "start-first"},
		"restart-condition none":       {Restart: "none"},
		"restart-condition on-failure": {Restart: "on-failure"},
	} {
		got := strings.Join(settingsThatHurt(s), "; ")
		if !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
