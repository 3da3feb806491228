package docker

import (
	"encoding/json"
	"maps"
	"net/http"
	"time"

	"github.com/moby/moby/api/types/events"
)

// stream is somebody who hears the events of a node's engine, from now on.
type stream struct {
	node     string
	messages chan events.Message
}

// mostUnheard is how many events wait for a hearer; the rest are lost on him.
const mostUnheard = 1024

// tell tells what happened to a task's container to those who hear its node. pairs are
// further attributes.
func (s *Swarm) tell(t *task, action events.Action, pairs ...string) {
	attributes := map[string]string{
		"com.docker.swarm.service.name": s.service.Spec.Name, "com.docker.swarm.service.id": s.service.ID,
		"com.docker.swarm.task.id": t.ID, "com.docker.swarm.node.id": t.NodeID,
	}
	for i := 0; i < len(pairs); i += 2 {
		attributes[pairs[i]] = pairs[i+1]
	}
	now := time.Now()
	for to := range maps.Keys(s.streams) {
		if to.node != t.NodeID {
			continue
		}
		select {
		case to.messages <- events.Message{
			Type: events.ContainerEventType, Action: action, Scope: "local", Time: now.Unix(), TimeNano: now.UnixNano(),
			Actor: events.Actor{ID: t.Status.ContainerStatus.ContainerID, Attributes: attributes},
		}:
		default:
		}
	}
}

// stream tells of a node's containers until the hearer leaves, or the Swarm ends.
func (s *Swarm) stream(w http.ResponseWriter, r *http.Request, node int) {
	me := &stream{node: s.nodes[node].ID, messages: make(chan events.Message, mostUnheard)}
	s.change(func() { s.streams[me] = true })
	defer s.change(func() { delete(s.streams, me) })
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	out, encoder := http.NewResponseController(w), json.NewEncoder(w)
	for out.Flush() == nil {
		select {
		case m := <-me.messages:
			if encoder.Encode(m) != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
	}
}
