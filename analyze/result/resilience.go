package result

// Resilience is what one fault in the cluster did to the callers of a leg. Times are in
// seconds since the fault began, within the window from it to the next fault, or to the end
// of the load; nil where nothing of the kind was seen within the window. What is read from the
// leg's seconds is exact to one second, what the cluster tells to the instant.
type Resilience struct {
	Fault string `json:"fault"` // as the scenario has it: kill one
	What  string `json:"what"`  // what it came to: kill web-server.2 on sw3, host 01f00426815f
	// Task, Node and Host are what it was done to; "" where it was done to none.
	Task string `json:"task,omitempty"`
	Node string `json:"node,omitempty"`
	Host string `json:"host,omitempty"`
	// AtS and ToS are the window, in seconds since the leg began.
	AtS float64 `json:"at_s"`
	ToS float64 `json:"to_s"`
	// Failure says why the fault was not done; "" when it was. What follows is then empty.
	Failure string `json:"failure,omitempty"`
	// Before and After are the successes per second in the steady state before the fault and
	// at the end of the window; nil where there are fewer than two whole seconds for it.
	Before *Estimate `json:"before,omitempty"`
	After  *Estimate `json:"after,omitempty"`
	// Verdict is what became of the hypothesis that the service is afterwards what it was
	// before, and Why what speaks against it.
	Verdict ResilienceVerdict `json:"verdict"`
	Why     string            `json:"why,omitempty"`
	// FirstFailureS and LastFailureS are when callers saw failures.
	FirstFailureS *float64 `json:"first_failure_s,omitempty"`
	LastFailureS  *float64 `json:"last_failure_s,omitempty"`
	// EndedS is when the first task ended, ReplacedS when the last new one ran, as the cluster
	// counts it, and FirstAnswerS when each of the new ones had answered a caller.
	EndedS       *float64 `json:"ended_s,omitempty"`
	ReplacedS    *float64 `json:"replaced_s,omitempty"`
	FirstAnswerS *float64 `json:"first_answer_s,omitempty"`
	// FullS is since when as many hosts answered in each second as before; 0 where it was
	// never fewer.
	FullS *float64 `json:"full_s,omitempty"`
	// Failed are requests that ended without success in the window, Unknown those of them
	// that may have written all the same: timeouts, broken connections.
	Failed  uint64 `json:"failed"`
	Unknown uint64 `json:"unknown"`
	Ended   uint64 `json:"ended"` // all that ended in the window
	// SlowSeconds is in how many seconds the p95 was more than twice that of the steady state;
	// nil where seconds have no percentiles.
	SlowSeconds *int `json:"slow_seconds,omitempty"`
	// Lost and Doubled are rows of the whole leg, ranges as in [Reconcile]; nil without a
	// ledger, and in a leg of several faults, whose rows nobody can tell apart.
	Lost    *Estimate `json:"lost,omitempty"`
	Doubled *Estimate `json:"doubled,omitempty"`
	// Budget is the share of the leg's error budget that was spent: failed requests over those
	// that a threshold of error_rate allows; nil without such a threshold.
	Budget *float64 `json:"budget,omitempty"`
}

// ResilienceVerdict is what became of the hypothesis of a steady state.
type ResilienceVerdict string

// The verdicts.
const (
	Recovered    ResilienceVerdict = "recovered"     // nothing speaks against it
	NotRecovered ResilienceVerdict = "not recovered" // something does
	NotTold      ResilienceVerdict = "cannot tell"   // there was no steady state before, or no time after
)

// ResilienceRounds is a fault of one target over all rounds in which it was done.
type ResilienceRounds struct {
	Target string `json:"target"`
	Fault  string `json:"fault"`
	Rounds int    `json:"rounds"` // in which it could be told
	// Recovered is in how many of them, with the exact lower bound of the share of all such
	// faults after which the service recovers, at 95 %: what 10 of 10 prove.
	Recovered int     `json:"recovered"`
	AtLeast   float64 `json:"at_least"` // 0 to 1
	// Times are by their names in [Resilience]: ended_s, replaced_s, first_answer_s, full_s,
	// last_failure_s.
	Times map[string]MedianWorst `json:"times,omitempty"`
	// Counts are failed, unknown, lost and doubled.
	Counts map[string]MedianWorst `json:"counts,omitempty"`
	// Words say what matters most of it.
	Words string `json:"words"`
}

// MedianWorst are the middle and the worst of N values.
type MedianWorst struct {
	Median float64 `json:"median"`
	Worst  float64 `json:"worst"`
	N      int     `json:"n"`
	// Never is in how many rounds it did not come within the window: then the worst is not
	// known.
	Never int `json:"never,omitempty"`
}
