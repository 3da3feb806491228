// Package analyze is what it means: pure functions from a stored run to an
// [Analysis], which holds every figure and every sentence that a report shows. The
// same directory gives the same analysis, today or in a year.
package analyze

import (
	"encoding/json"
	"math"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/runlog"
)

// Analysis is a run, judged. Its JSON form is summary.json: fields may be added,
// not renamed.
type Analysis struct {
	Schema int    `json:"schema"`
	Name   string `json:"name"`
	// Label is what its owner calls the run, a version or a commit; "" for none. Runs
	// have one once they are kept as baselines.
	Label   string  `json:"label,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Headline is one sentence for someone in a hurry.
	Headline string `json:"headline"`
	// ComparisonInHeadline tells that the headline is the sentence of Comparison.
	ComparisonInHeadline bool `json:"comparison_in_headline,omitempty"`
	// Findings say why the verdict is what it is, worst first; never empty.
	Findings []Finding `json:"findings"`
	// Remedy says what to do next where the run is INVALID; "" where its findings do.
	Remedy string `json:"remedy,omitempty"`
	// Warnings are what a reader must know before believing a figure.
	Warnings   []string     `json:"warnings,omitempty"`
	Run        RunInfo      `json:"run"`
	Legs       []Leg        `json:"legs"`
	Pools      []Pool       `json:"pools,omitempty"`
	Comparison *Comparison  `json:"comparison,omitempty"`
	Thresholds []Assessment `json:"thresholds,omitempty"`
}

// RunInfo is where the figures come from.
type RunInfo struct {
	Started time.Time      `json:"started"`
	Tool    runlog.Tool    `json:"tool"`
	Machine runlog.Machine `json:"machine"`
	Source  string         `json:"source"`
	Engine  string         `json:"engine"`
	// Clock says whose word the arrival of the answers is: "kernel", "user space", or
	// which share is which.
	Clock   string      `json:"clock"`
	Load    runlog.Load `json:"load"`
	Success string      `json:"success"` // what counted as success, in words
	// Requests names the requests of one pass, in order.
	Requests []string `json:"requests,omitempty"`
	// Turns says how the rounds took turns; nil for runs that compare nothing.
	Turns *runlog.Compare `json:"turns,omitempty"`
	// Gate is what `stress gate` holds the run to; empty for none.
	Gate []runlog.Limit `json:"gate,omitempty"`
	// Measure is "response time" for an open load, "service time" for a closed one;
	// MeasureWhy says why.
	Measure    string   `json:"measure"`
	MeasureWhy string   `json:"measure_why"`
	Notes      []string `json:"notes,omitempty"`
	Partial    bool     `json:"partial"`           // the run did not come to its end
	Stopped    string   `json:"stopped,omitempty"` // why, where known
	// Events happened to the run as a whole; a leg has its own.
	Events []runlog.Event `json:"events,omitempty"`
}

// Leg is one target under the plan once.
type Leg struct {
	Target string `json:"target"`
	URL    string `json:"url"`
	// Way says where connections led, where that was not the URL.
	Way   string `json:"way,omitempty"`
	Round int    `json:"round"`
	// Load is the leg's own; nil is the run's.
	Load *runlog.Load `json:"load,omitempty"`
	// Rounds is how many the run has, 0 for one: then nobody speaks of rounds.
	Rounds    int             `json:"rounds,omitempty"`
	Planned   uint64          `json:"planned"`
	Sent      uint64          `json:"sent"`
	Completed uint64          `json:"completed"`
	Dropped   uint64          `json:"dropped"`
	Outcomes  runlog.Outcomes `json:"outcomes"`
	// ErrorRate is failed over ended (cut ones aside), with its Wilson interval at
	// the number of independent requests these are worth.
	ErrorRate  Estimate `json:"error_rate"`
	RateRPS    float64  `json:"rate_rps"`    // ended requests per second of DurationS, cut ones aside
	SuccessRPS float64  `json:"success_rps"` // successes per second
	// Rates hold the two again with their 95 % intervals, keyed rate_rps and
	// success_rps.
	Rates         map[string]Estimate `json:"rates,omitempty"`
	DurationS     float64             `json:"duration_s"`
	BytesSent     uint64              `json:"bytes_sent"`
	BytesReceived uint64              `json:"bytes_received"`
	Connects      uint64              `json:"connects"`
	Redirects     uint64              `json:"redirects,omitempty"`
	Response      Latency             `json:"response_ms"`
	Service       Latency             `json:"service_ms"`
	Lag           Latency             `json:"lag_ms"`
	Connect       Latency             `json:"connect_ms"`
	// Stamped is the share of the answers, 0 to 1, whose arrival the kernel stamped.
	// Of these Queue is how long they then lay in the generator's own queue, and
	// UserSpace the service time as a clock in user space has it, that queue included:
	// what a generator without the kernel's word would have reported.
	Stamped   float64 `json:"stamped"`
	Queue     Latency `json:"queue_ms"`
	UserSpace Latency `json:"user_space_ms"`
	// Addresses are where the answers came from, most first; none for unix sockets and in
	// runs from before they were counted.
	Addresses []Address `json:"addresses,omitempty"`
	// Requests are the figures per request name; only for scenarios with several.
	Requests  []RequestStats   `json:"requests,omitempty"`
	Hosts     []Host           `json:"hosts,omitempty"`
	Spread    *Spread          `json:"spread,omitempty"`
	Reconcile *Reconcile       `json:"reconcile,omitempty"`
	Generator Generator        `json:"generator"`
	Failures  []runlog.Failure `json:"failures,omitempty"`
	Events    []runlog.Event   `json:"events,omitempty"`
	Complete  bool             `json:"complete"`
	Stopped   string           `json:"stopped,omitempty"`

	// Series and Curve are for drawing; they stay out of summary.json.
	Series []Point      `json:"-"`
	Curve  []CurvePoint `json:"-"`
}

// Estimate is a figure from a sample. Lo and Hi enclose it with the confidence
// given; infinite where the sample is too small to bound that side.
type Estimate struct {
	Value      float64  `json:"value"`
	Lo         Bound    `json:"lo"`
	Hi         Bound    `json:"hi"`
	Confidence float64  `json:"confidence"` // 0 when there is no interval
	N          uint64   `json:"n"`
	Warnings   []string `json:"warnings,omitempty"`
}

// Bound is one end of an interval; an infinite or undefined one is null in JSON.
type Bound float64

// MarshalJSON implements json.Marshaler.
func (b Bound) MarshalJSON() ([]byte, error) {
	if !b.Finite() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(b))
}

// UnmarshalJSON implements json.Unmarshaler. Of null it makes NaN: which end was open
// says the bound's name.
func (b *Bound) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*b = Bound(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(b))
}

// Finite reports that the bound is a number.
func (b Bound) Finite() bool { return !math.IsInf(float64(b), 0) && !math.IsNaN(float64(b)) }

// RequestStats is one request of a pass.
type RequestStats struct {
	Name     string          `json:"name"`
	Outcomes runlog.Outcomes `json:"outcomes"`
	Response Latency         `json:"response_ms"`
}

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

// Generator is the health of what sent the load.
type Generator struct {
	CPU      float64 `json:"cpu"` // mean share of the machine, 0 to 1; negative: not known
	CPUMax   float64 `json:"cpu_max"`
	LagP99MS float64 `json:"lag_p99_ms"`
	// QueueP50MS and QueueP99MS are of Leg.Queue.
	QueueP50MS float64 `json:"queue_p50_ms"`
	QueueP99MS float64 `json:"queue_p99_ms"`
	// Steal is the mean share of the machine, 0 to 1, that a hypervisor gave to
	// others; negative: not known. StealMax is that of the worst second.
	Steal    float64 `json:"steal"`
	StealMax float64 `json:"steal_max"`
	// GCPauseMS is how long garbage collection stopped the generator in all,
	// GCPauseMaxMS in the worst second.
	GCPauseMS    float64 `json:"gc_pause_ms"`
	GCPauseMaxMS float64 `json:"gc_pause_max_ms"`
	// Retransmits are the TCP segments that the machine sent again, whoever's they
	// were; nil: not known.
	Retransmits *uint64 `json:"retransmits,omitempty"`
	// Waited is how many requests waited for one of the generator's own connections.
	Waited uint64 `json:"waited,omitempty"`
	// Own is how many requests failed at a limit of the generator's own.
	Own uint64 `json:"own,omitempty"`
	// Limited says that the generator, not the target, set the figures; Why says
	// what gave it away.
	Limited bool      `json:"limited"`
	Why     []Finding `json:"why,omitempty"`
}

// Point is one second of a leg, for drawing. Times are milliseconds.
type Point struct {
	T                             float64 // seconds since the leg began, the second's end
	Due, Sent, Done               uint64
	Outcomes                      runlog.Outcomes
	BytesSent, BytesReceived      uint64
	Active                        int64
	InFlight                      int64
	N                             uint64 // answers behind the quantiles; 0: none this second
	Spans                         int    // seconds that the quantiles are of: 1 in the first hour
	Mean, P50, P90, P95, P99, Max float64
	CPU                           float64
}

// CurvePoint is one point of the distribution: a share Q of the answers took at
// most MS milliseconds.
type CurvePoint struct{ Q, MS float64 }

// Assessment is one threshold, judged.
type Assessment struct {
	Threshold string `json:"threshold"` // as written: "p95 < 500ms"
	Target    string `json:"target"`
	Round     int    `json:"round"`
	// Rounds is how many the run has, 0 for one: then nobody speaks of rounds.
	Rounds   int         `json:"rounds,omitempty"`
	Observed Estimate    `json:"observed"` // in Unit
	Unit     metric.Unit `json:"unit"`
	Verdict  Verdict     `json:"verdict"`
	Code     Code        `json:"code,omitempty"` // why it is no pass; "" for one
	Words    string      `json:"words"`
}
