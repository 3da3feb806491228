package result

// GateSchema is the version of gate.json. Until 2 a verdict had reasons in words, where it now
// has findings.
const GateSchema = 2

// Gate is a run held to its limits, and to a baseline where it has one. Its JSON
// form is gate.json, of [GateSchema]: fields may be added within one, not renamed.
type Gate struct {
	Schema  int     `json:"schema"` // [GateSchema]
	Name    string  `json:"name"`   // the scenario's
	Verdict Verdict `json:"verdict"`
	// Headline is one sentence for someone in a hurry.
	Headline string `json:"headline"`
	// Findings say why the verdict is what it is, worst first; never empty.
	Findings []Finding `json:"findings"`
	// Remedy is that of an INVALID run; "" else.
	Remedy    string   `json:"remedy,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Candidate Side     `json:"candidate"`
	// Baseline is nil where nothing is held against another run or target.
	Baseline *Side `json:"baseline,omitempty"`
	// Look is nil where the run was looked at once, with intervals at 95 %.
	Look   *Look   `json:"look,omitempty"`
	Checks []Check `json:"checks"`
	// Method says how the intervals were made, and what they leave out.
	Method string `json:"method"`

	// Run is the candidate's run, for forms that show its rounds; it stays out of
	// gate.json.
	Run *Analysis `json:"-"`
}

// Check is one limit on one target.
type Check struct {
	// Limit is it in words: "p95 not worse by more than 10 % and 5 ms".
	Limit  string `json:"limit"`
	Target string `json:"target"`
	// Load is the load of the target; "" in a run of one.
	Load string `json:"load,omitempty"`
	// Against is the target or run that Metric is compared with; "" for a bound on the
	// metric itself, whose Metric.Candidate, Lo and Hi are then the figure and its
	// interval.
	Against string `json:"against,omitempty"`
	Metric  Metric `json:"metric"`
	// Margin is the most that Metric.Ratio may be (the least, where higher is better),
	// or the bound itself.
	Margin float64 `json:"margin"`
	// P is how probable so much beyond the margin would be if the truth lay at the
	// margin: two-sided, after Holm's correction over the checks of the gate. Null where
	// there is no test.
	P       Bound   `json:"p"`
	Verdict Verdict `json:"verdict"`
	Code    Code    `json:"code,omitempty"` // why it is no pass; "" for one
	Words   string  `json:"words"`
}

// Look is one of several looks at a run that grew until it could tell.
type Look struct {
	Number int `json:"number"` // from 1
	Of     int `json:"of"`     // at most
	// Level is that of each test at this look, two-sided; the intervals of the checks have
	// a confidence of 1 less that.
	Level float64 `json:"level"`
}
