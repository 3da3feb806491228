package swarm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/client"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/stack"
)

// Image is the page's image, which every node has under both names: an update leads from one
// to the other.
const (
	Image     = "stress-page:1"
	NextImage = "stress-page:2"
)

// startNodes switches the nodes on, gives each the image and joins them.
func (s *Swarm) startNodes(ctx context.Context) error {
	image := s.place.path("page.tar")
	if err := all(
		func() error { return writeImage(ctx, image) },
		func() error { return s.each(func(n *Node) error { return n.start(ctx) }) },
	); err != nil {
		return err
	}
	s.step("%d engines answer", nodes)
	err := all(
		func() error { return s.each(func(n *Node) error { return n.load(ctx, image) }) },
		func() error { return s.join(ctx) },
	)
	if err == nil {
		s.step("%d nodes have joined and have the image", nodes)
	}
	return err
}

func writeImage(ctx context.Context, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(stack.WriteImage(ctx, f), f.Close())
}

// load gives a node the image under both names.
func (n *Node) load(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	command, err := json.Marshal(stack.ImageCommand)
	if err != nil {
		return err
	}
	done, err := n.Client.ImageImport(ctx, client.ImageImportSource{Source: f, SourceName: "-"}, Image,
		client.ImageImportOptions{Changes: []string{"CMD " + string(command), "EXPOSE 80"}})
	if err != nil {
		return fmt.Errorf("%s: %w", n.Name, err)
	}
	defer done.Close()
	if _, err := io.Copy(io.Discard, done); err != nil {
		return fmt.Errorf("%s: %w", n.Name, err)
	}
	_, err = n.Client.ImageTag(ctx, client.ImageTagOptions{Source: Image, Target: NextImage})
	return err
}

// join makes the Swarm on the first node and returns when all nodes are ready.
func (s *Swarm) join(ctx context.Context) error {
	first := s.Nodes[0]
	if _, err := first.Client.SwarmInit(ctx, client.SwarmInitOptions{
		ListenAddr: "0.0.0.0:2377", AdvertiseAddr: first.Address,
	}); err != nil {
		return err
	}
	made, err := first.Client.SwarmInspect(ctx, client.SwarmInspectOptions{})
	if err != nil {
		return err
	}
	token := made.Swarm.JoinTokens.Worker
	if s.opts.Managers > 1 {
		token = made.Swarm.JoinTokens.Manager
	}
	for _, n := range s.Nodes[1:] { // one after the other: an election would refuse the second
		if _, err := n.Client.SwarmJoin(ctx, client.SwarmJoinOptions{
			ListenAddr: "0.0.0.0:2377", AdvertiseAddr: n.Address, RemoteAddrs: []string{first.Address + ":2377"}, JoinToken: token,
		}); err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	return await(ctx, 100*time.Millisecond, func() error { return s.ready(ctx) })
}

// ready is an error while a node is not.
func (s *Swarm) ready(ctx context.Context) error {
	list, err := s.Nodes[0].Client.NodeList(ctx, client.NodeListOptions{})
	if err != nil {
		return err
	}
	ready := 0
	for _, n := range list.Items {
		if n.Status.State == swarm.NodeStateReady {
			ready++
		}
	}
	if ready < len(s.Nodes) {
		return fmt.Errorf("%d of %d nodes are ready", ready, len(s.Nodes))
	}
	return nil
}

// createService creates the service and returns when every replica answers.
func (s *Swarm) createService(ctx context.Context) error {
	manager := s.Nodes[0].Client
	overlay, err := manager.NetworkCreate(ctx, "stress", client.NetworkCreateOptions{Driver: "overlay", Attachable: true})
	if err != nil {
		return err
	}
	s.overlay = overlay.ID
	spec := s.page(Service, lab.DefaultReplicas)
	spec.EndpointSpec = publish(80, 80)
	if _, err := manager.ServiceCreate(ctx, client.ServiceCreateOptions{Spec: spec}); err != nil {
		return err
	}
	for _, n := range s.Nodes {
		s.Replicas = append(s.Replicas, "http://"+n.Address+":80")
	}
	for _, url := range s.Replicas {
		var host string
		if err := await(ctx, 50*time.Millisecond, func() (err error) { host, err = hostAt(ctx, url); return err }); err != nil {
			return fmt.Errorf("service %s: %w", Service, err)
		}
		s.Hosts = append(s.Hosts, host)
	}
	// The managers learn that a task runs later than whoever asks it.
	if err := await(ctx, 50*time.Millisecond, func() error { return s.running(ctx, Service, lab.DefaultReplicas) }); err != nil {
		return fmt.Errorf("service %s: %w", Service, err)
	}
	for _, n := range s.Nodes {
		s.Docker = append(s.Docker, n.Docker)
	}
	s.System.Service = Service
	s.stack.Hosts = s.Hosts
	s.step("%d replicas answer", len(s.Hosts))
	return nil
}

// restartPolicy is nil for Docker's own.
func (s *Swarm) restartPolicy() *swarm.RestartPolicy {
	if s.opts.RestartDelay == 0 {
		return nil
	}
	return &swarm.RestartPolicy{Condition: swarm.RestartPolicyConditionAny, Delay: &s.opts.RestartDelay}
}

// hostAt asks a replica for its host name, which writes no row.
func hostAt(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/ready.php", nil)
	if err != nil {
		return "", err
	}
	req.Close = true // a worker of Apache that is kept is one fewer for the load
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d, %q", url, resp.StatusCode, body)
	}
	return string(body), err
}
