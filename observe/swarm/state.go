package swarm

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/client"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/runlog"
)

// State is what a manager says of a service and of the nodes at an instant.
type State struct {
	At      time.Time // when it answered, by this machine's clock
	Manager string    // who answered: the node's name, or the engine's address
	Service Service
	Nodes   map[string]Node // by id
	Tasks   map[string]Task // by id; dead ones as far as the manager keeps them
}

// Service is what is asked of the service.
type Service struct {
	Replicas uint64 // 0 for a service of one task per node
	Update   string // the state of the last update, "" for none
	Message  string // of the update
	// Order is what an update does first with a task: "start-first"; "" is stopping the old one.
	Order string
	// Restart says when a task that ended is replaced: "none", "on-failure", "any"; "" is any.
	Restart string
	// HostPorts says that a port is published on the nodes themselves, where one task has it.
	HostPorts bool
	// Endpoint is "vip" or "dnsrr"; "" is vip. Ports are those that are published, in words.
	Endpoint string
	Ports    []string
	Image    string
}

// Node is a machine of the cluster.
type Node struct {
	Name, State, Message, Availability string
	Leader                             bool
	Reachability                       string // of a manager; "" for a worker
}

// Task is one replica, from its creation to its end.
type Task struct {
	ID        string
	Name      string // service.slot, as docker service ps has it
	Slot      int
	Node      string // the name of its node; "" while it has none
	NodeID    string
	Host      string // what its container calls itself; "" before there is one
	Container string // the id
	Address   string // host:port on its node that leads to it alone; "" for none
	State     string
	Desired   string
	Error     string
	ExitCode  int
	Stamp     time.Time // of the state, by the clock of its node, or of the manager where it has none
}

// callTimeout bounds one reading, and each connection: a manager without quorum hangs.
// sshTimeout has room for a login.
const (
	callTimeout = 2 * time.Second
	sshTimeout  = 10 * time.Second
)

// state asks one manager for everything.
func (e *engine) state(ctx context.Context, service string) (*State, error) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	s, err := e.docker.ServiceInspect(ctx, service, client.ServiceInspectOptions{})
	if err != nil {
		return nil, err
	}
	nodes, err := e.docker.NodeList(ctx, client.NodeListOptions{})
	if err != nil {
		return nil, err
	}
	tasks, err := e.docker.TaskList(ctx, client.TaskListOptions{Filters: client.Filters{}.Add("service", s.Service.ID)})
	if err != nil {
		return nil, err
	}
	out := &State{At: time.Now(), Manager: e.words(), Service: serviceOf(s.Service), Nodes: map[string]Node{}, Tasks: map[string]Task{}}
	described := map[string]swarm.Node{}
	for _, n := range nodes.Items {
		described[n.ID], out.Nodes[n.ID] = n, nodeOf(n)
	}
	for _, t := range tasks.Items {
		out.Tasks[t.ID] = taskOf(t, s.Service, described[t.NodeID])
	}
	return out, nil
}

func serviceOf(s swarm.Service) Service {
	var out Service
	if r := s.Spec.Mode.Replicated; r != nil && r.Replicas != nil {
		out.Replicas = *r.Replicas
	}
	if u := s.Spec.UpdateConfig; u != nil {
		out.Order = string(u.Order)
	}
	if r := s.Spec.TaskTemplate.RestartPolicy; r != nil {
		out.Restart = string(r.Condition)
	}
	if c := s.Spec.TaskTemplate.ContainerSpec; c != nil {
		out.Image = c.Image
	}
	if e := s.Spec.EndpointSpec; e != nil {
		out.Endpoint = string(e.Mode)
		out.HostPorts = slices.ContainsFunc(e.Ports, func(p swarm.PortConfig) bool { return p.PublishMode == swarm.PortConfigPublishModeHost })
		for _, p := range e.Ports {
			out.Ports = append(out.Ports, fmt.Sprintf("%d to %d/%s (mode=%s)", p.PublishedPort, p.TargetPort, p.Protocol, cmp.Or(p.PublishMode, swarm.PortConfigPublishModeIngress)))
		}
	}
	if u := s.UpdateStatus; u != nil {
		out.Update, out.Message = string(u.State), u.Message
	}
	return out
}

func nodeOf(n swarm.Node) Node {
	out := Node{
		Name: n.Description.Hostname, State: string(n.Status.State), Message: n.Status.Message,
		Availability: string(n.Spec.Availability),
	}
	if m := n.ManagerStatus; m != nil {
		out.Leader, out.Reachability = m.Leader, string(m.Reachability)
	}
	return out
}

// taskOf is a task as people name it. A task that nothing can place has neither node nor
// container, and one that just began has no container.
func taskOf(t swarm.Task, s swarm.Service, n swarm.Node) Task {
	out := Task{
		ID: t.ID, Slot: t.Slot, Node: cmp.Or(n.Description.Hostname, t.NodeID), NodeID: t.NodeID,
		State: string(t.Status.State), Desired: string(t.DesiredState), Error: t.Status.Err, Stamp: t.Status.Timestamp,
		Name: fmt.Sprintf("%s.%d", s.Spec.Name, t.Slot),
	}
	if t.Slot == 0 { // one task per node: the node is the slot
		out.Name = s.Spec.Name + "." + out.Node
	}
	out.Address = ownAddress(t, n)
	if c := t.Status.ContainerStatus; c != nil && c.ContainerID != "" {
		out.Container, out.ExitCode = c.ContainerID, c.ExitCode
		out.Host = c.ContainerID[:min(12, len(c.ContainerID))]
		if spec := t.Spec.ContainerSpec; spec != nil && spec.Hostname != "" {
			out.Host = expand(spec.Hostname, out, t, s, n)
		}
	}
	return out
}

// ownAddress is where a port of the node leads to a task alone (mode=host).
func ownAddress(t swarm.Task, n swarm.Node) string {
	host := n.Status.Addr
	if m := n.ManagerStatus; m != nil { // the first manager has no better word for itself than 0.0.0.0
		host, _, _ = net.SplitHostPort(m.Addr)
	}
	for _, p := range t.Status.PortStatus.Ports {
		if p.PublishMode == swarm.PortConfigPublishModeHost && p.Protocol == network.TCP && p.PublishedPort != 0 && host != "" {
			return net.JoinHostPort(host, strconv.Itoa(int(p.PublishedPort)))
		}
	}
	return ""
}

// placeholder is a value in a template of Docker's: {{.Node.Hostname}}.
var placeholder = lazy.Regexp(`\{\{\s*\.(\w+\.\w+)\s*\}\}`)

// expand fills in the host name of a container: the manager knows only its template. The
// names are those of docker service create, Create services using templates. What else may
// stand in a template stays as it is.
func expand(text string, out Task, t swarm.Task, s swarm.Service, n swarm.Node) string {
	values := map[string]string{
		"Service.ID": s.ID, "Service.Name": s.Spec.Name,
		"Node.ID": n.ID, "Node.Hostname": n.Description.Hostname,
		"Task.ID": t.ID, "Task.Name": out.Name + "." + t.ID, "Task.Slot": strconv.Itoa(t.Slot),
	}
	return placeholder().ReplaceAllStringFunc(text, func(found string) string {
		return cmp.Or(values[placeholder().FindStringSubmatch(found)[1]], found)
	})
}

// Ended says that a task will never run again.
func (t Task) Ended() bool {
	switch swarm.TaskState(t.State) {
	case swarm.TaskStateComplete, swarm.TaskStateShutdown, swarm.TaskStateFailed, swarm.TaskStateRejected,
		swarm.TaskStateRemove, swarm.TaskStateOrphaned:
		return true
	}
	return false
}

// Converged are the tasks that run where their node is there, and how many there should be.
func (s *State) Converged() (serving []Task, wanted int) {
	for _, t := range s.InOrder() {
		if t.phase() == runlog.TaskRunning && s.Nodes[t.NodeID].State != string(swarm.NodeStateDown) {
			serving = append(serving, t)
		}
		if s.Service.Replicas == 0 && (t.Desired == runlog.TaskRunning || t.Desired == string(swarm.TaskStateReady)) { // one per node
			wanted++
		}
	}
	return serving, wanted + int(s.Service.Replicas)
}

// InOrder are tasks by slot, those of a slot from the oldest on.
func (s *State) InOrder() []Task {
	return slices.SortedFunc(maps.Values(s.Tasks), func(a, b Task) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Node, b.Node), a.Stamp.Compare(b.Stamp), cmp.Compare(a.ID, b.ID))
	})
}
