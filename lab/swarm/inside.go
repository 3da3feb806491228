package swarm

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/client"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/stack"
)

// insidePort is where the first node publishes the proxy of [Swarm.StartInside].
const insidePort = 4501

// StartInside starts a second service, whose tasks publish no port and are updated start-first, and
// nginx in a container on their overlay network, which looks the service's name up once. It
// returns the URL of that nginx when it answers. The first node must be a manager.
func (s *Swarm) StartInside(ctx context.Context, service string, replicas uint64) (url string, err error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	spec := s.page(service, replicas)
	spec.EndpointSpec = &swarm.EndpointSpec{Mode: swarm.ResolutionModeDNSRR}
	spec.UpdateConfig = &swarm.UpdateConfig{Parallelism: 1, Delay: time.Second, Order: swarm.UpdateOrderStartFirst}
	if _, err := s.Nodes[0].Client.ServiceCreate(ctx, client.ServiceCreateOptions{Spec: spec}); err != nil {
		return "", err
	}
	if err := await(ctx, 100*time.Millisecond, func() error { return s.running(ctx, service, replicas) }); err != nil {
		return "", err
	}
	conf := s.place.path("inside.conf")
	if err := stack.ProxyConf(conf, insidePort, service+":80"); err != nil {
		return "", err
	}
	proxy := s.page(service+"-proxy", 1)
	proxy.TaskTemplate.ContainerSpec.Command = stack.ProxyCommand
	proxy.TaskTemplate.ContainerSpec.Mounts = []mount.Mount{{Type: mount.TypeBind, Source: conf, Target: stack.ProxyFile, ReadOnly: true}}
	proxy.TaskTemplate.Placement = &swarm.Placement{Constraints: []string{"node.hostname==" + s.Nodes[0].Name}}
	proxy.EndpointSpec = publish(insidePort, insidePort)
	if _, err := s.Nodes[0].Client.ServiceCreate(ctx, client.ServiceCreateOptions{Spec: proxy}); err != nil {
		return "", err
	}
	url = "http://" + s.Nodes[0].Address + ":" + strconv.Itoa(insidePort)
	err = await(ctx, 100*time.Millisecond, func() error {
		_, err := hostAt(ctx, url)
		return err
	})
	return url, err
}

// running is an error while fewer tasks of a service run than should.
func (s *Swarm) running(ctx context.Context, service string, replicas uint64) error {
	tasks, err := s.Nodes[0].Client.TaskList(ctx, client.TaskListOptions{Filters: client.Filters{}.Add("service", service).Add("desired-state", "running")})
	if err != nil {
		return err
	}
	n := uint64(0)
	for _, t := range tasks.Items {
		if t.Status.State == swarm.TaskStateRunning {
			n++
		}
	}
	if n < replicas {
		return fmt.Errorf("%d of %d tasks of %s run", n, replicas, service)
	}
	return nil
}

// page is a service of the page, on the overlay network.
func (s *Swarm) page(name string, replicas uint64) swarm.ServiceSpec {
	return swarm.ServiceSpec{
		Annotations: swarm.Annotations{Name: name},
		TaskTemplate: swarm.TaskSpec{
			ContainerSpec: &swarm.ContainerSpec{Image: Image, Env: stack.PageEnv(s.edge.address, lab.CataloguePorts.MySQL)},
			Networks:      []swarm.NetworkAttachmentConfig{{Target: s.overlay}},
			RestartPolicy: s.restartPolicy(),
		},
		Mode: swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: &replicas}},
	}
}

// publish has a port of the node of each task lead to it alone.
func publish(published, target uint32) *swarm.EndpointSpec {
	return &swarm.EndpointSpec{Mode: swarm.ResolutionModeDNSRR, Ports: []swarm.PortConfig{
		{Protocol: network.TCP, TargetPort: target, PublishedPort: published, PublishMode: swarm.PortConfigPublishModeHost},
	}}
}
