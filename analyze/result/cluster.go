package result

import "github.com/stress-tool/stress/runlog"

// Cluster is what was seen of the cluster behind the targets during a leg.
type Cluster struct {
	// Tasks are those that had a container, in the order in which they were seen.
	Tasks []Task `json:"tasks,omitempty"`
	// Happenings are what changed, in order of time.
	Happenings []Happening `json:"happenings,omitempty"`
	// Replicas are how many were asked for, ran and served, from each change on.
	Replicas []Replicas `json:"replicas,omitempty"`
	// Waiting are the tasks that nothing took to the end.
	Waiting []Waiting `json:"waiting,omitempty"`
}

// Between is an instant, or a time, that is known to lie between two, in seconds.
type Between struct {
	FromS float64 `json:"from_s"`
	ToS   float64 `json:"to_s"`
}

// Replicas are counts of replicas from an instant of the leg on; -1 is not known. One serves while
// its host writes rows.
type Replicas struct {
	AtS     float64 `json:"at_s"`
	Desired int     `json:"desired"`
	Running int     `json:"running"`
	Serving int     `json:"serving"`
}

// Waiting is a task that nothing takes.
type Waiting struct {
	Task string `json:"task"`
	Why  string `json:"why"`
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
	// FirstRow and LastRow are when its host wrote, within the leg; nil where it wrote nothing or
	// rows were not counted while load was put on.
	FirstRow *Between `json:"first_row,omitempty"`
	LastRow  *Between `json:"last_row,omitempty"`
}

// Ran reports that a task ran at some time, be it before the leg.
func (t *Task) Ran() bool {
	switch t.State {
	case runlog.TaskPending, runlog.TaskStarting, "rejected":
		return t.StartedS != nil
	}
	return true
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
	// FirstRow is when NewHost, or Host where it began, wrote its first row of the leg, in seconds
	// since the leg began. Recovered is how long callers were without: from the last row of Host
	// to the first of NewHost.
	FirstRow  *Between `json:"first_row,omitempty"`
	Recovered *Between `json:"recovered,omitempty"`
}

// OfCluster reports that an event of a leg is told by its [Cluster].
func OfCluster(k runlog.EventKind) bool {
	switch k {
	case runlog.EventTask, runlog.EventContainer, runlog.EventService, runlog.EventNode, runlog.EventWatch:
		return true
	}
	return false
}
