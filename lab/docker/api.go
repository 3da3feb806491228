package docker

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/api/types/swarm"
)

// apiVersion is that of Docker 20.10.
const apiVersion = "1.41"

// failure is an answer of an engine that is none.
type failure struct {
	status  int
	message string
}

func (f *failure) Error() string { return f.message }

// engine is the API of a node's engine, with a version before its paths or without.
func (s *Swarm) engine(node int) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Api-Version", apiVersion)
		fmt.Fprint(w, "OK")
	})
	m.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) { s.stream(w, r, node) })
	handle := func(pattern string, managers bool, do func(*http.Request) (any, error)) {
		m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, node, managers, do) })
	}
	handle("GET /info", false, func(*http.Request) (any, error) { return s.info(node), nil })
	handle("GET /services/{id}", true, s.inspectService)
	handle("POST /services/{id}/update", true, s.updateService)
	handle("GET /nodes", true, func(*http.Request) (any, error) { return s.nodes, nil })
	handle("GET /nodes/{id}", true, s.inspectNode)
	handle("POST /nodes/{id}/update", true, s.updateNode)
	handle("GET /tasks", true, func(*http.Request) (any, error) { return s.listTasks(), nil })
	handle("GET /containers/{id}/json", false, s.ofContainer(node, s.inspectContainer))
	for _, verb := range []string{"kill", "stop", "restart", "pause", "unpause"} {
		handle("POST /containers/{id}/"+verb, false, s.ofContainer(node, func(t *task) (any, error) { return nil, s.treat(t, verb) }))
	}
	handle("DELETE /containers/{id}", false, s.ofContainer(node, func(t *task) (any, error) { return nil, s.treat(t, "kill") }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, versioned := strings.CutPrefix(r.URL.Path, "/v1."); versioned {
			_, path, _ := strings.Cut(rest, "/")
			r.URL.Path = "/" + path
		}
		m.ServeHTTP(w, r)
	})
}

// answer answers with JSON, or with nothing for a nil.
func (s *Swarm) answer(w http.ResponseWriter, r *http.Request, node int, managers bool, do func(*http.Request) (any, error)) {
	var body []byte
	var err error
	s.change(func() {
		if managers && s.nodes[node].ManagerStatus == nil {
			err = &failure{http.StatusServiceUnavailable, "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state."}
			return
		}
		var answer any
		if answer, err = do(r); err == nil && answer != nil {
			body, err = json.Marshal(answer)
		}
	})
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		status := http.StatusInternalServerError
		if f, ok := err.(*failure); ok {
			status = f.status
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": err.Error()}) // the client went away
		return
	}
	if body == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	_, _ = w.Write(body)
}

func (s *Swarm) info(node int) any {
	n := s.nodes[node]
	return map[string]any{
		"Name": n.Description.Hostname, "SystemTime": time.Now().Format(time.RFC3339Nano),
		"Swarm": map[string]any{"NodeID": n.ID, "LocalNodeState": "active", "ControlAvailable": n.ManagerStatus != nil},
	}
}

func (s *Swarm) listTasks() []swarm.Task {
	out := []swarm.Task{}
	for _, t := range s.tasks {
		out = append(out, t.Task)
	}
	return out
}

func (s *Swarm) inspectService(r *http.Request) (any, error) {
	if id := r.PathValue("id"); id != s.service.ID && id != s.service.Spec.Name {
		return nil, &failure{http.StatusNotFound, "service " + id + " not found"}
	}
	return s.service, nil
}

func (s *Swarm) updateService(r *http.Request) (any, error) {
	if _, err := s.inspectService(r); err != nil {
		return nil, err
	}
	var spec swarm.ServiceSpec
	if err := s.read(r, s.service.Version, &spec); err != nil {
		return nil, err
	}
	if spec.Mode.Replicated == nil || spec.Mode.Replicated.Replicas == nil || spec.TaskTemplate.ContainerSpec == nil {
		return nil, &failure{http.StatusBadRequest, "the service is one of replicated containers"}
	}
	was := s.service.Spec
	s.service.Spec, s.service.Version.Index = spec, s.next()
	if n := s.replicas(); n != int(*was.Mode.Replicated.Replicas) && s.cfg.Scaled != nil {
		s.cfg.Scaled(n)
	}
	if spec.TaskTemplate.ContainerSpec.Image != was.TaskTemplate.ContainerSpec.Image || spec.TaskTemplate.ForceUpdate != was.TaskTemplate.ForceUpdate {
		s.template++
		s.service.UpdateStatus = &swarm.UpdateStatus{State: swarm.UpdateStateUpdating, Message: "update in progress"}
		template := s.template
		s.all.Go(func() { s.roll(template) })
	}
	s.reconcile(0)
	return swarm.ServiceUpdateResponse{}, nil
}

func (s *Swarm) inspectNode(r *http.Request) (any, error) {
	for _, n := range s.nodes {
		if id := r.PathValue("id"); id == n.ID || id == n.Description.Hostname {
			return n, nil
		}
	}
	return nil, &failure{http.StatusNotFound, "node " + r.PathValue("id") + " not found"}
}

func (s *Swarm) updateNode(r *http.Request) (any, error) {
	found, err := s.inspectNode(r)
	if err != nil {
		return nil, err
	}
	n := found.(*swarm.Node)
	var spec swarm.NodeSpec
	if err := s.read(r, n.Version, &spec); err != nil {
		return nil, err
	}
	if spec.Role != n.Spec.Role {
		if err := s.setRole(n, spec.Role); err != nil {
			return nil, err
		}
	}
	n.Spec, n.Version.Index = spec, s.next()
	s.reconcile(0)
	return nil, nil
}

// setRole makes a node a manager or a worker; another manager leads where the leader leaves.
func (s *Swarm) setRole(n *swarm.Node, role swarm.NodeRole) error {
	if role == swarm.NodeRoleManager {
		n.ManagerStatus = &swarm.ManagerStatus{Reachability: swarm.ReachabilityReachable}
		return nil
	}
	for _, o := range s.nodes {
		if o != n && o.ManagerStatus != nil {
			o.ManagerStatus.Leader = o.ManagerStatus.Leader || n.ManagerStatus.Leader
			n.ManagerStatus = nil
			return nil
		}
	}
	return &failure{http.StatusBadRequest, "attempting to demote the last manager of the swarm"}
}

// read decodes what is to be written, if nobody has written since it was read.
func (s *Swarm) read(r *http.Request, version swarm.Version, into any) error {
	if r.URL.Query().Get("version") != strconv.FormatUint(version.Index, 10) {
		return &failure{http.StatusInternalServerError, "rpc error: code = Unknown desc = update out of sequence"}
	}
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		return &failure{http.StatusBadRequest, err.Error()}
	}
	return nil
}

func (s *Swarm) next() uint64 {
	s.version++
	return s.version
}

// ofContainer finds the task of a container that a node has.
func (s *Swarm) ofContainer(node int, do func(*task) (any, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		id := r.PathValue("id")
		for _, t := range s.tasks {
			if t.NodeID == s.nodes[node].ID && t.process != nil && len(id) >= 12 && strings.HasPrefix(t.Status.ContainerStatus.ContainerID, id) {
				return do(t)
			}
		}
		return nil, &failure{http.StatusNotFound, "No such container: " + id}
	}
}

func (s *Swarm) inspectContainer(t *task) (any, error) {
	status := "running"
	if t.paused {
		status = "paused"
	}
	return map[string]any{"Id": t.Status.ContainerStatus.ContainerID, "State": map[string]any{"Status": status, "Running": true, "Paused": t.paused}}, nil
}

// treat does to a container what its verb says. Whatever ends it, the Swarm replaces it.
func (s *Swarm) treat(t *task, verb string) error {
	switch verb {
	case "pause", "unpause":
		if pause := verb == "pause"; pause == t.paused {
			return &failure{http.StatusConflict, "container is " + map[bool]string{true: "already", false: "not"}[pause] + " paused"}
		}
		do := map[string]func() error{"pause": t.process.Pause, "unpause": t.process.Resume}[verb]
		if err := do(); err != nil {
			return err
		}
		t.paused = verb == "pause"
		s.tell(t, events.Action(verb))
		return nil
	}
	signal := map[string]string{"kill": "9"}[verb]
	if signal == "" {
		signal = "15"
	}
	s.tell(t, "kill", "signal", signal)
	process := t.process
	s.all.Go(func() { _ = process.Kill() })
	return nil
}
