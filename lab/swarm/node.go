package swarm

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/stress-tool/stress/lab/process"
)

//go:embed node.sh
var nodeScript []byte

//go:embed edge.sh
var edgeScript []byte

// edge is the network namespace that the nodes are plugged into.
type edge struct {
	process *process.Process
	address string
}

// enter is a command that runs another one at the edge.
func (e *edge) enter() []string { return entering(e.process) }

// entering is a command that runs another one in the network of a process.
func entering(p *process.Process) []string {
	return []string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", p.PID())}
}

// startEdge makes the edge and the link from this machine to it.
func (p *place) startEdge(ctx context.Context) (*edge, error) {
	script := p.path("edge.sh")
	if err := os.WriteFile(script, edgeScript, 0o644); err != nil {
		return nil, err
	}
	e := &edge{address: p.address(10)}
	var err error
	e.process, err = p.start(process.Command{
		Name: "edge", Log: p.path("edge.log"), Args: []string{"unshare", "--net", "sh", script, e.address},
	})
	if err != nil {
		return nil, err
	}
	up := func(ctx context.Context) error {
		return errors.Join(apart(e.process), output(ctx, append(e.enter(), "ip", "link", "show", "up", "br0")...))
	}
	if err := e.process.Ready(ctx, up); err != nil {
		return e, err
	}
	return e, errors.Join(
		e.plug(ctx, "host", p.link(), os.Getpid()),
		output(ctx, "ip", "address", "add", p.address(254)+"/24", "dev", p.link()),
		output(ctx, "ip", "link", "set", p.link(), "up"),
	)
}

// apart is an error while a process is still in this machine's network.
func apart(p *process.Process) error {
	ours, err := os.Readlink("/proc/self/ns/net")
	theirs, err2 := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", p.PID()))
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if ours == theirs {
		return errors.New("not yet in a network of its own")
	}
	return nil
}

// Node is a machine of the Swarm.
type Node struct {
	Name    string // its host name: sw1
	Address string // 10.77.0.1
	Docker  string // the address of its engine: unix:///…
	Client  *client.Client

	dir      string
	hardware string // the address of its network card, the same whenever it has power
	place    *place
	edge     *edge

	mu      sync.Mutex
	process *process.Process // nil while it is off
	out     bool             // its cable
}

func (p *place) node(i int, e *edge) *Node {
	name := fmt.Sprintf("sw%d", i+1)
	return &Node{
		Name: name, Address: p.address(i + 1), Docker: "unix://" + p.path(name, "docker.sock"),
		dir: p.path(name), hardware: fmt.Sprintf("02:00:0a:4d:%02x:%02x", p.number, i+1), place: p, edge: e,
	}
}

// start switches the machine on for the first time, and returns when its engine answers.
func (n *Node) start(ctx context.Context) (err error) {
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(n.dir, "node.sh"), nodeScript, 0o644); err != nil {
		return err
	}
	if n.Client, err = client.New(client.WithHost(n.Docker)); err != nil {
		return err
	}
	if err := n.PowerOn(ctx); err != nil {
		return err
	}
	return n.process.Ready(ctx, func(ctx context.Context) error {
		_, err := n.Client.Ping(ctx, client.PingOptions{})
		return err
	})
}

// PowerOn switches the machine on, with the data that it had and its cable in, and does not wait
// for its engine.
func (n *Node) PowerOn(ctx context.Context) (err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process != nil {
		return nil
	}
	n.out = false
	n.process, err = n.place.start(process.Command{
		Name: n.Name, Log: filepath.Join(n.dir, "dockerd.log"),
		Args: []string{
			"unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
			"sh", filepath.Join(n.dir, "node.sh"), n.Name, n.dir, n.place.cgroup(),
		},
	})
	if err != nil {
		return err
	}
	if err := n.process.Ready(ctx, func(context.Context) error { return apart(n.process) }); err != nil {
		return err
	}
	return n.plugIn(ctx)
}

// PowerOff pulls the plug: engine and containers are gone at once.
func (n *Node) PowerOff() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	err := n.process.Kill()
	n.process = nil
	return err
}

// Cable pulls the network cable out, or puts it in again. What runs on the node runs on.
func (n *Node) Cable(ctx context.Context, out bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process == nil {
		return fmt.Errorf("%s has no power", n.Name)
	}
	state := map[bool]string{true: "down", false: "up"}[out]
	err := output(ctx, append(n.edge.enter(), "ip", "link", "set", n.Name, state)...)
	if err == nil {
		n.out = out
	}
	return err
}

// plugIn gives the node its network; one without an edge has a cable that leads nowhere.
func (n *Node) plugIn(ctx context.Context) error {
	in := entering(n.process)
	var err error
	if n.edge == nil {
		err = output(ctx, append(in, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "nowhere")...)
	} else {
		err = n.edge.plug(ctx, n.Name, "eth0", n.process.PID())
	}
	return errors.Join(
		err,
		output(ctx, append(in, "ip", "link", "set", "eth0", "address", n.hardware, "up")...),
		output(ctx, append(in, "ip", "address", "add", n.Address+"/24", "dev", "eth0")...),
	)
}

// plug makes a cable between the edge's bridge, where its end has a name, and the network of a
// process, where the other end has one.
func (e *edge) plug(ctx context.Context, name, other string, pid int) error {
	cable := fmt.Sprintf("ip link add %s netns %d type veth peer name %s netns %d", name, e.process.PID(), other, pid)
	return errors.Join(
		output(ctx, strings.Fields(cable)...),
		output(ctx, append(e.enter(), "ip", "link", "set", name, "master", "br0", "up")...),
	)
}

// close ends the node.
func (n *Node) close() error {
	if n.Client != nil {
		n.Client.Close()
	}
	return n.PowerOff()
}

// remove removes a container by force and returns when it is gone.
func (n *Node) remove(ctx context.Context, container string) error {
	_, err := n.Client.ContainerRemove(ctx, container, client.ContainerRemoveOptions{Force: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("%s: removing container %s: %w", n.Name, container, err)
	}
	return nil
}

// output runs a command of this machine; an error holds what it printed.
func output(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
