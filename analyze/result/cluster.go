package result

import "github.com/stress-tool/stress/runlog"

// Cluster is what was seen of the cluster behind the targets during a leg.
type Cluster struct {
	// Tasks are those that had a container, in the order in which they were seen.
	Tasks []Task `json:"tasks,omitempty"`
	// Happenings are what changed, in order of time.
	Happenings []Happening `json:"happenings,omitempty"`
}

// Task is a replica of the service, from its start to its end.
type Task struct {
	ID   string `json:"id"`
	Name string `json:"name"` // service.slot
	Node string `json:"node"`
	Host string `json:"host"` // what its container calls itself
	// StartedS and EndedS are in seconds since the leg began; nil for what was before the
	// leg, or did not come within it. They are the engine's own word where it was heard,
	// else when it was seen.
	StartedS *float64 `json:"started_s,omitempty"`
	EndedS   *float64 `json:"ended_s,omitempty"`
	State    string   `json:"state"` // the last one
	Error    string   `json:"error,omitempty"`
	ExitCode string   `json:"exit_code,omitempty"`
}

// Happening is a line of what happened to the cluster.
type Happening struct {
	AtS  float64 `json:"at_s"` // since the leg began
	What string  `json:"what"`
	Task string  `json:"task,omitempty"`
	Node string  `json:"node,omitempty"`
	Host string  `json:"host,omitempty"`
	// NewHost took the place of Host, ReplacedS seconds after it had ended; nil where
	// nothing did within the leg.
	NewHost   string   `json:"new_host,omitempty"`
	ReplacedS *float64 `json:"replaced_s,omitempty"`
}

// OfCluster reports that an event of a leg is told by its [Cluster].
func OfCluster(k runlog.EventKind) bool {
	switch k {
	case runlog.EventTask, runlog.EventContainer, runlog.EventService, runlog.EventNode, runlog.EventWatch:
		return true
	}
	return false
}
