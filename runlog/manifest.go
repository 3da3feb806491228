package runlog

import (
	"encoding/json"
	"time"
)

// Manifest is run.json. Everything a judgement needs later stands here as plain
// values; nothing in it is secret.
type Manifest struct {
	Schema int    `json:"schema"`
	Tool   Tool   `json:"tool"`
	Name   string `json:"name"`   // the scenario's name
	Source string `json:"source"` // the file it came from, or its catalogue name
	// Command is the command line that asked for the run, without the secrets in it and without
	// the run's directory; Variables are the names of those of the environment that it takes.
	// Runs from before they were kept have neither.
	Command   []string  `json:"command,omitempty"`
	Variables []string  `json:"variables,omitempty"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended,omitzero"`
	Machine   Machine   `json:"machine"`
	// Scenario is the scenario as run: variables filled in, secrets redacted.
	Scenario json.RawMessage `json:"scenario"`
	// Load is the run's load, of several the first; Loads are all of several, nil for one.
	Load   Load        `json:"load"`
	Loads  []NamedLoad `json:"loads,omitempty"`
	Engine string      `json:"engine"` // in words: "rawhttp", "rawhttp for single, nethttp for cluster"
	// Feeds are the data that requests are made of; nil is none.
	Feeds []Feed `json:"feeds,omitempty"`
	// Requests names the requests of one pass, in order; never empty.
	Requests []string `json:"requests"`
	// Weights are those of Requests where each pass is one of them; nil is a pass of all.
	Weights []int `json:"weights,omitempty"`
	// Claims is how many rows a success of each of Requests claims; nil is one each.
	Claims []int `json:"claims,omitempty"`
	// Success says in words what counted as success.
	Success string   `json:"success"`
	Targets []Target `json:"targets"`
	// Ledger is nil when no database was asked.
	Ledger  *LedgerSource `json:"ledger,omitempty"`
	Compare *Compare      `json:"compare,omitempty"`
	// Thresholds are those of a run of one load; each of several has its own.
	Thresholds []string `json:"thresholds,omitempty"`
	// OutageS is the longest time without a success, in seconds, that is no FAIL by itself; 0,
	// as in runs from before it was asked, for none.
	OutageS float64 `json:"outage_s,omitempty"`
	// Decide is what thresholds are judged by: "" for the interval of a figure,
	// [DecideObserved] or [DecideUnasked].
	Decide string `json:"decide,omitempty"`
	// Gate is what `stress gate` holds the run to.
	Gate []Limit `json:"gate,omitempty"`
	// ToleratesLoss says that a leg is no INVALID by itself when one of its agents is lost.
	ToleratesLoss bool `json:"tolerates_loss,omitempty"`
	// Notes are things a reader must know: ownership overridden, defaults applied.
	Notes []string `json:"notes,omitempty"`
	Legs  []Leg    `json:"legs"`
	// Stopped says why the run ended early: "", "interrupted", "could not go on: …".
	Stopped string `json:"stopped,omitempty"`
	// Sealed is written last. A manifest without it belongs to a run that was
	// killed: what is there is true, but it is not all.
	Sealed bool `json:"sealed"`
}

// Feed is a source of data as it was read; its values are not kept.
type Feed struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	Order  string `json:"order"`
	Rows   uint64 `json:"rows"`   // of its shortest table
	SHA256 string `json:"sha256"` // of the source, in hexadecimal digits
}

// What thresholds may be judged by, other than the interval of a figure.
const (
	// DecideObserved has them judged by the figure of each leg, whatever its interval.
	DecideObserved = "observed"
	// DecideUnasked says that they are the defaults of a scenario without thresholds. If a
	// sample is too small to show that one is met, it is met if it was met in the run.
	DecideUnasked = "unasked"
)

// Tool names the program that measured.
type Tool struct {
	Version string `json:"version"`
	Go      string `json:"go"`
}

// Machine is where the load came from.
type Machine struct {
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Kernel   string `json:"kernel,omitempty"`
	CPU      string `json:"cpu,omitempty"` // model name
	CPUs     int    `json:"cpus"`          // usable by this process
	MemoryMB int64  `json:"memory_mb,omitempty"`
	// Agents is how many agents of a fleet put the load on, each on such a machine: where theirs differ,
	// the texts name all of them, and the numbers are the least. 0 is a load from one machine.
	Agents int `json:"agents,omitempty"`
	// Quota is how many processors control groups leave to this process, as those of a
	// container do; 0 where they leave all.
	Quota float64 `json:"cpu_quota,omitempty"`
}

// Load is the load as asked, in plain values.
type Load struct {
	// Name is what the scenario calls it; "" where it has one load.
	Name string `json:"name,omitempty"`

	Type     string `json:"type"`     // loader.io's name, or "stages", "rate"
	Words    string `json:"words"`    // one line for people: "50 clients spread evenly over 1m0s"
	Open     bool   `json:"open"`     // starts do not wait for answers
	Arrivals string `json:"arrivals"` // even, burst, poisson
	Seed     uint64 `json:"seed,omitempty"`
	// Clients is the most clients of a closed load, the clients of an open one (per
	// test or per second); RatePerS is requests per second of a plain rate.
	Clients        int     `json:"clients"`
	RatePerS       float64 `json:"rate_rps,omitempty"`
	DurationS      float64 `json:"duration_s"`
	TimeoutS       float64 `json:"timeout_s"`
	ErrorThreshold float64 `json:"error_threshold"` // 0 to 1; 0 never aborts
	Connections    string  `json:"connections"`     // per-client, shared
	// PauseS is how long a client pauses in a pass, on average and in seconds, EveryS the least time from
	// one pass to the next; 0 is none.
	PauseS float64 `json:"pause_s,omitempty"`
	EveryS float64 `json:"every_s,omitempty"`
	// ClientS is for how long the clients of a closed load are at work by its plan, added up, in seconds;
	// Requests is how many requests a pass has. 0 in runs from before they were kept.
	ClientS  float64 `json:"client_s,omitempty"`
	Requests int     `json:"requests,omitempty"`
	// Pacing is that of an open load: precise, batch; "" for a closed one.
	Pacing string `json:"pacing,omitempty"`
	// Ramp says that the number of clients goes from one to another.
	Ramp bool `json:"ramp,omitempty"`
	// MaxConnections bounds a shared pool; 0 is no bound.
	MaxConnections int `json:"max_connections,omitempty"`
}

// Varies reports that the plan asks for more at one time than at another: a ramp, or stages.
func (l Load) Varies() bool { return l.Ramp || l.Type == "stages" }

// Target is an address under test.
type Target struct {
	Name string `json:"name"`
	URL  string `json:"url"` // without user or password
	// Way says where connections to it led, where that is not its URL: "by 10.0.0.7:8443".
	Way string `json:"way,omitempty"`
	// Replicas is how many hosts should share the work; 0 is not known.
	Replicas int `json:"replicas,omitempty"`
	// Of is the scenario's target of several replicas that this one is a size of: the service was
	// scaled to Replicas before each leg. "" is a target as it was written.
	Of string `json:"of,omitempty"`
	// HostFrom says in words where answers name their hosts, "" where they do not.
	HostFrom string `json:"host_from,omitempty"`
	// Engine is what sent its requests; "" in runs from before it could differ.
	Engine string `json:"engine,omitempty"`
}

// LedgerSource says where the rows were counted.
type LedgerSource struct {
	Address string `json:"address"` // network and host, no user, no password
	Table   string `json:"table"`
	Column  string `json:"column"`
	Query   string `json:"query,omitempty"` // what was asked instead; "" for the table
	// Claim says how rows tell who wrote them: "header X-Stress-Claim in Nome"; "" is not.
	Claim string `json:"claim,omitempty"`
}

// Compare names the targets held against each other, and how they took turns.
type Compare struct {
	// Baseline and Candidate are "" where only the rounds were asked for.
	Baseline  string `json:"baseline"`
	Candidate string `json:"candidate"`
	// Rounds is the number asked for; with a budget, the most there might have been.
	Rounds int `json:"rounds"`
	// Looks are the numbers of rounds after which a gate looks at the run, and ends it if
	// it can tell; the first are Rounds, the last the most. Empty is one look at the end.
	Looks []int `json:"looks,omitempty"`
	// Seed is that of the order of turns.
	Seed uint64 `json:"seed,omitempty"`
	// CoolDownS is the pause before each leg, WarmUpS the load before each leg that no
	// figure counts, BudgetS the time within which rounds began; seconds, 0 is none.
	CoolDownS float64 `json:"cool_down_s,omitempty"`
	WarmUpS   float64 `json:"warm_up_s,omitempty"`
	BudgetS   float64 `json:"budget_s,omitempty"`
}

// Limit is what a gate asks of one metric. A field that is nil asks for nothing.
// Differences and bounds are in the metric's unit: milliseconds, a share from 0 to 1,
// requests per second, rows.
type Limit struct {
	Metric string `json:"metric"` // p50 … p999, mean, rate_rps, success_rps, error_rate, lost, extra
	// Request names the request of a pass that it is about; "" is all of them.
	Request string `json:"request,omitempty"`
	// WorseBy is how much worse than the baseline the metric may be, as a share of the
	// baseline (0.1: a tenth); And is the same as a difference. With both, only what
	// exceeds both counts as worse.
	WorseBy *float64 `json:"worse_by,omitempty"`
	And     *float64 `json:"and,omitempty"`
	// Max and Min bound the metric itself, whatever the baseline.
	Max *float64 `json:"max,omitempty"`
	Min *float64 `json:"min,omitempty"`
}

// LoadOf is the load that a leg was to have.
func (m *Manifest) LoadOf(l Leg) Load {
	if l.Load != nil {
		return *l.Load
	}
	return m.Load
}

// Leg is one target under the plan once.
type Leg struct {
	Dir    string `json:"dir"` // below the run directory: "legs/01-single"
	Target string `json:"target"`
	Round  int    `json:"round"` // from 1
	// WarmUp marks a leg that prepared the next one: no figure counts it.
	WarmUp  bool      `json:"warm_up,omitempty"`
	Started time.Time `json:"started"`
	// Load is the leg's own, in a run of several loads one of those; nil is the run's.
	Load *Load `json:"load,omitempty"`
	// FirstRow is the row of its first pass in feeds whose rows are unique.
	FirstRow uint64 `json:"first_row,omitempty"`
	// Agents are the generators among which the plan was divided; nil is the one of Manifest.Machine.
	Agents []Agent `json:"agents,omitempty"`
	// Planned is the requests the plan asks for; in a closed load it is filled in
	// at the end, with those sent and those skipped.
	Planned uint64 `json:"planned"`
	// Dropped is planned − sent − skipped, known at the end.
	Dropped uint64 `json:"dropped"`
	// DurationS is from the first due instant to the last answer, seconds; 0 for a
	// leg without end: the run was killed.
	DurationS float64 `json:"duration_s"`
	// Stopped says why the leg ended before its plan did, empty when it did not.
	Stopped string `json:"stopped,omitempty"`
	// Complete is set when the leg came to an end of its own or was stopped in
	// order; false for the leg in which a run was killed.
	Complete bool `json:"complete"`
}
