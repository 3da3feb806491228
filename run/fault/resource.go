package fault

import (
	"fmt"
	"strings"
)

// Resource is something of a cluster that a fault can change and that stays changed until
// somebody changes it back. What heals by itself, such as a killed container, is none.
type Resource struct {
	Kind ResourceKind `json:"kind"`
	ID   string       `json:"id"`
	Name string       `json:"name"` // for people
	// Node is the id of the node that a container is on; "" for all else.
	Node string `json:"node,omitempty"`
}

// ResourceKind is what of a service, a node or a container may change.
type ResourceKind string

// The kinds of resources, and their values as texts.
const (
	Replicas     ResourceKind = "replicas"     // of a service: a number
	Image        ResourceKind = "image"        // of a service
	Availability ResourceKind = "availability" // of a node: active, pause or drain
	Role         ResourceKind = "role"         // of a node: manager or worker
	Frozen       ResourceKind = "container"    // running or paused

	// Of a lab.
	Slowness   ResourceKind = "slowness"    // of replicas: how many times as long they take
	LostWrites ResourceKind = "lost_writes" // of replicas: a percentage of the answers
	Cable      ResourceKind = "cable"       // of a node: in or out
	Power      ResourceKind = "power"       // of a node: on or off
)

func (r Resource) String() string {
	if r.Kind == Frozen {
		return "container " + r.Name
	}
	return fmt.Sprintf("%s of %s", strings.ReplaceAll(string(r.Kind), "_", " "), r.Name)
}
