package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/moby/client"

	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// plan is a fault in terms of the cluster that there is.
type plan struct {
	do    func(context.Context) error
	words string
	// changes is what stays changed, from before to after; nil for what heals by itself.
	changes       *Resource
	before, after string
	task          *swarm.Task
	node          string
}

// describe adds what a fault is done to, to the attributes of its event.
func (p plan) describe(attrs map[string]string) {
	if p.node != "" {
		attrs[runlog.AttrNode] = p.node
	}
	if p.task != nil {
		attrs[runlog.AttrTask], attrs[runlog.AttrTaskID], attrs[runlog.AttrHost], attrs[runlog.AttrNode] = p.task.Name, p.task.ID, p.task.Host, p.task.Node
	}
	if p.changes != nil {
		attrs[runlog.AttrChanged], attrs[runlog.AttrWas], attrs[runlog.AttrNow] = p.changes.String(), p.before, p.after
	}
}

// plan finds what a fault is to be done to. An error says why it cannot be done.
func (c *Cluster) plan(ctx context.Context, s *swarm.State, i scenarios.Injection, round int) (plan, error) {
	switch i.Kind {
	case scenarios.Scale:
		return c.change(ctx, Resource{Kind: Replicas, ID: c.service, Name: c.service}, strconv.Itoa(i.Replicas))
	case scenarios.Update:
		if i.What == scenarios.Force {
			return plan{do: c.force, words: "update " + c.service + " to what it is"}, nil
		}
		return c.change(ctx, Resource{Kind: Image, ID: c.service, Name: c.service}, tagged(i.What))
	case scenarios.Drain, scenarios.Activate, scenarios.Demote:
		return c.planNode(ctx, s, i)
	case scenarios.Slow:
		return c.change(ctx, Resource{Kind: Slowness, ID: c.service, Name: c.service}, i.What)
	case scenarios.LoseWrites:
		return c.change(ctx, Resource{Kind: LostWrites, ID: c.service, Name: c.service}, i.What)
	case scenarios.Partition, scenarios.PowerOff:
		return c.planMachine(ctx, i)
	}
	t, err := c.pick(ctx, s, i.What, round)
	if err != nil {
		return plan{}, err
	}
	return c.planContainer(ctx, i.Kind, t)
}

// change is a plan to make a resource something else.
func (c *Cluster) change(ctx context.Context, r Resource, to string) (plan, error) {
	before, err := c.Value(ctx, r)
	if err != nil {
		return plan{}, err
	}
	return plan{
		do:      func(ctx context.Context) error { return c.Set(ctx, r, to) },
		words:   fmt.Sprintf("%s: from %s to %s", r, before, to),
		changes: &r, before: before, after: to,
	}, nil
}

// tagged is an image as the client writes it.
func tagged(image string) string {
	if last := image[strings.LastIndex(image, "/")+1:]; strings.ContainsAny(last, ":@") {
		return image
	}
	return image + ":latest"
}

func (c *Cluster) planNode(ctx context.Context, s *swarm.State, i scenarios.Injection) (plan, error) {
	var known []string
	for id, n := range s.Nodes {
		known = append(known, n.Name)
		if n.Name != i.What && id != i.What {
			continue
		}
		r, to := Resource{Kind: Availability, ID: id, Name: n.Name}, "active"
		switch i.Kind {
		case scenarios.Drain:
			to = "drain"
		case scenarios.Demote:
			r.Kind, to = Role, "worker"
			if n.Reachability == "" {
				return plan{}, fmt.Errorf("%s is no manager", n.Name)
			}
		}
		p, err := c.change(ctx, r, to)
		p.node = n.Name
		return p, err
	}
	slices.Sort(known)
	return plan{}, fmt.Errorf("no such node: there are %s", strings.Join(known, ", "))
}

// planMachine is a plan for a machine of a lab, which is not asked through Docker: its node may be
// away already.
func (c *Cluster) planMachine(ctx context.Context, i scenarios.Injection) (plan, error) {
	r, to := Resource{Kind: Cable, ID: i.What, Name: i.What}, "out"
	if i.Kind == scenarios.PowerOff {
		r.Kind, to = Power, "off"
	}
	p, err := c.change(ctx, r, to)
	p.node = i.What
	return p, err
}

// pick is a running task by its name or its host, or one of all: another in each round.
func (c *Cluster) pick(ctx context.Context, s *swarm.State, what string, round int) (swarm.Task, error) {
	var known []string
	var reached []swarm.Task
	serving, _ := s.Converged()
	for _, t := range serving {
		if what == t.Name || what == t.Host {
			return t, nil
		}
		known = append(known, t.Name)
		if _, err := c.engine(ctx, t.NodeID); err == nil {
			reached = append(reached, t)
		}
	}
	switch {
	case len(serving) == 0:
		return swarm.Task{}, errors.New("no task of the service runs")
	case what != scenarios.One:
		return swarm.Task{}, fmt.Errorf("no such task runs: there are %s", strings.Join(known, ", "))
	case len(reached) == 0:
		return swarm.Task{}, errNoEngine
	}
	return reached[max(0, round-1)%len(reached)], nil
}

func (c *Cluster) planContainer(ctx context.Context, kind scenarios.InjectionKind, t swarm.Task) (plan, error) {
	if _, err := c.engine(ctx, t.NodeID); err != nil {
		return plan{}, fmt.Errorf("%s on %s: %w", t.Name, t.Node, err)
	}
	if kind == scenarios.Pause {
		p, err := c.change(ctx, Resource{Kind: Frozen, ID: t.Container, Name: t.Host, Node: t.NodeID}, paused)
		p.task, p.words = &t, fmt.Sprintf("pause %s on %s, host %s", t.Name, t.Node, t.Host)
		return p, err
	}
	do := func(ctx context.Context, d *client.Client) error {
		var err error
		switch kind {
		case scenarios.Kill:
			_, err = d.ContainerRemove(ctx, t.Container, client.ContainerRemoveOptions{Force: true})
		case scenarios.Stop:
			_, err = d.ContainerStop(ctx, t.Container, client.ContainerStopOptions{})
		case scenarios.Restart:
			_, err = d.ContainerRestart(ctx, t.Container, client.ContainerRestartOptions{})
		default:
			err = fmt.Errorf("%s is no fault of a container", kind)
		}
		return err
	}
	return plan{
		do:    func(ctx context.Context) error { return c.container(ctx, t.NodeID, do) },
		words: fmt.Sprintf("%s %s on %s, host %s", kind, t.Name, t.Node, t.Host), task: &t,
	}, nil
}
