package run

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/observe/swarm"
)

// checkCluster says what the cluster is like, and which of its tasks the probes reached. A
// cluster that cannot be seen stops no run, so nobody would notice before its end.
func (c *checker) checkCluster(ctx context.Context) {
	w, err := OpenCluster(c.sc)
	if w == nil && err == nil {
		return
	}
	if err != nil {
		c.say("cluster", err, "")
		return
	}
	defer w.Close()
	s, err := w.Look(ctx)
	if err != nil {
		c.say("cluster", fmt.Errorf("a run would go on without seeing it: %s", strings.ReplaceAll(err.Error(), "\n", "; ")), "")
		return
	}
	var nodes []string
	for _, n := range s.Nodes {
		nodes = append(nodes, nodeWords(n))
	}
	slices.Sort(nodes)
	c.say("cluster", nil, "%s of a Swarm, asked at %s: %s", words.Counted(len(nodes), "node"), s.Manager, strings.Join(nodes, ", "))
	for _, clock := range w.Clocks(ctx) {
		c.say("cluster, clock of "+clock.Node, nil, "%+.1f ms from ours, ±%.1f ms", clock.Offset.Seconds()*1e3, clock.Within.Seconds()*1e3)
	}
	c.checkTasks(s)
	c.say("cluster, service "+c.sc.Cluster.Service, nil, "%s", endpointWords(s.Service))
	serving, _ := s.Converged()
	c.checkContent(ctx, serving)
	c.checkRegistry(ctx, w, s.Service.Image)
	for _, hurts := range settingsThatHurt(s.Service) {
		c.say("cluster, service "+c.sc.Cluster.Service, nil, "%s", hurts)
	}
}

// endpointWords say how callers get to the tasks.
func endpointWords(s swarm.Service) string {
	text := "its name leads to one address that deals connections out (endpoint mode vip)"
	if s.Endpoint == "dnsrr" {
		text = "its name leads to the addresses of its tasks (endpoint mode dnsrr)"
	}
	if len(s.Ports) == 0 {
		return text + "; no port is published"
	}
	return text + "; published: " + strings.Join(s.Ports, ", ")
}

// checkRegistry says whether a manager gets the image from its registry, which every start of a task
// asks first.
func (c *checker) checkRegistry(ctx context.Context, w *swarm.Watcher, image string) {
	what := "cluster, image " + image
	took, err := w.Registry(ctx, image)
	if err != nil {
		c.say(what, nil, "no registry gives it to the manager, after %.1f s: %s; each start of a task asks first, and takes the node's own copy if there is one", took.Seconds(), strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	c.say(what, nil, "its registry answers the manager within %.1f s", took.Seconds())
}

// settingsThatHurt are the settings of a service that cost callers something when a task is replaced.
func settingsThatHurt(s swarm.Service) (all []string) {
	if s.HostPorts {
		all = append(all, "publishes a port of the node (mode=host): a node takes one task, and a task without a free node waits")
	}
	switch {
	case s.Order == "start-first" && s.HostPorts:
		all = append(all, "updates start the new task first, which finds no node while the old one has its port: write --update-order stop-first")
	case s.Order == "start-first":
		all = append(all, "updates start the new task first, at another address: a proxy that looks the name up once asks the old one until nobody answers")
	}
	switch s.Restart {
	case "none":
		all = append(all, "restarts no task that ends (restart-condition none): capacity that is lost stays lost")
	case "on-failure":
		all = append(all, "restarts no task that ends with exit code 0 (restart-condition on-failure)")
	}
	return all
}

// nodeWords name a node, with what is not as it should be.
func nodeWords(n swarm.Node) string {
	text := n.Name
	if n.Leader {
		text += " (leader)"
	}
	if n.State != "ready" {
		text += " is " + n.State
	}
	if n.Availability != "active" {
		text += " is on " + n.Availability
	}
	return text
}

// checkTasks says whether the service has converged, and which task on which node a host is.
func (c *checker) checkTasks(s *swarm.State) {
	what := "cluster, service " + c.sc.Cluster.Service
	serving, wanted := s.Converged()
	var list, unasked []string
	for _, t := range serving {
		list = append(list, fmt.Sprintf("%s on %s is host %s", t.Name, t.Node, t.Host))
		if c.answered != nil && !c.answered[t.Host] {
			unasked = append(unasked, t.Name+" on "+t.Node)
		}
	}
	text := fmt.Sprintf("%d of %s running: %s", len(serving), words.Counted(wanted, "replica"), strings.Join(list, ", "))
	switch {
	case len(serving) != wanted:
		for _, t := range s.InOrder() {
			if t.Error != "" && !t.Ended() {
				text += "; " + t.Name + " is " + t.State + ": " + t.Error
			}
		}
		c.say(what, fmt.Errorf("not converged: %s", text), "")
	case s.Service.Update == "updating" || s.Service.Update == "rollback_started":
		c.say(what, fmt.Errorf("not converged: an update is under way: %s", text), "")
	default:
		c.say(what, nil, "%s", text)
	}
	if len(unasked) > 0 {
		c.say(what, nil, "no probe reached %s: look whether the balancer knows them", strings.Join(unasked, ", "))
	}
}
