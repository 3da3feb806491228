package runlog

// Named are the rows of a leg that bear the names of its requests.
type Named struct {
	// Success, Unknown and Failed are by what became of the requests: those that claim their
	// rows, those without a clear answer, and those whose answer claims nothing.
	Success NamedRows `json:"success"`
	Unknown NamedRows `json:"unknown"`
	Failed  NamedRows `json:"failed"`
	// Altered is how many rows bear a name of the leg that no request of it was sent with.
	Altered int64 `json:"altered,omitempty"`
	// Hosts are all rows with a name of the leg, by the host that wrote them.
	Hosts map[string]int64 `json:"hosts"`
}

// NamedRows are the rows of requests that ended alike.
type NamedRows struct {
	Wrote uint64 `json:"wrote"` // requests of which there is a row
	Rows  int64  `json:"rows"`
	// Missing is how many rows are not there of those that a success claims; Doubled how many
	// there are beyond.
	Missing int64 `json:"missing,omitempty"`
	Doubled int64 `json:"doubled,omitempty"`
}
