package result

import "github.com/stress-tool/stress/analyze/metric"

// What a [Spread] is of.
const (
	OfRows    = "rows"    // those of the ledger
	OfAnswers = "answers" // those that name their host, where there is no ledger
)

// Host is what one container did during a leg.
type Host struct {
	Host string `json:"host"`
	// Task and Node are the replica that the container is of, and where it runs; "" where no
	// cluster was watched.
	Task string `json:"task,omitempty"`
	Node string `json:"node,omitempty"`
	Rows int64  `json:"rows"` // that it wrote; 0 without a ledger
	// Answers is how many answers name it, and Success how many of these were as expected; 0
	// if answers name no host.
	Answers uint64  `json:"answers,omitempty"`
	Success uint64  `json:"success,omitempty"`
	Share   float64 `json:"share"` // of all rows, or of the answers: see [Spread.Of]; 0 to 1
	// ShareLo and ShareHi enclose the share, all hosts together at 95 %.
	ShareLo float64 `json:"share_lo"`
	ShareHi float64 `json:"share_hi"`
	// FirstRow and LastRow are when it wrote, in seconds since the leg began; nil where rows were
	// not counted while load was put on.
	FirstRow *Between `json:"first_row,omitempty"`
	LastRow  *Between `json:"last_row,omitempty"`
}

// Of is the host's count of [OfRows] or of [OfAnswers]; "" is rows.
func (h Host) Of(what string) int64 {
	if what == OfAnswers {
		return int64(h.Answers)
	}
	return h.Rows
}

// Evidence is what shows whether requests or connections are assigned to hosts.
type Evidence string

// The kinds of evidence; "" is none.
const (
	EvidenceOwn      Evidence = "own-connections" // each request had its own connection
	EvidenceHosts    Evidence = "hosts-named"     // by the answers of each connection
	EvidenceRounds   Evidence = "rounds"          // which have new connections each
	EvidenceEvenness Evidence = "evenness"        // so few connections would not divide so evenly
)

// Spread is how the rows, or the answers, divide over the hosts.
type Spread struct {
	Of       string `json:"of,omitempty"` // [OfRows] or [OfAnswers]; "" is rows
	Hosts    int    `json:"hosts"`        // that wrote at least one row, or gave an answer
	Expected int    `json:"expected"`     // replicas the scenario names; 0 is not known
	// Missing is how many of the expected hosts wrote nothing; Silent names hosts
	// that had rows before the leg and wrote none during it.
	Missing int      `json:"missing"`
	Silent  []string `json:"silent,omitempty"`
	// Unit is what a balancer assigns and the test therefore counts: "request", "connection",
	// or "round" where the shares differ from round to round for other reasons; Units is how
	// many of equal size there were. Evidence says what shows the unit. Where it is "" nothing
	// does, and the figures are those of connections that stay with a host: the more careful ones.
	Unit     string   `json:"unit"`
	Units    float64  `json:"units"`
	Evidence Evidence `json:"evidence,omitempty"`
	// Together is how many requests are assigned at a time: the design effect.
	Together float64 `json:"together,omitempty"`
	// Connections carried the answers; those of equal use that they are worth are
	// ConnectionsWorth. 0 is not known.
	Connections      uint64  `json:"connections,omitempty"`
	ConnectionsWorth float64 `json:"connections_worth,omitempty"`
	Chi2             float64 `json:"chi2"`
	DF               int     `json:"df"`
	P                float64 `json:"p"`
	// FairShare is what every host should get: 1 ÷ the hosts expected, or seen where
	// more wrote than were expected; 0 when nothing was written.
	FairShare float64 `json:"fair_share"`
	// MaxDeviation is the largest |share ÷ fair share − 1|, with its interval over
	// all hosts together at 95 %, and Detectable the smallest such deviation that
	// this many units would show with 80 % power.
	MaxDeviation   float64 `json:"max_deviation"`
	MaxDeviationLo float64 `json:"max_deviation_lo"`
	MaxDeviationHi float64 `json:"max_deviation_hi"`
	MaxHost        string  `json:"max_host"`
	Detectable     float64 `json:"detectable"`
	Jain           float64 `json:"jain"`
	// Stretches are the parts of the leg between changes of the cluster's tasks, if there were
	// such changes; the figures above are then those of the stretch that divided worst.
	Stretches []Stretch     `json:"stretches,omitempty"`
	Verdict   SpreadVerdict `json:"verdict"`
	Words     string        `json:"words"`
}

// Stretch is a part of a leg in which the same hosts served.
type Stretch struct {
	FromS        float64       `json:"from_s"`
	ToS          float64       `json:"to_s"`
	Hosts        int           `json:"hosts"`
	Rows         int64         `json:"rows"`
	MaxDeviation float64       `json:"max_deviation"`
	Verdict      SpreadVerdict `json:"verdict"`
	Words        string        `json:"words"`
}

// Reconcile holds the answers against the rows. Lost and Extra are ranges where something
// hides the count: docs/statistics.md has the formulas and what they suppose.
type Reconcile struct {
	// Successes are those of requests that claim rows; answers that were only too slow are among them.
	Successes uint64 `json:"successes"`
	// Claimed is how many rows the successes claim; one each, unless the scenario says otherwise.
	Claimed uint64 `json:"claimed"`
	Unknown uint64 `json:"unknown"` // timeouts, broken connections, cut: may have written
	Rows    int64  `json:"rows"`
	// Lost is the fewest rows claimed that are not there, LostMost the most.
	Lost     int64 `json:"lost"`
	LostMost int64 `json:"lost_most"`
	// Extra is the fewest rows that no request accounts for, ExtraMost the most.
	Extra     int64 `json:"extra"`
	ExtraMost int64 `json:"extra_most"`
	// Repeats is how many requests were under way when tasks of the cluster ended: so many rows
	// may be there twice. 0 where they do not explain Extra, or nobody watched.
	Repeats int64 `json:"repeats,omitempty"`
	// RefusedConnections is how many connections the database refused in the leg because
	// MaxConnections were open, the most that may be; nil where it did not tell.
	RefusedConnections *uint64 `json:"refused_connections,omitempty"`
	MaxConnections     uint64  `json:"max_connections,omitempty"`
	// ByName says more if rows contain the names of their requests; nil if they do not.
	ByName  *RowsByName `json:"by_name,omitempty"`
	Verdict RowsVerdict `json:"verdict"`
	Words   string      `json:"words"`
	Cause   string      `json:"cause,omitempty"` // why rows could not be counted, as the database said it
}

// RowsByName is what the names of requests show of the rows that contain them.
type RowsByName struct {
	UnknownWrote uint64 `json:"unknown_wrote"` // requests without a clear answer that have a row
	FailedWrote  uint64 `json:"failed_wrote"`  // answers that failed, of requests that have one
	Doubled      int64  `json:"doubled"`       // rows beyond what their request claims
	Others       int64  `json:"others"`        // rows of somebody else
	// Unnamed is how many rows can be ours: rows of hosts that write no names, and rows with a
	// name that was changed.
	Unnamed int64 `json:"unnamed"`
}

// Range is [metric.Lost] or [metric.Extra] with its least as Value and all that it may be as its
// interval. What lies outside is impossible, not improbable: the confidence is 1, or 0 where
// the count is exact. N is the successes.
func (r *Reconcile) Range(of metric.Metric) Estimate {
	least, most := r.Lost, r.LostMost
	if of == metric.Extra {
		least, most = r.Extra, r.ExtraMost
	}
	most = max(least, most) // a summary from before there were ranges
	e := Estimate{Value: float64(least), Lo: Bound(least), Hi: Bound(most), N: r.Successes}
	if most > least {
		e.Confidence = 1
	}
	return e
}

// Gap is what is missing for any figure of rows; the zero value where they are known.
func (r *Reconcile) Gap() Gap {
	switch {
	case r == nil:
		return NoLedger
	case r.Verdict == RowsComing:
		return Gap{Code: CodeRowsComing, Words: r.Words}
	case !r.Verdict.Known():
		return Gap{Code: CodeLedgerUnknown, Words: r.Words}
	}
	return Gap{}
}

// Open is the code of why the range of a metric may be wide; "" where the counts are exact.
func (r *Reconcile) Open() Code {
	switch {
	case r.Verdict == RowsExtra && r.Repeats > 0:
		return ""
	case r.Verdict == RowsExtra && r.ByName == nil:
		return CodeRowsMixed
	case r.LostMost > r.Lost || r.ExtraMost > r.Extra:
		return CodeRowsHidden
	}
	return ""
}
