package runlog

// The names of attributes of an [EventFault], beside those of the cluster's events. An event
// tells of a fault that was put in, with [AttrFault] and the instants, or of something that was
// undone, with [AttrUndone]. Times are in seconds since the beginning of the leg.
const (
	AttrFault   = "fault" // what was done, as the scenario has it: kill one
	AttrDoes    = "does"  // its kind: kill
	AttrDue     = "due_s" // when it was to begin
	AttrBegan   = "began_s"
	AttrEnded   = "ended_s" // when the engine had answered
	AttrChanged = "changed" // what it changed that stays until it is undone: availability of sw3
	AttrNow     = "now"     // what that is now; before it was [AttrWas]
	// AttrUndone is yes, or why it is not: no.
	AttrUndone = "undone"
	// AttrReady says, before the first fault of a leg, whether the service ran in full: yes or no.
	AttrReady = "ready"
)
