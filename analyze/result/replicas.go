package result

// ReplicaCurve is how the work of a service grows with its replicas: the targets of a run for which
// it was scaled to several numbers.
type ReplicaCurve struct {
	Target string        `json:"target"` // as the scenario names it
	Sizes  []ReplicaSize `json:"sizes"`  // by ascending number
	// Planned says that the plan set the successes per second of all sizes, so that they tell
	// nothing of growth.
	Planned bool `json:"planned,omitempty"`
	// Growth is the model of the successes per second that the legs speak for; nil without one, and
	// Refused says why.
	Growth  *Growth `json:"growth,omitempty"`
	Refused string  `json:"refused,omitempty"`
	// Words say what the most replicas do, and each number on the way.
	Words string `json:"words"`
	// Limits say what was at its limit with the most replicas, as far as that was measured.
	Limits []string `json:"limits,omitempty"`
}

// ReplicaSize is one number of replicas.
type ReplicaSize struct {
	Target   string `json:"target"`
	Replicas int    `json:"replicas"`
	Rounds   int    `json:"rounds"` // that the figures stand on
	// Successes are per second, and P95 is in milliseconds; nil where no request came to an end.
	Successes *Estimate `json:"success_rps,omitempty"`
	P95       *Estimate `json:"p95_ms,omitempty"`
	// SpeedUp is how many times the successes per second of the smallest number there are, and
	// Efficiency is that over how many times its replicas, 1 for as much from each: nil for the
	// smallest itself, and where the figures tell nothing of it.
	SpeedUp    *Estimate `json:"speed_up,omitempty"`
	Efficiency *Estimate `json:"efficiency,omitempty"`
}
