package result

// Host is what one container wrote during a leg.
type Host struct {
	Host  string  `json:"host"`
	Rows  int64   `json:"rows"`
	Share float64 `json:"share"` // of all rows, 0 to 1
	// ShareLo and ShareHi enclose the share, all hosts together at 95 %.
	ShareLo float64 `json:"share_lo"`
	ShareHi float64 `json:"share_hi"`
}

// Spread is how the rows divide over the hosts.
type Spread struct {
	Hosts    int `json:"hosts"`    // that wrote at least one row
	Expected int `json:"expected"` // replicas the scenario names; 0 is not known
	// Missing is how many of the expected hosts wrote nothing; Silent names hosts
	// that had rows before the leg and wrote none during it.
	Missing int      `json:"missing"`
	Silent  []string `json:"silent,omitempty"`
	// Unit is what a balancer assigns and the test therefore counts: "request" or
	// "connection"; Units is how many there were.
	Unit  string  `json:"unit"`
	Units float64 `json:"units"`
	Chi2  float64 `json:"chi2"`
	DF    int     `json:"df"`
	P     float64 `json:"p"`
	// FairShare is what every host should get: 1 ÷ the hosts expected, or seen where
	// more wrote than were expected; 0 when nothing was written.
	FairShare float64 `json:"fair_share"`
	// MaxDeviation is the largest |share ÷ fair share − 1|, with its interval over
	// all hosts together at 95 %, and Detectable the smallest such deviation that
	// this many units would show with 80 % power.
	MaxDeviation   float64       `json:"max_deviation"`
	MaxDeviationLo float64       `json:"max_deviation_lo"`
	MaxDeviationHi float64       `json:"max_deviation_hi"`
	MaxHost        string        `json:"max_host"`
	Detectable     float64       `json:"detectable"`
	Jain           float64       `json:"jain"`
	Verdict        SpreadVerdict `json:"verdict"`
	Words          string        `json:"words"`
}

// Reconcile holds the answers against the rows.
type Reconcile struct {
	Successes uint64      `json:"successes"`
	Unknown   uint64      `json:"unknown"` // timeouts, broken connections, cut: may have written
	Rows      int64       `json:"rows"`
	Lost      int64       `json:"lost"`
	Extra     int64       `json:"extra"`
	Verdict   RowsVerdict `json:"verdict"`
	Words     string      `json:"words"`
	Cause     string      `json:"cause,omitempty"` // why rows could not be counted, as the database said it
}
