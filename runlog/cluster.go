package runlog

// The names of attributes of events about a cluster: [EventTask], [EventContainer],
// [EventService], [EventNode] and [EventWatch]. Those that say nothing are left out. Times are in
// seconds, as decimal numbers.
const (
	AttrTask      = "task"      // service.slot, or service.node where there is one task per node
	AttrTaskID    = "id"        // of the task
	AttrSlot      = "slot"      // from 1 on
	AttrNode      = "node"      // the name of the node
	AttrHost      = "host"      // what the container calls itself
	AttrContainer = "container" // the id
	AttrState     = "state"     // what a task, a node, an update or the watching has come to
	AttrWas       = "was"       // the same before
	AttrError     = "error"     // why a task waits or ended
	AttrExitCode  = "exit_code"
	AttrSignal    = "signal" // that a container got
	AttrAction    = "action" // what happened to a container: start, kill, die …
	// AttrStamp is the instant by the clock of the node, in seconds since the beginning of the leg,
	// or of the run.
	AttrStamp        = "stamp_s"
	AttrReplicas     = "replicas"
	AttrAvailability = "availability"
	AttrRole         = "role"     // leader
	AttrManager      = "manager"  // whether the other managers reach it
	AttrOffset       = "offset_s" // the clock of an engine less ours
	AttrWithin       = "within_s" // how far that may be off
	AttrGap          = "gap_s"    // how long nothing could be seen or heard
)

// The states of a task in [AttrState], beside Docker's own words for its end.
const (
	TaskPending  = "pending"  // nothing can take it, for a reason that is told
	TaskStarting = "starting" // its container has a name
	TaskRunning  = "running"
	TaskStopping = "stopping" // it runs and has been asked to stop
	TaskRemoved  = "removed"  // the manager forgot it before its end was seen
)
