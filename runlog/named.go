package runlog

// Named counts the rows of a leg that contain the names of its requests.
type Named struct {
	// Success is of requests whose answer claims their rows, Unknown of those without a clear
	// answer, and Failed of those whose answer claims nothing.
	Success NamedRows `json:"success"`
	Unknown NamedRows `json:"unknown"`
	Failed  NamedRows `json:"failed"`
	// Altered is how many rows have a name of the leg that none of its requests had.
	Altered int64 `json:"altered,omitempty"`
	// Hosts counts all rows with a name of the leg, by the host that wrote them.
	Hosts map[string]int64 `json:"hosts"`
}

// NamedRows counts the rows of requests that ended in the same way.
type NamedRows struct {
	Wrote uint64 `json:"wrote"` // requests of which there is a row
	Rows  int64  `json:"rows"`
	// Missing is how many rows are not there of those that a success claims; Doubled how many
	// there are beyond.
	Missing int64 `json:"missing,omitempty"`
	Doubled int64 `json:"doubled,omitempty"`
}
