package fault

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/client"

	observed "github.com/stress-tool/stress/observe/swarm"
)

// callTimeout bounds each call: a manager without quorum hangs. stopTimeout has room for a
// container that takes Docker's ten seconds to stop.
const (
	callTimeout = 10 * time.Second
	stopTimeout = 20 * time.Second
)

// Cluster changes a Docker Swarm, and reads what it changes. Its methods may be called from
// several goroutines.
type Cluster struct {
	addresses []string
	service   string
	engines   []*client.Client
	watcher   *observed.Watcher
	lab       *lab // nil for none
	byTLS     bool

	mu    sync.Mutex
	nodes map[string]*client.Client // by the id of the node
}

// Open prepares to change a cluster through its engines, and through the lab at an address that
// it is a part of, "" for none; it connects to nothing.
func Open(cfg observed.Config, labAddress string) (*Cluster, error) {
	w, err := observed.New(cfg)
	if err != nil {
		return nil, err
	}
	c := &Cluster{addresses: cfg.Docker, service: cfg.Service, watcher: w, byTLS: cfg.TLS != nil, nodes: map[string]*client.Client{}}
	if c.lab, err = openLab(labAddress, observed.Config{Control: cfg.Control}); err != nil {
		return nil, err
	}
	for _, address := range cfg.Docker {
		e, err := observed.Connect(address, cfg)
		if err != nil {
			return nil, err
		}
		c.engines = append(c.engines, e)
	}
	return c, nil
}

// Close ends the connections.
func (c *Cluster) Close() {
	c.watcher.Close()
	c.lab.close()
	for _, e := range c.engines {
		_ = e.Close() // nothing is lost with a connection
	}
}

// Look is the state of the cluster.
func (c *Cluster) Look(ctx context.Context) (*observed.State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.watcher.Look(ctx)
}

// manager has the first engine that is a manager and answers do something.
func (c *Cluster) manager(ctx context.Context, do func(context.Context, *client.Client) error) error {
	var errs []error
	for i, e := range c.engines {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		err := do(ctx, e)
		cancel()
		if err == nil || errdefs.IsNotFound(err) || errdefs.IsInvalidArgument(err) {
			return err
		}
		errs = append(errs, fmt.Errorf("%s: %w", c.addresses[i], err))
	}
	return errors.Join(errs...)
}

// engine is that of a node.
func (c *Cluster) engine(ctx context.Context, node string) (*client.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, known := c.nodes[node]; known {
		return e, nil
	}
	for _, e := range c.engines {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		info, err := e.Info(ctx, client.InfoOptions{})
		cancel()
		if err == nil {
			c.nodes[info.Info.Swarm.NodeID] = e
		}
	}
	if e, known := c.nodes[node]; known {
		return e, nil
	}
	return nil, errNoEngine
}

var errNoEngine = errors.New("the engine of its node is not among cluster.docker, or does not answer")

// errGone says that a resource is no more.
var errGone = errors.New("is gone")

// Value is what a resource is now; [errGone] when it is no more.
func (c *Cluster) Value(ctx context.Context, r Resource) (value string, err error) {
	switch r.Kind {
	case Replicas, Image:
		err = c.manager(ctx, func(ctx context.Context, d *client.Client) error {
			s, err := d.ServiceInspect(ctx, r.ID, client.ServiceInspectOptions{})
			if err == nil {
				value, err = ofService(s.Service.Spec, r.Kind)
			}
			return err
		})
	case Availability, Role:
		err = c.manager(ctx, func(ctx context.Context, d *client.Client) error {
			n, err := d.NodeInspect(ctx, r.ID, client.NodeInspectOptions{})
			if value = string(n.Node.Spec.Availability); r.Kind == Role {
				value = string(n.Node.Spec.Role)
			}
			return err
		})
	case Frozen:
		value, err = c.frozen(ctx, r)
	case Slowness, LostWrites, Cable, Power:
		return c.lab.value(ctx, r)
	default:
		err = fmt.Errorf("a %q is nothing that can be changed", r.Kind)
	}
	if errdefs.IsNotFound(err) {
		err = errGone
	}
	return value, err
}

func ofService(spec swarm.ServiceSpec, kind ResourceKind) (string, error) {
	switch replicated, container := spec.Mode.Replicated, spec.TaskTemplate.ContainerSpec; {
	case kind == Replicas && replicated != nil && replicated.Replicas != nil:
		return strconv.FormatUint(*replicated.Replicas, 10), nil
	case kind == Replicas:
		return "", errors.New("the service has one task per node, and so no number of replicas")
	case container == nil:
		return "", errors.New("the service has no image")
	default:
		return container.Image, nil
	}
}

func (c *Cluster) frozen(ctx context.Context, r Resource) (string, error) {
	e, err := c.engine(ctx, r.Node)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := e.ContainerInspect(ctx, r.ID, client.ContainerInspectOptions{})
	switch {
	case err != nil:
		return "", err
	case found.Container.State != nil && found.Container.State.Paused:
		return paused, nil
	case found.Container.State == nil || !found.Container.State.Running:
		return "", errGone
	}
	return running, nil
}

// The values of [Frozen].
const (
	running = "running"
	paused  = "paused"
)

// outOfSequence is what an engine says when somebody else wrote since it was read.
const outOfSequence = "out of sequence"

// Set makes a resource what is asked for.
func (c *Cluster) Set(ctx context.Context, r Resource, value string) error {
	const tries = 5
	var err error
	for range tries {
		if err = c.set(ctx, r, value); err == nil || !strings.Contains(err.Error(), outOfSequence) {
			return err
		}
	}
	return err
}

func (c *Cluster) set(ctx context.Context, r Resource, value string) error {
	switch r.Kind {
	case Replicas, Image:
		return c.manager(ctx, func(ctx context.Context, d *client.Client) error {
			return changeService(ctx, d, r.ID, func(spec *swarm.ServiceSpec) error { return setService(spec, r.Kind, value) })
		})
	case Availability, Role:
		return c.manager(ctx, func(ctx context.Context, d *client.Client) error {
			n, err := d.NodeInspect(ctx, r.ID, client.NodeInspectOptions{})
			if err != nil {
				return err
			}
			spec := n.Node.Spec
			if r.Kind == Role {
				spec.Role = swarm.NodeRole(value)
			} else {
				spec.Availability = swarm.NodeAvailability(value)
			}
			_, err = d.NodeUpdate(ctx, r.ID, client.NodeUpdateOptions{Version: n.Node.Version, Spec: spec})
			return err
		})
	case Slowness, LostWrites, Cable, Power:
		return c.lab.set(ctx, r, value)
	}
	return c.container(ctx, r.Node, func(ctx context.Context, d *client.Client) (err error) {
		if value == paused {
			_, err = d.ContainerPause(ctx, r.ID, client.ContainerPauseOptions{})
		} else {
			_, err = d.ContainerUnpause(ctx, r.ID, client.ContainerUnpauseOptions{})
		}
		return err
	})
}

func setService(spec *swarm.ServiceSpec, kind ResourceKind, value string) error {
	if _, err := ofService(*spec, kind); err != nil {
		return err
	}
	if kind == Image {
		spec.TaskTemplate.ContainerSpec.Image = value
		return nil
	}
	n, err := strconv.ParseUint(value, 10, 64)
	spec.Mode.Replicated.Replicas = &n
	return err
}

// changeService writes what it read with a change.
func changeService(ctx context.Context, d *client.Client, id string, change func(*swarm.ServiceSpec) error) error {
	s, err := d.ServiceInspect(ctx, id, client.ServiceInspectOptions{})
	if err == nil {
		err = change(&s.Service.Spec)
	}
	if err != nil {
		return err
	}
	_, err = d.ServiceUpdate(ctx, id, client.ServiceUpdateOptions{Version: s.Service.Version, Spec: s.Service.Spec})
	return err
}

// force replaces every task of the service by one like it.
func (c *Cluster) force(ctx context.Context) error {
	return c.manager(ctx, func(ctx context.Context, d *client.Client) error {
		return changeService(ctx, d, c.service, func(spec *swarm.ServiceSpec) error {
			spec.TaskTemplate.ForceUpdate++
			return nil
		})
	})
}

// container has the engine of a node do something.
func (c *Cluster) container(ctx context.Context, node string, do func(context.Context, *client.Client) error) error {
	e, err := c.engine(ctx, node)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	return do(ctx, e)
}
